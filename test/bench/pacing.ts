/** A real engine on the real clock, turned by a loop that never gets ahead of the intended times of its inputs. */
import type { AccountId, InstrumentId } from '../../src/domain/ids.ts';
import type { Instrument } from '../../src/domain/instrument.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { createEvaluator } from '../../src/workers/evaluator.ts';
import { createStage, nextTurn, parTicks, quoteAt, type Stage } from './stage.ts';

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Gives the processor away for 50 µs: a loop that spins would take it from the worker. */
export function doze(): void {
  Atomics.wait(sleeper, 0, 0, 0.05);
}

export async function startStage(options: {
  readonly directory: string;
  readonly accounts: readonly AccountId[];
  readonly instruments: readonly Instrument[];
}): Promise<Stage> {
  const evaluator = createEvaluator();
  const stage = createStage({ ...options, clock: systemClock, evaluator });
  const nowMs = systemClock.nowMs();
  for (const { id } of options.instruments) evaluator.putQuote(quoteAt(id, parTicks, nowMs));
  await stage.engine.start();
  await restAll(stage);
  return stage;
}

/** Executions placed elsewhere: the quickest way to a book of positions. */
export async function fillPositions(
  stage: Stage,
  positions: readonly (readonly [AccountId, InstrumentId, ticks: number])[],
): Promise<void> {
  for (const [index, [accountId, instrument, ticks]] of positions.entries()) {
    stage.venue.execute({ accountId, instrument, side: 'buy', lots: 1, ticks });
    if (index % 100 === 99) await restAll(stage);
  }
  await restAll(stage);
}

/** The engine has nothing to do and every verdict is in. */
async function restAll({ engine, evaluator }: Stage): Promise<void> {
  engine.rest();
  evaluator.ring(systemClock.nowMs());
  await evaluator.settle();
  engine.rest();
  await nextTurn();
}

export type Pace = {
  /** Whole units of work whose intended time has come; called with ms since the start. */
  readonly produce: (elapsedMs: number) => void;
  readonly durationMs: number;
  /** Keeps turning after the duration, at most for 2 s, until it is true. */
  readonly isDone: () => boolean;
};

/** Turns the engine until the work is done. @returns ms it took and ms in which something was done */
export async function drive(
  { engine, evaluator }: Stage,
  { produce, durationMs, isDone }: Pace,
): Promise<{ readonly wallMs: number; readonly busyMs: number }> {
  const { inbox } = engine.world;
  const startedMs = performance.now();
  let busyMs = 0;
  for (;;) {
    const fromMs = performance.now();
    const elapsedMs = fromMs - startedMs;
    if (elapsedMs >= durationMs && (isDone() || elapsedMs >= durationMs + 2_000)) break;
    if (elapsedMs < durationMs) produce(elapsedMs);
    const nowMs = systemClock.nowMs();
    if (evaluator.isDirty(nowMs)) evaluator.ring(nowMs);
    if (inbox.depth > 0) engine.turn();
    const tookMs = performance.now() - fromMs;
    busyMs += tookMs;
    if (tookMs < 0.02 && inbox.depth === 0) doze();
    await nextTurn();
  }
  return { wallMs: performance.now() - startedMs, busyMs };
}
