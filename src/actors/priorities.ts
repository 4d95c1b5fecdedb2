/** How urgent a call to the venue is: what is left waiting when the budget is short. Source: execution 2.5. */
import type { CancelOrder, SubmitOrder } from '../domain/order.ts';
import type { AccountRuntime } from './account-runtime.ts';
import { priorities, type Priority } from './venue-gateway.ts';

export function priorityOfSubmit(account: AccountRuntime, { orderId }: SubmitOrder): Priority {
  const order = account.workingOrders.get(orderId);
  if (order === undefined) return priorities.normal;
  switch (order.purpose) {
    case 'exit':
      return account.kills.length > 0 ? priorities.emergency : priorities.riskReduction;
    case 'hedge':
      return priorities.emergency;
    case 'protective':
      return priorities.protection;
    case 'entry':
      return order.reduceOnly ? priorities.riskReduction : priorities.normal;
  }
}

/** A cancel frees risk or makes room; a change of what protects a position is protection. */
export function priorityOfChange(
  account: AccountRuntime,
  { orderId }: CancelOrder,
  what: 'cancel' | 'modify',
): Priority {
  if (account.kills.length > 0) return priorities.emergency;
  if (account.workingOrders.get(orderId)?.purpose === 'protective') return priorities.protection;
  return what === 'cancel' ? priorities.riskReduction : priorities.normal;
}
