/**
 * RULE-001, contracts over the whole account.
 *
 * Counts are exact: every instrument counts lots × lot size × weight over one common denominator, so
 * 0.1 of a coin counts 0.1 and a micro under `miniEquivalent` counts 0.1. The finding reports the count
 * rounded up to whole contracts (which keeps the comparison with a whole limit as it is); its inputs
 * hold the exact text. Cuts are in whole lots: contracts of futures, size increments of coins.
 *
 * Positions are expected in the order in which they were opened: `newestFirst` cuts from the end.
 */
import { z } from 'zod';
import { addExact, decimalText, mulDiv, mulRatio, ratioProduct } from '../domain/arithmetic.ts';
import { FlagValue } from '../domain/config-values.ts';
import { RuleId, type InstrumentId } from '../domain/ids.ts';
import { formatLots, type Lots } from '../domain/instrument.ts';
import type { SubmitOrder } from '../domain/order.ts';
import type { RuleFinding, VerdictInput, WantedAction } from '../domain/verdict.ts';
import type { AccountFacts, PositionFacts } from '../domain/view.ts';
import {
  countScale,
  largestPassing,
  touchedInstruments,
  weigh,
  type CountScale,
} from './contract-count.ts';
import { isExitSide, reachableLots } from './exposure.ts';
import { denyFinding, passFinding, unknownFinding } from './findings.ts';
import { commonKeys, inheritedKeys, LockDuration, wholeFrom } from './rule-config.ts';
import type { RuleContext, RuleDefinition } from './rule.ts';

/** `none`, `untilReset`, or `cooldown:` with a duration of 1 s to 24 h. */
const LockoutOnBreach = z.union([
  z.enum(['none', 'untilReset']).transform((kind) => ({ kind, durationMs: 0 })),
  z
    .string()
    .regex(/^cooldown:/, { error: 'none, untilReset or cooldown:<duration>' })
    .transform((text) => text.slice('cooldown:'.length))
    .pipe(LockDuration)
    .transform((durationMs) => ({ kind: 'cooldown' as const, durationMs })),
]);

const keys = z.strictObject({
  ...commonKeys('warning'),
  ...inheritedKeys(),
  limit: wholeFrom(1).default(5).describe('contracts or coins that are still allowed'),
  countType: z
    .enum(['net', 'gross', 'miniEquivalent'])
    .default('net')
    .describe(
      'net lets a long of one instrument hide a short of another; gross adds sizes; miniEquivalent adds sizes with the weight of each instrument (a micro 0.1)',
    ),
  enforcement: z
    .enum(['reduceToLimit', 'closeAll'])
    .default('reduceToLimit')
    .describe('cut what is beyond the limit, or cancel all orders and flatten the account'),
  reduceOrder: z
    .enum(['largestFirst', 'newestFirst'])
    .default('largestFirst')
    .describe('which position is cut first'),
  includeWorkingOrders: FlagValue.default(false).describe(
    'working orders count after a trade too, as if they filled in the worst way; before a trade they always do',
  ),
  lockoutOnBreach: LockoutOnBreach.default({ kind: 'none', durationMs: 0 }).meta({
    default: 'none',
    values: '`none`, `untilReset`, or `cooldown:` with a duration of 1s to 24h (`cooldown:15m`)',
    description: 'a lock of the account on top',
  }),
});
const Config = keys.meta({
  description:
    'The contracts and coins that the account holds over all instruments, against one limit.',
  enforcement:
    'Cuts positions to the limit, or flattens the account (enforcement); adds the lock of lockoutOnBreach; raises an alert.',
  edges: [
    'Counts are exact: 0.1 of a coin counts 0.1. The verdict shows the count rounded up to whole contracts, its inputs show it exactly.',
    'The gate counts everything that works plus the order, at worst; a refusal says how much would still pass (quantityLeft).',
    'Closes in flight count for what they will do, so a breach that is being cured is not cured twice. An instrument without specification makes the verdict UNKNOWN.',
  ],
});
type Config = z.output<typeof Config>;

const rule = { id: RuleId.parse('RULE-001'), code: 'CONTRACTS_MAX' } as const;

export const maxContracts: RuleDefinition<Config> = {
  ...rule,
  key: 'maxContracts',
  title: 'contracts',
  precedence: 40,
  config: Config,
  triggers: { market: false, position: true, ledger: false },

  evaluate(context, config) {
    const scale = scaleOf(context, config, touchedInstruments(context.facts));
    const figures = { entity: 'account', unit: 'contracts', inputs: [] } as const;
    if (scale.missing.length > 0) {
      return [unknownFinding(rule, { ...figures, limit: config.limit, missing: scale.missing })];
    }
    return [judgeAccount(context, config, scale)];
  },

  watches: () => [],

  judgeOrder(context, config, order) {
    const ids = new Set([...touchedInstruments(context.facts), order.instrument]);
    const scale = scaleOf(context, config, [...ids]);
    const figures = { entity: 'account', unit: 'contracts', inputs: [] } as const;
    if (scale.missing.length > 0) {
      return unknownFinding(rule, { ...figures, limit: config.limit, missing: scale.missing });
    }
    return judgeNewOrder(context, config, scale, order);
  },
};

