/**
 * Between the engine and the scripted venue: records what reaches the venue, delivers nothing to an engine that is
 * down, and lets the process die at a named point of its first effect.
 */
import type { Approved } from '../../domain/approved.ts';
import type { AccountId, InstrumentId, OrderId } from '../../domain/ids.ts';
import type { CancelOrder, ModifyOrder, SubmitOrder } from '../../domain/order.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { VenueEvent, VenueOrder, VenuePort, VenueSnapshot } from '../../ports/venue.port.ts';
import type { PaperVenue } from '../../venues/paper/paper-venue.ts';

/** `openLots`: the venue's position when the command arrived. */
export type SentCommand =
  | { readonly kind: 'submit'; readonly order: SubmitOrder; readonly openLots: number }
  | { readonly kind: 'cancel'; readonly cancel: CancelOrder }
  | { readonly kind: 'modify'; readonly modify: ModifyOrder };

export type CrashPoint = 'afterCommit' | 'beforeSend' | 'afterSend';

/** The process dies here. */
export class SimulatedCrash extends Error {
  override readonly name = 'SimulatedCrash';
}

export class VenueTap implements VenuePort {
  readonly id = 'paper';
  readonly isInProcess = true;
  /** Set: the next command kills the process at this point. */
  crashAt: CrashPoint | undefined;
  private readonly venue: PaperVenue;
  private readonly clock: Clock;
  private sink: ((event: VenueEvent) => void) | undefined;
  private readonly onReceived: (command: SentCommand) => void;

  /** @param onReceived hears of every command when it has reached the venue */
  constructor(venue: PaperVenue, clock: Clock, onReceived: (command: SentCommand) => void) {
    this.venue = venue;
    this.clock = clock;
    this.onReceived = onReceived;
    venue.connect((event) => this.sink?.(event));
  }

  connect(sink: (event: VenueEvent) => void): void {
    this.sink = sink;
    this.venue.sayProducts();
  }

  get reportsProducts(): boolean {
    return this.venue.reportsProducts === true;
  }

  submit(order: Approved<SubmitOrder>): void {
    const book = (): number =>
      this.venue
        .ledger()
        .positions.find(
          (row) => row.accountId === order.accountId && row.instrument === order.instrument,
        )?.book.openLots ?? 0;
    this.pass(
      () => ({ kind: 'submit', order, openLots: book() }),
      () => this.venue.submit(order),
    );
  }

  cancel(cancel: CancelOrder): void {
    this.pass(
      () => ({ kind: 'cancel', cancel }),
      () => this.venue.cancel(cancel),
    );
  }

  modify(modify: ModifyOrder): void {
    this.pass(
      () => ({ kind: 'modify', modify }),
      () => this.venue.modify(modify),
    );
  }

  query(accountId: AccountId, orderId: OrderId): void {
    this.venue.query(accountId, orderId);
  }

  snapshot(accountId: AccountId, sinceMs: number): Promise<VenueSnapshot> {
    return this.venue.snapshot(accountId, sinceMs);
  }

  probe(): true | Promise<void> {
    return this.venue.probe?.() ?? true;
  }

  openOrders(
    accountId: AccountId,
    instrument: InstrumentId,
  ): readonly VenueOrder[] | Promise<readonly VenueOrder[]> {
    return this.venue.openOrders?.(accountId, instrument) ?? [];
  }

  /** The engine is gone; the venue lives on. */
  close(): void {
    this.sink = undefined;
  }

  private pass(command: () => SentCommand, act: () => void): void {
    if (this.crashAt === 'beforeSend') throw new SimulatedCrash('before the command was sent');
    const { link, latencyMs } = this.venue.faults;
    if (link !== 'downAll') {
      if (latencyMs === 0) this.onReceived(command());
      else this.clock.schedule(this.clock.nowMs() + latencyMs, () => this.onReceived(command()));
    }
    act();
    if (this.crashAt === 'afterSend') throw new SimulatedCrash('after the command was sent');
  }
}
