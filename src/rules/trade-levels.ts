/** Where stop and target of a position belong (RULE-012): levels from the average and the best price. Exact and pure. */
import type { Instrument, Ticks } from '../domain/instrument.ts';
import { ratchetStop, trailLevel } from '../domain/trailing.ts';
import type { RuleMemory } from '../domain/verdict.ts';
import type { Mark, PositionFacts } from '../domain/view.ts';
import { bestTicks, closingTicks, markFault } from './marks.ts';
import {
  gain,
  mostInProfit,
  profitLevel,
  stopLevel,
  towardProfit,
  type Beside,
} from './protection.ts';
import type { RuleContext } from './rule.ts';
import type { TradeManagement } from './trade-management.rule.ts';

/** One position with its specification and the orders beside it. */
export type HeldBeside = {
  readonly instrument: Instrument;
  readonly position: PositionFacts;
  readonly beside: Beside;
};

/** What is wanted now, and what the market forbids. All prices in ticks. */
export type Levels = {
  /** Where the stop belongs; undefined: nowhere, or where it is. */
  readonly stopTicks: Ticks | undefined;
  readonly targetTicks: Ticks | undefined;
  readonly heldBackStops: readonly Ticks[];
  readonly heldBackTargets: readonly Ticks[];
};

/**
 * What is remembered of this position, brought up to the present: a memory of another position is dropped, a
 * new best price and a reached breakeven are taken over. Pure.
 */
export function track(
  context: RuleContext,
  config: TradeManagement,
  held: HeldBeside,
  memory: RuleMemory,
): RuleMemory {
  const { position } = held;
  const isLong = position.openLots > 0;
  const identity = { side: isLong ? 'long' : 'short', openedAtMs: position.openedAtMs ?? 0 };
  const isOurs = memory['side'] === identity.side && memory['openedAtMs'] === identity.openedAtMs;
  const state = isOurs ? memory : identity;
  const mark = usableMark(context, config, position);
  const best = mark === undefined ? undefined : bestTicks(mark, isLong, config.markPrice);
  const seen =
    best === undefined ? state : { ...state, ...newlyReached(config, held, state, best) };
  return isBreakevenThere(held, seen) ? { ...seen, isBreakevenDone: true } : seen;
}

/** What the best price since the last evaluation has reached for the first time. */
function newlyReached(
  { autoBreakeven, trailingStop }: TradeManagement,
  { instrument, position }: HeldBeside,
  state: RuleMemory,
  best: Ticks,
): RuleMemory {
  const isLong = position.openLots > 0;
  const reached: Record<string, Ticks> = {};
  const { activationProfitTicks, minImprovementTicks } = trailingStop;
  if (trailingStop.enabled) {
    const before = numberOf(state, 'bestTicks');
    const from =
      before === undefined
        ? profitLevel(instrument, position, activationProfitTicks)
        : towardProfit(isLong, before, minImprovementTicks);
    if (gain(isLong, best, from) >= 0) reached['bestTicks'] = best;
  }
  if (autoBreakeven.enabled && state['breakevenTicks'] === undefined) {
    const from = profitLevel(instrument, position, autoBreakeven.profitThresholdTicks);
    if (gain(isLong, best, from) >= 0) {
      reached['breakevenTicks'] = stopLevel(instrument, position, autoBreakeven.offsetTicks);
    }
  }
  return reached;
}

/** A stop works at the breakeven or nearer to profit: it has been moved once, and that is all. */
function isBreakevenThere({ position, beside }: HeldBeside, state: RuleMemory): boolean {
  const wanted = numberOf(state, 'breakevenTicks');
  if (wanted === undefined) return false;
  return beside.stops.some(
    ({ isOpen, stopTicks }) =>
      isOpen && stopTicks !== undefined && gain(position.openLots > 0, stopTicks, wanted) >= 0,
  );
}

