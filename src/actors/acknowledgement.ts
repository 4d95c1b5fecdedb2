import { addExact } from '../domain/arithmetic.ts';
/**
 * An unlock of the daily-loss lock acknowledges the loss of that moment: the rule locks again when the result is
 * worse, or on the next trading day. The acknowledgement is durable. Source: rules 5.5.
 */
import type { AccountRuntime, AcknowledgedLoss } from './account-runtime.ts';
import type { Turn } from './turn.ts';

const dailyLoss = 'RULE-003';

/** Takes note of the loss that an unlocked lock stood for. Nothing happens for locks of other sources. */
export function acknowledgeLoss(turn: Turn, account: AccountRuntime, source: string): void {
  if (source !== dailyLoss) return;
  const rule = account.rules.find(({ definition }) => definition.id === dailyLoss);
  if (rule === undefined) return;
  const { includeFees } = rule.config as { readonly includeFees: boolean };
  const feesUnits = includeFees ? account.feesUnits : 0;
  const units = addExact(account.realizedUnits, -feesUnits);
  account.acknowledged = { tradingDay: account.tradingDay, units };
  turn.values.set(keyOf(account), JSON.stringify(account.acknowledged));
  account.touch();
}

/** Reads what an earlier run has acknowledged. */
export function restoreAcknowledgement(
  account: AccountRuntime,
  values: ReadonlyMap<string, string>,
): void {
  const stored = values.get(keyOf(account));
  if (stored === undefined) return;
  account.acknowledged = JSON.parse(stored) as AcknowledgedLoss;
  account.touch();
}

function keyOf(account: AccountRuntime): string {
  return `acknowledged.${account.id}`;
}
