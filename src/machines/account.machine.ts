/**
 * The compartment of one account: its trading state with the causes, its locks, and what breaches ask of it.
 *
 * The state is the worst of its causes. A cause that halts is latched: only a named operator removes it.
 * Source: execution 10, rules 1.5, 5 and 7.2.
 *
 * Invariants (test/property/account.machine.test.ts):
 * - INV-ACC-1: the state is the worst cause; without a cause it is active.
 * - INV-ACC-2: a halting cause leaves only by a person's word, a lock's cause only by the end of the lock.
 * - INV-ACC-3: a boundary clears once, and only locks that are older and end with the reset.
 */
import { assign, setup } from 'xstate';
import { addExact } from '../domain/arithmetic.ts';
import type { InstrumentId } from '../domain/ids.ts';
import type { AccountEvent } from '../domain/machine-event.ts';
import {
  afterExit,
  alertsOfCauses,
  governingLock,
  instrumentOf,
  isRearmed,
  isRule,
  isWithinGrace,
  lockOf,
  remedyOf,
  severity,
  waits,
  withLock,
  without,
  worst,
  type AccountContext,
  type AccountInput,
  type Of,
} from './account.context.ts';
import {
  automationRecords,
  enforcementRecords,
  exitsWanted,
  type EnforcementWanted,
} from './enforcement.ts';
import { record } from './step.ts';

