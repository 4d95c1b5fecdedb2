/**
 * What of each product the venue trades now, switchable, and what it takes in each status. A venue that names any product
 * names them all: one without a status may not be traded. Source: trading-controls REQ-EX1.
 */
import type { InstrumentId } from '../../domain/ids.ts';
import type { OrderType } from '../../domain/order.ts';
import { unreachable } from '../../kernel/assert.ts';
import type { VenueEvent } from '../../ports/venue.port.ts';

export type ProductStatus = Extract<VenueEvent, { type: 'venue.product' }>['status'];
/** By instrument; empty for a venue that reports no status. */
export type ProductStatuses = Readonly<Record<InstrumentId, ProductStatus>>;

/** The reports of what has changed, or of everything where the listener has heard nothing yet. */
export function productReports(
  now: ProductStatuses,
  before: ProductStatuses | undefined,
  venueTimeMs: number,
): readonly VenueEvent[] {
  return Object.entries(now).flatMap(([name, status]): VenueEvent[] => {
    const instrument = name as InstrumentId;
    if (before?.[instrument] === status) return [];
    return [{ type: 'venue.product', instrument, status, venueTimeMs }];
  });
}

/** Why the venue refuses a command in the status of its product; undefined when it takes it. */
export function productRefusal(
  statuses: ProductStatuses,
  about: {
    readonly instrument?: InstrumentId | undefined;
    readonly command: 'submit' | 'close' | 'cancel' | 'modify' | 'query';
    readonly orderType?: OrderType | undefined;
  },
): string | undefined {
  const { instrument, command } = about;
  const status = instrument === undefined ? undefined : statuses[instrument];
  if (status === undefined || permits(status, command, about.orderType)) return undefined;
  return `${instrument} is ${status}`;
}

function permits(status: ProductStatus, command: string, orderType?: OrderType): boolean {
  switch (status) {
    case 'trading':
      return true;
    case 'postOnly':
    case 'limitOnly':
      return orderType === undefined || orderType === 'limit';
    case 'cancelOnly':
      return command === 'cancel';
    case 'offline':
      return false;
    default:
      return unreachable(status);
  }
}
