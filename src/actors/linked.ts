/** Links between orders of our own: brackets, OCO sets, children of an entry; and the orders that their machines ask for. */
import { denialText } from '../domain/denial.ts';
import type { IntentId, OrderId } from '../domain/ids.ts';
import type { OcoMemberInput } from '../domain/linked-event.ts';
import type { OrderIntent, SubmitOrder } from '../domain/order.ts';
import type { Recorded } from '../domain/recorded.ts';
import type { OcoContext, OcoInput } from '../machines/oco.context.ts';
import { submitOf } from '../rules/gate/judge.ts';
import { shapeDenial } from '../rules/order-shape.ts';
import type { AccountRuntime } from './account-runtime.ts';
import type { Cell } from './cell.ts';
import type { Cause, Turn } from './turn.ts';
import { actorId, type World } from './world.ts';

type Linking = {
  readonly world: World;
  readonly turn: Turn;
  readonly account: AccountRuntime;
  readonly cause: Cause;
};

function hasActor(world: World, account: AccountRuntime, sibling: string): boolean {
  const id = actorId(account.id, sibling);
  return world.cells.has(id) || world.options.journal.readActor(id) !== undefined;
}

/**
 * An exit stop-limit without a limit gets the one of the configuration: so far behind its stop that it fills in an
 * orderly market, and not at any price in another one. Source: execution 5 (#5).
 */
export function withExitLimit(world: World, intent: OrderIntent): OrderIntent {
  const { orderType, reduceOnly, limitTicks, stopTicks, side } = intent;
  if (orderType !== 'stopLimit' || !reduceOnly || limitTicks !== undefined) return intent;
  if (stopTicks === undefined || !Number.isSafeInteger(stopTicks)) return intent;
  const slipTicks = Math.ceil(
    (Math.abs(stopTicks) * world.execution.exit.limitSlipPct) / 1_000_000,
  );
  return { ...intent, limitTicks: side === 'sell' ? stopTicks - slipTicks : stopTicks + slipTicks };
}

/**
 * A child of an entry waits with it: placed when the entry fills, for what has filled. @returns false where the parent is
 * not known or the order is not well formed; the gate then says what it thinks
 */
export function joinParent(linking: Linking, intent: OrderIntent, orderId: OrderId): boolean {
  const { world, turn, account, cause } = linking;
  const { parentOrderId } = intent;
  if (parentOrderId === undefined || shapeDenial(intent) !== undefined) return false;
  const parent = world.cells.get(actorId(account.id, `order/${parentOrderId}`))?.context as
    | SubmitOrder
    | undefined;
  if (parent === undefined || parent.side === intent.side) return false;
  if (parent.instrument !== intent.instrument) return false;
  const member = memberOf(intent, orderId, false);
  const sibling = `oco/${parentOrderId}`;
  if (hasActor(world, account, sibling)) {
    turn.sendSibling(account.id, sibling, { type: 'oco.joined', member, atMs: turn.atMs }, cause);
  } else {
    createSet(linking, parentOrderId, [member], parent);
  }
  return true;
}

/** An OCO set counts once in the exposure from the first moment on: its other order is marked before this one is judged. */
export function noteSet(account: AccountRuntime, { ocoGroupId }: OrderIntent): void {
  if (ocoGroupId === undefined) return;
  const other = account.workingOrders.get(ocoGroupId as OrderId);
  if (other === undefined || other.ocoGroupId !== undefined) return;
  account.workingOrders.set(other.orderId, { ...other, ocoGroupId });
  account.touch();
}

/** The sets of an order that the gate has approved. */
export function linkApproved(linking: Linking, intent: OrderIntent, order: SubmitOrder): void {
  const { bracket, ocoGroupId } = intent;
  if (bracket !== undefined) createSet(linking, order.orderId, childrenOf(order), order);
  if (ocoGroupId !== undefined) joinSet(linking, ocoGroupId, intent, order.orderId);
  else if (order.orderType === 'stopLimit' && order.reduceOnly)
    createSet(linking, order.orderId, [memberOf(intent, order.orderId, true)]);
}