const machineSetup = setup({
  types: {
    input: {} as AccountInput,
    context: {} as AccountContext,
    events: {} as AccountEvent,
  },
  guards: {
    isHalted: ({ context }) => worst(context) === 'halted',
    isLocked: ({ context }) => worst(context) === 'locked',
    isReducing: ({ context }) => worst(context) === 'reducing',
    isActive: ({ context }) => worst(context) === 'active',
    isNewCause: ({ context }, { cause }: Of<'account.causeAdded'>) => {
      const known = context.causes[cause.cause];
      return known === undefined || severity(cause.state) > severity(known.state);
    },
    isRemovable: ({ context }, { cause }: Of<'account.causeRemoved'>) =>
      context.causes[cause] !== undefined &&
      context.causes[cause].state !== 'HALTED' &&
      !cause.startsWith('lock:'),
    isUnreconciled: ({ context }) => context.causes['startup'] !== undefined,
    isKnownLock: ({ context }, { lock }: Of<'account.lockStarted'>) =>
      lockOf(context, lock.lockId) !== undefined,
    isForbidden: ({ context }, { instrument }: Of<'account.exposureAdded'>) =>
      governingLock(context, instrument) !== undefined,
    isNewBoundary: ({ context }, { boundaryMs }: Of<'account.dayRolled'>) =>
      boundaryMs > context.lastBoundaryMs,
    isLatched: ({ context }, event: Of<'account.rearmed'>) =>
      Object.entries(context.causes).some((cause) => isRearmed(cause, event)),
  },
  actions: {
    addCause: assign(({ context }, { cause, atMs }: Of<'account.causeAdded'>) => {
      const { state, reason } = cause;
      const sinceMs = context.causes[cause.cause]?.sinceMs ?? atMs;
      return { causes: { ...context.causes, [cause.cause]: { state, reason, sinceMs } } };
    }),
    reportCause: (_, { cause }: Of<'account.causeAdded'>) => {
      const remedy = remedyOf(cause);
      const text = `${cause.cause}: ${cause.reason}${remedy === undefined ? '' : `; ${remedy}`}`;
      const entity = `cause/${cause.cause}`;
      const known = alertsOfCauses.find(({ prefix }) => cause.cause.startsWith(prefix));
      const asked = known?.of(cause.reason);
      if (asked !== undefined) record({ type: 'alert', ...asked, text, entity });
      if (cause.state !== 'HALTED') return;
      record({ type: 'alert', severity: 'critical', code: 'ACCOUNT_HALTED', text, entity });
    },
    removeCause: assign(({ context }, { cause }: { cause: string }) => ({
      causes: without(context.causes, cause),
    })),
    takePolicies: assign((_, { rulePolicies }: Of<'account.rulesConfigured'>) => ({
      rulePolicies,
    })),
    removeLatched: assign(({ context }, event: Of<'account.rearmed'>) => ({
      causes: Object.fromEntries(
        Object.entries(context.causes).filter((cause) => !isRearmed(cause, event)),
      ),
    })),
    reportRearm: (_, { by, reason }: Of<'account.rearmed'>) => {
      const text = `${by} re-armed the account: ${reason}`;
      record({ type: 'alert', severity: 'warning', code: 'ACCOUNT_REARMED', text, isOver: true });
      record({ type: 'incident', code: 'ACCOUNT_REARMED', text });
    },
    enforce: ({ context }, event: EnforcementWanted) => {
      const { accountId, rulePolicies } = context;
      for (const one of enforcementRecords(accountId, rulePolicies, event)) record(one);
      if (exitsWanted(event.actions).length > 0) return;
      const { ruleId, entity } = event.finding;
      achieve(ruleId, entity, event.atMs);
    },
    automate: ({ context }, event: Of<'account.automationWanted'>) => {
      for (const one of automationRecords(context.accountId, event)) record(one);
    },
    rememberEnforcement: assign(({ context }, { finding, actions, atMs }: EnforcementWanted) => {
      const { ruleId, entity, graceMs } = finding;
      const grace = graceMs === undefined ? {} : { graceUntilMs: addExact(atMs, graceMs) };
      const waitsFor = exitsWanted(actions);
      const others = context.enforcements.filter(
        (other) => other.ruleId !== ruleId || other.entity !== entity,
      );
      return {
        enforcements:
          waitsFor.length === 0 ? others : [...others, { ruleId, entity, waitsFor, ...grace }],
      };
    }),
    takeLock: assign(({ context }, { lock, atMs }: Of<'account.lockStarted'>) =>
      withLock(context, lock, atMs),
    ),
    cancelIncreasing: (_, { lock }: Of<'account.lockStarted'>) => {
      if (lock.keepsOrders === true) return;
      const instrument = instrumentOf(lock.scope);
      const cancel = { type: 'orders.cancel', which: 'increasing', reason: lock.reason } as const;
      record(instrument === undefined ? cancel : { ...cancel, instrument });
    },
    dropLock: assign(({ context }, { lockId }: Of<'account.lockEnded'>) => ({
      accountLocks: without(context.accountLocks, lockId),
      symbolLocks: without(context.symbolLocks, lockId),
      causes: without(context.causes, `lock:${lockId}`),
    })),
    closeAdded: ({ context }, event: Of<'account.exposureAdded'>) => {
      const { instrument, keepLots } = event;
      const lock = governingLock(context, instrument);
      if (lock === undefined) return;
      const reason = `${instrument} grew while locked by ${lock.source}: ${lock.reason}`;
      record({ type: 'incident', code: 'EXPOSURE_WHILE_LOCKED', text: reason });
      const { source } = lock;
      record({ type: 'exit.require', instrument, targetLots: keepLots, reason, source });
    },
    rememberExit: assign(({ context }, { instrument, sources }: Of<'account.exitStarted'>) => ({
      exits: { ...context.exits, [instrument]: sources },
    })),
    reportAchieved: ({ context }, event: Of<'account.exitEnded'>) => {
      const { instrument, sources, atMs } = event;
      for (const ruleId of sources.filter(isRule)) {
        const ended = afterExit(context, event).ended.filter((one) => one.ruleId === ruleId);
        const entities = new Set([instrument, ...ended.map(({ entity }) => entity)]);
        for (const entity of entities) achieve(ruleId, entity, atMs);
      }
    },
    forgetExit: assign(({ context }, event: Of<'account.exitEnded'>) => {
      const { exits, open } = afterExit(context, event);
      return { exits, enforcements: open };
    }),
    reportDelayed: ({ context }, event: Of<'account.exitDelayed'>) => {
      const { instrument, sources, reason, atMs } = event;
      const text = `${instrument} for ${sources.join(', ')}: ${reason}`;
      const about = { code: 'ENFORCEMENT_INCOMPLETE', entity: `exit/${instrument}` } as const;
      if (!isWithinGrace(context, event))
        record({ type: 'alert', severity: 'critical', text, ...about });
      for (const ruleId of sources.filter(isRule)) {
        const waiting = context.enforcements.filter(
          (one) => one.ruleId === ruleId && waits(one, instrument),
        );
        const entities = new Set([instrument, ...waiting.map(({ entity }) => entity)]);
        for (const entity of entities) {
          const delayed = {
            type: 'rule.enforcementDelayed',
            instrument: entity,
            reason,
            atMs,
          } as const;
          record({ type: 'message', to: `rule/${ruleId}`, event: delayed });
        }
      }
    },
    clearDaily: ({ context }, { tradingDay, boundaryMs, atMs }: Of<'account.dayRolled'>) => {
      for (const lock of [
        ...Object.values(context.accountLocks),
        ...Object.values(context.symbolLocks),
      ]) {
        // A lock made after the boundary belongs to the new day: a late roll does not end it.
        if (!lock.clearsOn.includes('dailyReset') || lock.createdAtMs >= boundaryMs) continue;
        const reason = `the trading day ${tradingDay} begins`;
        const event = {
          type: 'lock.cleared',
          on: 'dailyReset',
          by: 'schedule',
          reason,
          atMs,
        } as const;
        record({ type: 'message', to: `lock/${lock.lockId}`, event });
      }
    },
    takeBoundary: assign((_, { boundaryMs }: Of<'account.dayRolled'>) => ({
      lastBoundaryMs: boundaryMs,
    })),
  },
});

