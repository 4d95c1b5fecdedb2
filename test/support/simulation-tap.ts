/**
 * Between the engine and the world of a simulated run: the venue and the journal, with the places at which the process
 * may die. What the venue says to an engine that is down is lost, as on a broken connection.
 */
import type { Approved } from '../../src/domain/approved.ts';
import type { AccountId, OrderId } from '../../src/domain/ids.ts';
import type { CancelOrder, ModifyOrder, SubmitOrder } from '../../src/domain/order.ts';
import type { JournalPort, TurnBatch } from '../../src/ports/journal.port.ts';
import type { VenueEvent, VenuePort, VenueSnapshot } from '../../src/ports/venue.port.ts';
import type { PaperVenue } from '../../src/venues/paper/paper-venue.ts';

export const crashPoints = ['beforeCommit', 'afterCommit', 'beforeSend', 'afterSend'] as const;
export type CrashPoint = (typeof crashPoints)[number];

/** The process dies here. */
export class SimulatedCrash extends Error {
  override readonly name = 'SimulatedCrash';
}

/** Kills the process when a point has been passed so often. */
export class CrashPlan {
  private armed: { readonly point: CrashPoint; left: number } | undefined;
  /** Points at which a process has died. */
  readonly died: CrashPoint[] = [];

  arm(point: CrashPoint, passes: number): void {
    this.armed = { point, left: passes };
  }

  disarm(): void {
    this.armed = undefined;
  }

  pass(point: CrashPoint): void {
    if (this.armed?.point !== point) return;
    this.armed.left -= 1;
    if (this.armed.left > 0) return;
    this.armed = undefined;
    this.died.push(point);
    throw new SimulatedCrash(point);
  }
}

/** The venue as one process sees it; `disconnect` ends that process's connection. */
export class VenueTap implements VenuePort {
  readonly id = 'paper';
  private readonly venue: PaperVenue;
  private readonly crash: CrashPlan;
  private readonly onSubmit: (order: SubmitOrder) => void;
  private sink: ((event: VenueEvent) => void) | undefined;

  constructor(venue: PaperVenue, crash: CrashPlan, onSubmit: (order: SubmitOrder) => void) {
    this.venue = venue;
    this.crash = crash;
    this.onSubmit = onSubmit;
  }

  connect(sink: (event: VenueEvent) => void): void {
    this.sink = sink;
    this.venue.connect((event) => this.sink?.(event));
  }

  disconnect(): void {
    this.sink = undefined;
  }

  submit(order: Approved<SubmitOrder>): void {
    this.onSubmit(order);
    this.pass(() => this.venue.submit(order));
  }

  cancel(cancel: CancelOrder): void {
    this.pass(() => this.venue.cancel(cancel));
  }

  modify(modify: ModifyOrder): void {
    this.pass(() => this.venue.modify(modify));
  }

  query(accountId: AccountId, orderId: OrderId): void {
    this.venue.query(accountId, orderId);
  }

  snapshot(accountId: AccountId, sinceMs: number): Promise<VenueSnapshot> {
    return this.venue.snapshot(accountId, sinceMs);
  }

  /** The process ends, the venue lives on. */
  close(): void {
    this.disconnect();
  }

  private pass(act: () => void): void {
    this.crash.pass('beforeSend');
    act();
    this.crash.pass('afterSend');
  }
}

/** The journal, telling of every batch that is durable. */
export function tappedJournal(
  journal: JournalPort,
  crash: CrashPlan,
  onCommitted: (batch: TurnBatch) => void,
): JournalPort {
  const commit = (batch: TurnBatch): ReturnType<JournalPort['commit']> => {
    crash.pass('beforeCommit');
    const head = journal.commit(batch);
    onCommitted(batch);
    crash.pass('afterCommit');
    return head;
  };
  return new Proxy(journal, {
    get: (target, key) => {
      if (key === 'commit') return commit;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