function scaleOf(context: RuleContext, config: Config, ids: readonly InstrumentId[]): CountScale {
  const scale = countScale(ids, (id) => {
    const instrument = context.instrumentOf(id);
    if (instrument === undefined) return undefined;
    const mini = config.countType === 'miniEquivalent' ? instrument.miniWeightPpm : 1_000_000;
    return ratioProduct(instrument.lot, { num: mini, den: 1_000_000 });
  });
  if (context.facts.isReconciled) return scale;
  return { ...scale, missing: ['reconciliation', ...scale.missing] };
}

function judgeAccount(context: RuleContext, config: Config, scale: CountScale): RuleFinding {
  const { facts } = context;
  const held = countPositions(config, scale, facts.positions);
  const worst = config.includeWorkingOrders ? countWorst(config, scale, facts) : held;
  const count = Math.max(held, worst);
  const limit = mulRatio(config.limit, scale.den, { num: 1, den: 1 });
  const figures = {
    entity: 'account',
    unit: 'contracts',
    inputs: countInputs(context, scale, count),
    observed: mulDiv(count, 1, scale.den, 'ceil'),
    limit: config.limit,
    headroom: Math.max(0, mulDiv(limit - count, 1, scale.den, 'floor')),
  } as const;
  if (count <= limit) return passFinding(rule, figures);
  const wants = [
    ...lockOf(config),
    ...ordersToCancel(config, facts, worst > limit),
    ...(held > limit ? cuts(config, scale, facts, held - limit) : []),
    { type: 'alert', severity: config.severity } as const,
  ];
  return denyFinding(rule, { ...figures, wants });
}

function countInputs(context: RuleContext, scale: CountScale, count: number): VerdictInput[] {
  const inputs = [{ name: 'count', value: decimalText(count, { num: 1, den: scale.den }) }];
  for (const { instrument: id, openLots } of context.facts.positions) {
    const instrument = context.instrumentOf(id);
    if (instrument === undefined) continue;
    inputs.push({ name: `position:${id}`, value: formatLots(instrument, openLots) });
  }
  return inputs;
}

function countPositions(
  config: Config,
  scale: CountScale,
  positions: readonly PositionFacts[],
): number {
  const weights = positions.map(({ instrument, openLots }) => weigh(scale, instrument, openLots));
  return config.countType === 'net'
    ? Math.abs(weights.reduce(addExact, 0))
    : weights.map(Math.abs).reduce(addExact, 0);
}

/** The count when everything that works fills in the worst way; with `order` when given. */
function countWorst(
  config: Config,
  scale: CountScale,
  facts: AccountFacts,
  order?: SubmitOrder,
): number {
  const ids = new Set([
    ...touchedInstruments(facts),
    ...(order === undefined ? [] : [order.instrument]),
  ]);
  let [long, short, gross] = [0, 0, 0];
  for (const id of ids) {
    const { highLots, lowLots } = reachableLots(facts, id, order);
    const largest = Math.max(Math.abs(highLots), Math.abs(lowLots));
    long = addExact(long, weigh(scale, id, highLots));
    short = addExact(short, weigh(scale, id, lowLots));
    gross = addExact(gross, weigh(scale, id, largest));
  }
  return config.countType === 'net' ? Math.max(Math.abs(long), Math.abs(short)) : gross;
}

function lockOf({ lockoutOnBreach }: Config): readonly WantedAction[] {
  switch (lockoutOnBreach.kind) {
    case 'none':
      return [];
    case 'untilReset':
      return [{ type: 'setLock', scope: 'account', kind: 'untilReset' }];
    case 'cooldown':
      return [
        {
          type: 'setLock',
          scope: 'account',
          kind: 'cooldown',
          durationMs: lockoutOnBreach.durationMs,
        },
      ];
  }
}

/** Entries that could fill on top are cancelled where they are part of the breach; exits stay. */
function ordersToCancel(
  config: Config,
  facts: AccountFacts,
  isPartOfBreach: boolean,
): readonly WantedAction[] {
  if (config.enforcement === 'closeAll') return [{ type: 'cancelAllOrders' }];
  if (!config.includeWorkingOrders || !isPartOfBreach) return [];
  const entries = facts.workingOrders.filter(({ purpose }) => purpose === 'entry');
  return [...new Set(entries.map(({ instrument }) => instrument))].map((instrument) => ({
    type: 'cancelOrdersBySymbol',
    instrument,
  }));
}

