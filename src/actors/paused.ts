/** What people have paused is not taken in. Source: inspector 5. */
import type { Denial } from '../domain/denial.ts';
import type { OrderIntent } from '../domain/order.ts';
import type { World } from './world.ts';

/** Stands for every strategy. */
export const everyStrategy = '*';

/** Why a strategy's intent is not taken in; what closes or protects always is. */
export function pausedDenial(
  world: World,
  { accountId, source, by, purpose, reduceOnly }: Omit<OrderIntent, 'intentId'>,
): { readonly denial: Denial } | undefined {
  if (source !== 'strategy' || purpose !== 'entry' || reduceOnly) return undefined;
  const paused = world.operators.strategies.find(
    (one) =>
      (one.strategy === by || one.strategy === everyStrategy) &&
      (one.accountId === undefined || one.accountId === accountId),
  );
  if (paused === undefined) return undefined;
  const facts = [
    { name: 'strategy', value: by },
    { name: 'pausedBy', value: paused.by },
    { name: 'reason', value: paused.reason },
  ];
  return { denial: { code: 'TRADING_STATE_FORBIDS', facts } };
}
