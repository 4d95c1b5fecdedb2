/**
 * RULE-012, automation beside a position: a stop and a target at once, the stop to breakeven, then trailing.
 *
 * It never denies, locks or closes; what it wants rides on findings of PASS. What it must not forget (the
 * high-water mark, the breakeven that was reached, what it has asked for and when) is remembered durably and
 * belongs to one position: it is over when the position goes flat or changes sides.
 */
import { z } from 'zod';
import { FlagValue } from '../domain/config-values.ts';
import { RuleId, type InstrumentId } from '../domain/ids.ts';
import { unrealizedUnits, type Instrument } from '../domain/instrument.ts';
import type { RuleFinding, RuleMemory, VerdictInput, WantedAction } from '../domain/verdict.ts';
import { memoryKey, type AccountFacts, type PositionFacts } from '../domain/view.ts';
import { ask } from './asking.ts';
import { openProfit } from './marks.ts';
import { besides, towardProfit } from './protection.ts';
import { commonKeys, inheritedKeys, wholeFrom } from './rule-config.ts';
import type { RuleContext, RuleDefinition, Watch } from './rule.ts';
import { levelsAhead, track } from './trade-levels.ts';
import { plannedWishes, superfluous, type Wanted } from './trade-wishes.ts';

const ticks = (min: number, standard: number, text: string) =>
  wholeFrom(min).default(standard).describe(text);
const on = FlagValue.default(false).describe('false: not done');

const keys = z.strictObject({
  ...commonKeys('warning'),
  ...inheritedKeys(),
  enabled: FlagValue.default(false).describe('false takes the rule out of evaluation'),
  autoStop: z
    .strictObject({
      enabled: on,
      ticks: ticks(1, 10, 'distance of the stop from the average, in ticks of loss'),
    })
    .prefault({})
    .describe('a stop of the size of the position wherever none works'),
  autoTarget: z
    .strictObject({
      enabled: on,
      ticks: ticks(1, 20, 'distance of the target from the average, in ticks of profit'),
    })
    .prefault({})
    .describe('a limit of the size of the position wherever none works'),
  autoBreakeven: z
    .strictObject({
      enabled: on,
      profitThresholdTicks: ticks(1, 4, 'profit at which the stop moves'),
      offsetTicks: ticks(0, 1, 'where to: ticks of profit from the average'),
    })
    .prefault({})
    .describe('moves the stop to the average once, when the profit was there'),
  trailingStop: z
    .strictObject({
      enabled: on,
      activationProfitTicks: ticks(1, 8, 'profit from which the stop follows the market'),
      trailTicks: ticks(1, 4, 'distance behind the best price'),
      minImprovementTicks: ticks(1, 1, 'smaller moves are not sent'),
    })
    .prefault({})
    .describe('the stop follows the best price, toward profit only'),
  minUpdateIntervalMs: wholeFrom(0)
    .default(500)
    .describe(
      'shortest time between two changes of one order; what comes sooner is made one change',
    ),
});
const Config = keys.meta({
  description:
    'Places and moves the stop and the target of every position. It runs while locked as well, because it protects.',
  enforcement: 'None: it never denies, locks or closes.',
  edges: [
    'A stop further in profit, whoever has placed it, is left where it is; a move is always toward profit.',
    'A stop is never placed or moved to the wrong side of the market: that move waits until the market is back. Without a usable price only a first stop is placed.',
    'The quantity of stop and target follows the position; their prices are not moved by a scale-in.',
    'Protection without a position, or on the wrong side after a reversal, is cancelled.',
    'A change that the venue refuses twice is replaced by a new order; the old one goes when the new one works.',
    'Nothing is placed on an instrument that is being closed.',
  ],
});
export type TradeManagement = z.output<typeof Config>;

// What its failure means at the gate: the account only reduces while protection cannot be judged.
const rule = { id: RuleId.parse('RULE-012'), code: 'TRADING_STATE_FORBIDS' } as const;

export const tradeManagement: RuleDefinition<TradeManagement> = {
  ...rule,
  key: 'tradeManagement',
  title: 'stops and targets',
  precedence: 90,
  config: Config,
  triggers: { market: true, position: true, ledger: false },

  evaluate(context, config) {
    const { facts } = context;
    if (!facts.isReconciled) return [];
    return concerned(facts).map((id) => manage(context, config, id));
  },

  watches(context, config) {
    const { facts } = context;
    if (!facts.isReconciled) return [];
    return facts.positions.flatMap((position) => watchesOf(context, config, position));
  },

  markAges: (config) => [config.quoteMaxAgeSeconds * 1_000],
  priceBasis: (config) => config.markPrice,
};

/** Instruments with a position, with protection, or with something remembered. */
function concerned({ positions, workingOrders, memory }: AccountFacts): readonly InstrumentId[] {
  const prefix = memoryKey(rule.id, '');
  return [
    ...new Set([
      ...positions.map(({ instrument }) => instrument),
      ...workingOrders
        .filter(({ purpose }) => purpose === 'protective')
        .map(({ instrument }) => instrument),
      ...Object.keys(memory)
        .filter((key) => key.startsWith(prefix))
        .map((key) => key.slice(prefix.length) as InstrumentId),
    ]),
  ].toSorted();
}

