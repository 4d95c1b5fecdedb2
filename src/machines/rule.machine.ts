/**
 * The life of one rule of one account: from a verdict to its enforcement, its lock, and back to armed.
 *
 * Verdicts are per entity (the account or one instrument); the state shows the weightiest of them:
 * disabled, else locked, cooling, enforcing, unknown, armed. Source: rules 1.5, 1.6 and 3.
 *
 * Invariants (test/property/rule.machine.test.ts):
 * - INV-RULE-1: while an entity is being enforced, its breach asks for nothing again.
 * - INV-RULE-2: an entity that cannot be judged holds exactly one cause of the account's trading state.
 * - INV-RULE-3: the state is the weightiest condition.
 */
import { assign, setup } from 'xstate';
import { addExact } from '../domain/arithmetic.ts';
import type { AccountId, LockId, RuleId } from '../domain/ids.ts';
import type { RuleEvent } from '../domain/machine-event.ts';
import { findingText } from '../domain/verdict.ts';
import type {
  LockKind,
  RuleEntity,
  RuleFinding,
  RuleMemory,
  Severity,
  VerdictKind,
} from '../domain/verdict.ts';
import { limits } from '../kernel/limits.ts';
import {
  attention,
  attentionAt,
  reportOverdue,
  told,
  type Enforcing,
  type Unknown,
} from './rule.attention.ts';
import { record } from './step.ts';

export type RuleInput = {
  readonly accountId: AccountId;
  readonly ruleId: RuleId;
  /** Of the alert that a breach raises. */
  readonly severity: Severity;
};

/** The last judgement of one entity, for people. Money in settlement units. */
type Judgement = {
  readonly verdict: VerdictKind;
  readonly code: string;
  readonly observed?: number;
  readonly limit?: number;
  readonly headroom?: number;
  readonly atMs: number;
};
type RuleContext = RuleInput & {
  readonly enforcing: Readonly<Record<string, Enforcing>>;
  readonly unknown: Readonly<Record<string, Unknown>>;
  readonly locks: Readonly<Record<LockId, LockKind>>;
  /** Bounded: the account and its positions. */
  readonly last: Readonly<Record<string, Judgement>>;
  /** What the rule remembers, by entity; an entity without memory is absent. */
  readonly memory: Readonly<Record<string, RuleMemory>>;
  /** When it looks again at what takes too long; 0: never. */
  readonly attentionAtMs: number;
};

type Of<Type extends RuleEvent['type']> = Extract<RuleEvent, { type: Type }>;

/** Stands for all entities when the evaluation itself fails. */
const evaluation = 'evaluation';

/** Longer than all rounds of an exit: an answer that is still missing was lost, and a breach must not wait for it. */
const enforcementAgeMsMax = limits.exitVerifyDurationMs * (limits.exitRoundsMax + 1);