function achieve(ruleId: string, instrument: InstrumentId | 'account', atMs: number): void {
  const event = { type: 'rule.enforcementAchieved', instrument, atMs } as const;
  record({ type: 'message', to: `rule/${ruleId}`, event });
}

const whole = <Type extends AccountEvent['type']>({ event }: { event: Of<Type> }): Of<Type> =>
  event;

const halted = { guard: 'isHalted', target: 'halted' } as const;
const locked = { guard: 'isLocked', target: 'locked' } as const;
const reducing = { guard: 'isReducing', target: 'reducing' } as const;
const active = { guard: 'isActive', target: 'active' } as const;

export const accountMachine = machineSetup.createMachine({
  id: 'account',
  version: '2',
  options: { maxIterations: 1000 },
  context: ({ input: { accountId, atMs, rulePolicies } }) => ({
    accountId,
    rulePolicies: rulePolicies ?? {},
    causes: { startup: { state: 'REDUCING', reason: 'not reconciled yet', sinceMs: atMs } },
    accountLocks: {},
    symbolLocks: {},
    exits: {},
    enforcements: [],
    lastBoundaryMs: 0,
  }),
  on: {
    'account.causeAdded': [
      {
        guard: { type: 'isNewCause', params: whole },
        actions: [
          { type: 'reportCause', params: whole },
          { type: 'addCause', params: whole },
        ],
      },
      {},
    ],
    'account.causeRemoved': [
      {
        guard: { type: 'isRemovable', params: whole },
        actions: { type: 'removeCause', params: whole },
      },
      {},
    ],
    'account.rulesConfigured': { actions: { type: 'takePolicies', params: whole } },
    'account.reconciled': [
      {
        guard: 'isUnreconciled',
        actions: { type: 'removeCause', params: { cause: 'startup' } },
      },
      {},
    ],
    'account.rearmed': [
      {
        guard: { type: 'isLatched', params: whole },
        actions: [
          { type: 'reportRearm', params: whole },
          { type: 'removeLatched', params: whole },
        ],
      },
      {},
    ],
    'account.enforcementWanted': {
      actions: [
        { type: 'enforce', params: whole },
        { type: 'rememberEnforcement', params: whole },
      ],
    },
    'account.lockStarted': [
      {
        guard: { type: 'isKnownLock', params: whole },
        actions: { type: 'takeLock', params: whole },
      },
      {
        actions: [
          { type: 'cancelIncreasing', params: whole },
          { type: 'takeLock', params: whole },
        ],
      },
    ],
    'account.lockEnded': { actions: { type: 'dropLock', params: whole } },
    'account.automationWanted': { actions: { type: 'automate', params: whole } },
    'account.exposureAdded': [
      {
        guard: { type: 'isForbidden', params: whole },
        actions: { type: 'closeAdded', params: whole },
      },
      {},
    ],
    'account.exitStarted': { actions: { type: 'rememberExit', params: whole } },
    'account.exitEnded': {
      actions: [
        { type: 'reportAchieved', params: whole },
        { type: 'forgetExit', params: whole },
      ],
    },
    'account.exitDelayed': { actions: { type: 'reportDelayed', params: whole } },
    'account.dayRolled': [
      {
        guard: { type: 'isNewBoundary', params: whole },
        actions: [
          { type: 'clearDaily', params: whole },
          { type: 'takeBoundary', params: whole },
        ],
      },
      {},
    ],
  },
  initial: 'reducing',
  states: {
    active: { always: [halted, locked, reducing] },
    reducing: { always: [halted, locked, active] },
    locked: { always: [halted, reducing, active] },
    halted: { always: [locked, reducing, active] },
  },
});
