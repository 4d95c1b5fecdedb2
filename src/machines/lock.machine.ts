/**
 * One lock: no new exposure in its scope until its end. It keeps answering after that; a later breach of the
 * same source is a new record, or begins this one again when the two cross. Source: rules 5.
 *
 * Invariants (test/property/lock.machine.test.ts):
 * - INV-LOCK-1: no clock ends a lock early: wall time and elapsed time have both reached the end.
 * - INV-LOCK-2: the end of an active lock moves later, never earlier.
 * - INV-LOCK-3: only what is in `clearsOn` clears a lock, and no operator one that he may not.
 * - INV-LOCK-4: a lock under four eyes is unlocked by two different people within a quarter of an hour.
 */
import { assign, setup } from 'xstate';
import { addExact } from '../domain/arithmetic.ts';
import type { LockEvent, LockInput } from '../domain/machine-event.ts';
import { limits } from '../kernel/limits.ts';
import { record } from './step.ts';

export type LockContext = LockInput & {
  /** How the lock ended last; absent: never yet. */
  readonly lastEnding?: {
    readonly atMs: number;
    readonly how: string;
    readonly by: string;
    readonly reason: string;
  };
  /** The first of two people who have to say the same; nobody: an empty name. */
  readonly firstVoice?: { readonly by: string; readonly atMs: number };
};

type Of<Type extends LockEvent['type']> = Extract<LockEvent, { type: Type }>;
type Ending = { atMs: number; how: string; by: string; reason: string };

const machineSetup = setup({
  types: {
    input: {} as LockInput,
    context: {} as LockContext,
    events: {} as LockEvent,
  },
  guards: {
    isReached: ({ context }, event: Of<'lock.expiryReached'>) =>
      context.expiresAtMs !== undefined && missingMs(context, context.expiresAtMs, event) <= 0,
    isClearedBy: ({ context }, event: Of<'lock.cleared'>) =>
      mayClear(context, event) && (!needsTwo(context, event) || isSecondVoice(context, event)),
    isFirstVoice: ({ context }, event: Of<'lock.cleared'>) =>
      mayClear(context, event) && needsTwo(context, event) && !isVoiceWaiting(context, event.atMs),
    isRefusedTo: (_, { on }: Of<'lock.cleared'>) => on === 'operatorAck',
  },
  actions: {
    start: ({ context }, { atMs }: { atMs: number }) => announceStart(context, atMs),
    extend: assign(({ context }, event: Of<'lock.extended'>) => extended(context, event)),
    announceHarder: ({ context }, event: Of<'lock.extended'>) => {
      const harder = harderOf(context, event);
      if (harder === undefined || !isRule(context.source)) return;
      const { lockId, source } = context;
      const set = { type: 'rule.lockSet', lockId, kind: harder.kind, atMs: event.atMs } as const;
      record({ type: 'message', to: `rule/${source}`, event: set });
    },
    announceExtension: ({ context }, { atMs }: { atMs: number }) => {
      armExpiry(context);
      const event = { type: 'account.lockStarted', lock: lockOf(context), atMs } as const;
      record({ type: 'message', to: 'account', event });
    },
    restart: assign((_, event: Of<'lock.extended'>) => ({
      reason: event.reason,
      createdAtMs: event.atMs,
      firstVoice: { by: '', atMs: 0 },
      ...(event.expiresAtMs === undefined ? {} : { expiresAtMs: event.expiresAtMs }),
      ...(event.observed === undefined ? {} : { observed: event.observed }),
    })),
    rearmExpiry: ({ context }, event: Of<'lock.expiryReached'>) => {
      if (context.expiresAtMs === undefined) return;
      const dueAtMs = addExact(event.atMs, missingMs(context, context.expiresAtMs, event));
      record({ type: 'timer.put', timer: 'expiry', dueAtMs, event: 'lock.expiryReached' });
    },
    end: assign((_, ending: Ending) => ({ lastEnding: ending })),
    announceEnd: ({ context }, { atMs, how }: Ending) => {
      const { lockId, source } = context;
      const event = { type: 'account.lockEnded', lockId, source, how, atMs } as const;
      record({ type: 'message', to: 'account', event });
      if (!isRule(source)) return;
      const ended = { type: 'rule.lockEnded', lockId, atMs } as const;
      record({ type: 'message', to: `rule/${source}`, event: ended });
    },
    disarmExpiry: ({ context }) => {
      if (context.expiresAtMs !== undefined) record({ type: 'timer.delete', timer: 'expiry' });
    },
    reportUnlock: ({ context }, { on, by, reason }: Of<'lock.cleared'>) => {
      if (on !== 'operatorAck') return;
      const text = `${by} unlocked ${context.lockId} (${context.reason}): ${reason}`;
      record({ type: 'alert', severity: 'warning', code: 'LOCK_CHANGED', text, isOver: true });
      record({ type: 'incident', code: 'LOCK_UNLOCKED', text });
    },
    hearFirst: assign((_, { by, atMs }: Of<'lock.cleared'>) => ({ firstVoice: { by, atMs } })),
    reportFirst: ({ context }, { by, reason }: Of<'lock.cleared'>) => {
      const text = `${by} asks to unlock ${context.lockId} (${reason}): a second person has to say the same`;
      record({ type: 'alert', severity: 'warning', code: 'LOCK_CHANGED', text, isOver: true });
      record({ type: 'incident', code: 'LOCK_UNLOCK_ASKED', text });
    },
    refuseUnlock: ({ context }, { by, reason }: Of<'lock.cleared'>) => {
      const text = `${context.lockId} stays, ${by} may not unlock it (${reason})`;
      record({ type: 'alert', severity: 'warning', code: 'LOCK_CHANGED', text, isOver: true });
      record({ type: 'incident', code: 'LOCK_UNLOCK_REFUSED', text });
    },
  },
});