/** Where stop and target belong now. Pure. */
export function levelsOf(
  context: RuleContext,
  config: TradeManagement,
  held: HeldBeside,
  state: RuleMemory,
): Levels {
  const { position, beside } = held;
  const isLong = position.openLots > 0;
  const mark = usableMark(context, config, position);
  const market = mark === undefined ? undefined : closingTicks(mark, isLong, 'exitSide');
  const stops = stopCandidates(config, held, state).filter(
    ({ isFirst }) => isFirst || market !== undefined,
  );
  const isRight = (level: Ticks): boolean =>
    level > 0 && (market === undefined || gain(isLong, market, level) > 0);
  const right = stops.map(({ level }) => level).filter(isRight);
  const target =
    config.autoTarget.enabled && beside.targets.length === 0
      ? profitLevel(held.instrument, position, config.autoTarget.ticks)
      : undefined;
  const isTargetRight =
    target === undefined || market === undefined || gain(isLong, target, market) > 0;
  return {
    stopTicks: mostInProfit(isLong, right),
    targetTicks: isTargetRight && (target ?? 0) > 0 ? target : undefined,
    heldBackStops: stops.map(({ level }) => level).filter((level) => !isRight(level)),
    heldBackTargets: isTargetRight || target === undefined ? [] : [target],
  };
}

/** Prices at which something will change: still ahead of the best price, or waiting for the market to come back. */
export function levelsAhead(
  context: RuleContext,
  config: TradeManagement,
  held: HeldBeside,
  state: RuleMemory,
): Pick<Levels, 'heldBackStops' | 'heldBackTargets'> & { readonly best: readonly Ticks[] } {
  const { instrument, position } = held;
  const { autoBreakeven, trailingStop } = config;
  const best: Ticks[] = [];
  if (autoBreakeven.enabled && state['breakevenTicks'] === undefined) {
    best.push(profitLevel(instrument, position, autoBreakeven.profitThresholdTicks));
  }
  if (trailingStop.enabled) {
    const before = numberOf(state, 'bestTicks');
    best.push(
      before === undefined
        ? profitLevel(instrument, position, trailingStop.activationProfitTicks)
        : towardProfit(position.openLots > 0, before, trailingStop.minImprovementTicks),
    );
  }
  const { heldBackStops, heldBackTargets } = levelsOf(context, config, held, state);
  return { best, heldBackStops, heldBackTargets };
}

/** `isFirst`: the first protection, which is placed also while no price is known. */
type Candidate = { readonly level: Ticks; readonly isFirst: boolean };

/** Where the stop might go: anywhere when there is none, else only as far toward profit as a move is worth. */
function stopCandidates(
  { autoStop, trailingStop }: TradeManagement,
  { instrument, position, beside }: HeldBeside,
  state: RuleMemory,
): readonly Candidate[] {
  const isLong = position.openLots > 0;
  const side = isLong ? 'sell' : 'buy';
  const [nearest] = beside.stops;
  const best = numberOf(state, 'bestTicks');
  const breakeven = numberOf(state, 'breakevenTicks');
  const trail =
    best === undefined
      ? undefined
      : trailLevel(side, best, { kind: 'ticks', ticks: trailingStop.trailTicks });
  const candidates: Candidate[] = [];
  const add = (level: Ticks | undefined, isFirst: boolean): void => {
    if (level !== undefined) candidates.push({ level, isFirst });
  };
  if (nearest === undefined) {
    if (autoStop.enabled) add(stopLevel(instrument, position, -autoStop.ticks), true);
    add(breakeven, false);
    add(trail, false);
    return candidates;
  }
  // A stop that follows by itself has no price of ours to compare with: it is left alone.
  const there = nearest.stopTicks;
  if (there === undefined || beside.stops.some(({ stopTicks }) => stopTicks === undefined))
    return [];
  const improves = (level: Ticks | undefined, least: number): boolean =>
    level !== undefined && ratchetStop(side, there, level, least) !== undefined;
  if (state['isBreakevenDone'] !== true && improves(breakeven, 1)) add(breakeven, false);
  if (improves(trail, trailingStop.minImprovementTicks)) add(trail, false);
  return candidates;
}

/** The mark of a position when it can be used now. */
function usableMark(
  { marks, nowMs }: RuleContext,
  { quoteMaxAgeSeconds }: TradeManagement,
  { instrument }: PositionFacts,
): Mark | undefined {
  const mark = marks(instrument);
  return markFault(mark, nowMs, quoteMaxAgeSeconds * 1_000) === undefined ? mark : undefined;
}

function numberOf(memory: RuleMemory, name: string): number | undefined {
  const value = memory[name];
  return typeof value === 'number' ? value : undefined;
}
