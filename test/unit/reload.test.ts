/** Verifies: rules 5.5 (last paragraph), 10.1 (reload, loosening) and 11: another configuration for a running engine. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import type { ReloadAnswer, ReloadSettings } from '../../src/actors/reload.ts';
import type { RuleConfigured } from '../../src/actors/world.ts';
import type { AccountId, ActorId } from '../../src/domain/ids.ts';
import { TradingCalendar } from '../../src/domain/trading-day.ts';
import { ruleCatalogue } from '../../src/rules/registry.ts';
import { removeDirectory, startTestEngine, type TestEngine } from '../support/engine.ts';

let started: TestEngine[] = [];
afterEach(() => {
  for (const { directory } of started) removeDirectory(directory);
  started = [];
});

type Rules = Readonly<Record<string, object>>;

async function engineWith(rules: Rules, directory?: string): Promise<TestEngine> {
  const one = await startTestEngine({ rules, ...(directory === undefined ? {} : { directory }) });
  started.push(one);
  return one;
}

function configured(rules: Rules): readonly RuleConfigured[] {
  return Object.entries(rules).map(([key, config]) => {
    const definition = ruleCatalogue.find((rule) => rule.key === key);
    if (definition === undefined) throw new Error(`no rule has the key ${key}`);
    return { definition, config: definition.config.parse({ enabled: true, ...config }) };
  });
}

function settings(rules: Rules, others: Partial<ReloadSettings> = {}): ReloadSettings {
  return {
    accounts: [
      {
        id: 'A1' as AccountId,
        currency: 'USD',
        startBalanceUnits: 50_000_000_000,
        rules: configured(rules),
      },
    ],
    calendar: new TradingCalendar({ time: '17:00', zone: 'America/Chicago', kind: 'futures' }),
    mode: 'PAPER',
    quoteMaxAgeMs: 5_000,
    ...others,
  };
}

const hash = '0123456789abcdef';

async function reload(one: TestEngine, next: ReloadSettings): Promise<ReloadAnswer | undefined> {
  let answer: ReloadAnswer | undefined;
  one.engine.reload({ hash, settings: next }, (given) => {
    answer = given;
  });
  await one.lockstep.rest();
  return answer;
}

const ruleActor = (one: TestEngine, id: string) =>
  one.engine.world.cells.get(`account/A1/rule/${id}` as ActorId);
/** Rows of one kind of input, read from the store itself. */
function rowsOf({ directory }: TestEngine, type: string): readonly { readonly event: string }[] {
  const database = new Database(join(directory, 'journal.db'), { readonly: true });
  try {
    return database
      .prepare<[string], { event: string }>(
        `SELECT event_json AS event FROM journal WHERE json_extract(event_json, '$.type') = ?`,
      )
      .all(type);
  } finally {
    database.close();
  }
}

