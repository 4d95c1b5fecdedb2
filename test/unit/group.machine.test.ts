import { describe, expect, it } from 'vitest';
/** Verifies: execution 5 (#2, #3, #11), 7.1; negative cases O3, O5, O6; G40 */
import type { AnyStateNode } from 'xstate';
import type { GroupEvent, GroupFacts } from '../../src/domain/linked-event.ts';
import type { Recorded } from '../../src/domain/recorded.ts';
import {
  groupStates,
  rankedLegs,
  type GroupContext,
  type GroupInput,
} from '../../src/machines/group.context.ts';
import { groupEventTypes, groupMachine, groupTable } from '../../src/machines/group.machine.ts';
import { groupFacts, groupInput, order } from '../support/linked-samples.ts';
import { runLive } from '../support/machine-run.ts';
import { MES, MNQ } from '../support/machine-samples.ts';

/** The table of the specification, written a second time: a slip in one of them shows. */
const spec: Readonly<Record<string, string>> = {
  created: 'validated failed',
  validated: 'hedgeSubmitted failed',
  hedgeSubmitted: 'hedgeFilled failed',
  hedgeFilled: 'riskSubmitted failed',
  riskSubmitted: 'partiallyFilled filled partiallyExposed emergencyHedged failed',
  partiallyFilled: 'filled partiallyExposed emergencyHedged',
  partiallyExposed: 'hedged filled emergencyHedged',
  filled: 'hedged partiallyExposed closed',
  hedged: 'closed partiallyExposed',
  emergencyHedged: 'closed',
  closed: '',
  failed: '',
};

function transitionsOf(state: string) {
  const node = (groupMachine.states as Readonly<Record<string, AnyStateNode>>)[state];
  if (node === undefined) throw new Error(`the machine has the state ${state}`);
  return node.transitions;
}

/** Where the running machine can go from a state, whatever its guards say. */
function reachable(from: string): string[] {
  const targets = [...transitionsOf(from).values()].flatMap((transitions) =>
    transitions.flatMap(({ target }) => (target ?? []).map(({ key }) => key)),
  );
  return [...new Set(targets)].toSorted();
}

describe('the table of group states', () => {
  const pairs = groupStates.flatMap((from) => groupStates.map((to) => [from, to] as const));

  it.each(pairs)('O5 %s to %s is allowed exactly where the table says so', (from, to) => {
    const isAllowed = (spec[from] ?? '').split(' ').includes(to);
    expect(reachable(from).includes(to)).toBe(isAllowed);
    expect(groupTable[from].includes(to)).toBe(isAllowed);
  });

  it('O6 has the states of the running machine, no more and no fewer', () => {
    expect(Object.keys(groupMachine.states).toSorted()).toEqual([...groupStates].toSorted());
    expect(Object.keys(spec).toSorted()).toEqual([...groupStates].toSorted());
  });

  it.each(['closed', 'failed'] as const)('O5 %s is frozen: no event changes anything', (state) => {
    for (const type of groupEventTypes) {
      const transitions = transitionsOf(state).get(type) ?? [];
      expect(transitions).toHaveLength(1);
      expect(transitions[0]?.target).toBeUndefined();
      expect(transitions[0]?.actions).toEqual([]);
    }
  });
});

describe('the order of the legs', () => {
  const leg = { instrument: MNQ, quantityLots: 1, orderType: 'market' } as const;

  it('is long protection, then shorts, and naked shorts last', () => {
    const ranked = rankedLegs([
      { ...leg, legId: 'short', side: 'sell' },
      { ...leg, legId: 'naked', side: 'sell', quantityLots: 5 },
      { ...leg, legId: 'long', side: 'buy' },
    ]);
    expect(ranked.map(({ legId, role }) => `${legId} ${role}`)).toEqual([
      'long hedge',
      'short risk',
      'naked risk',
    ]);
  });

  it('scores a short that no long covers as naked', () => {
    const ranked = rankedLegs([
      { ...leg, legId: 'one', side: 'sell' },
      { ...leg, legId: 'two', side: 'sell' },
      { ...leg, legId: 'long', side: 'buy' },
    ]);
    expect(ranked.map(({ legId, score }) => `${legId} ${score}`)).toEqual([
      'long 100',
      'one -50',
      'two -100',
    ]);
  });

  it('follows a priority that is given', () => {
    const ranked = rankedLegs([
      { ...leg, legId: 'long', side: 'buy', priority: -10 },
      { ...leg, legId: 'short', side: 'sell', priority: 90 },
    ]);
    expect(ranked.map(({ legId }) => legId)).toEqual(['short', 'long']);
  });
});

