/**
 * Verifies: execution 3.10, INV-ORD-1, INV-ORD-2, INV-ORD-3
 *
 * Every shortest path through the order machine, driven three ways that must agree in every step: the live actor,
 * `machine.transition` with one reused scope (replay), and an actor rebuilt from JSON before each event (recovery).
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { getShortestPaths } from 'xstate/graph';
import type { OrderEvent, OrderEventType } from '../../src/domain/order-event.ts';
import { executionStates, integrityStates, requestStates } from '../../src/domain/order.ts';
import type { Recorded } from '../../src/domain/recorded.ts';
import {
  orderMachine,
  orderRegions,
  type OrderSnapshot,
} from '../../src/machines/order.machine.ts';
import { collect } from '../../src/machines/step.ts';
import {
  checkAgreement,
  createOrder,
  orderEvent,
  orderInput,
  orderWords,
  restoreOrder,
  sortedJson,
} from '../support/order-driver.ts';

const input = { ...orderInput, quantityLots: 2, timeToLiveMs: 60_000 };

const details: Readonly<Record<string, readonly string[]>> = {
  fill: ['a 1', 'b 1', 'b 2'],
  voided: ['a 1'],
  opened: ['t=1 c=0', 't=9 c=0 q=2 query'],
  suspended: ['t=2 c=0'],
  triggered: ['t=3 c=0'],
  updated: ['q=3 t=4 c=0', 'q=1 answer'],
  statusFilled: ['t=6 c=2'],
  canceled: ['t=6 c=0'],
  expired: ['t=6 c=0'],
  venueRejected: ['t=6 c=0'],
  modify: ['q=3'],
  resolved: ['canceled', 'failed'],
};

const events: readonly OrderEvent[] = orderWords.flatMap((word) =>
  (details[word] ?? ['']).map((detail) => orderEvent(`${word} ${detail}`, 10)),
);

/** The configuration, and of the context only what decides what may happen next. */
function keyOf(snapshot: OrderSnapshot): string {
  const { context, value } = snapshot;
  const {
    filledLots,
    quantityLots,
    modify,
    cancel,
    isClosed,
    agreements,
    hasOverfill,
    hasLateEvidence,
  } = context;
  const flags = [context.committedAtMs, context.sentAtMs, context.confirmedAtMs].map(
    (at) => at !== undefined,
  );
  const waits = [
    Object.keys(context.deferred).length,
    context.fillsDueAtMs > 0,
    Math.min(agreements, 1),
  ];
  const fill = [Math.sign(filledLots), filledLots >= quantityLots, hasOverfill && hasLateEvidence];
  return sortedJson([value, modify, cancel, isClosed, flags, waits, fill]);
}

/** As in replay: no actor runs, the same actions record into the same step. */
function createReplay(): (snapshot: OrderSnapshot, event: OrderEvent) => OrderSnapshot {
  const self = createActor(orderMachine, { input });
  const scope = {
    self,
    id: '',
    sessionId: '',
    system: self.system,
    defer() {},
    logger() {},
    stopChild() {},
    emit() {},
    actionExecutor: (action: { type: string; info: unknown; params: unknown; exec: unknown }) => {
      if (action.type.startsWith('xstate.')) return;
      (action.exec as (info: unknown, params: unknown) => void)(action.info, action.params);
    },
  };
  return (snapshot, event) => orderMachine.transition(snapshot, event, scope as never);
}

type Path = readonly OrderEvent[];
let paths: readonly Path[] = [];
let reached: readonly OrderSnapshot[] = [];

beforeAll(() => {
  const found = getShortestPaths(orderMachine, {
    input,
    events,
    serializeState: keyOf,
    limit: 100_000,
  });
  reached = found.map(({ state }) => state);
  paths = found.map(({ steps }) =>
    steps.flatMap(({ event }) =>
      (event.type as string) === 'xstate.init' ? [] : [event as OrderEvent],
    ),
  );
}, 60_000);

/** The `dl` cells of execution 3.3, and nothing else. */
function isDeadLetter(snapshot: OrderSnapshot, event: OrderEvent): boolean {
  const { execution } = orderRegions(snapshot);
  const { committedAtMs, sentAtMs } = snapshot.context;
  const isUnsent = execution === 'none' && sentAtMs === undefined;
  const cells: Partial<Record<OrderEventType, boolean>> = {
    'order.intentCommitted': !isUnsent || committedAtMs !== undefined,
    'order.sendStarted': !isUnsent || committedAtMs === undefined,
    'order.gateDenied': !isUnsent,
    'order.notSent': execution !== 'none',
    'order.resolvedByOperator': execution !== 'unknown',
    'order.acknowledgementOverdue': isUnsent,
    'order.fillsOverdue': isUnsent,
    'order.placeRejected': isUnsent || execution === 'denied',
    'order.placeAmbiguous': isUnsent || execution === 'denied',
  };
  return cells[event.type] ?? ('origin' in event && isUnsent);
}

const picture = (snapshot: OrderSnapshot, recorded: readonly Recorded[]): string =>
  sortedJson({
    value: snapshot.value,
    context: snapshot.context,
    status: snapshot.status,
    recorded,
  });

describe('the order machine', () => {
  it('reaches every state of every region and pairs of them in plenty', () => {
    const regions = reached.map(orderRegions);
    expect(new Set(regions.map(({ execution }) => execution))).toEqual(new Set(executionStates));
    expect(new Set(regions.map(({ request }) => request))).toEqual(new Set(requestStates));
    expect(new Set(regions.map(({ integrity }) => integrity))).toEqual(new Set(integrityStates));
    expect(new Set(regions.map(sortedJson)).size).toBeGreaterThan(80);
    expect(paths.length).toBeGreaterThan(300);
  });

  it('takes every event in every state without throwing, and its regions and context agree', () => {
    let steps = 0;
    const wrong: string[] = [];
    for (const snapshot of reached) {
      for (const event of events) {
        steps += 1;
        const [next, recorded] = replayed(snapshot, event);
        if (next !== snapshot) checkAgreement(next);
        const isHandled = orderMachine.getTransitionData(snapshot, event).length > 0;
        const isNothing = next === snapshot && recorded.length === 0;
        if (isHandled === isDeadLetter(snapshot, event) || !(isHandled || isNothing)) {
          wrong.push(`${keyOf(snapshot)} ${event.type}`);
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(steps).toBeGreaterThan(15_000);
  });

  it('does the same live, in replay and after a restart before every event', () => {
    const replay = createReplay();
    for (const path of paths) {
      const live = createOrder(input);
      let recovered = createOrder(input);
      let snapshot = live.snapshot;
      for (const event of path) {
        const { recorded } = live.send(event);
        const expected = picture(live.snapshot, recorded);
        const before = snapshot;
        const repeated = collect(() => {
          snapshot = replay(before, event);
        });
        expect(picture(snapshot, repeated)).toBe(expected);
        const restarted = restoreOrder(recovered.snapshot);
        recovered.stop();
        recovered = restarted;
        const again = recovered.send(event).recorded;
        expect(picture(recovered.snapshot, again)).toBe(expected);
      }
      expect(sortedJson(live.snapshot.value)).toBe(sortedJson(recovered.snapshot.value));
      live.stop();
      recovered.stop();
    }
  });
});

const replayOnce = createReplay();

function replayed(
  snapshot: OrderSnapshot,
  event: OrderEvent,
): [OrderSnapshot, readonly Recorded[]] {
  let next = snapshot;
  const recorded = collect(() => {
    next = replayOnce(snapshot, event);
  });
  return [next, recorded];
}
