/** Orders that actors of the engine ask for: closes and protection at once, entries of groups through the gate. */
import { denialText } from '../domain/denial.ts';
import type { IntentId, OrderId } from '../domain/ids.ts';
import type { OrderIntent } from '../domain/order.ts';
import type { Recorded } from '../domain/recorded.ts';
import { approveProtective } from '../rules/approve.ts';
import { answerPlaced, ownOrder } from './linked.ts';
import { placeOrder } from './place-order.ts';
import type { StepContext } from './recorded.ts';

/** The engine's own close: reduces only, and asks no trading state. */
export function submitProtective(context: StepContext, wish: Omit<OrderIntent, 'intentId'>): void {
  const { world, turn, account, seq, correlationSeq } = context;
  const orderId = world.options.ids.mint() as OrderId;
  const intent: OrderIntent = { ...wish, intentId: orderId as string as IntentId };
  const result = approveProtective({
    orderId,
    accountId: intent.accountId,
    instrument: intent.instrument,
    side: intent.side,
    orderType: intent.orderType,
    quantityLots: intent.quantityLots,
    timeInForce: intent.timeInForce,
    reduceOnly: true,
    ...(intent.limitTicks === undefined ? {} : { limitTicks: intent.limitTicks }),
    ...(intent.stopTicks === undefined ? {} : { stopTicks: intent.stopTicks }),
  });
  const cause = { causeSeq: seq, correlationSeq };
  if ('denial' in result) {
    turn.addIncident(account.id, 'CLOSE_NOT_FORMED', denialText(result.denial), seq);
    return;
  }
  placeOrder(world, turn, account, intent, result.approved, cause);
}

/** An order that a linked set or a group asks for; the machine hears what became of it. */
export function submitLinked(
  context: StepContext,
  recorded: Extract<Recorded, { type: 'order.place' }>,
): void {
  const { world, turn, account, cell, seq, correlationSeq } = context;
  const linking = { world, turn, account, cause: { causeSeq: seq, correlationSeq } };
  if (recorded.via === 'gate') {
    // Judged when the turn's messages are through: an intent may have to wait.
    turn.offers.push({ actor: cell.id, recorded, cause: linking.cause });
    return;
  }
  const orderId = recorded.orderId ?? (world.options.ids.mint() as OrderId);
  const { intent, order, fault } = ownOrder(recorded.intent, orderId);
  const approved = approveProtective(order);
  if ('denial' in approved) {
    answerPlaced(linking, cell, recorded, { code: fault });
    return;
  }
  placeOrder(world, turn, account, intent, approved.approved, linking.cause);
  answerPlaced(linking, cell, recorded, { orderId });
}