function isRule(source: string): boolean {
  return source.startsWith('RULE-');
}

function mayUnlock({ operatorUnlock, irrevocable }: LockContext): boolean {
  return operatorUnlock !== 'never' && !irrevocable;
}

function mayClear(context: LockContext, { on, isBarred }: Of<'lock.cleared'>): boolean {
  // The end in time is the timer's business: nobody can say that it has come.
  if (on === 'expiry' || !context.clearsOn.includes(on)) return false;
  return on !== 'operatorAck' || (mayUnlock(context) && isBarred !== true);
}

function needsTwo({ operatorUnlock }: LockContext, { on }: Of<'lock.cleared'>): boolean {
  return on === 'operatorAck' && operatorUnlock === 'fourEyes';
}

/** What the first has said counts for a while only. */
function isVoiceWaiting({ firstVoice }: LockContext, atMs: number): boolean {
  if (firstVoice === undefined || firstVoice.by === '') return false;
  return atMs - firstVoice.atMs <= limits.fourEyesDurationMs;
}

function isSecondVoice(context: LockContext, { by, atMs }: Of<'lock.cleared'>): boolean {
  return isVoiceWaiting(context, atMs) && context.firstVoice?.by !== by;
}

/** How long the slower of the two clocks still has to go; ≤ 0: the end is reached. Source: rules 5.2. */
function missingMs(
  { createdAtMs }: LockContext,
  expiresAtMs: number,
  { atMs, monotonicElapsedMs }: Of<'lock.expiryReached'>,
): number {
  const byWallMs = expiresAtMs - atMs;
  if (monotonicElapsedMs === undefined) return byWallMs;
  return Math.max(byWallMs, Math.ceil(expiresAtMs - createdAtMs - monotonicElapsedMs));
}

export function lockOf(context: LockContext): LockInput {
  const { lastEnding: _, firstVoice: __, ...lock } = context;
  return lock;
}

function armExpiry({ expiresAtMs }: LockContext): void {
  if (expiresAtMs === undefined) return;
  record({ type: 'timer.put', timer: 'expiry', dueAtMs: expiresAtMs, event: 'lock.expiryReached' });
}

