import { describe, expect, it } from 'vitest';
/** Verifies: reference/xstate 13.3 for every machine but the order, style 6.2 */
import type { AnyEventObject, AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import { getShortestPaths } from 'xstate/graph';
import type { AlertDeskEvent } from '../../src/domain/alert-event.ts';
import type { KillRun } from '../../src/domain/kill.ts';
import type {
  AccountEvent,
  ExitEvent,
  LedgerEvent,
  LockEvent,
  PositionEvent,
  RuleEvent,
} from '../../src/domain/machine-event.ts';
import { accountMachine } from '../../src/machines/account.machine.ts';
import { alertsMachine } from '../../src/machines/alerts.machine.ts';
import { exitMachine } from '../../src/machines/exit.machine.ts';
import { groupMachine } from '../../src/machines/group.machine.ts';
import { killMachine } from '../../src/machines/kill.machine.ts';
import { ledgerMachine } from '../../src/machines/ledger.machine.ts';
import { lockMachine } from '../../src/machines/lock.machine.ts';
import { ocoMachine } from '../../src/machines/oco.machine.ts';
import { positionMachine } from '../../src/machines/position.machine.ts';
import { ruleMachine } from '../../src/machines/rule.machine.ts';
import { killSamples } from '../support/kill-samples.ts';
import { bracketInput, groupInput, groupSamples, ocoSamples } from '../support/linked-samples.ts';
import { restoreAndSend, runLive, stateText, transitionOnce } from '../support/machine-run.ts';
import {
  accountId,
  facts,
  fill,
  finding,
  ledgerInput,
  lockInput,
  lossLock,
  lossRule,
  MES,
  MNQ,
  mnq,
} from '../support/machine-samples.ts';

/** At least one event of every type of the union: a new type does not compile until it is walked. */
type Samples<Event extends { type: string }> = {
  readonly [Type in Event['type']]: readonly Omit<
    Extract<Event, { type: Type }>,
    'type' | 'atMs'
  >[];
};

type Model = {
  readonly machine: AnyStateMachine;
  readonly input: unknown;
  readonly events: readonly AnyEventObject[];
  /** Every state, as text. */
  readonly states: readonly string[];
  /** What tells two states apart on the walk; the rest of the context grows without end. */
  readonly key?: (context: Readonly<Record<string, unknown>>) => unknown;
};

function events(
  samples: Readonly<Record<string, readonly object[]>>,
  atMs = 5_000,
): AnyEventObject[] {
  return Object.entries(samples).flatMap(([type, bodies]) =>
    bodies.map((body) => ({ type, atMs, ...body })),
  );
}

const ledgerSamples: Samples<LedgerEvent> = {
  'ledger.fillReported': [
    { fill: fill('F1', 'buy', 2, 100), instrument: mnq, tradingDay: '2026-11-20' },
    { fill: fill('F2', 'sell', 3, 104), instrument: mnq, tradingDay: '2026-11-19' },
    { fill: fill('F3', 'sell', 1, 104), instrument: mnq, tradingDay: '2026-11-23' },
  ],
  'ledger.fillVoided': [
    {
      fill: fill('F1', 'buy', 2, 100),
      instrument: mnq,
      tradingDay: '2026-11-20',
      realizedUnits: 0,
    },
  ],
  'ledger.fillCorrected': [
    {
      before: fill('F1', 'buy', 2, 100),
      fill: fill('F1', 'buy', 2, 100, { feeUnits: 5 }),
      instrument: mnq,
      tradingDay: '2026-11-20',
      realizedUnits: 0,
      openedLots: 2,
      closedLots: 0,
    },
  ],
  'ledger.resultCleared': [{ by: 'admin' }],
  'ledger.weekRolled': [{ boundaryMs: 3_000 }],
  'ledger.weekCleared': [{ by: 'admin' }],
  'ledger.equityMarked': [{ equityUnits: 100 }],
  'ledger.equityRebased': [{ equityUnits: 90 }],
  'ledger.compared': [
    { differenceUnits: 20_000, text: 'off' },
    { differenceUnits: 0, text: '' },
  ],
  'ledger.dayRolled': [
    { tradingDay: '2026-11-23', boundaryMs: 2_000 },
    { tradingDay: '2026-11-20', boundaryMs: 1_000 },
  ],
  'ledger.balanceReported': [{ balanceUnits: 1 }],
  'ledger.transferRecorded': [{ amountUnits: 5, reason: 'deposit' }],
};

const positionSamples: Samples<PositionEvent> = {
  'position.filled': [
    { fill: fill('F1', 'buy', 1, 100), instrument: mnq },
    { fill: fill('F2', 'sell', 2, 104), instrument: mnq },
  ],
  'position.fillVoided': [{ fill: fill('F1', 'buy', 1, 100), instrument: mnq }],
  'position.reported': [
    { openLots: 0, costUnits: 0, venueTimeMs: 10_000 },
    { openLots: 3, costUnits: 150_000_000, venueTimeMs: 9_999 },
  ],
  'position.doubted': [{ reason: 'actor quarantined' }],
  'position.agreed': [{}],
};

const lockAll = { type: 'setLock', scope: 'account', kind: 'untilReset' } as const;
const ruleSamples: Samples<RuleEvent> = {
  'rule.remembered': [
    { entity: MNQ, memory: { armed: true } },
    { entity: MNQ, memory: {} },
  ],
  'rule.verdictChanged': [
    {
      finding: finding('DENY', 'account', [lockAll, { type: 'flattenAccount' }]),
      nextBoundaryMs: 60_000,
    },
    {
      finding: finding('DENY', MNQ, [{ type: 'closePosition', instrument: MNQ }]),
      nextBoundaryMs: 60_000,
    },
    { finding: finding('PASS') },
    { finding: finding('UNKNOWN', MNQ) },
    { finding: finding('PASS', MNQ) },
  ],
  'rule.enforcementAchieved': [{ instrument: 'account' }, { instrument: MNQ }],
  'rule.enforcementDelayed': [{ instrument: MNQ, reason: 'rejected' }],
  'rule.lockSet': [
    { lockId: lossLock, kind: 'untilReset' },
    { lockId: 'RULE-003:cool' as typeof lossLock, kind: 'cooldown' },
  ],
  'rule.lockEnded': [{ lockId: lossLock }, { lockId: 'RULE-003:cool' as typeof lossLock }],
  'rule.evaluationFailed': [{ reason: 'worker lost' }],
  'rule.attentionDue': [{}],
  'rule.disabled': [{}],
  'rule.enabled': [{}, { severity: 'error' }],
};

const lockSamples: Samples<LockEvent> = {
  'lock.extended': [
    { reason: 'again', expiresAtMs: 70_000, observed: -1 },
    { reason: 'again', expiresAtMs: 50_000 },
    { reason: 'again' },
    { reason: 'by hand', expiresAtMs: 80_000, isIrrevocable: true },
  ],
  'lock.expiryReached': [{}, { monotonicElapsedMs: 10 }],
  'lock.cleared': [
    { on: 'dailyReset', by: 'schedule', reason: 'new day' },
    { on: 'canTrade', by: 'venue', reason: 'restored' },
    { on: 'operatorAck', by: 'ann', reason: 'agreed' },
    { on: 'operatorAck', by: 'bob', reason: 'agreed' },
    { on: 'expiry', by: 'ann', reason: 'early' },
  ],
};

const contractLock = lockInput({
  lockId: 'RULE-011:symbol:MNQ' as typeof lossLock,
  scope: 'symbol:MNQ',
});
const accountSamples: Samples<AccountEvent> = {
  'account.causeAdded': [
    { cause: { cause: 'link', state: 'REDUCING', reason: 'down' } },
    { cause: { cause: 'kill', state: 'HALTED', reason: 'pressed' } },
  ],
  'account.causeRemoved': [{ cause: 'link' }, { cause: 'kill' }],
  'account.enforcementWanted': [
    {
      finding: finding('DENY'),
      actions: [lockAll, { type: 'flattenAccount' }],
      nextBoundaryMs: 60_000,
    },
    { finding: finding('DENY', MNQ), actions: [{ type: 'alert', severity: 'error' }] },
  ],
  'account.automationWanted': [
    {
      ruleId: lossRule,
      actions: [
        { type: 'placeProtective', instrument: MNQ, side: 'sell', quantityLots: 1, stopTicks: 5 },
      ],
    },
  ],
  'account.lockStarted': [{ lock: lockInput() }, { lock: contractLock }],
  'account.lockEnded': [{ lockId: lossLock, source: lossRule, how: 'expiry' }],
  'account.exposureAdded': [{ instrument: MNQ, keepLots: 1 }],
  'account.exitStarted': [{ instrument: MNQ, sources: [lossRule] }],
  'account.exitEnded': [
    { instrument: MNQ, sources: [lossRule] },
    { instrument: 'account', sources: [lossRule] },
  ],
  'account.exitDelayed': [{ instrument: MES, sources: [lossRule, 'operator'], reason: 'rejected' }],
  'account.dayRolled': [{ tradingDay: '2026-11-23', boundaryMs: 2_000 }],
  'account.rulesConfigured': [
    { rulePolicies: { 'RULE-003': { operatorUnlock: 'never', irrevocable: true } } },
  ],
  'account.reconciled': [{}],
  'account.rearmed': [{ by: 'ann', reason: 'checked' }],
};

const seen = [facts(2), facts(2, 2), facts(-1), facts(0), facts(0, 0, 1), facts(1, 3)];
const alertSettings = {
  minSeverity: 'warning',
  dedupeMs: 1_000,
  escalateMs: 2_000,
  cleanupMs: 3_000,
} as const;
const raised = { code: 'STALENESS', entity: 'account', text: '', settings: alertSettings } as const;

const alertSamples: Samples<AlertDeskEvent> = {
  'alert.raised': [
    { ...raised, severity: 'warning', isLasting: true },
    { ...raised, severity: 'info', isLasting: false },
  ],
  'alert.resolved': [{ entity: 'account' }],
  'alert.escalationDue': [{}],
};

const exitSamples: Samples<ExitEvent> = {
  'exit.required': seen.map((one) => ({
    targetLots: 0,
    reason: 'loss',
    source: lossRule,
    facts: one,
  })),
  'exit.factsChanged': seen.map((one) => ({ facts: one })),
  'exit.verifyDue': seen.map((one) => ({ facts: one })),
};

const models: Readonly<Record<string, Model>> = {
  ledger: {
    machine: ledgerMachine,
    input: ledgerInput,
    events: events(ledgerSamples),
    states: ['open'],
    key: ({ fillsToday, tradingDay, archive, nextDays }) => [
      Math.sign(fillsToday as number),
      tradingDay,
      (archive as object[]).length,
      (nextDays as object[]).length,
    ],
  },
  position: {
    machine: positionMachine,
    input: { accountId, instrument: MNQ },
    events: events(positionSamples),
    states: ['agreed', 'doubted'].flatMap((certainty) =>
      ['flat', 'long', 'short'].map((exposure) => `certainty:${certainty} exposure:${exposure}`),
    ),
    key: ({ book }) => Math.max(-2, Math.min(2, (book as { openLots: number }).openLots)),
  },
  rule: {
    machine: ruleMachine,
    input: { accountId, ruleId: lossRule, severity: 'error' },
    events: events(ruleSamples),
    states: ['armed', 'enforcing', 'locked', 'cooling', 'unknown', 'disabled'],
    key: ({ enforcing, unknown, locks }) =>
      [enforcing, unknown, locks].map((one) => Object.keys(one as object).toSorted()),
  },
  lock: {
    machine: lockMachine,
    input: lockInput(),
    events: [...events(lockSamples), { type: 'lock.expiryReached', atMs: 60_000 }],
    states: ['active', 'expired', 'cleared'],
    key: ({ expiresAtMs, createdAtMs }) => [expiresAtMs, createdAtMs],
  },
  account: {
    machine: accountMachine,
    input: { accountId, atMs: 0 },
    events: events(accountSamples),
    states: ['active', 'reducing', 'locked', 'halted'],
    key: ({ causes, exits, enforcements }) => [
      Object.keys(causes as object).toSorted(),
      Object.keys(exits as object).toSorted(),
      (enforcements as object[]).length,
    ],
  },
  alerts: {
    machine: alertsMachine,
    input: { accountId },
    events: [...events(alertSamples), ...events(alertSamples, 9_000)],
    states: ['watching'],
    key: ({ alerts }) =>
      Object.values(alerts as Record<string, { count: number }>).map(({ count }) =>
        Math.min(count, 2),
      ),
  },
  exit: {
    machine: exitMachine,
    input: { accountId, instrument: MNQ },
    // Later instants too: what a machine has sent is in the facts from then on.
    events: [...events(exitSamples), ...events(exitSamples, 9_000)],
    states: ['idle', 'canceling', 'closing', 'verifying', 'paced'],
    key: ({ rounds, sent, sources }) => [
      Math.min(rounds as number, 6),
      (sent as { atMs: number }).atMs,
      (sources as string[]).length,
    ],
  },
  oco: {
    machine: ocoMachine,
    input: bracketInput,
    events: events(ocoSamples),
    states: ['waiting', 'guarding', 'settling', 'done'],
    key: ({ members, excessLots }) => [
      (members as { status: string; isCancelAsked: boolean }[]).map((one) => [
        one.status,
        one.isCancelAsked,
      ]),
      (excessLots as number) > 0,
    ],
  },
  group: {
    machine: groupMachine,
    input: groupInput,
    events: events(groupSamples),
    states: [
      'created',
      'validated',
      'hedgeSubmitted',
      'hedgeFilled',
      'riskSubmitted',
      'partiallyFilled',
      'partiallyExposed',
      'filled',
      'hedged',
      'closed',
      'emergencyHedged',
      'failed',
    ],
    key: ({ legs, mode, task, wasHedged }) => [
      (legs as { filledLots: number }[]).map(({ filledLots }) => filledLots),
      mode,
      (task as { kind: string; orderId: string }).kind,
      (task as { kind: string; orderId: string }).orderId,
      wasHedged,
    ],
  },
  kill: {
    machine: killMachine,
    input: { accountId },
    // The second set is past every deadline of the first.
    events: [...events(killSamples), ...events(killSamples, 30_000)],
    states: ['clear', 'canceling', 'flattening', 'latched', 'latchedIncomplete'],
    key: ({ runs }) =>
      Object.values(runs as Readonly<Record<string, KillRun>>).map((run) => [
        run.key,
        run.mode,
        run.phase,
        run.isHeld,
        run.isIncomplete,
        Math.min(run.confirmations, 2),
      ]),
  },
};

describe.each(Object.entries(models))('%s', (_name, model) => {
  const { machine, input } = model;
  const paths = getShortestPaths(machine, {
    events: model.events,
    input: input as never,
    limit: 20_000,
    serializeState: ({ value, context }: AnyMachineSnapshot) => {
      const key = model.key?.(context as Readonly<Record<string, unknown>>) ?? (context as unknown);
      return `${stateText(value)} ${JSON.stringify(key)}`;
    },
  } as never);

  it('reaches every state', () => {
    const reached = new Set(
      paths.map(({ state }) => stateText((state as AnyMachineSnapshot).value)),
    );
    expect([...reached].toSorted()).toEqual([...model.states].toSorted());
  });

  it('gives the same live, by its transition function, and rebuilt from JSON before each event', () => {
    const pure = transitionOnce(machine, input);
    let steps = 0;
    for (const path of paths) {
      const run = runLive(machine, input);
      for (const { event } of path.steps.filter(
        ({ event: one }) => !one.type.startsWith('xstate.'),
      )) {
        const before = run.snapshot();
        const live = run.send(event);
        expect(pure(before, event)).toEqual(live);
        const { atRestore, after } = restoreAndSend(machine, before, event);
        expect(atRestore).toEqual([]);
        expect(JSON.parse(JSON.stringify(after.context))).toStrictEqual(after.context);
        expect(after).toEqual(live);
        steps += 1;
      }
    }
    expect(steps).toBeGreaterThan(model.states.length - 1);
  });

  it('handles or ignores every event of its own in every state, and nothing else', () => {
    for (const { state } of paths) {
      const snapshot = state as AnyMachineSnapshot;
      for (const event of model.events) {
        const count = machine.getTransitionData(snapshot, event)?.length ?? 0;
        expect(count, `${stateText(snapshot.value)} ${event.type}`).toBeGreaterThan(0);
      }
      expect(machine.getTransitionData(snapshot, { type: 'order.filled' })).toHaveLength(0);
    }
  });
});
