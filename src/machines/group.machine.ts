/**
 * An order group: legs that are placed protection first and undone risk first. Source: execution 5 (#2, #3, #11), 7.1.
 *
 * The table is the whole of it: a hop that it does not have cannot be made, and `closed` and `failed` are frozen. What
 * is decided from the facts of an event is in group.decide.
 *
 * Invariants (test/property/group.machine.test.ts):
 * - INV-GRP-1: a risk leg is never sent before every protective leg is filled.
 * - INV-GRP-2: `failed` is entered only without exposure of the group.
 * - INV-GRP-3: at most one hedge is on its way, and hedges and fills of the group never exceed what is to be hedged.
 */
import { assign, setup } from 'xstate';
import type { GroupEvent } from '../domain/linked-event.ts';
import type { GroupContext, GroupInput, GroupState } from './group.context.ts';
import { decide, initialGroup } from './group.decide.ts';
import { record } from './step.ts';

/** From → may go to. Source: execution 7.1, line by line. */
export const groupTable: Readonly<Record<GroupState, readonly GroupState[]>> = {
  created: ['validated', 'failed'],
  validated: ['hedgeSubmitted', 'failed'],
  hedgeSubmitted: ['hedgeFilled', 'failed'],
  hedgeFilled: ['riskSubmitted', 'failed'],
  riskSubmitted: ['partiallyFilled', 'filled', 'partiallyExposed', 'emergencyHedged', 'failed'],
  partiallyFilled: ['filled', 'partiallyExposed', 'emergencyHedged'],
  partiallyExposed: ['hedged', 'filled', 'emergencyHedged'],
  filled: ['hedged', 'partiallyExposed', 'closed'],
  hedged: ['closed', 'partiallyExposed'],
  emergencyHedged: ['closed'],
  closed: [],
  failed: [],
};

type Hop = { readonly from: GroupState; readonly to: GroupState };

const machineSetup = setup({
  types: { input: {} as GroupInput, context: {} as GroupContext, events: {} as GroupEvent },
  guards: {
    isNext: ({ context, event }, { from, to }: Hop) => decide(from, context, event).next === to,
  },
  actions: {
    act: ({ context, event }, { from }: Pick<Hop, 'from'>) => {
      for (const one of decide(from, context, event).records) record(one);
    },
    take: assign(({ context, event }, { from }: Pick<Hop, 'from'>) => {
      return decide(from, context, event).context;
    }),
  },
});

export const groupEventTypes = [
  'group.validated',
  'group.refused',
  'group.placed',
  'group.legRefused',
  'group.factsChanged',
  'group.taskDue',
  'group.hedgeDue',
  'group.closeRequested',
] as const satisfies readonly GroupEvent['type'][];

function rows(from: GroupState) {
  // Finished: whatever comes is taken note of by nobody.
  if (groupTable[from].length === 0)
    return { on: Object.fromEntries(groupEventTypes.map((type) => [type, {}])) };
  const actions = [
    { type: 'act', params: { from } } as const,
    { type: 'take', params: { from } } as const,
  ];
  const hops = groupTable[from].map(
    (to) =>
      ({
        guard: { type: 'isNext', params: { from, to } } as const,
        target: to,
        actions,
      }) as const,
  );
  return { on: Object.fromEntries(groupEventTypes.map((type) => [type, [...hops, { actions }]])) };
}

export const groupMachine = machineSetup.createMachine({
  id: 'group',
  version: '1',
  options: { maxIterations: 1000 },
  context: ({ input }) => initialGroup(input),
  initial: 'created',
  states: {
    created: rows('created'),
    validated: rows('validated'),
    hedgeSubmitted: rows('hedgeSubmitted'),
    hedgeFilled: rows('hedgeFilled'),
    riskSubmitted: rows('riskSubmitted'),
    partiallyFilled: rows('partiallyFilled'),
    partiallyExposed: rows('partiallyExposed'),
    filled: rows('filled'),
    hedged: rows('hedged'),
    closed: rows('closed'),
    emergencyHedged: rows('emergencyHedged'),
    failed: rows('failed'),
  },
});