const machineSetup = setup({
  types: {
    input: {} as RuleInput,
    context: {} as RuleContext,
    events: {} as RuleEvent,
  },
  guards: {
    readsLocked: ({ context }) => reads(context) === 'locked',
    readsCooling: ({ context }) => reads(context) === 'cooling',
    readsEnforcing: ({ context }) => reads(context) === 'enforcing',
    readsUnknown: ({ context }) => reads(context) === 'unknown',
    readsArmed: ({ context }) => reads(context) === 'armed',
    isNewFailure: ({ context }) => context.unknown[evaluation] === undefined,
    isEnforcing: ({ context }, { instrument }: { instrument: string }) =>
      context.enforcing[instrument] !== undefined,
  },
  actions: {
    enforce: ({ context }, event: Of<'rule.verdictChanged'>) => enforce(context, event),
    updateCauses: ({ context }, event: Of<'rule.verdictChanged'>) => updateCauses(context, event),
    takeVerdict: assign(({ context }, event: Of<'rule.verdictChanged'>) => judged(context, event)),
    remember: assign(({ context }, { entity, memory }: Of<'rule.remembered'>) => ({
      memory:
        Object.keys(memory).length === 0
          ? without(context.memory, entity)
          : { ...context.memory, [entity]: memory },
    })),
    failEvaluation: assign(({ context }, { reason, atMs }: Of<'rule.evaluationFailed'>) => ({
      unknown: { ...context.unknown, [evaluation]: { sinceMs: atMs, missing: reason } },
    })),
    reportFailure: ({ context }, { reason, atMs }: Of<'rule.evaluationFailed'>) =>
      addCause(context, evaluation, reason, atMs),
    endEnforcement: assign(({ context }, { instrument }: Of<'rule.enforcementAchieved'>) => ({
      enforcing: without(context.enforcing, instrument),
    })),
    markDelay: assign(({ context }, event: Of<'rule.enforcementDelayed'>) => {
      const { instrument, reason } = event;
      const known = context.enforcing[instrument];
      if (known === undefined) return {};
      return { enforcing: { ...context.enforcing, [instrument]: { ...known, delayedBy: reason } } };
    }),
    addLock: assign(({ context }, { lockId, kind }: Of<'rule.lockSet'>) => ({
      locks: { ...context.locks, [lockId]: kind },
    })),
    removeLock: assign(({ context }, { lockId }: Of<'rule.lockEnded'>) => {
      const locks = without(context.locks, lockId);
      // What belonged to the breach behind the lock is over with it; the next one is new.
      if (Object.keys(locks).length > 0) return { locks };
      return { locks, enforcing: without(context.enforcing, 'account') };
    }),
    releaseCauses: ({ context }, { atMs }: { atMs: number }) => {
      for (const entity of Object.keys(context.unknown)) removeCause(context, entity, atMs);
    },
    forget: assign({ enforcing: {}, unknown: {}, last: {} }),
    reportOverdue: ({ context }, { atMs }: Of<'rule.attentionDue'>) => reportOverdue(context, atMs),
    markTold: assign(({ context }, { atMs }: Of<'rule.attentionDue'>) => told(context, atMs)),
    armAttention: ({ context }) => {
      const dueAtMs = attentionAt(context);
      if (dueAtMs === context.attentionAtMs) return;
      if (dueAtMs === 0) record({ type: 'timer.delete', timer: attention });
      else record({ type: 'timer.put', timer: attention, dueAtMs, event: 'rule.attentionDue' });
    },
    noteAttention: assign(({ context }) => ({ attentionAtMs: attentionAt(context) })),
    takeSeverity: assign(({ context }, event: Of<'rule.enabled'>) => ({
      severity: event.severity ?? context.severity,
    })),
  },
});

type Condition = 'locked' | 'cooling' | 'enforcing' | 'unknown' | 'armed';

function reads({ locks, enforcing, unknown }: RuleContext): Condition {
  const kinds = Object.values(locks);
  if (kinds.some((kind) => kind !== 'cooldown')) return 'locked';
  if (kinds.length > 0) return 'cooling';
  if (Object.keys(enforcing).length > 0) return 'enforcing';
  return Object.keys(unknown).length > 0 ? 'unknown' : 'armed';
}

function isInFlight(context: RuleContext, entity: RuleEntity, atMs: number): boolean {
  const known = context.enforcing[entity];
  return known !== undefined && atMs - known.sinceMs < enforcementAgeMsMax;
}

/** Sends the breach to the account, once per entity while it is being enforced. */
function enforce(context: RuleContext, event: Of<'rule.verdictChanged'>): void {
  const { finding, nextBoundaryMs, atMs } = event;
  if (finding.verdict !== 'DENY' || isInFlight(context, finding.entity, atMs)) return;
  const wanted = {
    type: 'account.enforcementWanted',
    finding,
    actions: finding.wants,
    atMs,
  } as const;
  record({
    type: 'message',
    to: 'account',
    event: nextBoundaryMs === undefined ? wanted : { ...wanted, nextBoundaryMs },
  });
  // The rule's configuration may ask for an alert of its own severity: one alert per breach.
  if (finding.wants.some(({ type }) => type === 'alert')) return;
  const text = `${context.ruleId} ${finding.entity}: ${findingText(finding)}`;
  const entity = `${context.ruleId}/${finding.entity}`;
  record({ type: 'alert', severity: context.severity, code: finding.code, text, entity });
}

