/**
 * A verdict of the past judged once more: the rule itself, on what the journal says of the account at that row, with the
 * prices that the verdict names. Only where that gives exactly the verdict that was written down is one value changed
 * until the verdict is another one. Source: inspector 3 (Why), 10.
 */
import type { AccountId, InstrumentId } from '../domain/ids.ts';
import { formatTicks, parseTicks } from '../domain/instrument.ts';
import { builtInInstruments } from '../domain/instruments.ts';
import { formatMoney, type Currency } from '../domain/money.ts';
import type { PositionBook } from '../domain/position.ts';
import type { RuleFinding, VerdictKind } from '../domain/verdict.ts';
import type { AccountFacts, Mark, PositionFacts } from '../domain/view.ts';
import type { PastAccount } from '../inspector/past.ts';
import { ruleById } from '../rules/registry.ts';
import type { RuleDefinition } from '../rules/rule.ts';

/** Accounting units of a hundredth of the currency, the step in which money is changed. */
const centUnits = 10_000;
/** Which key of a rule's configuration is its limit; rules that need more than the journal tells are not here. */
const limitKeys: Readonly<Record<string, 'limit' | 'target'>> = {
  'RULE-001': 'limit',
  'RULE-003': 'limit',
  'RULE-004': 'limit',
  'RULE-013': 'target',
};
/** Configuration is not in the journal: these are tried until one gives what was written down. */
const variants: readonly Readonly<Record<string, unknown>>[] = [
  {},
  { includeFees: true },
  { includeFees: false },
  { combinedWithUnrealized: false },
  { includeFees: true, combinedWithUnrealized: false },
  { countType: 'miniEquivalent' },
  { countType: 'gross' },
  { includeWorkingOrders: true },
  { breachAtEquality: false },
  { breachAtEquality: true },
  { scope: 'total' },
  { markPrice: 'last' },
];

/** What a verdict names was fresh enough for it. */
const base = { enabled: true, quoteMaxAgeSeconds: 3_600 };

type World = { readonly facts: AccountFacts; readonly marks: ReadonlyMap<InstrumentId, Mark> };
type Judge = (world: World) => RuleFinding | undefined;

/** Undefined where the rule cannot be brought to say again what it said. */
export function triedCounterfactual(
  picture: PastAccount,
  finding: RuleFinding,
): string | undefined {
  const rule = ruleById(finding.ruleId);
  const key = limitKeys[finding.ruleId];
  if (rule === undefined || key === undefined || finding.verdict === 'UNKNOWN') return undefined;
  const world = worldOf(picture, finding);
  if (world === undefined) return undefined;
  const judge = sameJudge(rule, key, world, finding, picture.atMs);
  if (judge === undefined) return undefined;
  const other = finding.verdict === 'DENY' ? 'PASS' : 'DENY';
  if (finding.ruleId === 'RULE-001') return changedLots(judge, world, other);
  if (finding.ruleId === 'RULE-004') return changedMark(judge, world, finding, other);
  return changedResult(judge, world, finding, other);
}

/** The rule under the configuration that gives the very finding of the journal. */
function sameJudge(
  rule: RuleDefinition,
  key: string,
  world: World,
  finding: RuleFinding,
  nowMs: number,
): Judge | undefined {
  const { unit, limit = 0 } = finding;
  const value = unit === 'money' ? formatMoney(limit, 'USD') : limit;
  for (const variant of variants) {
    const given = { ...base, ...variant, [key]: value };
    // Rules refuse keys that they do not have.
    const strict = rule.config.safeParse(given);
    const parsed = strict.success
      ? strict
      : rule.config.safeParse({ enabled: true, ...variant, [key]: value });
    if (!parsed.success) continue;
    const judge: Judge = ({ facts, marks }) =>
      rule
        .evaluate(
          {
            facts,
            marks: (id) => marks.get(id),
            instrumentOf: (id) => builtInInstruments.get(id),
            nowMs,
          },
          parsed.data,
        )
        .find(({ entity }) => entity === finding.entity);
    const again = judge(world);
    if (again !== undefined && isSame(again, finding)) return judge;
  }
  return undefined;
}

function isSame(one: RuleFinding, other: RuleFinding): boolean {
  return figuresOf(one) === figuresOf(other);
}

/** Positions are named in the order in which they were opened, which says nothing. */
function figuresOf({ verdict, code, observed, limit, headroom, inputs }: RuleFinding): string {
  const named = inputs.toSorted((left, right) => (left.name < right.name ? -1 : 1));
  return JSON.stringify([verdict, code, observed, limit, headroom, named]);
}

type Ledger = {
  readonly currency?: Currency;
  readonly realizedUnits?: number;
  readonly feesUnits?: number;
  readonly lastBoundaryMs?: number;
};

function worldOf(picture: PastAccount, finding: RuleFinding): World | undefined {
  const actors = [...picture.actors.values()];
  const ledger = actors.find(({ kind }) => kind === 'ledger');
  if (ledger === undefined) return undefined;
  const { currency, realizedUnits, feesUnits, lastBoundaryMs = 0 } = ledger.context as Ledger;
  if (currency === undefined || realizedUnits === undefined || feesUnits === undefined)
    return undefined;
  const marks = marksOf(finding, picture.atMs);
  if (marks === undefined) return undefined;
  const facts: AccountFacts = {
    accountId: ledger.account as AccountId,
    version: 1,
    currency,
    isReconciled: true,
    realizedUnits,
    feesUnits,
    positions: actors.flatMap(positionOf),
    workingOrders: [],
    trades: [],
    dayStartMs: lastBoundaryMs,
    memory: {},
  };
  return { facts, marks };
}

