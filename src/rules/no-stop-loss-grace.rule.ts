/**
 * RULE-008, a position without a stop is closed after a grace.
 *
 * The grace counts from the venue's opening time of the position, so a restart never extends it. Once a
 * position has been covered, a stop that is lost later starts the shorter re-arm grace; the instant of the
 * loss is remembered. What is remembered belongs to one position: a flip begins anew.
 *
 * Only orders that the venue has confirmed as open count. A stop that was judged valid stays valid while no
 * fresh mark says otherwise; memory holds its price, so a stop that was moved is judged again.
 */
import { z } from 'zod';
import { addExact } from '../domain/arithmetic.ts';
import { FlagValue } from '../domain/config-values.ts';
import { RuleId, type InstrumentId } from '../domain/ids.ts';
import { formatLots, unrealizedUnits, type Lots } from '../domain/instrument.ts';
import type { SubmitOrder } from '../domain/order.ts';
import type { RuleFinding, RuleMemory, VerdictInput } from '../domain/verdict.ts';
import { memoryKey, type PositionFacts, type WorkingOrderFacts } from '../domain/view.ts';
import { reachableLots } from './exposure.ts';
import { denyFinding, gateFinding, passFinding, unknownFinding } from './findings.ts';
import { closingTicks, markFault } from './marks.ts';
import { commonKeys, inheritedKeys, wholeBetween, wholeFrom } from './rule-config.ts';
import type { RuleContext, RuleDefinition } from './rule.ts';

/** How soon a position whose stop cannot be judged is looked at again. */
const recheckMs = 1_000;

const keys = z.strictObject({
  ...commonKeys('warning'),
  ...inheritedKeys(),
  enabled: FlagValue.default(false).describe(
    'true: a position needs a stop; false takes the rule out of evaluation',
  ),
  graceSeconds: wholeBetween(0, 3_600)
    .default(60)
    .describe('how long after its opening a position may be without a stop'),
  rearmGraceSeconds: wholeBetween(0, 3_600)
    .default(10)
    .describe('how long a position that was covered may be without a stop'),
  requireStopAtEntry: FlagValue.default(false).describe(
    'refuse an entry unless the stop of its bracket, a stop linked to it and open stops cover the position that it leads to',
  ),
  minCoverage: z
    .enum(['full', 'any'])
    .default('full')
    .describe('full: stops for the whole position; any: a stop of one lot is enough'),
  stopSideReference: z
    .enum(['mark', 'entry'])
    .default('mark')
    .describe('a stop is on the losing side of the market, or of the entry price'),
  maxStopDistanceTicks: z
    .union([z.null(), wholeFrom(1)])
    .default(null)
    .meta({
      default: null,
      description: 'a stop farther from the market does not count; null: any distance',
    }),
});
const Config = keys.meta({
  description: 'A position needs a stop at the venue that covers it, within a grace.',
  enforcement:
    'Closes the position that is without a stop after its grace; raises an alert. No lock.',
  edges: [
    'Stop, stop-limit and trailing-stop orders of the opposite side count while the venue has them open, by what is left of them; a suspended child of a bracket does not.',
    'A take-profit limit or a stop on the winning side of the market never counts; a stop beyond the entry price does.',
    'The grace counts from the opening time of the venue: a restart does not extend it, and one that has passed meanwhile closes at once.',
    'Adding to a position restarts no grace; a stop that no longer covers it all starts the re-arm grace.',
    'The later end counts where both graces run. A change of sides is a new position.',
    'Where no fresh price says on which side a stop is, the entry price decides at the end of the grace; a position that this saves reads UNKNOWN.',
  ],
});
type Config = z.output<typeof Config>;

const rule = { id: RuleId.parse('RULE-008'), code: 'STOP_REQUIRED' } as const;

export const noStopLossGrace: RuleDefinition<Config> = {
  ...rule,
  key: 'noStopLossGrace',
  title: 'stop loss',
  precedence: 60,
  config: Config,
  triggers: { market: false, position: true, ledger: false },
  evaluate,
  watches: () => [],

  judgeOrder(context, config, order) {
    const limit = neededLots(config, 0);
    const nothingWatched = passFinding(rule, {
      entity: order.instrument,
      unit: 'contracts',
      inputs: [],
      observed: limit,
      limit,
      headroom: 0,
    });
    const held = gateFinding(evaluate(context, config), order.instrument, nothingWatched);
    return held.verdict === 'PASS' && config.requireStopAtEntry
      ? judgeEntry(context, config, order)
      : held;
  },
};

function evaluate(context: RuleContext, config: Config): readonly RuleFinding[] {
  if (!context.facts.isReconciled) {
    const missing = ['reconciliation'];
    return [unknownFinding(rule, { entity: 'account', unit: 'contracts', inputs: [], missing })];
  }
  return context.facts.positions.map((position) => judgePosition(context, config, position));
}