/** An entity that cannot be judged keeps the account from new risk until it can. */
function updateCauses(context: RuleContext, event: Of<'rule.verdictChanged'>): void {
  const { finding, atMs } = event;
  const { entity } = finding;
  if (context.unknown[evaluation] !== undefined) removeCause(context, evaluation, atMs);
  const wasUnknown = context.unknown[entity] !== undefined;
  if (finding.verdict !== 'UNKNOWN') {
    if (wasUnknown) removeCause(context, entity, atMs);
  } else if (!wasUnknown) {
    addCause(context, entity, finding.missing.join(', '), atMs);
  }
}

function addCause(context: RuleContext, entity: string, missing: string, atMs: number): void {
  const reason = `${context.ruleId} cannot judge ${entity}: ${missing}`;
  const cause = { cause: causeOf(context, entity), state: 'REDUCING', reason } as const;
  record({ type: 'message', to: 'account', event: { type: 'account.causeAdded', cause, atMs } });
  // Every start begins unreconciled: the account says so itself, and a comparison that fails has its own alert.
  if (missing === 'reconciliation') return;
  const code = missing.includes('stale:') ? 'STALENESS' : 'RULE_UNKNOWN';
  const about = `${context.ruleId}/${entity}`;
  record({ type: 'alert', severity: 'warning', code, text: reason, entity: about });
}

function removeCause(context: RuleContext, entity: string, atMs: number): void {
  const event = { type: 'account.causeRemoved', cause: causeOf(context, entity), atMs } as const;
  record({ type: 'message', to: 'account', event });
}

function causeOf({ ruleId }: RuleContext, entity: string): string {
  return `unknown:${ruleId}:${entity}`;
}

function judged(context: RuleContext, event: Of<'rule.verdictChanged'>): Partial<RuleContext> {
  const { finding, atMs } = event;
  const { entity, verdict } = finding;
  const last = bounded({ ...context.last, [entity]: judgementOf(finding, atMs) });
  const known = without(without(context.unknown, evaluation), entity);
  const since = context.unknown[entity]?.sinceMs ?? atMs;
  const unknown =
    verdict === 'UNKNOWN'
      ? {
          ...known,
          [entity]: {
            ...context.unknown[entity],
            sinceMs: since,
            missing: finding.missing.join(', '),
          },
        }
      : known;
  if (verdict !== 'DENY' || isInFlight(context, entity, atMs)) return { last, unknown };
  const { code, graceMs } = finding;
  const grace = graceMs === undefined ? {} : { graceUntilMs: addExact(atMs, graceMs) };
  const begun: Enforcing = { sinceMs: atMs, code, ...figures(finding), ...grace };
  return { last, unknown, enforcing: { ...context.enforcing, [entity]: begun } };
}

function judgementOf(finding: RuleFinding, atMs: number): Judgement {
  const { verdict, code, headroom } = finding;
  const judgement = { verdict, code, ...figures(finding), atMs };
  return headroom === undefined ? judgement : { ...judgement, headroom };
}

function figures({ observed, limit }: RuleFinding): { observed?: number; limit?: number } {
  return {
    ...(observed === undefined ? {} : { observed }),
    ...(limit === undefined ? {} : { limit }),
  };
}

/** At the bound the oldest judgement that is no breach leaves: it is for display only. */
function bounded(last: Record<string, Judgement>): Record<string, Judgement> {
  if (Object.keys(last).length <= limits.positionsPerAccountMax + 1) return last;
  const [oldest] = Object.entries(last)
    .filter(([, { verdict }]) => verdict === 'PASS')
    .toSorted(([, a], [, b]) => a.atMs - b.atMs);
  return oldest === undefined ? last : without(last, oldest[0]);
}

