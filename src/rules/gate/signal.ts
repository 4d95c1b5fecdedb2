/** Identity of what is asked: of the signal behind an intent, and of an order as such. Source: execution 6, L1. */
import type { OrderIntent } from '../../domain/order.ts';

/**
 * Symbol, time and type of the signal and the quantity it asks for; the id is the nonce by which a signal may be issued
 * again. Undefined for intents without a signal, which are never duplicates.
 */
export function signalKey(intent: OrderIntent): string | undefined {
  const { signal } = intent;
  if (signal === undefined) return undefined;
  return [
    intent.accountId,
    intent.instrument,
    signal.type,
    signal.id,
    signal.atMs,
    intent.quantityLots,
  ].join('|');
}

/** What two orders have in common when they are the same order twice. */
export function orderLikeness(
  order: Pick<
    OrderIntent,
    'instrument' | 'side' | 'orderType' | 'quantityLots' | 'limitTicks' | 'stopTicks' | 'trailTicks'
  >,
): string {
  const { instrument, side, orderType, quantityLots, limitTicks, stopTicks, trailTicks } = order;
  return [instrument, side, orderType, quantityLots, limitTicks, stopTicks, trailTicks].join('|');
}
