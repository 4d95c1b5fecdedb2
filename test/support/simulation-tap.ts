/**
 * Between the engine and the world of a simulated run: the venue and the journal, with the places at which the process
 * may die. What the venue says to an engine that is down is lost, as on a broken connection.
 */
import type { Approved } from '../../src/domain/approved.ts';
import type { AccountId, InstrumentId, OrderId } from '../../src/domain/ids.ts';
import type { CancelOrder, ModifyOrder, SubmitOrder } from '../../src/domain/order.ts';
import type { JournalPort, TurnBatch } from '../../src/ports/journal.port.ts';
import type {
  VenueEvent,
  VenueOrder,
  VenuePort,
  VenueSnapshot,
} from '../../src/ports/venue.port.ts';
import type { PaperVenue } from '../../src/venues/paper/paper-venue.ts';

export const crashPoints = ['beforeCommit', 'afterCommit', 'beforeSend', 'afterSend'] as const;
/** The store says that it has failed: before anything was written, or although everything was. */
export const storePoints = ['storeFails', 'storeFailsLate'] as const;
export type CrashPoint = (typeof crashPoints)[number] | (typeof storePoints)[number];

/** The process dies here. */
export class SimulatedCrash extends Error {
  override readonly name = 'SimulatedCrash';
}

/** The commit has failed, or nobody knows: the engine has to stop. Source: durability C4. */
export class SimulatedStoreFailure extends Error {
  override readonly name = 'SimulatedStoreFailure';
}

/** Kills the process when a point has been passed so often. */
export class CrashPlan {
  private armed: { readonly point: CrashPoint; left: number } | undefined;
  /** Points at which a process has died. */
  readonly died: CrashPoint[] = [];
  /** A slow disk: how long each of the next commits takes. Source: crash-testing 2, F4. */
  private slow = { commitMs: 0, left: 0 };

  arm(point: CrashPoint, passes: number): void {
    this.armed = { point, left: passes };
  }

  disarm(): void {
    this.armed = undefined;
    this.slow.left = 0;
  }

  slowDown(commitMs: number, commits: number): void {
    this.slow = { commitMs, left: commits };
  }

  get isSlow(): boolean {
    return this.slow.left > 0;
  }

  /** How long the commit that begins now takes, in milliseconds. */
  takeCommitMs(): number {
    if (!this.isSlow) return 0;
    this.slow.left -= 1;
    return this.slow.commitMs;
  }

  pass(point: CrashPoint): void {
    if (this.armed?.point !== point) return;
    this.armed.left -= 1;
    if (this.armed.left > 0) return;
    this.armed = undefined;
    this.died.push(point);
    throw point === 'storeFails' || point === 'storeFailsLate'
      ? new SimulatedStoreFailure(point)
      : new SimulatedCrash(point);
  }
}

/** The venue as one process sees it; `disconnect` ends that process's connection. */
export class VenueTap implements VenuePort {
  readonly id = 'paper';
  private readonly venue: PaperVenue;
  private readonly crash: CrashPlan;
  private readonly onSubmit: (order: SubmitOrder) => void;
  private readonly onCancel: (cancel: CancelOrder) => void;
  private readonly sent = new WeakSet<object>();
  private sink: ((event: VenueEvent) => void) | undefined;

  constructor(
    venue: PaperVenue,
    crash: CrashPlan,
    on: {
      readonly submit: (order: SubmitOrder) => void;
      readonly cancel: (cancel: CancelOrder) => void;
    },
  ) {
    this.venue = venue;
    this.crash = crash;
    this.onSubmit = on.submit;
    this.onCancel = on.cancel;
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
    this.pass(order, () => this.venue.submit(order));
  }

  cancel(cancel: CancelOrder): void {
    this.onCancel(cancel);
    this.pass(cancel, () => this.venue.cancel(cancel));
  }

  modify(modify: ModifyOrder): void {
    this.pass(modify, () => this.venue.modify(modify));
  }

  query(accountId: AccountId, orderId: OrderId): void {
    this.venue.query(accountId, orderId);
  }

  changes(accountId: AccountId): number | undefined {
    return this.venue.changes?.(accountId);
  }

  snapshot(accountId: AccountId, sinceMs: number): Promise<VenueSnapshot> {
    return this.venue.snapshot(accountId, sinceMs);
  }

  openOrders(
    accountId: AccountId,
    instrument: InstrumentId,
  ): readonly VenueOrder[] | Promise<readonly VenueOrder[]> {
    return this.venue.openOrders?.(accountId, instrument) ?? [];
  }

  /** The process ends, the venue lives on. */
  close(): void {
    this.disconnect();
  }

  private pass(command: object, act: () => void): void {
    // What leaves again does so when a promise is kept: nobody there could be killed.
    if (this.sent.has(command)) {
      act();
      return;
    }
    this.sent.add(command);
    this.crash.pass('beforeSend');
    act();
    this.crash.pass('afterSend');
  }
}

/** The journal, telling of every batch that is durable. */
export function tappedJournal(
  journal: JournalPort,
  crash: CrashPlan,
  on: { readonly slow: (commitMs: number) => void; readonly committed: (batch: TurnBatch) => void },
): JournalPort {
  const commit = (batch: TurnBatch): ReturnType<JournalPort['commit']> => {
    crash.pass('beforeCommit');
    crash.pass('storeFails');
    const commitMs = crash.takeCommitMs();
    if (commitMs > 0) on.slow(commitMs);
    const head = journal.commit(batch);
    on.committed(batch);
    crash.pass('afterCommit');
    crash.pass('storeFailsLate');
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
