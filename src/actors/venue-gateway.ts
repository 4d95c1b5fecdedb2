/**
 * The one way out: every call to the venue passes here, after the commit that holds its cause.
 *
 * It counts calls against the venue's budgets, holds back what finds no room and lets it go by priority and age, and
 * repeats questions that failed. What only reduces risk is never refused here. A venue without limits is called at once.
 * In memory: a process that dies with a call held back leaves an effect that the next start asks about.
 * Source: execution 2.5, 13.1, 13.2.
 */
import { defaultApiSettings, type ApiSettings } from '../domain/api-settings.ts';
import type { Approved } from '../domain/approved.ts';
import { fullJitterMs } from '../domain/backoff.ts';
import type { AccountId, InstrumentId, OrderId } from '../domain/ids.ts';
import type { CancelOrder, ModifyOrder, SubmitOrder } from '../domain/order.ts';
import { RateBudget, type Traffic } from '../domain/token-bucket.ts';
import { VenueCallFailed, type VenueCall } from '../domain/venue-call.ts';
import type { Cancel, Clock } from '../kernel/clock.ts';
import { errorText } from '../kernel/errors.ts';
import { limits } from '../kernel/limits.ts';
import type { Random } from '../kernel/random.ts';
import type { VenueEvent, VenueOrder, VenuePort, VenueSnapshot } from '../ports/venue.port.ts';

/** Source: execution 2.5. */
export const priorities = { emergency: 0, protection: 1, riskReduction: 2, normal: 3 } as const;
export type Priority = (typeof priorities)[keyof typeof priorities];

type Held = {
  readonly key: string;
  readonly priority: Priority;
  readonly sinceMs: number;
  /** Leaves; `isHeld`: later than it was asked to. */
  readonly act: (isHeld: boolean) => void;
  /** Too late for it now: it never leaves. */
  readonly giveUp?: () => void;
};

/** A command that has left and has no answer yet. */
export type Unanswered = {
  readonly call: Extract<VenueCall, 'place' | 'cancel' | 'modify'>;
  readonly accountId: AccountId;
  readonly orderId: OrderId;
  readonly sentAtMs: number;
  readonly again: () => void;
  /** The session was renewed for it once. */
  isRenewed: boolean;
};

export type GatewayParts = {
  readonly venue: VenuePort;
  readonly clock: Clock;
  readonly random: Random;
  readonly api: ApiSettings | undefined;
  /** A placement that has waited this long is given up: whoever asked for it decides anew. */
  readonly placeWaitMs: () => number;
  readonly put: (event: VenueEvent) => void;
  /** A placement that was held back too long, and never left. */
  readonly onGivenUp: (accountId: AccountId, orderId: OrderId) => void;
  /** Asked about what leaves later than it was approved: false, and it never leaves. */
  readonly mayStillLeave: (order: SubmitOrder | ModifyOrder, call: 'place' | 'modify') => boolean;
  /** A change that may no longer leave. */
  readonly onChangeGivenUp: (accountId: AccountId, orderId: OrderId) => void;
  /** Something about the budgets has changed. */
  readonly onPressure: () => void;
  readonly onCall: (call: VenueCall) => void;
};

/** Lists of one picture: account, orders, positions, executions. */
const callsOfPicture = 4;
const retryWindowMs = 60_000;

export class VenueGateway {
  /** Commands without an answer, by call and order. */
  readonly unanswered = new Map<string, Unanswered>();
  private readonly parts: GatewayParts;
  private readonly api: ApiSettings;
  private readonly general: RateBudget | undefined;
  private readonly retries: RateBudget;
  private readonly held: Held[] = [];
  /** Reads that failed, by order: how often they were repeated. */
  private readonly reads = new Map<OrderId, number>();
  private readonly waits = new Set<Cancel>();
  private wake: Cancel | undefined;
  private isClosed = false;

  constructor(parts: GatewayParts) {
    this.parts = parts;
    this.api = parts.api ?? defaultApiSettings;
    const { rateLimits } = this.api;
    this.general = rateLimits === undefined ? undefined : new RateBudget(rateLimits.general);
    this.retries = new RateBudget({ max: limits.callRetriesPerMinuteMax, windowMs: retryWindowMs });
  }

  get settings(): ApiSettings {
    return this.api;
  }

  /** @param isLate it leaves again, or after its turn: what has happened meanwhile counts */
  submit(order: Approved<SubmitOrder>, priority: Priority, isLate = false): void {
    const { accountId, orderId } = order;
    const giveUp = (): void => {
      this.unanswered.delete(`place|${orderId}`);
      this.parts.onGivenUp(accountId, orderId);
    };
    const send = (isHeld: boolean): void => {
      if ((isLate || isHeld) && !this.parts.mayStillLeave(order, 'place')) {
        giveUp();
        return;
      }
      this.note('place', accountId, orderId, () => this.submit(order, priority, true));
      this.parts.venue.submit(order);
    };
    this.pass({ key: `place|${orderId}`, priority, act: send, giveUp });
  }

