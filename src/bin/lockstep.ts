/**
 * Simulated time in lockstep: the clock moves only when the engine rests and every verdict of the instant is in.
 * That makes a run a function of its input and seed, down to the last hash.
 */
import type { Engine } from '../actors/engine.ts';
import type { StartReport } from '../actors/recovery.ts';
import { quoteInVenueTime } from '../domain/quote-time.ts';
import type { Quote } from '../domain/view.ts';
import { invariant } from '../kernel/assert.ts';
import type { SimulatedClock } from '../kernel/clock.ts';
import type { RuleEvaluatorPort } from '../ports/rule-evaluator.port.ts';

/** Rounds at one instant: beyond any real cascade, so only a loop of ours gets here. */
const roundsMax = 100_000;
/** Turns of the loop that a picture of the venue is given; one that needs time comes with the clock. */
const yieldsMax = 4;
/** How often the age of marks is looked at while the market is silent. Source: rules 6, one second of resolution. */
const sweepMs = 1_000;

export type LockstepParts = {
  readonly clock: SimulatedClock;
  readonly engine: Engine;
  readonly evaluator: RuleEvaluatorPort;
  /** What the engine's wall clock shows, where that is another one. */
  readonly engineNowMs?: () => number;
  /** The venue's own market. */
  readonly onQuote: (quote: Quote) => void;
};

/** Starts an engine; while it waits for the venue's picture, simulated time runs to what the venue has due. */
export async function startEngine(clock: SimulatedClock, engine: Engine): Promise<StartReport> {
  const state = { isStarted: false };
  const start = engine.start().finally(() => {
    state.isStarted = true;
  });
  while (!state.isStarted) {
    // Threads and promises answer between two looks.
    await new Promise<void>((resolve) => setImmediate(resolve));
    const dueMs = clock.nextDueMs();
    if (!state.isStarted && engine.isSynchronizing && dueMs !== undefined) clock.runNext(dueMs);
  }
  return start;
}

export class Lockstep {
  private readonly parts: LockstepParts;

  constructor(parts: LockstepParts) {
    this.parts = parts;
  }

  /** Everything that waits or is due now, with all it causes at this instant. */
  async rest(): Promise<void> {
    const { clock, engine, evaluator } = this.parts;
    let yields = 0;
    let inputs = engine.world.counters.inputs;
    for (let round = 0; round < roundsMax; round += 1) {
      engine.rest();
      if (engine.world.counters.inputs !== inputs) {
        // A picture has come, and the next one is given its turns too.
        inputs = engine.world.counters.inputs;
        yields = 0;
      }
      if (clock.runNext(clock.nowMs())) continue;
      const atMs = this.parts.engineNowMs?.() ?? clock.nowMs();
      if (!evaluator.isDirty(atMs)) {
        if (engine.world.inbox.depth > 0) continue;
        if (!engine.isSynchronizing || yields === yieldsMax) return;
        // A picture of the venue that needs no time comes as a promise.
        yields += 1;
        await new Promise<void>((resolve) => setImmediate(resolve));
        continue;
      }
      evaluator.ring(atMs);
      await evaluator.settle();
    }
    invariant(false, () => `the engine comes to rest at ${clock.nowMs()}`);
  }

  /** Lives through all that is due on the way, then stands at `toMs` and rests. */
  async advanceTo(toMs: number): Promise<void> {
    const { clock, engine } = this.parts;
    while (clock.nowMs() < toMs) {
      const nextMs = clock.nextDueMs() ?? Number.POSITIVE_INFINITY;
      const holds = [...engine.world.accounts.values()].some(
        (account) => account.positions.size > 0,
      );
      const sweepAtMs = holds ? clock.nowMs() + sweepMs : Number.POSITIVE_INFINITY;
      const untilMs = Math.min(toMs, nextMs, sweepAtMs);
      if (nextMs <= untilMs) clock.runNext(untilMs);
      else clock.set(untilMs);
      await this.rest();
    }
  }

  /** One price: first the venue trades on it, then the engine books, then the rules judge it. */
  async quote(quote: Quote): Promise<void> {
    const { brokerClock } = this.parts.engine.world;
    const timed = brokerClock.isKnown ? quoteInVenueTime(quote, brokerClock.nowMs()) : quote;
    this.parts.evaluator.putQuote(timed);
    this.parts.engine.hearQuote();
    this.parts.onQuote(quote);
    await this.rest();
  }
}
