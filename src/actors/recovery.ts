import type { AccountId, ActorId } from '../domain/ids.ts';
import { isClosed } from '../domain/order.ts';
import type { CancelOrder } from '../domain/order.ts';
import type { OrderRegions } from '../machines/order.machine.ts';
import type { Alert } from '../ports/alert-sink.port.ts';
import type { ActorState, EffectRow, Recovered } from '../ports/journal.port.ts';
import type { AccountRuntime } from './account-runtime.ts';
/** Start and crash recovery are one path: what is committed is restored, what is in doubt is asked about, nothing is sent. */
import { restoreAcknowledgement } from './acknowledgement.ts';
import { restoreBreakers } from './breakers.ts';
import { clearUnwantedLocks } from './configured-locks.ts';
import { drain, restoreCell } from './deliver.ts';
import { setExitPace } from './exit-pace.ts';
import { restoreFindings } from './judge.ts';
import { restoreMailboxes } from './mailboxes.ts';
import { standInForPositions } from './observe.ts';
import { restoreOperatorMemory } from './operator-memory.ts';
import { permissionKey } from './permission.ts';
import { restoreRecent } from './portfolio.ts';
import { restoreSynthetic } from './reconciliation-synthetic.ts';
import { alignRules, rulePoliciesOf } from './reload.ts';
import { calendarOf, weekOf } from './reset-calendar.ts';
import { armAtStart, restoreResets } from './resets.ts';
import { restoreSafety } from './safety.ts';
import { restoreStrategies } from './strategy-switch.ts';
import { withTightened } from './tightened.ts';
import { restoreTrades } from './trades.ts';
import { outside, Turn } from './turn.ts';
import { actorId, type AccountSettings, type World } from './world.ts';

export type StartReport = {
  readonly wasClean: boolean;
  readonly actors: number;
  /** Effects whose outcome nobody knows: the venue is asked. */
  readonly inDoubt: number;
  readonly milliseconds: number;
  readonly values: ReadonlyMap<string, string>;
  readonly lastAtMs: number;
  readonly reconcileSinceMs: number;
};

/** Restores everything that is committed; the returned turn holds what the start itself adds. */
export function recoverEngine(world: World): { report: StartReport; turn: Turn } {
  const { options } = world;
  const startedMs = performance.now();
  const recovered = options.journal.recover();
  const turn = new Turn(world);
  setExitPace(world);
  restoreOperatorMemory(world.operators, recovered.values);
  for (const account of world.accounts.values())
    account.rules = withTightened(world, turn, account.id, account.rules);
  let actors = 0;
  for (const state of recovered.actors) {
    if (!needsCell(state, recovered)) continue;
    restoreCell(world, turn, state);
    actors += 1;
  }
  for (const { actor, reason } of recovered.quarantines)
    keepQuarantined(world, turn, actor as ActorId, reason);
  for (const account of world.accounts.values()) restoreFacts(world, account, recovered.values);
  restoreStrategies(world, recovered.values);
  world.submission.sends.restore(world.accounts.values(), recovered.values);
  for (const settings of options.accounts) startAccount(world, turn, settings, recovered);
  for (const account of world.accounts.values()) clearUnwantedLocks(world, turn, account);
  drain(world, turn);
  restoreMailboxes(world, turn, recovered);
  drain(world, turn);
  for (const account of world.accounts.values()) {
    // After what waited for the rules: a doubt among it is over only when a verdict says so.
    restoreFindings(world, account);
    dropPassingCauses(world, turn, account);
  }
  restoreBreakers(world, turn, recovered.values);
  restoreSafety(world, recovered.values);
  drain(world, turn);
  const inDoubt = doubtEffects(world, turn, recovered.openEffects);
  drain(world, turn);
  for (const row of recovered.timers) {
    if (
      !turn.timersPut.has(`${row.owner}|${row.name}`) &&
      !turn.timersDeleted.has(`${row.owner}|${row.name}`)
    )
      world.timers.arm(row);
  }
  const oneHourMs = 3_600_000;
  const report = {
    wasClean: recovered.wasClean,
    actors,
    inDoubt,
    milliseconds: performance.now() - startedMs,
    values: recovered.values,
    lastAtMs: recovered.lastAtMs,
    reconcileSinceMs: Math.max(0, Math.min(recovered.lastAtMs, options.clock.nowMs()) - oneHourMs),
  };
  return { report, turn };
}

/**
 * A position that is set aside has not taken in what was executed since: it is counted from the ledger, as it was before
 * the process ended. What that says is no change of now.
 */
function restorePositions(world: World, account: AccountRuntime): void {
  standInForPositions(world, account);
  account.justFlat.clear();
  account.justReduced.clear();
}

/** What an account has at hand beside its actors, from durable values and booked executions. */
function restoreFacts(
  world: World,
  account: AccountRuntime,
  values: ReadonlyMap<string, string>,
): void {
  restorePositions(world, account);
  restoreAcknowledgement(account, values);
  restoreResets(account, values);
  restoreTrades(world, account, values);
  restoreRecent(world, account);
  restoreSynthetic(world, account);
  const permission = values.get(permissionKey(account.id));
  if (permission !== undefined) account.canTrade = permission === 'true';
}

