/** The one place that can say "approved". Every path to a venue passes here. */
import type { Approved } from '../domain/approved.ts';
import type { Denial } from '../domain/denial.ts';
import type { SubmitOrder } from '../domain/order.ts';
import { shapeDenial } from './order-shape.ts';

/** Marks a request that the gate has passed; `src/rules` decides, nobody else may call the cast. */
export function approve<Request>(request: Request): Approved<Request> {
  return request as Approved<Request>;
}

/**
 * The engine's own protective flatten: asks no mode, trading state, lock or rule, for it can only reduce
 * what its caller has just seen open. A malformed order is a denial all the same.
 */
export function approveProtective(
  order: SubmitOrder,
): { readonly approved: Approved<SubmitOrder> } | { readonly denial: Denial } {
  const denial = shapeDenial(order);
  return denial === undefined ? { approved: approve(order) } : { denial };
}
