/** Changes and cancels of our own orders: what may add risk meets the gate like a new order. Source: execution 2.4. */
import type { Approved } from '../../domain/approved.ts';
import type { Denial } from '../../domain/denial.ts';
import type { IntentId } from '../../domain/ids.ts';
import type { Lots } from '../../domain/instrument.ts';
import type { NewValues } from '../../domain/order-event.ts';
import type { ModifyOrder, OffGrid, OrderIntent } from '../../domain/order.ts';
import type { WorkingOrderFacts } from '../../domain/view.ts';
import { approve } from '../approve.ts';
import {
  isExitSide,
  openLotsOf,
  riskEffectOfCancel,
  riskEffectOfModify,
  type RiskEffect,
} from '../exposure.ts';
import type { GateContext } from './context.ts';
import {
  killSwitchActive,
  lockActive,
  modeForbids,
  tradingStateForbids,
  withoutGeneralState,
} from './general.ts';
import { inCatalogueOrder, increaseDenials, judgeRules } from './judge.ts';
import { onGrid, priceCollar, selfMatch, wellFormed } from './technical.ts';

/** A change as it is asked for; `filledLots` of the order, so that a quantity can be compared with what is left of it. */
export type Change = {
  readonly order: WorkingOrderFacts;
  readonly filledLots: Lots;
  readonly values: NewValues;
  readonly offGrid?: OffGrid;
  readonly by: string;
};

export type ChangeDecision = { readonly effect: RiskEffect } & (
  | { readonly approved: Approved<ModifyOrder> }
  | { readonly denial: Denial; readonly alsoFailing: readonly Denial[] }
);

/** Judges a change of a working order. Pure. */
export function judgeModify(change: Change, gate: GateContext): ChangeDecision {
  const { order, filledLots, values, by } = change;
  const { facts } = gate.context;
  const { accountId } = facts;
  const modify: ModifyOrder = {
    orderId: order.orderId,
    accountId,
    instrument: order.instrument,
    ...values,
  };
  const leavesLots =
    values.quantityLots === undefined ? order.leavesLots : values.quantityLots - filledLots;
  const measured = {
    ...modify,
    ...(values.quantityLots === undefined ? {} : { quantityLots: leavesLots }),
  };
  const effect = riskEffectOfModify(facts, measured, order.stopTicks);
  const intent: OrderIntent = {
    intentId: order.orderId as string as IntentId,
    accountId,
    instrument: order.instrument,
    side: order.side,
    orderType: order.orderType,
    quantityLots: leavesLots,
    ...prices(order, values),
    timeInForce: 'day',
    reduceOnly: order.reduceOnly,
    purpose: order.purpose,
    source: 'operator',
    by,
    maxAgeMs: 0,
    atMs: gate.context.nowMs,
    ...(change.offGrid === undefined ? {} : { offGrid: change.offGrid }),
  };
  const failing = inCatalogueOrder(denialsOf(intent, withoutOrder(gate, order), effect));
  const [denial, ...alsoFailing] = failing;
  if (denial !== undefined) return { effect, denial, alsoFailing };
  return { effect, approved: approve(modify) };
}

/** Prices that the type of the order has: the new ones, else those it has. */
function prices(order: WorkingOrderFacts, values: NewValues): NewValues {
  const limitTicks = values.limitTicks ?? order.limitTicks;
  const stopTicks = values.stopTicks ?? order.stopTicks;
  return {
    ...(limitTicks === undefined ? {} : { limitTicks }),
    ...(stopTicks === undefined ? {} : { stopTicks }),
  };
}

/** The account as it would be without the order: what it becomes is judged as new. Its duplicate is itself. */
function withoutOrder(gate: GateContext, order: WorkingOrderFacts): GateContext {
  const { facts } = gate.context;
  const workingOrders = facts.workingOrders.filter(({ orderId }) => orderId !== order.orderId);
  return {
    ...gate,
    context: { ...gate.context, facts: { ...facts, workingOrders } },
    duplicates: { ...gate.duplicates, layers: new Set() },
    // Changes have a limit of their own.
    messages: { ...gate.messages, submits: 0 },
    identicalSends: () => 0,
  };
}

function denialsOf(intent: OrderIntent, gate: GateContext, effect: RiskEffect): readonly Denial[] {
  const isExit = isExitSide(intent.side, openLotsOf(gate.context.facts, intent.instrument));
  const isLinked = intent.purpose !== 'entry' || intent.reduceOnly;
  if (effect === 'increase') {
    const findings = judgeRules(intent, gate);
    return [...increaseDenials(intent, gate, findings, effect), ...tooManyChanges(gate)];
  }
  const always = [...modeForbids(intent, gate, effect), ...wellFormed(intent, gate, effect)];
  // Moving protection or an exit nearer is never trapped.
  if (isExit && isLinked) return always;
  return [
    ...always,
    ...onGrid(intent, gate, effect),
    ...priceCollar(intent, gate, effect),
    ...selfMatch(intent, gate, effect),
    ...tooManyChanges(gate),
  ];
}

function tooManyChanges({ controls, messages }: GateContext): readonly Denial[] {
  const limit = controls.messages.modifyPerSecond;
  if (messages.modifies < limit) return [];
  const facts = [
    { name: 'modifiesInSecond', value: String(messages.modifies) },
    { name: 'limit', value: String(limit) },
  ];
  return [{ code: 'MESSAGE_LIMIT', facts }];
}

/**
 * Judges a cancel: always allowed, but that of the protection of a position that stays open, while the account is LOCKED
 * or HALTED, or the instrument locked, and no close is under way.
 *
 * @param isClosing an exit of the instrument is under way
 */
export function judgeCancel(
  order: WorkingOrderFacts,
  gate: GateContext,
  isClosing: boolean,
): Denial | undefined {
  if (isClosing || riskEffectOfCancel(gate.context.facts, order.orderId) !== 'increase')
    return undefined;
  const asked = { ...order, by: '' } as unknown as OrderIntent;
  const locks = lockActive(asked, gate, 'increase');
  const isHard = gate.tradingState === 'LOCKED' || gate.tradingState === 'HALTED';
  const state = isHard ? tradingStateForbids(asked, gate, 'increase') : [];
  return inCatalogueOrder(withoutGeneralState([...state, ...locks], gate))[0];
}

/** What of the gate's context can turn against a change that waits. */
export type LateState = Pick<GateContext, 'tradingState' | 'stateCauses' | 'locks' | 'kills'>;

/** Why a change that adds risk and was permitted when it was asked for may not leave any more; undefined when it may. */
export function judgeLateChange(order: WorkingOrderFacts, state: LateState): Denial | undefined {
  // These checks read the instrument and the strategy of an order, and of the context just this state.
  const asked = { ...order, by: order.by ?? '' } as unknown as OrderIntent;
  const gate = state as GateContext;
  const failing = [killSwitchActive, tradingStateForbids, lockActive].flatMap((check) =>
    check(asked, gate, 'increase'),
  );
  return inCatalogueOrder(withoutGeneralState(failing, gate))[0];
}
