import type { AccountId, RuleId } from '../domain/ids.ts';
import { isRepeatable, VenueCallFailed } from '../domain/venue-call.ts';
import type { Cancel } from '../kernel/clock.ts';
import { errorText } from '../kernel/errors.ts';
import { limits } from '../kernel/limits.ts';
import type { VenueSnapshot } from '../ports/venue.port.ts';
/**
 * When the venue is asked for its picture of an account, and what becomes of a question without an answer.
 *
 * At the start, after a break and wherever something does not fit, at once and until it succeeds; besides, for ever, in
 * loops: a stream is a faster hint, and not the truth. One picture serves every loop, because it holds every list; what
 * a list lacks makes the whole picture fail, and then nothing is compared and nothing is deleted. Inputs are taken one
 * at a time and a picture carries the executions that were booked while it was on its way, so nothing has to be held
 * back meanwhile. Source: execution 11.1, 11.2.
 */
import type { AccountRuntime } from './account-runtime.ts';
import { raiseAlert } from './alerts.ts';
import { drain } from './deliver.ts';
import type { EngineInput } from './input.ts';
import type { CycleKind } from './reconciliation-cycle.ts';
import { failedCause } from './reconciliation-memory.ts';
import { outside, Turn } from './turn.ts';
import { pictureProblem } from './venue-times.ts';
import type { World } from './world.ts';

/** An account with nothing open is compared this often. Source: execution 11.2, full. */
const fullMs = 30_000;
/** A difference that one poll has shown is looked at again after this long. */
const againMs = 1_000;
/** Every so often the executions of a longer time are listed, for those that a venue lists late. */
const tradesMs = 60_000;
/** A picture that came within this is as of now. */
const promptMs = 1_000;
const overlapMs = 60_000;
const permissionRule = 'RULE-010' as RuleId;
const longOverlapMs = 600_000;

type Watch = {
  readonly accountId: AccountId;
  cancel: Cancel | undefined;
  /** Pictures that are on their way, or wait for their next attempt. */
  pictures: number;
  nextFullMs: number;
  nextTradesMs: number;
};

type Wish = {
  readonly kind: CycleKind;
  readonly sinceMs: number;
  readonly attempt: number;
  /** Runs after the attempt that succeeds. */
  readonly next: (() => void) | undefined;
};

export type SynchronizerParts = {
  readonly world: World;
  /** Takes an input in and lets the engine come to rest. */
  readonly take: (input: EngineInput) => void;
  readonly commit: (turn: Turn) => void;
  /** Nobody waits for a picture that is taken aside: whoever drives the engine next hears what went wrong. */
  readonly fail: (error: unknown) => void;
};

export class Synchronizer {
  /** Pictures that were asked for and have not come. */
  asked = 0;
  private readonly parts: SynchronizerParts;
  private readonly watches = new Map<AccountId, Watch>();
  private isClosed = false;
  private isLinkUp = true;
  /** Grows with every change of the venue link, so that a late picture does not open a link that fell again. */
  private linkChanges = 0;
  private sinceMs = 0;

  constructor(parts: SynchronizerParts) {
    this.parts = parts;
  }

  /** Compares every account once, one after the other; from then on the loops run. */
  async start(sinceMs: number): Promise<void> {
    const { options } = this.parts.world;
    this.sinceMs = sinceMs;
    for (const { id } of options.accounts) await this.resync(id, undefined);
    const nowMs = options.clock.nowMs();
    const count = options.accounts.length;
    for (const [index, { id }] of options.accounts.entries()) {
      const watch = this.watchOf(id);
      const everyMs = fullMsOf(this.parts.world, id);
      watch.nextFullMs = nowMs + everyMs;
      watch.nextTradesMs = nowMs + tradesMs;
      // Many accounts do not ask at the same moment.
      const firstMs = Math.min(this.pollMs, everyMs);
      this.arm(watch, Math.ceil((firstMs * (count - index)) / count));
    }
  }

  close(): void {
    this.isClosed = true;
    for (const { cancel } of this.watches.values()) cancel?.();
  }

  /** A complete comparison now. */
  want(accountId: AccountId): void {
    this.aside(this.resync(accountId, undefined));
  }

  linkDown(): void {
    this.linkChanges += 1;
    this.isLinkUp = false;
    const { clock } = this.parts.world.options;
    this.sinceMs = Math.max(0, clock.nowMs() - limits.reconcileLookBackMs);
  }

  /** A link that is back opens only when every account has been compared with what happened meanwhile. */
  linkUp(open: () => void): void {
    this.linkChanges += 1;
    const change = this.linkChanges;
    const { accounts } = this.parts.world.options;
    let left = accounts.length;
    for (const { id } of accounts) {
      const next = (): void => {
        left -= 1;
        if (left > 0 || change !== this.linkChanges) return;
        this.isLinkUp = true;
        open();
      };
      this.aside(this.resync(id, next));
    }
  }