function without<Value>(all: Readonly<Record<string, Value>>, key: string): Record<string, Value> {
  const { [key]: _, ...others } = all;
  return others;
}

const whole = <Type extends RuleEvent['type']>({ event }: { event: Of<Type> }): Of<Type> => event;

const conditions = {
  locked: { guard: 'readsLocked', target: 'locked' },
  cooling: { guard: 'readsCooling', target: 'cooling' },
  enforcing: { guard: 'readsEnforcing', target: 'enforcing' },
  unknown: { guard: 'readsUnknown', target: 'unknown' },
  armed: { guard: 'readsArmed', target: 'armed' },
} as const;
const { locked, cooling, enforcing, unknown, armed } = conditions;

/** After every change of what is being enforced or cannot be judged. */
const arm = ['armAttention', 'noteAttention'] as const;

const addLock = { actions: { type: 'addLock', params: whole } } as const;
const removeLock = { actions: [{ type: 'removeLock', params: whole }, ...arm] } as const;

export const ruleMachine = machineSetup.createMachine({
  id: 'rule',
  version: '2',
  options: { maxIterations: 1000 },
  context: ({ input: { accountId, ruleId, severity } }) => ({
    accountId,
    ruleId,
    severity,
    enforcing: {},
    unknown: {},
    locks: {},
    last: {},
    memory: {},
    attentionAtMs: 0,
  }),
  on: {
    'rule.verdictChanged': {
      actions: [
        { type: 'updateCauses', params: whole },
        { type: 'enforce', params: whole },
        { type: 'takeVerdict', params: whole },
        ...arm,
      ],
    },
    'rule.enforcementAchieved': [
      {
        guard: { type: 'isEnforcing', params: whole },
        actions: [{ type: 'endEnforcement', params: whole }, ...arm],
      },
      {},
    ],
    'rule.enforcementDelayed': [
      {
        guard: { type: 'isEnforcing', params: whole },
        actions: { type: 'markDelay', params: whole },
      },
      {},
    ],
    'rule.lockSet': addLock,
    'rule.lockEnded': removeLock,
    'rule.evaluationFailed': [
      {
        guard: 'isNewFailure',
        actions: [
          { type: 'reportFailure', params: whole },
          { type: 'failEvaluation', params: whole },
          ...arm,
        ],
      },
      {},
    ],
    'rule.remembered': { actions: { type: 'remember', params: whole } },
    'rule.attentionDue': {
      actions: [
        { type: 'reportOverdue', params: whole },
        { type: 'markTold', params: whole },
        ...arm,
      ],
    },
    'rule.disabled': {
      target: '.disabled',
      actions: [{ type: 'releaseCauses', params: whole }, 'forget', ...arm],
    },
    'rule.enabled': { actions: { type: 'takeSeverity', params: whole } },
  },
  initial: 'armed',
  states: {
    armed: { always: [locked, cooling, enforcing, unknown] },
    enforcing: { always: [locked, cooling, unknown, armed] },
    locked: { always: [cooling, enforcing, unknown, armed] },
    cooling: { always: [locked, enforcing, unknown, armed] },
    unknown: { always: [locked, cooling, enforcing, armed] },
    // Only an administrator gets here; locks that the rule has set stay.
    disabled: {
      on: {
        'rule.verdictChanged': {},
        'rule.enforcementAchieved': {},
        'rule.enforcementDelayed': {},
        'rule.lockSet': addLock,
        'rule.lockEnded': removeLock,
        'rule.evaluationFailed': {},
        'rule.remembered': {},
        'rule.attentionDue': {},
        'rule.disabled': {},
        'rule.enabled': { target: 'armed', actions: { type: 'takeSeverity', params: whole } },
      },
    },
  },
});
