/**
 * What the account is worth now: the balance and the open profit, only where every part of it is known. High-water
 * marks are made of nothing else. Source: rules 8, trading-controls REQ-DD1.
 */
import { addExact } from '../domain/arithmetic.ts';
import type { Units } from '../domain/money.ts';
import { markEquity } from '../machines/ledger.high-water.ts';
import { openProfit, sumProfits } from '../rules/marks.ts';
import type { RuleContext } from '../rules/rule.ts';
import type { AccountRuntime } from './account-runtime.ts';
import { moneyCause } from './reconciliation-memory.ts';
import type { Cause, Turn } from './turn.ts';
import { actorId, type World } from './world.ts';

/**
 * Equity in accounting units; undefined while the venue has not confirmed the balance, the ledger is down, or an open
 * position has no fresh price.
 */
function equityOf(context: RuleContext, world: World, account: AccountRuntime): Units | undefined {
  if (!account.isReconciled || !account.isBalanceConfirmed) return undefined;
  if (account.causes.includes(moneyCause)) return undefined;
  const ledger = world.cells.get(actorId(account.id, 'ledger'));
  const balanceUnits = ledger?.context['balanceUnits'];
  if (ledger?.status !== 'live' || typeof balanceUnits !== 'number') return undefined;
  const reading = {
    markPrice: 'exitSide',
    quoteMaxAgeSeconds: world.options.quoteMaxAgeMs / 1_000,
  } as const;
  const open = sumProfits(
    [...account.positions.values()].map((held) => openProfit(context, held, reading)),
  );
  return open.missing.length > 0 ? undefined : addExact(balanceUnits, open.units);
}

/** Tells the ledger of a new high; anything else changes nothing and writes nothing. */
export function noteEquity(
  context: RuleContext,
  world: World,
  turn: Turn,
  account: AccountRuntime,
  cause: Cause,
): void {
  const equityUnits = equityOf(context, world, account);
  if (equityUnits === undefined) return;
  if (markEquity(account.highWater, equityUnits, turn.atMs) === undefined) return;
  const event = { type: 'ledger.equityMarked', equityUnits, atMs: turn.atMs } as const;
  turn.sendSibling(account.id, 'ledger', event, cause);
}