const hedge = { H: order(5, 5) };
const risk = { ...hedge, R: order(5, 5) };
const five: GroupInput = {
  ...groupInput,
  legs: groupInput.legs.map((leg) => Object.assign({ ...leg }, { quantityLots: 5 })),
};

class Play {
  private readonly run = runLive(groupMachine, five);
  records: readonly Recorded[] = [];
  atMs = 0;

  send(event: Record<string, unknown> & { type: GroupEvent['type'] }, atMs = this.atMs): this {
    this.atMs = atMs;
    this.records = this.run.send({ ...event, atMs }).recorded;
    return this;
  }

  facts(facts: GroupFacts, atMs = this.atMs): this {
    return this.send({ type: 'group.factsChanged', facts }, atMs);
  }

  get state(): string {
    return this.run.snapshot().value as string;
  }

  get context(): GroupContext {
    return this.run.snapshot().context as GroupContext;
  }

  /** Names the order that was just asked for. */
  placed(orderId: string): this {
    const place = this.records.find((one) => one.type === 'order.place');
    if (place === undefined) throw new Error(`nothing was placed for ${orderId}`);
    return this.send({ type: 'group.placed', key: place.key, orderId: orderId });
  }

  lots(): readonly number[] {
    return this.records.flatMap((one) =>
      one.type === 'order.place' ? [one.intent.quantityLots] : [],
    );
  }
}

/** Both legs filled. */
function standing(): Play {
  const play = new Play().send({ type: 'group.validated' }).facts(groupFacts({})).placed('H');
  play
    .facts(groupFacts({ [MNQ]: 5 }, hedge))
    .facts(groupFacts({ [MNQ]: 5 }, hedge))
    .placed('R');
  const both = groupFacts({ [MNQ]: 5, [MES]: -5 }, risk);
  play.facts(both).facts(both).facts(both);
  expect(play.state).toBe('hedged');
  return play;
}