/** What is known of one position from earlier evaluations. */
type Known = {
  readonly openedAtMs: number;
  readonly side: 'long' | 'short';
  /** It has been covered at some time. */
  readonly wasCovered: boolean;
  /** Since when it is no longer; absent while covered, and before it ever was. */
  readonly lostAtMs?: number;
  /** Stops that were judged valid, by id and price. */
  readonly valid: readonly string[];
};

function judgePosition(context: RuleContext, config: Config, position: PositionFacts): RuleFinding {
  const { nowMs } = context;
  const id = position.instrument;
  const known = knownOf(context, position);
  const stops = stopsOf(context, config, position, known);
  const limit = neededLots(config, position.openLots);
  const observed = sumLots(stops.filter(({ verdict }) => verdict === 'valid'));
  const figures = {
    entity: id,
    unit: 'contracts',
    inputs: inputsOf(context, position, observed),
    observed,
    limit,
    headroom: Math.max(0, observed - limit),
  } as const;
  const isCovered = observed >= limit;
  const lostAtMs = known.lostAtMs ?? (known.wasCovered ? nowMs : undefined);
  const remember = memoryOf({
    openedAtMs: known.openedAtMs,
    side: known.side,
    wasCovered: known.wasCovered || isCovered,
    ...(isCovered || lostAtMs === undefined ? {} : { lostAtMs }),
    valid: stops.filter(({ verdict }) => verdict === 'valid').map(({ key }) => key),
  });
  if (isCovered) return { ...passFinding(rule, figures), remember };

  const dueAtMs = deadlineMs(config, known.openedAtMs, lostAtMs);
  const inputs = [...figures.inputs, { name: 'graceEnds', value: new Date(dueAtMs).toISOString() }];
  if (nowMs < dueAtMs) return { ...passFinding(rule, { ...figures, inputs }), remember, dueAtMs };
  const byEntry = stops.filter(({ verdict, isLosingAtEntry }) =>
    verdict === 'unknown' ? isLosingAtEntry : verdict === 'valid',
  );
  if (sumLots(byEntry) >= limit) {
    const unknown = unknownFinding(rule, { ...figures, inputs, missing: [`quote:${id}`] });
    return { ...unknown, remember, dueAtMs: nowMs + recheckMs };
  }
  const wants = [
    { type: 'closePosition', instrument: id },
    { type: 'alert', severity: config.severity },
  ] as const;
  return { ...denyFinding(rule, { ...figures, inputs, headroom: 0, wants }), remember };
}

function inputsOf(
  { instrumentOf }: RuleContext,
  { instrument: id, openLots }: PositionFacts,
  covered: Lots,
): readonly VerdictInput[] {
  const instrument = instrumentOf(id);
  if (instrument === undefined) return [];
  return [
    { name: `position:${id}`, value: formatLots(instrument, openLots) },
    { name: 'covered', value: formatLots(instrument, covered) },
  ];
}

function neededLots({ minCoverage }: Config, openLots: Lots): Lots {
  return minCoverage === 'any' ? 1 : Math.abs(openLots);
}

/** The end of the grace; where both run, the later one. */
function deadlineMs(config: Config, openedAtMs: number, lostAtMs: number | undefined): number {
  const first = addExact(openedAtMs, config.graceSeconds * 1_000);
  return lostAtMs === undefined
    ? first
    : Math.max(first, addExact(lostAtMs, config.rearmGraceSeconds * 1_000));
}

function knownOf({ facts, nowMs }: RuleContext, position: PositionFacts): Known {
  const memory = facts.memory[memoryKey(rule.id, position.instrument)] ?? {};
  const side = position.openLots > 0 ? 'long' : 'short';
  const isSameSide = memory['side'] === side;
  // Without a time of the venue the first sight counts.
  const firstSeenMs = isSameSide ? numberOf(memory, 'openedAtMs') : undefined;
  const openedAtMs = position.openedAtMs ?? firstSeenMs ?? nowMs;
  if (!isSameSide || memory['openedAtMs'] !== openedAtMs) {
    return { openedAtMs, side, wasCovered: false, valid: [] };
  }
  const lostAtMs = numberOf(memory, 'lostAtMs');
  const valid = memory['valid'];
  return {
    openedAtMs,
    side,
    wasCovered: memory['wasCovered'] === true,
    ...(lostAtMs === undefined ? {} : { lostAtMs }),
    valid: typeof valid === 'string' && valid !== '' ? valid.split(' ') : [],
  };
}

function numberOf(memory: RuleMemory, key: string): number | undefined {
  const value = memory[key];
  return typeof value === 'number' ? value : undefined;
}

function memoryOf({ valid, ...known }: Known): RuleMemory {
  return { ...known, valid: valid.join(' ') };
}

type Stop = {
  readonly key: string;
  readonly lots: Lots;
  readonly verdict: 'valid' | 'invalid' | 'unknown';
  readonly isLosingAtEntry: boolean;
};

function sumLots(stops: readonly Stop[]): Lots {
  return stops.map(({ lots }) => lots).reduce(addExact, 0);
}

const stopTypes: ReadonlySet<string> = new Set(['stop', 'stopLimit', 'trailingStop']);