function positionOf({ kind, context }: { kind: string; context: unknown }): PositionFacts[] {
  if (kind !== 'position') return [];
  const { instrument, book, openedAtMs } = context as {
    readonly instrument: InstrumentId;
    readonly book: PositionBook;
    readonly openedAtMs?: number;
  };
  if (book.openLots === 0) return [];
  const { openLots, costUnits } = book;
  const facts = { instrument, openLots, costUnits };
  return [openedAtMs === undefined ? facts : { ...facts, openedAtMs }];
}

/** Prices are not in the journal; a verdict that depends on them names them. */
function marksOf(
  { inputs }: RuleFinding,
  nowMs: number,
): ReadonlyMap<InstrumentId, Mark> | undefined {
  const marks = new Map<InstrumentId, Mark>();
  for (const { name, value, ageMs = 0 } of inputs) {
    if (!name.startsWith('mark:')) continue;
    const id = name.slice('mark:'.length) as InstrumentId;
    const instrument = builtInInstruments.get(id);
    const ticks = instrument === undefined ? undefined : parseTicks(instrument, value);
    if (ticks === undefined) return undefined;
    marks.set(id, markAt(ticks, nowMs - ageMs));
  }
  return marks;
}

function markAt(ticks: number, receivedAtMs: number): Mark {
  return { bidTicks: ticks, askTicks: ticks, lastTicks: ticks, receivedAtMs };
}

/** The least step of a value, in one direction or the other, that brings the other verdict. */
function leastStep(stepsMax: number, brings: (step: number) => boolean): number | undefined {
  let [low, high] = [0, 1];
  while (!brings(high)) {
    low = high;
    high *= 2;
    if (high > stepsMax) return undefined;
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (brings(middle)) high = middle;
    else low = middle;
  }
  return high;
}

const wordOf: Readonly<Record<'PASS' | 'DENY', string>> = {
  PASS: 'It would have passed',
  DENY: 'It would have been a breach',
};
const stepsMax = 100_000_000;
const lotsMax = 1_000_000;

function changedResult(
  judge: Judge,
  { facts, marks }: World,
  { ruleId }: RuleFinding,
  wanted: 'PASS' | 'DENY',
): string | undefined {
  const isLoss = ruleId === 'RULE-003';
  const sign = isLoss === (wanted === 'PASS') ? 1 : -1;
  const at = (steps: number): number => facts.realizedUnits + sign * steps * centUnits;
  const judged = (steps: number): RuleFinding | undefined =>
    judge({ facts: { ...facts, realizedUnits: at(steps) }, marks });
  const steps = leastStep(stepsMax, (count) => judged(count)?.verdict === wanted);
  if (steps === undefined) return undefined;
  // As the rule itself says it, with or without fees.
  const said = (count: number): string =>
    judged(count)?.inputs.find(({ name }) => name === 'realized')?.value ?? 'unknown';
  const by = `${formatMoney(steps * centUnits, facts.currency)} ${sign > 0 ? 'more' : 'less'}`;
  return `${wordOf[wanted]} with a realized result of ${said(steps)} instead of ${said(0)}: ${by}.`;
}

function changedMark(
  judge: Judge,
  { facts, marks }: World,
  { entity }: RuleFinding,
  wanted: 'PASS' | 'DENY',
): string | undefined {
  const position = facts.positions.find(({ instrument }) => instrument === entity);
  const instrument = builtInInstruments.get(entity as InstrumentId);
  const mark = marks.get(entity as InstrumentId);
  if (position === undefined || instrument === undefined || mark?.lastTicks === undefined)
    return undefined;
  const { lastTicks, receivedAtMs } = mark;
  const sign = position.openLots > 0 === (wanted === 'PASS') ? 1 : -1;
  const brings = (steps: number): boolean => {
    const moved = new Map(marks).set(instrument.id, markAt(lastTicks + sign * steps, receivedAtMs));
    return verdictOf(judge, { facts, marks: moved }) === wanted;
  };
  const steps = leastStep(lastTicks, brings);
  if (steps === undefined) return undefined;
  const price = (ticks: number): string => formatTicks(instrument, ticks);
  return `${wordOf[wanted]} with ${instrument.id} at ${price(lastTicks + sign * steps)} instead of ${price(lastTicks)}: ${steps} ticks.`;
}

/** Each position is made smaller, or larger, lot by lot; the one that needs the fewest is named. */
function changedLots(judge: Judge, world: World, wanted: 'PASS' | 'DENY'): string | undefined {
  const { facts, marks } = world;
  const changes = facts.positions.flatMap((position) => {
    const { instrument, openLots } = position;
    const at = (steps: number): number => Math.abs(openLots) + (wanted === 'PASS' ? -steps : steps);
    const brings = (steps: number): boolean => {
      const lots = Math.sign(openLots) * Math.max(0, at(steps));
      const positions = facts.positions.flatMap((one) =>
        one !== position ? [one] : lots === 0 ? [] : [{ ...one, openLots: lots }],
      );
      return verdictOf(judge, { facts: { ...facts, positions }, marks }) === wanted;
    };
    const steps = leastStep(wanted === 'PASS' ? 2 * Math.abs(openLots) : lotsMax, brings);
    return steps === undefined || at(steps) < 0 ? [] : [{ instrument, steps, lots: at(steps) }];
  });
  const [least] = changes.toSorted((one, other) => one.steps - other.steps);
  if (least === undefined) return undefined;
  const { instrument, steps, lots } = least;
  const was = wanted === 'PASS' ? lots + steps : lots - steps;
  return `${wordOf[wanted]} with ${lots} lots of ${instrument} instead of ${was}.`;
}

function verdictOf(judge: Judge, world: World): VerdictKind | undefined {
  // A position that is gone has no finding: nothing is left to refuse.
  return judge(world)?.verdict ?? 'PASS';
}