/** Closed orders stay rows until somebody speaks to them. */
function needsCell(state: ActorState, recovered: Recovered): boolean {
  // What is set aside holds its account until somebody resumes it, whatever its state.
  if (recovered.quarantines.some(({ actor }) => actor === state.actor)) return true;
  // What is over stays a row, as a closed order does.
  if (state.machine === 'oco') return state.stateJson !== '"done"';
  if (state.machine === 'group')
    return state.stateJson !== '"closed"' && state.stateJson !== '"failed"';
  if (state.machine !== 'order') return true;
  const { execution, integrity } = JSON.parse(state.stateJson) as OrderRegions;
  // One that contradicts itself holds its instrument until that is over.
  if (!isClosed(execution) || integrity === 'conflict') return true;
  const orderId = state.actor.slice(state.actor.lastIndexOf('/') + 1);
  return recovered.openEffects.some((effect) => effect.id === orderId);
}

function keepQuarantined(world: World, turn: Turn, actor: ActorId, reason: string): void {
  const cell = world.cells.get(actor);
  if (cell === undefined) return;
  cell.status = 'quarantined';
  world.accounts.get(cell.account)?.supervisorCauses.add(`quarantine:${actor}`);
  turn.note(`QUARANTINED ${actor} since an earlier run: ${reason}`);
}

/**
 * Causes of the process that has ended: its actors that were being restarted are back, its connection and its inbox are
 * gone. What still holds is said again, and until the venue has been compared with the account may only reduce.
 */
function dropPassingCauses(world: World, turn: Turn, account: AccountRuntime): void {
  const passing = ['crash:', 'link:', 'mailbox', 'stale:', 'budget:', 'clock'];
  for (const cause of account.causes) {
    const isPassing = passing.some((prefix) => cause.startsWith(prefix));
    if (!isPassing || account.supervisorCauses.has(cause)) continue;
    const event = { type: 'account.causeRemoved', cause, atMs: turn.atMs } as const;
    turn.sendSibling(account.id, 'account', event, outside);
  }
  drain(world, turn);
}

/** Creates what is missing; an account that comes back may only reduce until the venue has been asked. */
function startAccount(
  world: World,
  turn: Turn,
  settings: AccountSettings,
  recovered: Recovered,
): void {
  const { id, currency, startBalanceUnits, rules } = settings;
  const calendar = calendarOf(world, id);
  const { atMs } = turn;
  const has = (sibling: string): boolean => world.cells.has(actorId(id, sibling));
  if (has('account')) {
    const cause = {
      cause: 'startup',
      state: 'REDUCING',
      reason: 'not compared with the venue yet',
    } as const;
    turn.sendSibling(id, 'account', { type: 'account.causeAdded', cause, atMs }, outside);
  } else {
    turn.create(
      id,
      'account',
      'account',
      { accountId: id, atMs, rulePolicies: rulePoliciesOf(rules) },
      outside,
    );
  }
  if (!has('ledger')) {
    const [tradingDay, lastBoundaryMs] = [
      calendar.tradingDayOf(atMs),
      calendar.latestBoundaryMs(atMs),
    ];
    turn.create(
      id,
      'ledger',
      'ledger',
      {
        accountId: id,
        currency,
        balanceUnits: startBalanceUnits,
        tradingDay,
        lastBoundaryMs,
        ...weekOf(world, id, atMs),
      },
      outside,
    );
  }
  const account = world.accounts.get(id);
  if (account !== undefined) alignRules(world, turn, account, outside);
  // The ledger of a new account is made in this very turn: its boundary is the present one.
  if (account !== undefined) {
    drain(world, turn);
    armAtStart(world, turn, account, recovered.timers);
  }
}

/** SENT becomes UNKNOWN: a crash between sending and hearing back is asked about, never repeated blindly. */
function doubtEffects(world: World, turn: Turn, open: readonly EffectRow[]): number {
  let inDoubt = 0;
  for (const effect of open) {
    if (effect.kind === 'alert') {
      const alert = JSON.parse(effect.payloadJson) as Alert;
      world.openEffects.set(effect.id, 'PLANNED');
      turn.releases.push(() => {
        world.options.alerts.raise(alert);
        world.settledAlerts.push(effect.id);
      });
      continue;
    }
    inDoubt += 1;
    const account = effect.account as AccountId;
    const { orderId } = JSON.parse(effect.payloadJson) as CancelOrder;
    turn.changeEffect(effect.id, 'UNKNOWN');
    const reason = 'the engine stopped before the answer';
    const report = { origin: 'query', reason, atMs: turn.atMs } as const;
    if (effect.kind !== 'venue.submitOrder') {
      world.requestEffects.set(orderId, [...(world.requestEffects.get(orderId) ?? []), effect.id]);
    }
    const type = ambiguous[effect.kind];
    turn.sendSibling(account, `order/${orderId}`, { type, ...report }, outside);
  }
  return inDoubt;
}

const ambiguous = {
  'venue.submitOrder': 'order.placeAmbiguous',
  'venue.cancelOrder': 'order.cancelAmbiguous',
  'venue.modifyOrder': 'order.modifyAmbiguous',
  'venue.queryOrder': 'order.placeAmbiguous',
} as const;