describe('an emergency hedge', () => {
  it('G40 comes once for the sum of a burst, after the pause', () => {
    const play = standing();
    play.facts(groupFacts({ [MNQ]: 3, [MES]: -5 }, risk), 1_000);
    expect(play.records).toContainEqual(
      expect.objectContaining({ type: 'timer.put', timer: 'hedge', dueAtMs: 1_500 }),
    );
    play.facts(groupFacts({ [MES]: -5 }, risk), 1_400);
    expect(play.lots()).toEqual([]);
    play.send({ type: 'group.hedgeDue', facts: groupFacts({ [MES]: -5 }, risk) }, 1_500);
    expect(play.lots()).toEqual([5]);
    expect(play.state).toBe('partiallyExposed');
  });

  it('O3 is deeper for each rest, and the depth is in the context that a restart reads', () => {
    const play = standing();
    play.facts(groupFacts({ [MES]: -5 }, risk), 1_000);
    play
      .send({ type: 'group.hedgeDue', facts: groupFacts({ [MES]: -5 }, risk) }, 1_500)
      .placed('E');
    const partly = groupFacts({ [MNQ]: 2, [MES]: -5 }, { ...risk, E: order(5, 2) });
    play.send({ type: 'group.taskDue', facts: partly }, 6_500);
    expect(play.records).toContainEqual(
      expect.objectContaining({ type: 'message', to: 'order/E' }),
    );
    // Nothing follows before the venue has confirmed what it filled.
    play.facts(partly, 6_600);
    expect(play.lots()).toEqual([]);
    play.facts(
      groupFacts({ [MNQ]: 2, [MES]: -5 }, { ...risk, E: order(5, 2, { isClosed: true }) }),
      6_700,
    );
    expect(play.lots()).toEqual([3]);
    expect(play.context.depth).toBe(1);
  });

  it('is not repeated for ever against something that takes it away: the group gives back what it holds', () => {
    const play = standing();
    const exposed = groupFacts({ [MNQ]: 4, [MES]: -5 }, risk);
    const whole = groupFacts({ [MNQ]: 5, [MES]: -5 }, risk);
    let hedges = 0;
    for (let round = 0; round < 20 && play.context.mode !== 'unwinding'; round += 1) {
      const atMs = 1_000 + round * 2_000;
      play.facts(exposed, atMs).send({ type: 'group.hedgeDue', facts: exposed }, atMs + 500);
      if (play.lots().length === 0) break;
      hedges += 1;
      const id = `E${round}`;
      play.placed(id);
      const filled = { ...risk, [id]: order(1, 1, { isClosed: true }) };
      play.facts({ ...whole, orders: filled }, atMs + 600).facts(whole, atMs + 700);
    }
    expect(hedges).toBe(4);
    expect(play.context.mode).toBe('unwinding');
    play.facts(exposed);
    expect(play.records).toMatchObject([{ type: 'exit.require', instrument: MES, targetLots: 0 }]);
  });

  it('begins anew when the exposure comes back much later', () => {
    const play = standing();
    const exposed = groupFacts({ [MNQ]: 4, [MES]: -5 }, risk);
    const whole = groupFacts({ [MNQ]: 5, [MES]: -5 }, risk);
    for (let round = 0; round < 8; round += 1) {
      const atMs = 1_000 + round * 61_000;
      play.facts(exposed, atMs).send({ type: 'group.hedgeDue', facts: exposed }, atMs + 500);
      expect(play.lots()).toEqual([1]);
      const id = `E${round}`;
      play.placed(id);
      const filled = { ...risk, [id]: order(1, 1, { isClosed: true }) };
      play.facts({ ...whole, orders: filled }, atMs + 600).facts(whole, atMs + 700);
    }
    expect(play.context.mode).toBe('standing');
  });

  it('gives back what it filled beyond its size', () => {
    const play = standing();
    play.facts(groupFacts({ [MES]: -5 }, risk), 1_000);
    play
      .send({ type: 'group.hedgeDue', facts: groupFacts({ [MES]: -5 }, risk) }, 1_500)
      .placed('E');
    play.facts(groupFacts({ [MNQ]: 7, [MES]: -5 }, { ...risk, E: order(5, 7) }), 2_000);
    expect(play.records).toContainEqual(
      expect.objectContaining({ type: 'exit.require', instrument: MNQ, targetLots: 5 }),
    );
  });

  it('waits after a start for the comparison with the venue, and pauses anew', () => {
    const play = standing();
    const exposed = groupFacts({ [MES]: -5 }, risk);
    const unseen = { ...exposed, isCompared: false };
    play.facts(exposed, 1_000);
    play.send({ type: 'group.hedgeDue', facts: unseen }, 1_500);
    play.facts(unseen, 1_600);
    expect(play.lots()).toEqual([]);
    play.facts(exposed, 9_000);
    expect(play.records).toContainEqual(
      expect.objectContaining({ type: 'timer.put', timer: 'hedge', dueAtMs: 9_500 }),
    );
    play.send({ type: 'group.hedgeDue', facts: exposed }, 9_500);
    expect(play.lots()).toEqual([5]);
  });

  it('is not made where nothing may be added: the risk is closed instead', () => {
    const play = standing();
    const locked = groupFacts({ [MES]: -5 }, risk, false);
    play.facts(locked, 1_000);
    play.facts(locked, 1_000);
    expect(play.records).toContainEqual(
      expect.objectContaining({ type: 'exit.require', instrument: MES, targetLots: 0 }),
    );
  });
});

describe('a group that is undone', () => {
  it('closes the short before its protection', () => {
    const play = standing().send({ type: 'group.closeRequested', reason: 'asked' });
    const both = groupFacts({ [MNQ]: 5, [MES]: -5 }, risk);
    play.facts(both);
    expect(play.records).toMatchObject([{ type: 'exit.require', instrument: MES }]);
    play.facts(groupFacts({ [MNQ]: 5, [MES]: -2 }, risk));
    expect(play.records).toEqual([]);
    play.facts(groupFacts({ [MNQ]: 5 }, risk));
    expect(play.records).toMatchObject([{ type: 'exit.require', instrument: MNQ, targetLots: 0 }]);
    play.facts(groupFacts({}, risk));
    expect(play.state).toBe('closed');
  });
});
