/**
 * The alert desk of one account: says a thing once, and louder when nobody ended it.
 *
 * An alert is known by its code, its severity and what it is about, never by its text, whose numbers change. The same
 * one within `dedupeMs` is counted and not sent. One that lasts longer than `escalateMs` goes out again one level up,
 * without a further cause. Open alerts survive a restart with their first time. Source: trading-controls 5, T2, T3.
 */
import { assign, setup } from 'xstate';
import type { AlertDeskEvent } from '../domain/alert-event.ts';
import { addExact } from '../domain/arithmetic.ts';
import type { AccountId } from '../domain/ids.ts';
import { severities, type Severity } from '../domain/verdict.ts';
import { limits } from '../kernel/limits.ts';
import { record } from './step.ts';

export type AlertsInput = { readonly accountId: AccountId };

export type OpenAlert = {
  readonly code: string;
  readonly entity: string;
  readonly severity: Severity;
  readonly text: string;
  readonly firstAtMs: number;
  readonly lastSentAtMs: number;
  /** How often it was raised. */
  readonly count: number;
  /** When it goes out one level up; absent once it has, and for what does not last. */
  readonly escalateAtMs?: number;
  /** From then on it may be forgotten; absent while it is open. */
  readonly forgetAtMs?: number;
};

type AlertsContext = {
  readonly accountId: AccountId;
  readonly alerts: Readonly<Record<string, OpenAlert>>;
};

type Of<Type extends AlertDeskEvent['type']> = Extract<AlertDeskEvent, { type: Type }>;

const machineSetup = setup({
  types: {
    input: {} as AlertsInput,
    context: {} as AlertsContext,
    events: {} as AlertDeskEvent,
  },
  guards: {
    isHeard: (_, { severity, settings }: Of<'alert.raised'>) =>
      severities.indexOf(severity) >= severities.indexOf(settings.minSeverity),
    isOpen: ({ context }, event: Of<'alert.resolved'>) =>
      Object.values(context.alerts).some((alert) => isResolvedBy(alert, event)),
  },
  actions: {
    sendOnce: ({ context }, event: Of<'alert.raised'>) => {
      const known = context.alerts[fingerprint(event)];
      if (known !== undefined && event.atMs - known.lastSentAtMs < event.settings.dedupeMs) return;
      const { severity, code, text } = event;
      record({ type: 'alert.send', severity, code, text: counted(text, known?.count ?? 0) });
    },
    note: assign(({ context }, event: Of<'alert.raised'>) => ({ alerts: noted(context, event) })),
    resolve: assign(({ context }, event: Of<'alert.resolved'>) => ({
      alerts: mapped(context, (alert) =>
        isResolvedBy(alert, event) ? over(alert, event.atMs) : alert,
      ),
    })),
    sendEscalated: ({ context }, { atMs }: Of<'alert.escalationDue'>) => {
      for (const alert of Object.values(context.alerts)) {
        if (!isDue(alert, atMs)) continue;
        const severity = severities[severities.indexOf(alert.severity) + 1] ?? 'critical';
        const text = `${counted(alert.text, alert.count - 1)} (still open)`;
        record({ type: 'alert.send', severity, code: alert.code, text });
      }
    },
    markEscalated: assign(({ context }, { atMs }: Of<'alert.escalationDue'>) => ({
      alerts: mapped(context, (alert) => {
        if (!isDue(alert, atMs)) return alert;
        const { escalateAtMs: _, ...rest } = alert;
        return rest;
      }),
    })),
    arm: ({ context }) => {
      let dueAtMs = Number.POSITIVE_INFINITY;
      for (const { escalateAtMs } of Object.values(context.alerts))
        dueAtMs = Math.min(dueAtMs, escalateAtMs ?? dueAtMs);
      if (dueAtMs === Number.POSITIVE_INFINITY) record({ type: 'timer.delete', timer: 'escalate' });
      else record({ type: 'timer.put', timer: 'escalate', dueAtMs, event: 'alert.escalationDue' });
    },
  },
});