  cancel(cancel: CancelOrder, priority: Priority): void {
    const { accountId, orderId } = cancel;
    const send = (): void => {
      this.note('cancel', accountId, orderId, () => this.cancel(cancel, priority));
      this.parts.venue.cancel(cancel);
    };
    this.pass({ key: `cancel|${orderId}`, priority, act: send });
  }

  /** @param isLate it leaves again: what has happened meanwhile counts */
  modify(modify: ModifyOrder, priority: Priority, isLate = false): void {
    const { accountId, orderId } = modify;
    const send = (isHeld: boolean): void => {
      if ((isLate || isHeld) && !this.parts.mayStillLeave(modify, 'modify')) {
        this.unanswered.delete(`modify|${orderId}`);
        this.parts.onChangeGivenUp(accountId, orderId);
        return;
      }
      this.note('modify', accountId, orderId, () => this.modify(modify, priority, true));
      this.parts.venue.modify(modify);
    };
    this.pass({ key: `modify|${orderId}`, priority, act: send });
  }

  /** One order. Counted with what reduces risk: an order in doubt holds its exposure until somebody says what it is. */
  query(accountId: AccountId, orderId: OrderId): void {
    const act = (): void => {
      this.parts.onCall('query');
      this.parts.venue.query(accountId, orderId);
    };
    this.pass({ key: `query|${orderId}`, priority: priorities.riskReduction, act });
  }

  /**
   * The complete picture. Whoever asks repeats it, with `pauseMs` where the venue was only busy.
   *
   * @param traffic `enforcement`: a kill rests on it, and the reserve is for that
   */
  async snapshot(
    accountId: AccountId,
    sinceMs: number,
    traffic: Exclude<Traffic, 'all'> = 'normal',
  ): Promise<VenueSnapshot> {
    await this.room(traffic);
    this.parts.onCall('picture');
    try {
      return await this.parts.venue.snapshot(accountId, sinceMs);
    } catch (error) {
      this.report('picture', error, accountId);
      throw error;
    }
  }

  /** The open orders of one instrument; not repeated, because whoever asks has no time. Undefined: there is no such call. */
  openOrders(
    accountId: AccountId,
    instrument: InstrumentId,
  ): readonly VenueOrder[] | Promise<readonly VenueOrder[]> | undefined {
    const { venue } = this.parts;
    if (venue.openOrders === undefined) return undefined;
    this.parts.onCall('list');
    if (!this.isInProcess) this.general?.take('enforcement', this.nowMs());
    try {
      const answer = venue.openOrders(accountId, instrument);
      if (!(answer instanceof Promise)) return answer;
      return answer.catch((error: unknown) => {
        this.report('list', error, accountId);
        throw error;
      });
    } catch (error) {
      this.report('list', error, accountId);
      throw error;
    }
  }

  /** A question about one order has failed: it is asked again, at most as often as configured. */
  retryRead(accountId: AccountId, orderId: OrderId, retryAfterMs: number | undefined): void {
    const attempt = this.reads.get(orderId) ?? 0;
    if (attempt >= this.api.retry.max || !this.mayRetry()) {
      this.reads.delete(orderId);
      return;
    }
    this.reads.set(orderId, attempt + 1);
    this.later(this.pauseMs(attempt, retryAfterMs), () => this.query(accountId, orderId));
  }

  /** Random pause before the given repetition of a placement. */
  pauseMs(attempt: number, retryAfterMs = 0): number {
    return Math.max(retryAfterMs, fullJitterMs(attempt, this.api.retry, this.parts.random));
  }

  /** The venue has answered a command. */
  answered(call: Unanswered['call'], orderId: OrderId): Unanswered | undefined {
    const known = this.unanswered.get(`${call}|${orderId}`);
    this.unanswered.delete(`${call}|${orderId}`);
    return known;
  }

  readAnswered(orderId: OrderId): void {
    if (this.reads.size > 0) this.reads.delete(orderId);
  }

  /** Placements that have left and are not answered. */
  get placing(): number {
    let count = 0;
    for (const { call } of this.unanswered.values()) if (call === 'place') count += 1;
    return count;
  }

  /** No room for normal calls; when there is again. */
  get exhaustedUntilMs(): number | undefined {
    const nowMs = this.nowMs();
    if (this.general === undefined || this.general.hasRoom('normal', nowMs)) return undefined;
    return this.general.freeAtMs('normal', nowMs);
  }

  /** Share of the venue's limit that is used, parts per million; 0 where there is none. */
  get usedPpm(): number {
    return this.general?.usedPpmAt(this.nowMs()) ?? 0;
  }

  get heldBack(): number {
    return this.held.length;
  }

  /** Renews the session at the venue, where it has one. */
  renew(): Promise<void> {
    return this.parts.venue.renew?.() ?? Promise.resolve();
  }