  private resync(accountId: AccountId, next: (() => void) | undefined): Promise<void> {
    return this.ask(accountId, { kind: 'resync', sinceMs: this.sinceMs, attempt: 0, next });
  }

  private aside(picture: Promise<void>): void {
    picture.catch((error: unknown) => this.parts.fail(error));
  }

  /**
   * Asks and compares, again and again until the picture is complete; what was believed stays meanwhile. Resolves after
   * the first attempt.
   */
  private async ask(accountId: AccountId, wish: Wish): Promise<void> {
    const { world, take } = this.parts;
    const { clock, venue } = world.options;
    const sentMs = clock.monotonicMs();
    const watch = this.watchOf(accountId);
    const fillsBefore = world.accounts.get(accountId)?.fillsBooked ?? 0;
    const changes = venue.changes?.(accountId);
    watch.pictures += 1;
    this.asked += 1;
    const askedMs = clock.monotonicMs();
    let snapshot: VenueSnapshot;
    try {
      const picture = world.gateway.snapshot(accountId, this.sinceOf(accountId, wish));
      snapshot = await this.inTime(picture);
      world.clockGate.hear(snapshot.asOfMs, sentMs, clock.monotonicMs());
    } catch (error) {
      this.failed(accountId, wish, error);
      return;
    } finally {
      this.asked -= 1;
      watch.pictures -= 1;
    }
    if (this.isClosed) return;
    // An answer says what time it is there, also where the stream is silent; one that was long on its way does not.
    if (clock.monotonicMs() - askedMs < promptMs) world.brokerClock.hear(snapshot.asOfMs);
    const problem = pictureProblem(world, snapshot);
    if (problem !== undefined) {
      this.failed(accountId, wish, new Error(problem));
      return;
    }
    const { kind, next } = wish;
    const seen = { kind, ...(changes === undefined ? {} : { changes }) };
    const atMs = clock.nowMs();
    take({ type: 'reconcile', accountId, snapshot, fillsBefore, ...seen, atMs });
    next?.();
    if (this.isWatching(accountId)) this.arm(watch, againMs);
  }

  /** A resynchronisation rebuilds the trading day: its trades are read from the boundary on. Source: rules 8. */
  private sinceOf(accountId: AccountId, { kind, sinceMs }: Wish): number {
    if (kind === 'poll') return sinceMs;
    return Math.min(sinceMs, this.parts.world.accounts.get(accountId)?.dayStartMs ?? 0);
  }

  /** A poll has shown a difference that is not believed yet. */
  private isWatching(accountId: AccountId): boolean {
    const account = this.parts.world.accounts.get(accountId);
    return account !== undefined && account.reconciliation.seen.size > 0;
  }

  /** The answer, or a failure when it takes longer than an attempt may. */
  private inTime(answer: Promise<VenueSnapshot>): Promise<VenueSnapshot> {
    const { clock } = this.parts.world.options;
    const seconds = this.parts.world.execution.reconcile.attemptTimeoutSeconds;
    return new Promise((resolve, reject) => {
      const cancel = clock.schedule(clock.nowMs() + seconds * 1_000, () =>
        reject(new Error(`no picture within ${seconds} s`)),
      );
      answer.then(resolve, reject).finally(cancel);
    });
  }

  /** Nothing is compared, nothing is deleted; it is tried again, and after the last attempt somebody hears of it. */
  private failed(accountId: AccountId, wish: Wish, error: unknown): void {
    if (this.isClosed) return;
    const reason = errorText(error);
    const { world, commit } = this.parts;
    const { retries } = world.execution.reconcile;
    const { attempt } = wish;
    const account = world.accounts.get(accountId);
    const turn = new Turn(world);
    if (attempt === 0) turn.addIncident(accountId, 'RECONCILIATION_FAILED', reason, 0);
    if (attempt === retries && account !== undefined) giveNotice(turn, account, reason);
    drain(world, turn);
    commit(turn);
    const pauseMs = this.pauseMs(attempt, error);
    const { clock } = world.options;
    const watch = this.watchOf(accountId);
    watch.pictures += 1;
    clock.schedule(clock.nowMs() + pauseMs, () => {
      watch.pictures -= 1;
      if (!this.isClosed) this.aside(this.ask(accountId, { ...wish, attempt: attempt + 1 }));
    });
  }

