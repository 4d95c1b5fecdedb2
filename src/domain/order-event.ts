/** Everything that can happen to an order. Source: execution 3.2; every type is a past-tense fact with its time. */
import type { Fill } from './fill.ts';
import type { VenueOrderId } from './ids.ts';
import type { Lots, Ticks } from './instrument.ts';

/** How new a status report is: the venue's update time and the cumulative fill it knows. */
export type VenueVersion = { readonly updatedAtMs?: number; readonly cumulativeLots: Lots };

type At = { readonly atMs: number };
/** Where a report came from: the answer to our request, the stream, or a query. */
type Reported = At & {
  readonly origin: 'answer' | 'stream' | 'query';
  readonly venueOrderId?: VenueOrderId;
  readonly version?: VenueVersion;
};
export type NewValues = {
  readonly quantityLots?: Lots;
  readonly limitTicks?: Ticks;
  readonly stopTicks?: Ticks;
};

export type OrderLocalEvent =
  | ({ readonly type: 'order.intentCommitted' } & At)
  | ({ readonly type: 'order.gateDenied'; readonly reason: string } & At)
  | ({ readonly type: 'order.notSent'; readonly reason: string } & At)
  | ({ readonly type: 'order.sendStarted' } & At)
  | ({ readonly type: 'order.modifyRequested'; readonly values: NewValues } & At)
  | ({ readonly type: 'order.cancelRequested'; readonly reason: string } & At)
  | ({ readonly type: 'order.acknowledgementOverdue' } & At)
  | ({ readonly type: 'order.modifyOverdue' } & At)
  | ({ readonly type: 'order.cancelOverdue' } & At)
  | ({ readonly type: 'order.fillsOverdue' } & At)
  | ({ readonly type: 'order.timeToLiveElapsed' } & At)
  | ({
      readonly type: 'order.resolvedByOperator';
      readonly outcome: 'canceled' | 'failed';
      readonly reason: string;
    } & At)
  | ({ readonly type: 'order.integrityAcknowledged'; readonly reason: string } & At);

export type OrderFilled = { readonly type: 'order.filled'; readonly fill: Fill } & Reported;

export type OrderVenueEvent =
  | ({ readonly type: 'order.placeAccepted' } & Reported)
  | ({ readonly type: 'order.placeRejected'; readonly reason: string } & Reported)
  | ({ readonly type: 'order.placeAmbiguous'; readonly reason: string } & Reported)
  /** `values`: what the venue shows now, where it says so; a query must say it to settle a modify in doubt. */
  | ({ readonly type: 'order.opened'; readonly values?: NewValues } & Reported)
  | ({ readonly type: 'order.suspended'; readonly values?: NewValues } & Reported)
  | ({ readonly type: 'order.triggered'; readonly values?: NewValues } & Reported)
  | OrderFilled
  | ({ readonly type: 'order.statusFilled' } & Reported)
  | ({ readonly type: 'order.fillVoided'; readonly fill: Fill } & Reported)
  | ({ readonly type: 'order.updated'; readonly values: NewValues } & Reported)
  | ({ readonly type: 'order.modifyRejected'; readonly reason: string } & Reported)
  | ({ readonly type: 'order.modifyAmbiguous'; readonly reason: string } & Reported)
  | ({ readonly type: 'order.cancelAccepted' } & Reported)
  | ({ readonly type: 'order.cancelRejected'; readonly reason: string } & Reported)
  | ({ readonly type: 'order.cancelAmbiguous'; readonly reason: string } & Reported)
  | ({ readonly type: 'order.venueRejected'; readonly reason: string } & Reported)
  | ({ readonly type: 'order.canceled'; readonly reason: string } & Reported)
  | ({ readonly type: 'order.expired' } & Reported)
  /** The venue shows it in a state that nobody here knows. */
  | ({ readonly type: 'order.stateUnreadable' } & Reported)
  | ({ readonly type: 'order.missingInQuery' } & Reported)
  | ({ readonly type: 'order.notFoundConfirmed' } & Reported)
  | ({ readonly type: 'order.reconciliationAgreed' } & Reported);

export type OrderEvent = OrderLocalEvent | OrderVenueEvent;
export type OrderEventType = OrderEvent['type'];

/** The closed list: nothing else may reach an order machine. */
export const orderEventTypes = [
  'order.intentCommitted',
  'order.gateDenied',
  'order.notSent',
  'order.sendStarted',
  'order.modifyRequested',
  'order.cancelRequested',
  'order.acknowledgementOverdue',
  'order.modifyOverdue',
  'order.cancelOverdue',
  'order.fillsOverdue',
  'order.timeToLiveElapsed',
  'order.resolvedByOperator',
  'order.integrityAcknowledged',
  'order.placeAccepted',
  'order.placeRejected',
  'order.placeAmbiguous',
  'order.opened',
  'order.suspended',
  'order.triggered',
  'order.filled',
  'order.statusFilled',
  'order.fillVoided',
  'order.updated',
  'order.modifyRejected',
  'order.modifyAmbiguous',
  'order.cancelAccepted',
  'order.cancelRejected',
  'order.cancelAmbiguous',
  'order.venueRejected',
  'order.canceled',
  'order.expired',
  'order.stateUnreadable',
  'order.missingInQuery',
  'order.notFoundConfirmed',
  'order.reconciliationAgreed',
] as const satisfies readonly OrderEventType[];
