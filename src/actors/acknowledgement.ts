import { addExact } from '../domain/arithmetic.ts';
/**
 * An unlock of a daily-loss or daily-profit lock acknowledges the result of that moment: the rule locks again when
 * the result is beyond it, or on the next trading day. The acknowledgement is durable. Source: rules 5.5.
 */
import type { Recorded } from '../domain/recorded.ts';
import type { AccountRuntime, AcknowledgedResult } from './account-runtime.ts';
import type { Turn } from './turn.ts';

/** Rules whose unlock acknowledges, and where the acknowledgement is kept. */
const kinds = [
  { rule: 'RULE-003', field: 'acknowledged', key: 'acknowledged' },
  { rule: 'RULE-013', field: 'acknowledgedProfit', key: 'acknowledgedProfit' },
] as const;

/**
 * Run after each step of a lock. The lock may hear of the unlock long after the person was answered, when it was down
 * meanwhile: the acknowledgement belongs to the end of the lock, or the next start would enforce the old breach again.
 */
export function followUnlock(
  turn: Turn,
  account: AccountRuntime,
  recorded: readonly Recorded[],
): void {
  for (const one of recorded) {
    if (one.type !== 'message' || one.event.type !== 'account.lockEnded') continue;
    if (one.event.how === 'operatorAck') acknowledgeResult(turn, account, one.event.source);
  }
}

/** Takes note of the result that an unlocked lock stood for. Nothing happens for locks of other sources. */
function acknowledgeResult(turn: Turn, account: AccountRuntime, source: string): void {
  const kind = kinds.find(({ rule }) => rule === source);
  const rule = account.rules.find(({ definition }) => definition.id === source);
  if (kind === undefined || rule === undefined) return;
  const { includeFees } = rule.config as { readonly includeFees: boolean };
  const feesUnits = includeFees ? account.feesUnits : 0;
  const units = addExact(account.realizedUnits, -feesUnits);
  const result: AcknowledgedResult = { tradingDay: account.tradingDay, units };
  account[kind.field] = result;
  turn.values.set(keyOf(kind.key, account), JSON.stringify(result));
  account.touch();
}

/** A daily reset by hand: the result counts from zero, so what was acknowledged before speaks of nothing. */
export function forgetAcknowledgements(turn: Turn, account: AccountRuntime): void {
  for (const { field, key } of kinds) {
    if (account[field] === undefined) continue;
    const none: AcknowledgedResult = { tradingDay: '', units: 0 };
    account[field] = none;
    turn.values.set(keyOf(key, account), JSON.stringify(none));
  }
  account.touch();
}

/** Reads what an earlier run has acknowledged. */
export function restoreAcknowledgement(
  account: AccountRuntime,
  values: ReadonlyMap<string, string>,
): void {
  for (const { field, key } of kinds) {
    const stored = values.get(keyOf(key, account));
    if (stored === undefined) continue;
    account[field] = JSON.parse(stored) as AcknowledgedResult;
    account.touch();
  }
}

function keyOf(key: string, account: AccountRuntime): string {
  return `${key}.${account.id}`;
}
