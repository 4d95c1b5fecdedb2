/**
 * Linked orders: stop and target of an entry, or orders of which one excludes the others. Source: execution 5 (#5), 7.2.
 *
 * waiting: the entry has not filled. guarding: the orders work. settling: what remains is going away. done: over; a
 * fill that comes late is still closed. Every decision is made from the facts that come with the event (oco.decide).
 *
 * Invariants (test/property/oco.machine.test.ts):
 * - INV-OCO-1: what stop or target may still fill never exceeds the position they guard by what we ask for.
 * - INV-OCO-2: without a position nothing is placed, and what works is canceled.
 */
import { assign, setup } from 'xstate';
import type { OcoEvent } from '../domain/linked-event.ts';
import { initialOco, type OcoContext, type OcoInput, type OcoState } from './oco.context.ts';
import { lookAt } from './oco.decide.ts';
import { record } from './step.ts';

type Hop = { readonly from: OcoState; readonly to: OcoState };

const machineSetup = setup({
  types: { input: {} as OcoInput, context: {} as OcoContext, events: {} as OcoEvent },
  guards: {
    isNext: ({ context, event }, { from, to }: Hop) => lookAt(from, context, event).next === to,
  },
  actions: {
    act: ({ context, event }, { from }: Pick<Hop, 'from'>) => {
      for (const one of lookAt(from, context, event).records) record(one);
    },
    take: assign(({ context, event }, { from }: Pick<Hop, 'from'>) => {
      return lookAt(from, context, event).change;
    }),
  },
});

/** Where a set may go; nothing else is ever entered. */
const table: Readonly<Record<OcoState, readonly OcoState[]>> = {
  waiting: ['guarding', 'settling', 'done'],
  guarding: ['waiting', 'settling', 'done'],
  settling: ['waiting', 'guarding', 'done'],
  done: [],
};

const eventTypes = [
  'oco.joined',
  'oco.factsChanged',
  'oco.placed',
  'oco.refused',
  'oco.escalationDue',
] as const satisfies readonly OcoEvent['type'][];

function rows(from: OcoState) {
  const actions = [
    { type: 'act', params: { from } } as const,
    { type: 'take', params: { from } } as const,
  ];
  const hops = table[from].map(
    (to) =>
      ({
        guard: { type: 'isNext', params: { from, to } } as const,
        target: to,
        actions,
      }) as const,
  );
  return { on: Object.fromEntries(eventTypes.map((type) => [type, [...hops, { actions }]])) };
}

export const ocoMachine = machineSetup.createMachine({
  id: 'oco',
  version: '1',
  options: { maxIterations: 1000 },
  context: ({ input }) => initialOco(input),
  initial: 'waiting',
  states: {
    waiting: rows('waiting'),
    guarding: rows('guarding'),
    settling: rows('settling'),
    done: rows('done'),
  },
});
