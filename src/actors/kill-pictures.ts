/**
 * Asks the venue for its complete picture on behalf of kill runs: one question at a time for each account, given up
 * after the time of one call, so that a venue that hangs is a look that failed and no look that is awaited for ever.
 */
import type { AccountId } from '../domain/ids.ts';
import type { Cancel } from '../kernel/clock.ts';
import { errorText } from '../kernel/errors.ts';
import { limits } from '../kernel/limits.ts';
import type { VenueSnapshot } from '../ports/venue.port.ts';
import type { EngineInput } from './input.ts';
import type { World } from './world.ts';

/** A picture that came within this is as of now. */
const promptMs = 1_000;

type Asked = { readonly stopWaiting: Cancel };

export class KillPictures {
  private readonly world: World;
  private readonly put: (input: EngineInput) => void;
  private readonly asked = new Map<AccountId, Asked>();

  /** @param put takes the answer in and lets the engine come to rest */
  constructor(world: World, put: (input: EngineInput) => void) {
    this.world = world;
    this.put = put;
  }

  get isWaiting(): boolean {
    return this.asked.size > 0;
  }

  /** Asks for what is wanted and not being asked. */
  ask(): void {
    for (const accountId of this.world.killPictures) {
      if (this.asked.has(accountId)) continue;
      this.world.killPictures.delete(accountId);
      this.askFor(accountId);
    }
  }

  private askFor(accountId: AccountId): void {
    const { gateway } = this.world;
    const { clock } = this.world.options;
    const { callTimeoutSeconds } = this.world.execution.reconcile;
    const fillsBefore = this.world.accounts.get(accountId)?.fillsBooked ?? 0;
    const nowMs = clock.nowMs();
    const askedMs = clock.monotonicMs();
    const state = { isOver: false };
    const answer = (snapshot: VenueSnapshot | undefined, failure: string): void => {
      if (state.isOver) return;
      state.isOver = true;
      this.asked.get(accountId)?.stopWaiting();
      this.asked.delete(accountId);
      if (snapshot !== undefined && clock.monotonicMs() - askedMs < promptMs)
        this.world.brokerClock.hear(snapshot.asOfMs);
      const shown = snapshot === undefined ? {} : { snapshot };
      const atMs = clock.nowMs();
      this.put({ type: 'killPicture', accountId, ...shown, fillsBefore, failure, atMs });
    };
    const stopWaiting = clock.schedule(nowMs + callTimeoutSeconds * 1_000, () =>
      answer(undefined, `no answer within ${callTimeoutSeconds} s`),
    );
    this.asked.set(accountId, { stopWaiting });
    const sinceMs = Math.max(0, nowMs - limits.reconcileLookBackMs);
    gateway.snapshot(accountId, sinceMs, 'enforcement').then(
      (snapshot) => answer(snapshot, ''),
      (error: unknown) => answer(undefined, errorText(error)),
    );
  }
}