function announceStart(context: LockContext, atMs: number): void {
  armExpiry(context);
  const { lockId, source, kind, scope, reason } = context;
  const text = `${source} locks ${scope}: ${reason}`;
  record({ type: 'alert', severity: 'warning', code: 'LOCK_CHANGED', text, isOver: true });
  const event = { type: 'account.lockStarted', lock: lockOf(context), atMs } as const;
  record({ type: 'message', to: 'account', event });
  if (!isRule(source)) return;
  const set = { type: 'rule.lockSet', lockId, kind, atMs } as const;
  record({ type: 'message', to: `rule/${source}`, event: set });
}

function extended(context: LockContext, event: Of<'lock.extended'>): Partial<LockContext> {
  const { reason, expiresAtMs, observed } = event;
  // No end is later than any end.
  const isLater =
    expiresAtMs !== undefined &&
    context.expiresAtMs !== undefined &&
    expiresAtMs > context.expiresAtMs;
  return {
    reason,
    ...(isLater ? { expiresAtMs } : {}),
    ...(event.isIrrevocable === true
      ? { irrevocable: true, clearsOn: context.clearsOn.filter((on) => on !== 'operatorAck') }
      : {}),
    ...(observed === undefined ? {} : { observed }),
    ...harderOf(context, event),
  };
}

/** A cooldown becomes hard only where that ends no earlier: what clears a hard lock would end it too soon. */
function harderOf(
  { kind, expiresAtMs: endMs }: LockContext,
  { harder, expiresAtMs }: Of<'lock.extended'>,
): Of<'lock.extended'>['harder'] {
  const isNoEarlier = endMs !== undefined && expiresAtMs !== undefined && expiresAtMs >= endMs;
  return kind === 'cooldown' && isNoEarlier ? harder : undefined;
}

const whole = <Type extends LockEvent['type']>({ event }: { event: Of<Type> }): Of<Type> => event;

const expired = ({ event }: { event: Of<'lock.expiryReached'> }): Ending => ({
  atMs: event.atMs,
  how: 'expiry',
  by: 'timer',
  reason: 'the end of the lock is reached',
});
const cleared = ({ event }: { event: Of<'lock.cleared'> }): Ending => ({
  atMs: event.atMs,
  how: event.on,
  by: event.by,
  reason: event.reason,
});

const ended = machineSetup.createStateConfig({
  on: {
    // The breach was on its way while the lock ended: it counts.
    'lock.extended': {
      target: 'active',
      actions: { type: 'restart', params: whole },
    },
    'lock.expiryReached': {},
    'lock.cleared': {},
  },
});

export const lockMachine = machineSetup.createMachine({
  id: 'lock',
  version: '2',
  options: { maxIterations: 1000 },
  context: ({ input }) => input,
  initial: 'active',
  states: {
    active: {
      entry: { type: 'start', params: ({ context }) => ({ atMs: context.createdAtMs }) },
      on: {
        'lock.extended': {
          actions: [
            { type: 'announceHarder', params: whole },
            { type: 'extend', params: whole },
            { type: 'announceExtension', params: ({ event }) => ({ atMs: event.atMs }) },
          ],
        },
        'lock.expiryReached': [
          {
            guard: { type: 'isReached', params: whole },
            target: 'expired',
            actions: [
              { type: 'end', params: expired },
              { type: 'announceEnd', params: expired },
            ],
          },
          { actions: { type: 'rearmExpiry', params: whole } },
        ],
        'lock.cleared': [
          {
            guard: { type: 'isClearedBy', params: whole },
            target: 'cleared',
            actions: [
              'disarmExpiry',
              { type: 'reportUnlock', params: whole },
              { type: 'end', params: cleared },
              { type: 'announceEnd', params: cleared },
            ],
          },
          {
            guard: { type: 'isFirstVoice', params: whole },
            actions: [
              { type: 'reportFirst', params: whole },
              { type: 'hearFirst', params: whole },
            ],
          },
          {
            guard: { type: 'isRefusedTo', params: whole },
            actions: { type: 'refuseUnlock', params: whole },
          },
          {},
        ],
      },
    },
    expired: ended,
    cleared: ended,
  },
});