function manage(context: RuleContext, config: TradeManagement, id: InstrumentId): RuleFinding {
  const { facts, nowMs } = context;
  const memory = facts.memory[memoryKey(rule.id, id)] ?? {};
  const instrument = context.instrumentOf(id);
  const position = facts.positions.find((one) => one.instrument === id);
  const orders = facts.workingOrders.filter((one) => one.instrument === id);
  const beside = besides(orders, position?.openLots ?? 0);
  const wishes: Wanted[] = [];
  let kept: RuleMemory = cancelStamps(memory);
  if (position !== undefined && instrument !== undefined) {
    const held = { instrument, position, beside };
    kept = track(context, config, held, memory);
    // On what is being closed nothing is placed. Source: rules 4.2.
    if (beside.exits.length === 0) wishes.push(...plannedWishes(context, config, held, kept));
  }
  const goes = [
    ...beside.leftovers,
    ...(position === undefined ? [] : superfluous(beside, position)),
  ];
  if (goes.length > 0) {
    const cancels = goes.map(({ orderId }): WantedAction => ({ type: 'cancelOrder', orderId }));
    const key = goes.map(({ orderId }) => orderId).join(' ');
    wishes.push({ kind: 'cancel', key, actions: () => cancels });
  } else if (position === undefined) {
    kept = {};
  }
  const asked = askAll(kept, wishes, nowMs, config.minUpdateIntervalMs);
  const finding = passOf(context, config, id, position, instrument);
  return {
    ...finding,
    wants: asked.wants,
    ...(asked.dueAtMs === undefined ? {} : { dueAtMs: asked.dueAtMs }),
    ...(isSame(memory, asked.memory) ? {} : { remember: asked.memory }),
  };
}

/** Asks what may be asked now; what has to wait says until when. */
function askAll(
  memory: RuleMemory,
  wishes: readonly Wanted[],
  nowMs: number,
  pauseMs: number,
): {
  readonly memory: RuleMemory;
  readonly wants: readonly WantedAction[];
  readonly dueAtMs?: number;
} {
  const stamps: Record<string, string | number | boolean> = {};
  let dueAtMs = Number.POSITIVE_INFINITY;
  const wants: WantedAction[] = [];
  for (const wish of wishes) {
    const answer = ask(memory, wish, nowMs, pauseMs);
    if (answer.isDue) {
      wants.push(...wish.actions(answer.tries));
      Object.assign(stamps, answer.stamps);
    } else {
      dueAtMs = Math.min(dueAtMs, answer.dueAtMs);
    }
  }
  const asked = { memory: { ...memory, ...stamps }, wants };
  return dueAtMs === Number.POSITIVE_INFINITY ? asked : { ...asked, dueAtMs };
}

/** Of a position that is gone only the requests to cancel what it left are still of interest. */
function cancelStamps(memory: RuleMemory): RuleMemory {
  return Object.fromEntries(Object.entries(memory).filter(([name]) => name.startsWith('cancel')));
}

function passOf(
  context: RuleContext,
  config: TradeManagement,
  entity: InstrumentId,
  position: PositionFacts | undefined,
  instrument: Instrument | undefined,
): RuleFinding {
  const profit = position === undefined ? undefined : openProfit(context, position, config);
  const inputs: VerdictInput[] = profit?.isKnown === true ? [profit.input] : [];
  if (position !== undefined && instrument !== undefined) {
    inputs.push({ name: `position:${entity}`, value: String(position.openLots) });
  }
  return {
    ruleId: rule.id,
    entity,
    verdict: 'PASS',
    code: '',
    unit: 'money',
    observed: profit?.isKnown === true ? profit.units : 0,
    inputs,
    missing: [],
    wants: [],
  };
}

/** Where the market has to be for something to change: the levels ahead, and where a held-back price becomes possible. */
function watchesOf(
  context: RuleContext,
  config: TradeManagement,
  position: PositionFacts,
): readonly Watch[] {
  const { facts } = context;
  const { instrument: entity, openLots, costUnits } = position;
  const instrument = context.instrumentOf(entity);
  if (instrument === undefined) return [];
  const orders = facts.workingOrders.filter((one) => one.instrument === entity);
  const held = { instrument, position, beside: besides(orders, openLots) };
  const state = track(context, config, held, facts.memory[memoryKey(rule.id, entity)] ?? {});
  const isLong = openLots > 0;
  const { best, heldBackStops, heldBackTargets } = levelsAhead(context, config, held, state);
  const at = (level: number, side: Watch['side']): readonly Watch[] =>
    level <= 0
      ? []
      : [
          {
            entity,
            measure: 'position',
            side,
            atUnits: unrealizedUnits(instrument, openLots, costUnits, level),
          },
        ];
  return [
    ...best.flatMap((level) => at(level, 'best')),
    ...heldBackStops.flatMap((level) => at(towardProfit(isLong, level, 1), 'best')),
    ...heldBackTargets.flatMap((level) => at(towardProfit(isLong, level, -1), 'worst')),
  ];
}

function isSame(one: RuleMemory, other: RuleMemory): boolean {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) => one[name] === other[name]);
}
