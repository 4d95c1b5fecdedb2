/** Verifies: RULE-011, G26, G27 */
import { afterEach, describe, expect, it } from 'vitest';
import { AccountId, FillId, InstrumentId, OrderId } from '../../../src/domain/ids.ts';
import type { RuleFinding, RuleMemory } from '../../../src/domain/verdict.ts';
import type { AccountFacts, PositionFacts, TradeFacts } from '../../../src/domain/view.ts';
import { removeDirectory, startTestEngine, type TestEngine } from '../../support/engine.ts';
import { context, facts, nowMs, ruleOf, working } from '../../support/rule-facts.ts';

const rule = ruleOf('RULE-011');
type Config = Readonly<Record<string, unknown>>;

const es = InstrumentId.parse('ES');
const lock = { type: 'setLock', scope: 'symbol:ES', kind: 'permanent' };
const alert = { type: 'alert', severity: 'warning' };
const locked = { locks: [{ source: 'RULE-011', scope: 'symbol:ES' as const }] };
const closeEs = { type: 'closePosition', instrument: 'ES' };

function held(openLots: number, instrument = es): PositionFacts {
  return { instrument, openLots, costUnits: 0 };
}

function trade(): TradeFacts {
  const openedLots = 1;
  const base = { fillId: FillId.parse('t1'), instrument: es, atMs: nowMs, feeUnits: 0 };
  return { ...base, openedLots, closedLots: 0, isEnforcement: false };
}

function remembered(memory: RuleMemory): Partial<AccountFacts> {
  return { ...locked, memory: { 'RULE-011|ES': memory } };
}

function evaluate(account: Partial<AccountFacts>, config: Config = {}): readonly RuleFinding[] {
  const parsed = rule.config.parse({ blockedSymbols: ['ES'], ...config });
  return rule.evaluate(context(facts(account)), parsed);
}

function judge(account: Partial<AccountFacts>, config: Config = {}): RuleFinding {
  const [finding, ...rest] = evaluate(account, config);
  if (finding === undefined) throw new Error('ES is judged');
  expect(rest).toEqual([]);
  return finding;
}

describe('a blocked instrument', () => {
  it.each([
    ['a position: locked and closed', { positions: [held(-2)] }, [lock, closeEs]],
    ['a position under the lock: closed', { ...locked, positions: [held(1)] }, [closeEs]],
    [
      'the lock of another rule does not count',
      { locks: [{ source: 'RULE-004', scope: 'symbol:ES' as const }], trades: [trade()] },
      [lock],
    ],
    [
      'a working order: locked and cancelled',
      { workingOrders: [working('ES', 'buy', '1')] },
      [lock, { type: 'cancelOrdersBySymbol', instrument: 'ES' }],
    ],
    ['a trade of the day: locked', { trades: [trade()] }, [lock]],
    [
      'a close cancels its orders itself',
      {
        ...locked,
        positions: [held(1)],
        workingOrders: [working('ES', 'sell', '1', { purpose: 'protective' })],
      },
      [closeEs],
    ],
  ] as const)('%s', (_name, account, wants) => {
    const finding = judge(account);
    expect(finding).toMatchObject({
      verdict: 'DENY',
      code: 'SYMBOL_BLOCKED',
      entity: 'ES',
      limit: 0,
    });
    expect(finding.wants).toEqual([...wants, alert]);
    expect(finding.inputs).toContainEqual({ name: 'pattern', value: 'ES' });
  });

  it.each([
    ['locked and flat', { ...locked, trades: [trade()] }],
    [
      'locked, with the close of the rule still working',
      {
        ...locked,
        trades: [trade()],
        workingOrders: [working('ES', 'sell', '1', { purpose: 'exit' })],
      },
    ],
  ] as const)('passes when nothing is left to do: %s', (_name, account) => {
    expect(judge(account)).toMatchObject({ verdict: 'PASS', wants: [] });
  });

  it('leaves other instruments alone, and an empty list blocks nothing', () => {
    const mes = held(1, InstrumentId.parse('MES'));
    expect(evaluate({ positions: [mes] })).toEqual([]);
    expect(evaluate({ positions: [held(1)] }, { blockedSymbols: [] })).toEqual([]);
    const all = evaluate({ positions: [mes, held(1)] }, { blockedSymbols: ['*'] });
    expect(all.map(({ entity }) => entity)).toEqual(['ES', 'MES']);
  });

  it('is unknown before the account has been compared with the venue, but refuses orders', () => {
    const account = { positions: [held(1)], isReconciled: false };
    expect(judge(account)).toMatchObject({ entity: 'account', verdict: 'UNKNOWN', wants: [] });
    expect(judgeOrder('ES', facts(account))).toMatchObject({ verdict: 'DENY', observed: 2 });
  });

  it('refuses orders by any name of the pattern and no others', () => {
    expect(judgeOrder('ES')).toMatchObject({ verdict: 'DENY', code: 'SYMBOL_BLOCKED' });
    expect(judgeOrder('MES')).toMatchObject({ verdict: 'PASS' });
  });
});

