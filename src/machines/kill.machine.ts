/**
 * The kill switch of one account: its runs by scope, each a latch that only a person ends. Source: execution 9.
 *
 * canceling: orders are going away. flattening: positions are going away. latched: verified. latchedIncomplete: the
 * deadline has passed with something left; it goes on. Every decision is made from what the event says is left, never
 * from what was sent: after a crash a step is judged anew, not repeated. Several runs: the state is that of the worst.
 *
 * Invariants (test/property/kill.machine.test.ts):
 * - INV-KILL-1: a run ends only by `kill.rearmed`, and never while it is still at work within its time.
 * - INV-KILL-2: it is latched only after two consecutive pictures that show nothing left in its scope.
 * - INV-KILL-3: positions are closed only in mode flatten that is not held.
 */
import { assign, setup } from 'xstate';
import type { AccountId } from '../domain/ids.ts';
import type { KillEvent, KillRun } from '../domain/kill.ts';
import { decide } from './kill.saga.ts';
import { record } from './step.ts';

export type KillInput = { readonly accountId: AccountId };

export type KillContext = KillInput & {
  readonly runs: Readonly<Record<string, KillRun>>;
  /** Pauses between looks, ms; the last holds on. */
  readonly pausesMs: readonly number[];
  /** Looks since the last trigger. */
  readonly looks: number;
};

const machineSetup = setup({
  types: { input: {} as KillInput, context: {} as KillContext, events: {} as KillEvent },
  guards: {
    isClear: ({ context }) => stateOf(context) === 'clear',
    isCanceling: ({ context }) => stateOf(context) === 'canceling',
    isFlattening: ({ context }) => stateOf(context) === 'flattening',
    isLatched: ({ context }) => stateOf(context) === 'latched',
    isIncomplete: ({ context }) => stateOf(context) === 'latchedIncomplete',
  },
  actions: {
    act: ({ context }, event: KillEvent) => {
      for (const one of decide(context, event).records) record(one);
    },
    remember: assign(({ context }, event: KillEvent) => decide(context, event).context),
  },
});

function stateOf({ runs }: KillContext) {
  const all = Object.values(runs);
  if (all.length === 0) return 'clear';
  if (all.some(({ isIncomplete }) => isIncomplete)) return 'latchedIncomplete';
  if (all.some(({ phase }) => phase === 'canceling')) return 'canceling';
  return all.some(({ phase }) => phase === 'flattening') ? 'flattening' : 'latched';
}

const whole = ({ event }: { event: KillEvent }): KillEvent => event;
const take = {
  actions: [
    { type: 'act', params: whole },
    { type: 'remember', params: whole },
  ],
} as const;

const clear = { guard: 'isClear', target: 'clear' } as const;
const canceling = { guard: 'isCanceling', target: 'canceling' } as const;
const flattening = { guard: 'isFlattening', target: 'flattening' } as const;
const latched = { guard: 'isLatched', target: 'latched' } as const;
const incomplete = { guard: 'isIncomplete', target: 'latchedIncomplete' } as const;

export const killMachine = machineSetup.createMachine({
  id: 'kill',
  version: '1',
  options: { maxIterations: 1000 },
  context: ({ input: { accountId } }) => ({
    accountId,
    runs: {},
    pausesMs: [],
    looks: 0,
  }),
  on: {
    'kill.triggered': take,
    'kill.remainsChanged': take,
    'kill.pictureTaken': take,
    'kill.pictureFailed': take,
    'kill.checkDue': take,
    'kill.recovered': take,
    'kill.rearmed': take,
  },
  initial: 'clear',
  states: {
    clear: { always: [canceling, flattening, latched, incomplete] },
    canceling: { always: [clear, flattening, latched, incomplete] },
    flattening: { always: [clear, canceling, latched, incomplete] },
    latched: { always: [clear, canceling, flattening, incomplete] },
    latchedIncomplete: { always: [clear, canceling, flattening, latched] },
  },
});
