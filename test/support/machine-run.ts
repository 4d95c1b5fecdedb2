import { expect } from 'vitest';
/**
 * Drives a machine as a cell does, and in the two other ways that must give the same: the machine's own
 * transition function with one reused scope, and an actor rebuilt from JSON before each event.
 */
import {
  createActor,
  type AnyActorScope,
  type AnyEventObject,
  type AnyMachineSnapshot,
  type AnyStateMachine,
} from 'xstate';
import type { Recorded } from '../../src/domain/recorded.ts';
import { collect } from '../../src/machines/step.ts';

export type Outcome = {
  /** State value with sorted keys, such as `locked` or `certainty:agreed exposure:long`. */
  readonly state: string;
  readonly context: Readonly<Record<string, unknown>>;
  readonly recorded: readonly Recorded[];
};

export type Run = {
  readonly start: Outcome;
  send(event: AnyEventObject): Outcome;
  snapshot(): AnyMachineSnapshot;
};

const clock = {
  setTimeout: (): never => {
    throw new Error('a machine armed a timer of its own');
  },
  clearTimeout: (): void => undefined,
};

/** One live actor as its own root, hosted as a cell hosts it. */
export function runLive(machine: AnyStateMachine, input: unknown): Run {
  const actor = createActor(machine, { input, clock } as never);
  let fault: unknown;
  actor.subscribe({
    error: (error: unknown) => {
      fault = error;
    },
  });
  const step = (run: () => void): Outcome => {
    const recorded = collect(run);
    if (fault !== undefined) throw new Error('the machine threw', { cause: fault });
    return outcome(actor.getSnapshot(), recorded);
  };
  const start = step(() => actor.start());
  return {
    start,
    send: (event) => step(() => actor.send(event)),
    snapshot: () => actor.getSnapshot(),
  };
}

/** The same through `machine.transition` with one reused scope, as replay and verification do it. */
export function transitionOnce(
  machine: AnyStateMachine,
  input: unknown,
): (snapshot: AnyMachineSnapshot, event: AnyEventObject) => Outcome {
  const self = createActor(machine, { input, clock } as never);
  const scope: AnyActorScope = {
    self,
    id: '',
    sessionId: '',
    system: self.system,
    defer: () => undefined,
    logger: () => undefined,
    stopChild: () => undefined,
    emit: () => undefined,
    actionExecutor: (action) => {
      if (!action.type.startsWith('xstate.')) action.exec?.(action.info, action.params);
    },
  };
  return (snapshot, event) => {
    let after = snapshot;
    const recorded = collect(() => {
      after = machine.transition(snapshot, event, scope) as AnyMachineSnapshot;
    });
    return outcome(after, recorded);
  };
}

/** An actor rebuilt from nothing but the JSON of value and context takes one event. */
export function restoreAndSend(
  machine: AnyStateMachine,
  stored: AnyMachineSnapshot,
  event: AnyEventObject,
): { readonly atRestore: readonly Recorded[]; readonly after: Outcome } {
  const text = JSON.stringify({ value: stored.value, context: stored.context as unknown });
  const snapshot = {
    ...(JSON.parse(text) as object),
    status: 'active',
    historyValue: {},
    children: {},
  };
  const actor = createActor(machine, { input: {}, snapshot, clock } as never);
  actor.subscribe({ error: () => undefined });
  const atRestore = collect(() => actor.start());
  const recorded = collect(() => actor.send(event));
  return { atRestore, after: outcome(actor.getSnapshot(), recorded) };
}

function outcome(snapshot: AnyMachineSnapshot, recorded: readonly Recorded[]): Outcome {
  return { state: stateText(snapshot.value), context: snapshot.context, recorded };
}

export function stateText(value: unknown): string {
  if (typeof value === 'string') return value;
  return Object.entries(value as Record<string, unknown>)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([region, state]) => `${region}:${stateText(state)}`)
    .join(' ');
}

/** Turns the words of a script line into an event; `atMs` is 1000 × the number of the line. */
export type Vocabulary = Readonly<
  Record<string, (words: readonly string[], atMs: number) => AnyEventObject>
>;

/**
 * A script a trader can read: `event words => state`, each followed by its records as `+ …` lines.
 * The first line is `start => state`. `#` begins a comment.
 */
export function expectScript(
  machine: AnyStateMachine,
  input: unknown,
  vocabulary: Vocabulary,
  script: string,
): Run {
  const expected = script
    .split('\n')
    .map((line) => line.replace(/#.*$/u, '').trim().replaceAll(/\s+/gu, ' '))
    .filter((line) => line !== '');
  const run = runLive(machine, input);
  const actual: string[] = [];
  let atMs = 0;
  for (const line of expected) {
    if (line.startsWith('+')) continue;
    const [left = ''] = line.split(' => ');
    const [verb = '', ...words] = left.split(' ');
    const make = vocabulary[verb];
    if (verb !== 'start') {
      if (make === undefined) throw new Error(`the script knows the word ${verb}`);
      atMs += 1000;
    }
    const result = make === undefined ? run.start : run.send(make(words, atMs));
    actual.push(
      `${left} => ${result.state}`,
      ...result.recorded.map((one) => `+ ${recordText(one)}`),
    );
  }
  expect(actual.join('\n')).toBe(expected.join('\n'));
  return run;
}

/** One record in a line: what matters to a reader. */
export function recordText(recorded: Recorded): string {
  switch (recorded.type) {
    case 'message':
      return `${recorded.to} ${messageText(recorded.event)}`;
    case 'lock.create':
      return `lock.create ${recorded.input.lockId} ${recorded.input.kind}`;
    case 'timer.put':
      return `timer ${recorded.timer} at ${recorded.dueAtMs}`;
    case 'timer.delete':
      return `timer ${recorded.timer} off`;
    case 'intent':
      return `intent ${recorded.intent.side} ${recorded.intent.quantityLots}`;
    case 'order.place':
      return `place ${recorded.key} ${recorded.intent.side} ${recorded.intent.quantityLots}`;
    case 'orders.cancel':
      return `cancel ${recorded.which}${recorded.instrument === undefined ? '' : ` ${recorded.instrument}`}`;
    case 'exit.require':
      return `exit ${recorded.instrument} ${recorded.targetLots} for ${recorded.source}`;
    case 'alert':
      return `alert ${recorded.severity} ${recorded.code}`;
    case 'alert.send':
      return `send ${recorded.severity} ${recorded.code}`;
    case 'incident':
      return `incident ${recorded.code}`;
    case 'kill.cancelOrders':
      return `cancel of the kill ${recorded.key}`;
    case 'kill.takePicture':
      return 'picture';
    case 'kill.require':
      return `kill ${recorded.scope}`;
    case 'venue.submitOrder':
    case 'venue.cancelOrder':
    case 'venue.modifyOrder':
    case 'venue.queryOrder':
      return recorded.type;
  }
}

function messageText(event: object): string {
  const fields = event as Readonly<Record<string, unknown>>;
  const cause = fields['cause'];
  const name =
    typeof cause === 'object' && cause !== null && 'cause' in cause ? cause.cause : cause;
  const shown = [fields['type'], name, fields['instrument'], fields['lockId'], fields['on']];
  return shown.filter((one) => typeof one === 'string').join(' ');
}