describe('a reload', () => {
  it('that is valid is one row with its hash, and answered after the commit', async () => {
    const one = await engineWith({ maxContracts: { limit: 5 } });
    expect(await reload(one, settings({ maxContracts: { limit: 2 } }))).toEqual({
      outcome: 'applied',
      hash,
    });
    const [row, ...others] = rowsOf(one, 'config.reloaded');
    expect(others).toEqual([]);
    expect(JSON.parse(row?.event ?? '{}')).toEqual({ type: 'config.reloaded', hash });
    expect(one.alerts).toEqual([]);
  });

  it('that could not be read keeps the old configuration, leaves a row and raises one alert', async () => {
    const one = await engineWith({ maxContracts: { limit: 5 } });
    const before = one.engine.world.accounts.get('A1' as AccountId)?.rules;
    one.engine.reload({ rejected: 'risk.yaml:3 rules.maxContracts.limit was "0"' });
    await one.lockstep.rest();
    expect(one.engine.world.accounts.get('A1' as AccountId)?.rules).toBe(before);
    expect(one.alerts.map(({ code, severity }) => [code, severity])).toEqual([
      ['CONFIG_REJECTED', 'error'],
    ]);
    expect(one.alerts[0]?.text).toContain('risk.yaml:3');
    expect(rowsOf(one, 'config.rejected')).toHaveLength(1);
    expect(rowsOf(one, 'config.reloaded')).toEqual([]);
  });

  it.each<[string, Partial<ReloadSettings>]>([
    ['of another mode', { mode: 'DRY_RUN' }],
    ['without an account', { accounts: [] }],
    [
      'with another account',
      {
        accounts: [
          { id: 'B' as AccountId, currency: 'USD', startBalanceUnits: 1_000_000, rules: [] },
        ],
      },
    ],
  ])('%s needs a restart and changes nothing', async (_what, others) => {
    const one = await engineWith({ maxContracts: { limit: 5 } });
    const answer = await reload(one, settings({ maxContracts: { limit: 1 } }, others));
    expect(answer).toMatchObject({ outcome: 'rejected' });
    expect(one.alerts.map(({ code }) => code)).toEqual(['CONFIG_REJECTED']);
    const [rule] = one.engine.world.accounts.get('A1' as AccountId)?.rules ?? [];
    expect(rule?.config).toMatchObject({ limit: 5 });
  });

  it('gives a rule that is new its actor, and takes the duty from one that is gone', async () => {
    const one = await engineWith({ maxContracts: { limit: 5 } });
    await reload(one, settings({ symbolBlocks: { blockedSymbols: ['ES'] } }));
    expect(ruleActor(one, 'RULE-011')?.stateJson).toBe('"armed"');
    expect(ruleActor(one, 'RULE-001')?.stateJson).toBe('"disabled"');
    await reload(one, settings({ maxContracts: { limit: 3, severity: 'critical' } }));
    expect(ruleActor(one, 'RULE-001')?.stateJson).toBe('"armed"');
    expect(ruleActor(one, 'RULE-001')?.context['severity']).toBe('critical');
    expect(ruleActor(one, 'RULE-011')?.stateJson).toBe('"disabled"');
  });

  it('tells the account who may end the locks of its rules from now on', async () => {
    const one = await engineWith({ dailyRealizedLoss: { limit: -500 } });
    await reload(one, settings({ dailyRealizedLoss: { limit: -500, operatorUnlock: 'never' } }));
    const account = one.engine.world.cells.get('account/A1' as ActorId);
    expect(account?.context['rulePolicies']).toEqual({
      'RULE-003': { operatorUnlock: 'never', irrevocable: false },
    });
  });

  it('hands the new rules to the workers, and takes no verdict of the old ones', async () => {
    const one = await engineWith({ dailyUnrealizedLoss: { limit: -300 } });
    await one.quote('MNQ', 84_000, 84_001);
    await one.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1 });
    const account = one.engine.world.accounts.get('A1' as AccountId);
    const oldVersion = account?.version ?? 0;
    await reload(one, settings({ dailyUnrealizedLoss: { limit: -3_000 } }));
    one.engine.put('venue', {
      type: 'verdicts',
      atMs: one.clock.nowMs(),
      changes: [
        {
          accountId: 'A1' as AccountId,
          viewVersion: oldVersion,
          atMs: one.clock.nowMs(),
          source: 'worker',
          finding: {
            ruleId: 'RULE-004' as never,
            entity: 'MNQ' as never,
            verdict: 'DENY',
            code: 'UNREALIZED_LOSS_REACHED',
            unit: 'money',
            observed: -400_000_000,
            inputs: [],
            missing: [],
            wants: [{ type: 'closePosition', instrument: 'MNQ' as never }],
          },
        },
      ],
    });
    await one.lockstep.rest();
    expect(account?.openLots('MNQ' as never)).toBe(1);
    // 600 points of a micro are 1,200 dollars: within the new limit, far beyond the old one.
    await one.quote('MNQ', 81_600, 81_601);
    expect(account?.openLots('MNQ' as never)).toBe(1);
    await one.quote('MNQ', 77_000, 77_001);
    expect(account?.openLots('MNQ' as never)).toBe(0);
  });

  it('changes how old a price may be, and what is not said any more has its default again', async () => {
    const one = await engineWith({});
    await reload(one, settings({}, { quoteMaxAgeMs: 60_000, orders: { cancelDurationMs: 9 } }));
    expect(one.engine.world.options.quoteMaxAgeMs).toBe(60_000);
    expect(one.engine.world.orderSettings.cancelDurationMs).toBe(9);
    await reload(one, settings({}));
    expect(one.engine.world.orderSettings.cancelDurationMs).toBe(1_500);
    expect(one.engine.world.options.orders).toBeUndefined();
  });
});

describe('a start with another configuration', () => {
  it('ends the duty of a rule that is gone, also when it could not be judged', async () => {
    const one = await engineWith({ dailyUnrealizedLoss: { limit: -300 } });
    await one.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1 });
    one.crash();
    const again = await engineWith({ maxContracts: { limit: 5 } }, one.directory);
    expect(ruleActor(again, 'RULE-004')?.stateJson).toBe('"disabled"');
    expect(ruleActor(again, 'RULE-001')?.stateJson).toBe('"armed"');
    expect(again.engine.world.accounts.get('A1' as AccountId)?.causes).toEqual([]);
  });
});
