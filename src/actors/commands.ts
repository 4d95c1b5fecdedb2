import type { Approved } from '../domain/approved.ts';
import { denialText } from '../domain/denial.ts';
import type { IntentId, OrderId } from '../domain/ids.ts';
import type { OrderIntent, SubmitOrder } from '../domain/order.ts';
import { approveProtective } from '../rules/approve.ts';
import { judge, signalKey } from '../rules/gate.ts';
/** Orders of our own: from the wish through the gate to the order actor. Every path to a venue is here. */
import type { AccountRuntime } from './account-runtime.ts';
import type { EngineInput } from './input.ts';
import { ruleContext } from './judge.ts';
import type { StepContext } from './recorded.ts';
import type { Cause, Turn } from './turn.ts';
import type { World } from './world.ts';

/** A strategy's or operator's intent: judged, then denied with a row, or committed and sent. */
export function submitIntent(
  world: World,
  turn: Turn,
  input: Extract<EngineInput, { type: 'submit' }>,
): void {
  const account = world.accounts.get(input.intent.accountId);
  if (account === undefined) {
    turn.addDeadLetter('outside', `account/${input.intent.accountId}`, input.intent, 'unknown');
    return;
  }
  const orderId = world.options.ids.mint() as OrderId;
  const intent: OrderIntent = { ...input.intent, intentId: orderId as string as IntentId };
  const seq = turn.addInput(account.id, { type: 'command.submit', intent });
  const isSeen = (key: string): boolean =>
    world.signals.has(`${account.id}|${key}`) ||
    world.options.journal.hasDedupeKey(`signal|${account.id}|${key}`);
  const result = judge(intent, {
    mode: world.options.mode,
    tradingState: account.effectiveState,
    stateCauses: account.causes,
    locks: [...account.locks.values()],
    rules: account.rules,
    context: ruleContext(world, account.facts()),
    orderId,
    seenSignals: isSeen,
    exitInFlight: account.exitFacts(intent.instrument).closeLeavesLots > 0,
    quoteMaxAgeMs: world.options.quoteMaxAgeMs,
  });
  const key = signalKey(intent);
  if (key !== undefined && !isSeen(key)) {
    // Recorded on success and on failure: a refused signal is not tried again at full speed.
    world.signals.add(`${account.id}|${key}`);
    turn.dedupeKeys.push({ key: `signal|${account.id}|${key}`, atMs: turn.atMs });
  }
  if ('denial' in result) {
    const { denial } = result;
    world.counters.denials += 1;
    turn.denials.push({
      atMs: turn.atMs,
      account: account.id,
      intentId: intent.intentId,
      code: denial.code,
      text: denialText(denial),
      causeSeq: seq,
    });
    if (input.answer !== undefined) turn.releases.push(() => input.answer?.({ denial }));
    return;
  }
  placeOrder(world, turn, account, intent, result.approved, { causeSeq: seq, correlationSeq: seq });
  if (input.answer !== undefined) turn.releases.push(() => input.answer?.({ orderId }));
}

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

function placeOrder(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  intent: OrderIntent,
  approved: Approved<SubmitOrder>,
  cause: Cause,
): void {
  const { orderId } = approved;
  const { purpose, source, by } = intent;
  world.counters.orders += 1;
  world.approved.set(orderId, approved);
  const input = {
    ...approved,
    ...world.orderSettings,
    purpose,
    source,
    by,
    createdAtMs: turn.atMs,
  };
  const sibling = `order/${orderId}`;
  turn.create(account.id, sibling, 'order', input, cause);
  turn.sendSibling(account.id, sibling, { type: 'order.intentCommitted', atMs: turn.atMs }, cause);
  turn.sendSibling(account.id, sibling, { type: 'order.sendStarted', atMs: turn.atMs }, cause);
}