function judgeOrder(instrument: string, account = facts()): RuleFinding | undefined {
  return rule.judgeOrder?.(context(account), rule.config.parse({ blockedSymbols: ['es'] }), {
    orderId: OrderId.parse('O1'),
    accountId: AccountId.parse('A1'),
    instrument: InstrumentId.parse(instrument),
    side: 'buy',
    orderType: 'market',
    quantityLots: 2,
    timeInForce: 'day',
    reduceOnly: false,
  });
}

describe('a position that shows up again', () => {
  const limit = { reappearLimit: 2 };
  const at = (...ages: readonly number[]): string => ages.map((age) => nowMs - age).join(' ');

  it.each([
    ['the first', {}, [closeEs, alert], `${nowMs}`],
    ['the second within the minute', { closes: at(20_000) }, [closeEs, alert], at(20_000, 0)],
    [
      'the third within the minute',
      { closes: at(40_000, 20_000) },
      [{ ...alert, severity: 'critical' }],
      at(40_000, 20_000),
    ],
    [
      'the third when the pace permits it',
      { closes: at(50_000, 30_000) },
      [closeEs, { ...alert, severity: 'critical' }],
      at(50_000, 30_000, 0),
    ],
    [
      'the third when the first is a minute old',
      { closes: at(60_000, 20_000) },
      [closeEs, alert],
      at(20_000, 0),
    ],
  ] as const)('%s', (_name, memory, wants, closes) => {
    const finding = judge({ ...remembered(memory), positions: [held(1)] }, limit);
    expect(finding).toMatchObject({ verdict: 'DENY', wants });
    expect(finding.remember).toMatchObject({ closes });
  });

  it('is judged again when the pace permits the next close', () => {
    const account = { ...remembered({ closes: at(40_000, 20_000) }), positions: [held(1)] };
    expect(judge(account, limit).dueAtMs).toBe(nowMs + 10_000);
  });

  it('counts one close once, however often it is judged, and the next one after it was flat', () => {
    const closing = { closes: at(5_000), isClosing: true };
    expect(judge({ ...remembered(closing), positions: [held(1)] }, limit).remember).toEqual(
      closing,
    );
    const flat = judge({ ...remembered(closing), trades: [trade()] }, limit);
    expect(flat).toMatchObject({ verdict: 'PASS', remember: { closes: at(5_000) } });
    expect(flat.remember).not.toHaveProperty('isClosing');
  });

  it('forgets what was blocked before, without the lock and without the pattern', () => {
    const stale = { memory: remembered({ closes: at(2_000, 1_000) }).memory ?? {} };
    const anew = judge({ ...stale, positions: [held(1)] }, limit);
    expect(anew.remember).toEqual({ closes: String(nowMs), isClosing: true });
    expect(judge({ ...stale }, { blockedSymbols: ['NQ'] })).toMatchObject({
      verdict: 'PASS',
      remember: {},
    });
  });
});

