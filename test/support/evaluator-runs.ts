/** A market and accounts for evaluators, and the naive evaluation that they are compared with. */
import { AccountId, InstrumentId, RuleId } from '../../src/domain/ids.ts';
import { parseMoney } from '../../src/domain/money.ts';
import type { VerdictChange } from '../../src/domain/verdict.ts';
import type { AccountFacts, Mark, Quote } from '../../src/domain/view.ts';
import type { Random } from '../../src/kernel/random.ts';
import type { RuleEvaluatorPort, RuleSetting } from '../../src/ports/rule-evaluator.port.ts';
import { facts, instrumentOf, instruments, position, ruleOf } from './rule-facts.ts';

const marketIds = ['ES', 'MNQ', 'BTC-USD'].map((id) => InstrumentId.parse(id));

export function settingsOf(
  configs: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): readonly RuleSetting[] {
  return Object.entries(configs).map(([id, config]) => ({
    ruleId: RuleId.parse(id),
    config: ruleOf(id).config.parse(config),
  }));
}

/** An evaluator that has been told the instruments, and everything it said. */
export async function started(
  evaluator: RuleEvaluatorPort,
): Promise<{ readonly evaluator: RuleEvaluatorPort; readonly said: VerdictChange[] }> {
  const said: VerdictChange[] = [];
  await evaluator.start((changes) => said.push(...changes));
  for (const instrument of instruments.values()) evaluator.putInstrument(instrument);
  return { evaluator, said };
}

export function quote(id: string, lastTicks: number, receivedAtMs: number): Quote {
  return { instrument: InstrumentId.parse(id), lastTicks, venueTimeMs: receivedAtMs, receivedAtMs };
}

/** The present verdict of each entity, made of all changes so far. */
export function verdictsOf(said: readonly VerdictChange[]): Readonly<Record<string, string>> {
  const verdicts: Record<string, string> = {};
  for (const { accountId, finding } of said) {
    const key = `${accountId} ${finding.ruleId} ${finding.entity}`;
    delete verdicts[key];
    const word = wordOf(finding);
    if (word !== 'PASS') verdicts[key] = word;
  }
  return sorted(verdicts);
}

/** Every market rule of every account, exactly, at the present marks. */
export function naiveVerdicts(
  accounts: ReadonlyMap<AccountId, { facts: AccountFacts; rules: readonly RuleSetting[] }>,
  marks: (id: InstrumentId) => Mark | undefined,
  nowMs: number,
): Readonly<Record<string, string>> {
  const verdicts: Record<string, string> = {};
  for (const [id, { facts: account, rules }] of accounts) {
    for (const { ruleId, config } of rules) {
      const rule = ruleOf(ruleId);
      if (!rule.triggers.market) continue;
      const context = {
        facts: account,
        marks,
        instrumentOf: (one: string) => instruments.get(one),
        nowMs,
      };
      for (const finding of rule.evaluate(context, config)) {
        const word = wordOf(finding);
        if (word !== 'PASS') verdicts[`${id} ${ruleId} ${finding.entity}`] = word;
      }
    }
  }
  return sorted(verdicts);
}

function wordOf({ verdict, isWarning, missing, code }: VerdictChange['finding']): string {
  if (verdict === 'UNKNOWN') return `UNKNOWN ${missing.join(' ')}`;
  if (verdict === 'DENY') return `DENY ${code}`;
  return isWarning === true ? 'warning' : 'PASS';
}

function sorted(record: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

const prices: Readonly<Record<string, number>> = { ES: 23_200, MNQ: 84_000, 'BTC-USD': 6_000_000 };
const sizes: Readonly<Record<string, readonly string[]>> = {
  ES: ['1', '-2', '3'],
  MNQ: ['2', '-4', '10'],
  'BTC-USD': ['0.5', '-0.00012345', '2'],
};

/** A price around the usual one, sometimes doubtful. */
export function randomQuote(random: Random, atMs: number): Quote {
  const id = marketIds[random.int(marketIds.length)] ?? marketIds[0];
  if (id === undefined) throw new Error('there is a market');
  const usual = prices[id] ?? 1;
  const last = usual + Math.round(random.normal() * usual * 0.001);
  const spread = random.int(3);
  const base = {
    instrument: id,
    venueTimeMs: atMs,
    receivedAtMs: atMs - random.int(3) * random.int(400),
  };
  switch (random.int(12)) {
    case 0:
      return { ...base, bidTicks: last, askTicks: last - 1 - spread };
    case 1:
      return { ...base, lastTicks: 0 };
    case 2:
    case 3:
    case 4:
      return { ...base, bidTicks: last - spread, askTicks: last + spread };
    default:
      return { ...base, lastTicks: last, bidTicks: last - 1, askTicks: last + spread };
  }
}

export function randomAccount(random: Random, id: AccountId, version: number): AccountFacts {
  const positions = marketIds.flatMap((instrument) => {
    const size = sizes[instrument]?.[random.int(6)];
    if (size === undefined) return [];
    const price = (prices[instrument] ?? 1) + Math.round(random.normal() * 20);
    const held = position(instrument, size, '1');
    const { value } = instrumentOf(instrument);
    const perLot = (held.openLots * price * value.num) / value.den;
    return [{ ...held, costUnits: Math.round(perLot) }];
  });
  return facts({
    accountId: id,
    version,
    realized: String(random.int(700) - 600),
    fees: String(random.int(30)),
    isReconciled: random.int(8) > 0,
    positions,
    ...(random.int(6) === 0 ? { acknowledged: '-400' } : {}),
    ...(random.int(6) === 0 ? { acknowledgedProfitUnits: parseMoney('80', 'USD') } : {}),
  });
}

export function randomRules(random: Random): readonly RuleSetting[] {
  const pick = <Value>(...values: readonly Value[]): Value => {
    const value = values[random.int(values.length)];
    if (value === undefined) throw new Error('there is a choice');
    return value;
  };
  const common = {
    markPrice: pick('exitSide', 'exitSide', 'last', 'mid'),
    breachAtEquality: pick(true, false),
    quoteMaxAgeSeconds: pick(1, 5),
  };
  return settingsOf({
    'RULE-001': {},
    'RULE-003': { ...common, combinedWithUnrealized: pick(true, true, false) },
    'RULE-004': {
      ...common,
      scope: pick('perPosition', 'total'),
      limit: pick('-50', '-300'),
      staleGraceSeconds: pick(null, 2),
    },
    'RULE-013': { ...common, combinedWithUnrealized: pick(true, false), target: pick('60', '200') },
  });
}

export const accountIds = ['A1', 'A2', 'A3', 'A4', 'A5'].map((id) => AccountId.parse(id));

/** Waits, in turns of the event loop, until the world is as wanted; throws after 20 s of the real clock. */
export async function until(isWanted: () => boolean): Promise<void> {
  const untilMs = performance.now() + 20_000;
  while (!isWanted()) {
    if (performance.now() > untilMs) throw new Error(`never came true: ${isWanted.toString()}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