  /** A venue that is only busy is asked again by full jitter, everything else at the configured times. */
  private pauseMs(attempt: number, error: unknown): number {
    const { world } = this.parts;
    const { gateway } = world;
    if (
      error instanceof VenueCallFailed &&
      isRepeatable(error.status) &&
      attempt < gateway.settings.retry.max
    )
      return gateway.pauseMs(attempt, error.retryAfterMs);
    const { retryDelaysSeconds } = world.execution.reconcile;
    return (retryDelaysSeconds[attempt] ?? retryDelaysSeconds.at(-1) ?? 10) * 1_000;
  }

  private watchOf(accountId: AccountId): Watch {
    const known = this.watches.get(accountId);
    if (known !== undefined) return known;
    const fresh: Watch = {
      accountId,
      cancel: undefined,
      pictures: 0,
      nextFullMs: 0,
      nextTradesMs: 0,
    };
    this.watches.set(accountId, fresh);
    return fresh;
  }

  private get pollMs(): number {
    const { link, gateway, execution } = this.parts.world;
    const { openOrdersSeconds, positionsSeconds } = execution.reconcile;
    if (link.phase === 2 || link.phase === 3) return gateway.settings.reconnect.pollMs;
    return Math.min(openOrdersSeconds, positionsSeconds) * 1_000;
  }

  private arm(watch: Watch, afterMs: number): void {
    if (this.isClosed) return;
    watch.cancel?.();
    const { clock } = this.parts.world.options;
    watch.cancel = clock.schedule(clock.nowMs() + afterMs, () => this.poll(watch));
  }

  /** One round of the loops: everything at once, unless nothing can have changed. */
  private poll(watch: Watch): void {
    const { world } = this.parts;
    const account = world.accounts.get(watch.accountId);
    const nowMs = world.options.clock.nowMs();
    const isFullDue = nowMs >= watch.nextFullMs;
    if (isFullDue) watch.nextFullMs = nowMs + fullMsOf(world, watch.accountId);
    this.arm(watch, Math.min(this.pollMs, watch.nextFullMs - nowMs));
    if (account === undefined || watch.pictures > 0) return;
    if (this.asked >= world.execution.reconcile.maxConcurrent) {
      this.arm(watch, againMs);
      return;
    }
    if ((!isFullDue && this.isQuiet(account)) || this.isUnchanged(account)) return;
    const isLong = nowMs >= watch.nextTradesMs;
    if (isLong) watch.nextTradesMs = nowMs + tradesMs;
    const comparedAtMs = account.reconciliation.comparedAtMs ?? nowMs;
    const sinceMs = Math.max(0, comparedAtMs - (isLong ? longOverlapMs : overlapMs));
    this.aside(this.ask(watch.accountId, { kind: 'poll', sinceMs, attempt: 0, next: undefined }));
  }

  /** Nothing is open that may change, nothing is in doubt, and the stream would tell of anything new. */
  private isQuiet(account: AccountRuntime): boolean {
    return (
      this.isLinkUp &&
      account.positions.size === 0 &&
      account.workingOrders.size === 0 &&
      account.reconciliation.seen.size === 0 &&
      account.reconciliation.conflicts.size === 0 &&
      account.causes.length === 0
    );
  }

  /** A venue that counts its own changes has none to show, and nothing has happened here, since both agreed. */
  private isUnchanged({ id, reconciliation }: AccountRuntime): boolean {
    const { venue, journal } = this.parts.world.options;
    const { agreedChanges, agreedSeq } = reconciliation;
    // Only an answer ends a breaker that waits for one.
    if (this.parts.world.breakers.isProbing) return false;
    if (agreedChanges === undefined || agreedSeq !== journal.head.seq) return false;
    return venue.changes?.(id) === agreedChanges;
  }
}

/** RULE-010 may want to hear of the permission to trade more often than everything else asks for. */
function fullMsOf({ accounts }: World, id: AccountId): number {
  const rule = accounts.get(id)?.rules.find(({ definition }) => definition.id === permissionRule);
  const config = rule?.config as { readonly checkIntervalSeconds?: number } | undefined;
  return Math.min(fullMs, (config?.checkIntervalSeconds ?? Infinity) * 1_000);
}

/** Source: execution 11.1 (a failure leaves the account in REDUCING, and the reason visible), trading-controls 5. */
function giveNotice(turn: Turn, account: AccountRuntime, reason: string): void {
  const cause = { cause: failedCause, state: 'REDUCING', reason } as const;
  const event = { type: 'account.causeAdded', cause, atMs: turn.atMs } as const;
  turn.sendSibling(account.id, 'account', event, outside);
  const alert = {
    severity: 'error',
    code: 'RECONCILIATION',
    text: `the venue gives no complete picture: ${reason}`,
    entity: 'reconciliation/failed',
    isLasting: true,
  } as const;
  raiseAlert(turn, account, alert, outside);
}
