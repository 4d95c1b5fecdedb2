/**
 * The venue of a sandbox: it hands nothing on and counts what wanted to leave. When it is asked, it shows what the sandbox
 * itself believes, so that a comparison with it finds nothing new; what really happened comes from the journal.
 *
 * Source: inspector 3 (Rewind, Fork), 13 case 12.
 */
import type { Approved } from '../../domain/approved.ts';
import type { Fill } from '../../domain/fill.ts';
import type { AccountId, InstrumentId } from '../../domain/ids.ts';
import {
  isClosed,
  type CancelOrder,
  type ModifyOrder,
  type SubmitOrder,
} from '../../domain/order.ts';
import type { PositionBook } from '../../domain/position.ts';
import type { OrderRegions } from '../../machines/order.machine.ts';
import type { VenueEvent, VenueOrder, VenuePort, VenueSnapshot } from '../../ports/venue.port.ts';

/** An actor as the sandbox has it now. */
export type BelievedActor = {
  readonly account: string;
  readonly machine: string;
  readonly stateJson: string;
  readonly context: Readonly<Record<string, unknown>>;
};

export class WithheldVenue implements VenuePort {
  readonly id = 'sandbox';
  readonly isInProcess = true;
  private readonly calls = new Map<string, number>();
  private readonly nowMs: () => number;
  private readonly believed: (account: AccountId) => readonly BelievedActor[];
  private readonly fills: Fill[];
  private sink: (event: VenueEvent) => void = () => undefined;

  /** @param given.fills executions that the sandbox begins with */
  constructor(given: {
    readonly nowMs: () => number;
    readonly believed: (account: AccountId) => readonly BelievedActor[];
    readonly fills: readonly Fill[];
  }) {
    this.nowMs = given.nowMs;
    this.believed = given.believed;
    this.fills = [...given.fills];
  }

  /** How often each kind of call wanted to leave. */
  get withheld(): readonly { readonly kind: string; readonly count: number }[] {
    return [...this.calls].map(([kind, count]) => ({ kind, count }));
  }

  connect(sink: (event: VenueEvent) => void): void {
    this.sink = sink;
  }

  /** What the journal says that the venue has said. */
  say(event: VenueEvent): void {
    if (event.type === 'venue.fill') this.fills.push(event.fill);
    this.sink(event);
  }

  submit(_order: Approved<SubmitOrder>): void {
    this.count('submit');
  }

  cancel(_cancel: CancelOrder): void {
    this.count('cancel');
  }

  modify(_modify: ModifyOrder): void {
    this.count('modify');
  }

  query(): void {
    this.count('query');
  }

  /** Shown from the sandbox itself: asking leaves nothing either. */
  snapshot(accountId: AccountId, sinceMs: number): Promise<VenueSnapshot> {
    const actors = this.believed(accountId);
    const ledger = actors.find(({ machine }) => machine === 'ledger');
    const { balanceUnits = 0 } = (ledger?.context ?? {}) as { readonly balanceUnits?: number };
    return Promise.resolve({
      asOfMs: this.nowMs(),
      balanceUnits,
      canTrade: true,
      orders: actors.flatMap(orderOf),
      positions: actors.flatMap(positionOf),
      fills: this.fills.filter(
        (fill) => fill.accountId === accountId && fill.venueTimeMs >= sinceMs,
      ),
    });
  }

  close(): void {
    this.sink = () => undefined;
  }

  private count(kind: string): void {
    this.calls.set(kind, (this.calls.get(kind) ?? 0) + 1);
  }
}

type OrderContext = Omit<VenueOrder, 'status' | 'updatedAtMs'> & {
  readonly sentAtMs?: number;
  readonly version?: { readonly updatedAtMs?: number };
};

/** Orders that the venue had acknowledged and that are not over. */
function orderOf({ machine, stateJson, context }: BelievedActor): readonly VenueOrder[] {
  if (machine !== 'order') return [];
  const { execution } = JSON.parse(stateJson) as OrderRegions;
  const order = context as unknown as OrderContext;
  if (isClosed(execution) || order.venueOrderId === undefined) return [];
  const { limitTicks, stopTicks, orderId } = order;
  return [
    {
      venueOrderId: order.venueOrderId,
      accountId: order.accountId,
      instrument: order.instrument,
      side: order.side,
      orderType: order.orderType,
      quantityLots: order.quantityLots,
      filledLots: order.filledLots,
      status: order.filledLots > 0 ? 'partial' : 'working',
      updatedAtMs: order.version?.updatedAtMs ?? order.sentAtMs ?? 0,
      ...(orderId === undefined ? {} : { orderId }),
      ...(limitTicks === undefined ? {} : { limitTicks }),
      ...(stopTicks === undefined ? {} : { stopTicks }),
    },
  ];
}

function positionOf({ machine, context }: BelievedActor): VenueSnapshot['positions'] {
  if (machine !== 'position') return [];
  const { instrument, book } = context as {
    readonly instrument: InstrumentId;
    readonly book: PositionBook;
  };
  const { openLots, costUnits } = book;
  return openLots === 0 ? [] : [{ instrument, openLots, costUnits }];
}