/**
 * The smallest cuts that remove `excess`. Closes already in flight come first and count for what they
 * will do, so that a breach that is being cured is not cured twice.
 */
function cuts(
  config: Config,
  scale: CountScale,
  facts: AccountFacts,
  excess: number,
): readonly WantedAction[] {
  if (config.enforcement === 'closeAll') return [{ type: 'flattenAccount' }];
  const candidates = cuttable(config, scale, facts);
  const keep = new Map<InstrumentId, Lots>();
  let left = excess;
  const cut = ({ instrument, openLots }: PositionFacts, lotsMax: Lots): void => {
    const kept = keep.get(instrument) ?? Math.abs(openLots);
    const weight = weigh(scale, instrument, 1);
    if (left <= 0 || weight <= 0 || lotsMax <= 0) return;
    const lots = Math.min(mulDiv(left, 1, weight, 'ceil'), lotsMax, kept);
    left -= lots * weight;
    keep.set(instrument, kept - lots);
  };
  for (const position of candidates) cut(position, exitInFlight(facts, position));
  for (const position of candidates) cut(position, Math.abs(position.openLots));
  return candidates.flatMap(({ instrument, openLots }): WantedAction[] => {
    const kept = keep.get(instrument);
    if (kept === undefined) return [];
    return [{ type: 'reducePosition', instrument, targetLots: Math.sign(openLots) * kept + 0 }];
  });
}

/** Positions whose reduction lowers the count, in the order of cutting. Under `net` the other side is never cut. */
function cuttable(
  config: Config,
  scale: CountScale,
  facts: AccountFacts,
): readonly PositionFacts[] {
  const sized = facts.positions.map((position) => ({
    position,
    weight: weigh(scale, position.instrument, position.openLots),
  }));
  const net = Math.sign(sized.reduce((sum, { weight }) => addExact(sum, weight), 0));
  const lowering = sized.filter(
    ({ weight }) => config.countType !== 'net' || Math.sign(weight) === net,
  );
  const ordered =
    config.reduceOrder === 'newestFirst'
      ? lowering.toReversed()
      : lowering.toSorted((one, other) => Math.abs(other.weight) - Math.abs(one.weight));
  return ordered.map(({ position }) => position);
}

function exitInFlight(facts: AccountFacts, { instrument, openLots }: PositionFacts): Lots {
  const leaves = facts.workingOrders
    .filter((order) => order.instrument === instrument && order.purpose === 'exit')
    .filter((order) => order.reduceOnly && isExitSide(order.side, openLots))
    .reduce((sum, order) => addExact(sum, order.leavesLots), 0);
  return Math.min(leaves, Math.abs(openLots));
}

/** Pre-trade: everything that works plus this order, at worst. `headroom` of a DENY: lots' worth of contracts left. */
function judgeNewOrder(
  context: RuleContext,
  config: Config,
  scale: CountScale,
  order: SubmitOrder,
): RuleFinding {
  const { facts } = context;
  const limit = mulRatio(config.limit, scale.den, { num: 1, den: 1 });
  const before = countWorst(config, scale, facts);
  const after = countWorst(config, scale, facts, order);
  const room = after > limit ? lotsLeft(config, scale, facts, order, limit) : 0;
  const roomWeight = weigh(scale, order.instrument, room);
  const figures = {
    entity: 'account',
    unit: 'contracts',
    inputs: [
      ...countInputs(context, scale, after),
      { name: 'before', value: decimalText(before, { num: 1, den: scale.den }) },
    ],
    observed: mulDiv(after, 1, scale.den, 'ceil'),
    limit: config.limit,
  } as const;
  if (after > limit) {
    const headroom = mulDiv(roomWeight, 1, scale.den, 'floor');
    const instrument = context.instrumentOf(order.instrument);
    const left = instrument === undefined ? '0' : formatLots(instrument, room);
    const inputs = [...figures.inputs, { name: 'quantityLeft', value: left }];
    return denyFinding(rule, { ...figures, inputs, headroom, wants: [] });
  }
  const headroom = mulDiv(limit - after, 1, scale.den, 'floor');
  return passFinding(rule, { ...figures, headroom });
}

/** The largest quantity of the order that would pass; the count never falls with the quantity of an increase. */
function lotsLeft(
  config: Config,
  scale: CountScale,
  facts: AccountFacts,
  order: SubmitOrder,
  limit: number,
): Lots {
  return largestPassing(
    order.quantityLots,
    (quantityLots) => countWorst(config, scale, facts, { ...order, quantityLots }) <= limit,
  );
}