function joinSet(linking: Linking, setId: string, intent: OrderIntent, orderId: OrderId): void {
  const { world, turn, account, cause } = linking;
  const member = memberOf(intent, orderId, true);
  const sibling = `oco/${setId}`;
  if (hasActor(world, account, sibling)) {
    turn.sendSibling(account.id, sibling, { type: 'oco.joined', member, atMs: turn.atMs }, cause);
    return;
  }
  const first = world.cells.get(actorId(account.id, `order/${setId}`))?.context as
    | SubmitOrder
    | undefined;
  const others = first === undefined ? [] : [memberOf(first, setId as OrderId, true)];
  createSet(linking, setId, [...others, member]);
}

function createSet(
  { world, turn, account, cause }: Linking,
  setId: string,
  members: readonly OcoMemberInput[],
  parent?: SubmitOrder,
): void {
  const input: OcoInput = {
    setId,
    accountId: account.id,
    ...(parent === undefined
      ? {}
      : {
          parent: {
            orderId: parent.orderId,
            instrument: parent.instrument,
            side: parent.side,
            quantityLots: parent.quantityLots,
          },
        }),
    members,
    escalateAfterMs: world.execution.exit.escalateAfterSeconds * 1_000,
    createdAtMs: turn.atMs,
  };
  turn.create(account.id, `oco/${setId}`, 'oco', input, cause);
}

type Shape = Pick<
  SubmitOrder,
  'instrument' | 'side' | 'orderType' | 'quantityLots' | 'limitTicks' | 'stopTicks' | 'trailTicks'
>;

function memberOf(shape: Shape, orderId: OrderId, isPlaced: boolean): OcoMemberInput {
  const { instrument, side, orderType, quantityLots, limitTicks, stopTicks, trailTicks } = shape;
  return {
    key: orderId,
    orderId,
    isPlaced,
    instrument,
    side,
    orderType,
    distanceTicks: 0,
    ...(limitTicks === undefined ? {} : { limitTicks }),
    ...(stopTicks === undefined ? {} : { stopTicks }),
    ...(trailTicks === undefined ? {} : { trailTicks }),
    ownLots: quantityLots,
  };
}

function childrenOf({ bracket = {}, instrument, side }: SubmitOrder): readonly OcoMemberInput[] {
  const exitSide = side === 'buy' ? 'sell' : 'buy';
  const child = (
    key: 'stop' | 'target',
    orderType: 'stop' | 'limit',
    distanceTicks: number | undefined,
  ): readonly OcoMemberInput[] =>
    distanceTicks === undefined
      ? []
      : [
          {
            key,
            orderId: '',
            isPlaced: false,
            instrument,
            side: exitSide,
            orderType,
            distanceTicks,
            ownLots: 0,
          },
        ];
  return [
    ...child('stop', 'stop', bracket.stopTicks),
    ...child('target', 'limit', bracket.targetTicks),
  ];
}

/** Hears what became of an order that a machine asked for. */
export function answerPlaced(
  { world, turn, account, cause }: Linking,
  cell: Cell,
  { key }: Extract<Recorded, { type: 'order.place' }>,
  result: { readonly orderId: OrderId } | { readonly code: string },
): void {
  const { atMs } = turn;
  const isSet = cell.hosted.id === 'oco';
  const type =
    'orderId' in result
      ? isSet
        ? 'oco.placed'
        : 'group.placed'
      : isSet
        ? 'oco.refused'
        : 'group.legRefused';
  const event = { type, key, ...result, atMs } as never;
  turn.send({ to: cell.id, account: account.id, event, ...cause });
  if (world.linked.has(cell.id)) world.linked.set(cell.id, '');
}

/** An order of the engine's own as the protective constructor takes it. */
export function ownOrder(
  wish: Omit<OrderIntent, 'intentId'>,
  orderId: OrderId,
): { readonly intent: OrderIntent; readonly order: SubmitOrder; readonly fault: string } {
  const intent: OrderIntent = { ...wish, intentId: orderId as string as IntentId };
  const order = submitOf(intent, orderId);
  const denial = shapeDenial(order);
  return { intent, order, fault: denial === undefined ? '' : denialText(denial) };
}

/** Which set an order is in, for the exposure; undefined for none. Observed from the sets themselves. */
export function setsOf(context: Cell['context']): readonly (readonly [OrderId, string])[] {
  const { members, setId } = context as unknown as OcoContext;
  return members.flatMap(({ orderId }) => (orderId === '' ? [] : [[orderId, setId] as const]));
}