describe('a position that may stay', () => {
  const keep = { closeExisting: false };

  it.each([
    ['as it was found', {}, held(2), [lock], 2],
    ['unchanged', remembered({ keptLots: 2 }), held(2), [], 2],
    ['smaller', remembered({ keptLots: 2 }), held(1), [], 1],
    [
      'larger: cut',
      remembered({ keptLots: 2 }),
      held(5),
      [{ type: 'reducePosition', instrument: 'ES', targetLots: 2 }],
      2,
    ],
    ['turned round: closed', remembered({ keptLots: 2 }), held(-1), [closeEs], 0],
    ['back after it was flat: closed', remembered({ keptLots: 0 }), held(1), [closeEs], 0],
  ] as const)('%s', (_name, account, position, wants, keptLots) => {
    for (const config of [keep, { action: 'cancelOrder' }]) {
      const finding = judge({ ...account, positions: [position] }, config);
      expect(finding.wants).toEqual(wants.length === 0 ? [] : [...wants, alert]);
      expect(finding.remember).toMatchObject({ keptLots });
    }
  });

  it('keeps its exits up to its size and loses what could add to it', () => {
    const orders = [
      working('ES', 'buy', '1'),
      working('ES', 'sell', '2', { purpose: 'protective' }),
      working('ES', 'sell', '1'),
      working('ES', 'sell', '2'),
      working('ES', 'sell', '9', { reduceOnly: true }),
    ];
    const account = { ...remembered({ keptLots: 2 }), positions: [held(2)], workingOrders: orders };
    expect(judge(account, keep).wants).toEqual([
      { type: 'cancelOrder', orderId: orders[0]?.orderId },
      { type: 'cancelOrder', orderId: orders[3]?.orderId },
      alert,
    ]);
  });
});

describe('the lock', () => {
  let running: TestEngine | undefined;
  afterEach(() => {
    running?.crash();
    if (running !== undefined) removeDirectory(running.directory);
    running = undefined;
  });
  function locksOf(one: TestEngine): readonly string[] {
    const account = one.engine.world.accounts.get(AccountId.parse('A1'));
    return [...(account?.locks.values() ?? [])].map(({ source, scope }) => `${source} ${scope}`);
  }

  it(
    'stays over a restart, and goes when the configuration means the symbol no more',
    { timeout: 10_000 },
    async () => {
      const rules = { symbolBlocks: { blockedSymbols: ['NQ', 'ES*'] } };
      running = await startTestEngine();
      await running.quote('ES', 23_200, 23_201);
      await running.submit({ instrument: 'ES', side: 'buy', quantityLots: 1 });
      const { directory } = running;
      for (const [configured, expected] of [
        [rules, ['RULE-011 symbol:ES']],
        [rules, ['RULE-011 symbol:ES']],
        [{ symbolBlocks: { blockedSymbols: ['NQ'] } }, []],
        [rules, ['RULE-011 symbol:ES']],
        [{}, []],
      ] as const) {
        running.crash();
        running = await startTestEngine({ directory, rules: configured });
        await running.quote('ES', 23_200, 23_201);
        expect(locksOf(running)).toEqual(expected);
      }
    },
  );
});

describe('its configuration', () => {
  it.each([
    [{ blockedSymbols: ['[ES'] }],
    [{ blockedSymbols: [''] }],
    [{ blockedSymbols: 'ES' }],
    [{ action: 'flatten' }],
    [{ reappearLimit: 0 }],
    [{ lockout: 'none' }],
  ])('refuses %j', (config) => {
    expect(rule.config.safeParse(config).success).toBe(false);
  });

  it('has the defaults of the specification', () => {
    expect(rule.config.parse({})).toMatchObject({
      enabled: false,
      blockedSymbols: [],
      action: 'close',
      closeExisting: true,
      reappearLimit: 5,
      operatorUnlock: 'admin',
      severity: 'warning',
    });
  });
});