function fingerprint({ code, severity, entity }: Of<'alert.raised'>): string {
  return `${code}|${severity}|${entity}`;
}

function counted(text: string, before: number): string {
  return before === 0 ? text : `${text} (raised ${before + 1} times)`;
}

function isResolvedBy(alert: OpenAlert, { entity, code }: Of<'alert.resolved'>): boolean {
  return (
    alert.forgetAtMs === undefined &&
    alert.entity === entity &&
    (code === undefined || alert.code === code)
  );
}

/** How long a resolved alert is still known, so that it is not sent again at once. */
const forgetAfterMs = 300_000;

function over(alert: OpenAlert, atMs: number): OpenAlert {
  const { escalateAtMs: _, ...rest } = alert;
  return { ...rest, forgetAtMs: addExact(atMs, forgetAfterMs) };
}

function isDue({ escalateAtMs }: OpenAlert, atMs: number): boolean {
  return escalateAtMs !== undefined && escalateAtMs <= atMs;
}

function mapped(
  { alerts }: AlertsContext,
  change: (alert: OpenAlert) => OpenAlert,
): Record<string, OpenAlert> {
  return Object.fromEntries(Object.entries(alerts).map(([key, alert]) => [key, change(alert)]));
}

function noted(context: AlertsContext, event: Of<'alert.raised'>): Record<string, OpenAlert> {
  const { code, entity, severity, text, isLasting, settings, atMs } = event;
  const key = fingerprint(event);
  const known = context.alerts[key];
  const isStillOpen = known !== undefined && known.forgetAtMs === undefined;
  const isRepeat = known !== undefined && atMs - known.lastSentAtMs < settings.dedupeMs;
  const escalateAtMs = isStillOpen ? known.escalateAtMs : addExact(atMs, settings.escalateMs);
  const alert: OpenAlert = {
    code,
    entity,
    severity,
    text,
    firstAtMs: isStillOpen ? known.firstAtMs : atMs,
    lastSentAtMs: isRepeat ? known.lastSentAtMs : atMs,
    count: (known?.count ?? 0) + 1,
    ...(isLasting && escalateAtMs !== undefined ? { escalateAtMs } : {}),
    ...(isLasting ? {} : { forgetAtMs: addExact(atMs, settings.cleanupMs) }),
  };
  const kept = Object.entries(context.alerts).filter(
    ([other, { forgetAtMs }]) => other !== key && (forgetAtMs === undefined || forgetAtMs > atMs),
  );
  // At the bound the oldest leaves: it has been sent, and what it stands for is in the journal.
  const room = kept
    .toSorted(([, one], [, other]) => other.lastSentAtMs - one.lastSentAtMs)
    .slice(0, limits.alertsPerAccountMax - 1);
  return { ...Object.fromEntries(room), [key]: alert };
}

const whole = <Type extends AlertDeskEvent['type']>({ event }: { event: Of<Type> }): Of<Type> =>
  event;

export const alertsMachine = machineSetup.createMachine({
  id: 'alerts',
  version: '1',
  options: { maxIterations: 1000 },
  context: ({ input: { accountId } }) => ({ accountId, alerts: {} }),
  initial: 'watching',
  states: {
    watching: {
      on: {
        'alert.raised': [
          {
            guard: { type: 'isHeard', params: whole },
            actions: [{ type: 'sendOnce', params: whole }, { type: 'note', params: whole }, 'arm'],
          },
          {},
        ],
        'alert.resolved': [
          {
            guard: { type: 'isOpen', params: whole },
            actions: [{ type: 'resolve', params: whole }, 'arm'],
          },
          {},
        ],
        'alert.escalationDue': {
          actions: [
            { type: 'sendEscalated', params: whole },
            { type: 'markEscalated', params: whole },
            'arm',
          ],
        },
      },
    },
  },
});