/** Open stop orders of the other side, each with what can be said of its price. */
function stopsOf(
  context: RuleContext,
  config: Config,
  position: PositionFacts,
  known: Known,
): readonly Stop[] {
  return openStops(context, position.instrument, position.openLots > 0 ? 'sell' : 'buy').map(
    (order) => {
      const key = `${order.orderId}@${order.stopTicks ?? 'trailing'}`;
      const isLosingAtEntry = isLosing(context, position, order);
      const verdict = judgeStop(context, config, position, order, {
        isLosingAtEntry,
        wasValid: known.valid.includes(key),
      });
      return { key, lots: order.leavesLots, verdict, isLosingAtEntry };
    },
  );
}

function openStops(
  { facts }: RuleContext,
  instrument: InstrumentId,
  side: 'buy' | 'sell',
): readonly WorkingOrderFacts[] {
  return facts.workingOrders.filter(
    (order) =>
      order.instrument === instrument &&
      order.isOpen &&
      order.side === side &&
      stopTypes.has(order.orderType),
  );
}

/** A trailing stop without a price follows the market on the losing side. */
function judgeStop(
  context: RuleContext,
  config: Config,
  position: PositionFacts,
  { stopTicks }: WorkingOrderFacts,
  { isLosingAtEntry, wasValid }: { isLosingAtEntry: boolean; wasValid: boolean },
): Stop['verdict'] {
  if (stopTicks === undefined) return 'valid';
  const marketTicks = marketOf(context, config, position);
  const isTooFar =
    marketTicks !== undefined &&
    config.maxStopDistanceTicks !== null &&
    Math.abs(marketTicks - stopTicks) > config.maxStopDistanceTicks;
  if (isTooFar) return 'invalid';
  if (config.stopSideReference === 'entry') return isLosingAtEntry ? 'valid' : 'invalid';
  if (marketTicks === undefined) return wasValid ? 'valid' : 'unknown';
  const isLosingSide = position.openLots > 0 ? stopTicks < marketTicks : stopTicks > marketTicks;
  return isLosingSide ? 'valid' : 'invalid';
}

/** The price at which the position could be closed now; undefined when nobody can say. */
function marketOf(
  context: RuleContext,
  config: Config,
  { instrument, openLots }: PositionFacts,
): number | undefined {
  const mark = context.marks(instrument);
  const fault = markFault(mark, context.nowMs, config.quoteMaxAgeSeconds * 1_000);
  if (mark === undefined || fault !== undefined) return undefined;
  return closingTicks(mark, openLots > 0, config.markPrice);
}

/** Whether a close at the stop loses against the entry price. */
function isLosing(
  { instrumentOf }: RuleContext,
  { instrument: id, openLots, costUnits }: PositionFacts,
  { stopTicks }: WorkingOrderFacts,
): boolean {
  const instrument = instrumentOf(id);
  if (stopTicks === undefined) return true;
  if (instrument === undefined) return false;
  return unrealizedUnits(instrument, openLots, costUnits, stopTicks) < 0;
}

/** Pre-trade: do open stops cover the position that the order leads to at worst? */
function judgeEntry(context: RuleContext, config: Config, order: SubmitOrder): RuleFinding {
  const { highLots, lowLots } = reachableLots(context.facts, order.instrument, order);
  const reached = order.side === 'buy' ? highLots : lowLots;
  const stops = openStops(context, order.instrument, order.side === 'buy' ? 'sell' : 'buy');
  const observed = addExact(
    stops.map(({ leavesLots }) => leavesLots).reduce(addExact, 0),
    broughtLots(context, config, order),
  );
  const limit = neededLots(config, reached);
  const figures = {
    entity: order.instrument,
    unit: 'contracts',
    inputs: [],
    observed,
    limit,
  } as const;
  return observed >= limit
    ? passFinding(rule, { ...figures, headroom: observed - limit })
    : denyFinding(rule, { ...figures, headroom: 0, wants: [] });
}

/** Stops on their way: of the order's bracket, of brackets of entries that still work, and stops linked to it. */
function broughtLots({ facts }: RuleContext, config: Config, order: SubmitOrder): Lots {
  const { maxStopDistanceTicks } = config;
  const stopTicks = order.bracket?.stopTicks;
  const isBrought =
    stopTicks !== undefined &&
    stopTicks > 0 &&
    (maxStopDistanceTicks === null || stopTicks <= maxStopDistanceTicks);
  const brought = facts.workingOrders
    .filter(({ instrument, side }) => instrument === order.instrument && side === order.side)
    .filter(({ hasBracketStop }) => hasBracketStop === true);
  const linked = facts.workingOrders.filter(
    (one) =>
      order.ocoGroupId !== undefined &&
      (one.ocoGroupId === order.ocoGroupId || one.orderId === order.ocoGroupId) &&
      one.instrument === order.instrument &&
      one.side !== order.side &&
      !one.isOpen &&
      stopTypes.has(one.orderType),
  );
  return [...brought, ...linked]
    .map(({ leavesLots }) => leavesLots)
    .reduce(addExact, isBrought ? order.quantityLots : 0);
}
