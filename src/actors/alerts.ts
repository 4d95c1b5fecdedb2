/** Alerts on their way to the desk of their account, and what ends them. Source: trading-controls 5. */
import type { AlertSettings } from '../domain/alert-event.ts';
import type { AccountId } from '../domain/ids.ts';
import type { Severity } from '../domain/verdict.ts';
import type { Alert } from '../ports/alert-sink.port.ts';
import type { AccountRuntime } from './account-runtime.ts';
import type { Cell } from './cell.ts';
import { count } from './telemetry.ts';
import type { Cause, Turn } from './turn.ts';
import { actorId, siblingOf, type World } from './world.ts';

export type RaisedAlert = {
  readonly severity: Severity;
  readonly code: string;
  readonly text: string;
  readonly entity: string;
  /** False: it has happened and is over, so it never escalates. */
  readonly isLasting: boolean;
};

/** The desk takes it, unless it is down; then whoever raises it sends it himself. */
export function isDeskUp(world: World, accountId: AccountId): boolean {
  const desk = world.cells.get(actorId(accountId, 'alerts'));
  return desk === undefined || desk.status === 'live';
}

/** Tells the desk; what goes out and when is its business. */
export function raiseAlert(
  turn: Turn,
  account: AccountRuntime,
  alert: RaisedAlert,
  cause: Cause,
): void {
  const settings = settingsOf(account);
  const event = { type: 'alert.raised', ...alert, settings, atMs: turn.atMs } as const;
  turn.sendSibling(account.id, 'alerts', event, cause);
}

/** Goes out itself: durable with the turn, raised after its commit. `causeSeq` is the row that asked for it. */
export function planAlert(world: World, turn: Turn, alert: Alert, causeSeq: number): void {
  const { id, account } = alert;
  const payloadJson = JSON.stringify(alert);
  turn.effects.push({ id, kind: 'alert', account, payloadJson, causeSeq, state: 'PLANNED' });
  world.counters.alerts += 1;
  count(world.telemetry.alerts, alert.code);
  world.openEffects.set(id, 'PLANNED');
  turn.releases.push(() => {
    world.options.alerts.raise(alert);
    world.settledAlerts.push(id);
  });
}

/** The cause of everything that is open about the entity is gone. */
export function resolveAlerts(
  turn: Turn,
  account: AccountRuntime,
  entity: string,
  cause: Cause,
): void {
  if (!account.openAlerts.has(entity)) return;
  turn.sendSibling(
    account.id,
    'alerts',
    { type: 'alert.resolved', entity, atMs: turn.atMs },
    cause,
  );
}

/** After a step: what was open about the actor and no longer holds is over. */
export function resolveQuiet(turn: Turn, account: AccountRuntime, cell: Cell, cause: Cause): void {
  if (account.openAlerts.size === 0) return;
  const name = siblingOf(account.id, cell.id);
  if (cell.hosted.id === 'rule') {
    const { ruleId, enforcing, unknown } = cell.context as {
      readonly ruleId: string;
      readonly enforcing: Readonly<Record<string, unknown>>;
      readonly unknown: Readonly<Record<string, unknown>>;
    };
    for (const open of account.openAlerts) {
      if (!open.startsWith(`${ruleId}/`)) continue;
      const entity = open.slice(ruleId.length + 1);
      if (enforcing[entity] === undefined && unknown[entity] === undefined)
        resolveAlerts(turn, account, open, cause);
    }
    return;
  }
  if (cell.hosted.id === 'account') resolveCauses(turn, account, cell, cause);
  if (account.openAlerts.has(name) && isQuiet(cell)) resolveAlerts(turn, account, name, cause);
}

/** Alerts about a cause of the trading state end with the cause. */
function resolveCauses(turn: Turn, account: AccountRuntime, cell: Cell, cause: Cause): void {
  const { causes } = cell.context as { readonly causes: Readonly<Record<string, unknown>> };
  for (const open of account.openAlerts) {
    if (open.startsWith(causePrefix) && causes[open.slice(causePrefix.length)] === undefined)
      resolveAlerts(turn, account, open, cause);
  }
}

const causePrefix = 'cause/';

function isQuiet(cell: Cell): boolean {
  if (cell.hosted.id === 'exit') return cell.stateJson === '"idle"';
  return cell.hosted.id === 'lock';
}

function settingsOf({ controls }: AccountRuntime): AlertSettings {
  const { minSeverity, dedupeSeconds, escalateSeconds, cleanupSeconds } = controls.alerts;
  return {
    minSeverity,
    dedupeMs: dedupeSeconds * 1_000,
    escalateMs: escalateSeconds * 1_000,
    cleanupMs: cleanupSeconds * 1_000,
  };
}