  reconnect(): void {
    this.parts.onCall('connect');
    this.parts.venue.reconnect?.();
  }

  /** Runs later, unless the engine stops before. */
  later(delayMs: number, run: () => void): Cancel {
    const cancel = this.parts.clock.scheduleIn(delayMs, () => {
      this.waits.delete(cancel);
      if (!this.isClosed) run();
    });
    this.waits.add(cancel);
    return cancel;
  }

  close(): void {
    this.isClosed = true;
    this.wake?.();
    for (const cancel of this.waits) cancel();
    this.waits.clear();
  }

  private nowMs(): number {
    return this.parts.clock.monotonicMs();
  }

  /** Lists of a venue in this process cost it nothing. */
  private get isInProcess(): boolean {
    return this.parts.venue.isInProcess === true;
  }

  private mayRetry(): boolean {
    return this.retries.take('all', this.nowMs());
  }

  private note(
    call: Unanswered['call'],
    accountId: AccountId,
    orderId: OrderId,
    again: () => void,
  ): void {
    this.parts.onCall(call);
    const key = `${call}|${orderId}`;
    const isRenewed = this.unanswered.get(key)?.isRenewed === true;
    this.unanswered.delete(key);
    this.unanswered.set(key, {
      call,
      accountId,
      orderId,
      sentAtMs: this.nowMs(),
      again,
      isRenewed,
    });
    if (this.unanswered.size <= limits.callsUnansweredMax) return;
    const [oldest] = this.unanswered.keys();
    if (oldest !== undefined) this.unanswered.delete(oldest);
  }

  /** Now, or as soon as there is room. */
  private pass(call: Omit<Held, 'sinceMs'>): void {
    const nowMs = this.nowMs();
    const isHeldBack = this.general !== undefined && this.held.length > 0;
    if (!isHeldBack && this.take(call.priority, nowMs)) {
      call.act(false);
      return;
    }
    // The same cancel or question again is one call.
    const at = this.held.findIndex(({ key }) => key === call.key);
    if (at >= 0) this.held.splice(at, 1);
    this.held.push({ ...call, sinceMs: nowMs });
    this.release();
  }

  private take(priority: Priority, nowMs: number): boolean {
    if (this.general === undefined) return true;
    const before = this.general.hasRoom('normal', nowMs);
    const isTaken = this.general.take(trafficOf(priority), nowMs);
    if (before !== this.general.hasRoom('normal', nowMs) || !before) this.parts.onPressure();
    return isTaken;
  }

  /** Lets go what has room: by priority, within one by age. */
  private release(): void {
    this.wake?.();
    this.wake = undefined;
    if (this.isClosed) return;
    const nowMs = this.nowMs();
    this.giveUpOld(nowMs);
    this.held.sort((one, other) => one.priority - other.priority || one.sinceMs - other.sinceMs);
    for (let next = this.held[0]; next !== undefined; next = this.held[0]) {
      if (!this.take(next.priority, nowMs)) break;
      this.held.shift();
      next.act(true);
    }
    const [first] = this.held;
    if (first === undefined || this.general === undefined) return;
    const dueMs = this.general.freeAtMs(trafficOf(first.priority), nowMs);
    const waitMs = Math.min(Math.max(1, Math.ceil(dueMs - nowMs)), this.parts.placeWaitMs());
    this.wake = this.parts.clock.scheduleIn(waitMs, () => this.release());
  }

  private giveUpOld(nowMs: number): void {
    const oldestMs = nowMs - this.parts.placeWaitMs();
    const old = this.held.filter((one) => one.giveUp !== undefined && one.sinceMs <= oldestMs);
    for (const one of old) {
      this.held.splice(this.held.indexOf(one), 1);
      one.giveUp?.();
    }
  }

  /** A picture waits until its kind of calls has room. */
  private async room(traffic: Traffic): Promise<void> {
    if (this.general === undefined || this.isInProcess) return;
    while (!this.isClosed && !this.general.hasRoom(traffic, this.nowMs())) {
      const nowMs = this.nowMs();
      await this.pause(Math.max(1, Math.ceil(this.general.freeAtMs(traffic, nowMs) - nowMs)));
    }
    for (let list = 0; list < callsOfPicture; list += 1)
      this.general.take('enforcement', this.nowMs());
  }

  private pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.later(delayMs, resolve);
    });
  }

  private report(call: VenueCall, error: unknown, accountId: AccountId): void {
    // A list that came and is of no use is no fault of the line.
    if (this.isClosed || !(error instanceof VenueCallFailed)) return;
    const { status } = error;
    const given = status === undefined ? {} : { status };
    this.parts.put({ type: 'venue.call', call, accountId, reason: errorText(error), ...given });
  }
}

function trafficOf(priority: Priority): Traffic {
  return priority === priorities.normal ? 'normal' : 'enforcement';
}
