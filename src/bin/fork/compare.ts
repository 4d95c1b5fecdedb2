/** The sandbox beside the journal: where they part, and how each actor ended. */
import type { ForkedActor, ForkReport } from '../../inspector/tool-reports.ts';
import type { ViewedRow } from '../../ports/journal-view.port.ts';
import { firstDifference } from '../replay-actors.ts';
import { recordedEvent, type RecordedState } from './recorded-past.ts';

type Step = { readonly seq: number; readonly event: string; readonly state: string };
type Path = Map<string, Step[]>;

/**
 * An actor that is made again carries the number of its row, which is another one in the sandbox: the first, second …
 * of a name are the same actor.
 */
export class Names {
  private readonly given = new Map<string, string>();
  private readonly counts = new Map<string, number>();

  of(actor: string): string {
    const base = /^(.+)#\d+$/u.exec(actor)?.[1];
    if (base === undefined) return actor;
    const known = this.given.get(actor);
    if (known !== undefined) return known;
    const count = (this.counts.get(base) ?? 0) + 1;
    this.counts.set(base, count);
    this.given.set(actor, `${base}#${count}`);
    return `${base}#${count}`;
  }
}

/** The desk of alerts remembers its own process. */
const uncompared: ReadonlySet<string> = new Set(['alerts']);

export function named<Value>(
  values: ReadonlyMap<string, Value>,
  names: Names,
): ReadonlyMap<string, Value> {
  return new Map([...values].map(([actor, value]) => [names.of(actor), value]));
}

/** Where actors went, without the steps that changed no state. */
export class Paths {
  private readonly paths: Path = new Map();
  private readonly last: Map<string, string>;
  private readonly names: Names;

  constructor(states: ReadonlyMap<string, RecordedState>, names: Names) {
    this.names = names;
    this.last = new Map([...states].map(([actor, { stateJson }]) => [names.of(actor), stateJson]));
  }

  take(row: ViewedRow): void {
    const { machine, toState: state, seq } = row;
    const actor = this.names.of(row.actor);
    if (machine === 'input' || uncompared.has(machine) || this.last.get(actor) === state) return;
    this.last.set(actor, state);
    const path = this.paths.get(actor) ?? [];
    path.push({ seq, event: recordedEvent(row).type, state });
    this.paths.set(actor, path);
  }

  /** The earliest step, by the journal's order, in which an actor of the sandbox went another way. */
  divergenceFrom(journal: Paths): ForkReport['firstDivergence'] {
    const found = [...new Set([...this.paths.keys(), ...journal.paths.keys()])].flatMap((actor) =>
      partingOf(actor, this.paths.get(actor) ?? [], journal.paths.get(actor) ?? []),
    );
    // Steps that the journal does not have stand behind those that it has.
    return (
      found.filter(({ seq }) => seq > 0).toSorted((one, other) => one.seq - other.seq)[0] ??
      found[0]
    );
  }
}

type Parting = NonNullable<ForkReport['firstDivergence']>;

const noStep: Step = { seq: 0, event: '', state: '' };

/** Where the two ways of one actor part, if they do. */
function partingOf(
  actor: string,
  sandbox: readonly Step[],
  journal: readonly Step[],
): readonly Parting[] {
  const length = Math.max(sandbox.length, journal.length);
  for (let index = 0; index < length; index += 1) {
    const one = sandbox[index] ?? noStep;
    const other = journal[index] ?? noStep;
    if (one.state === other.state) continue;
    const event = one.event === '' ? other.event : one.event;
    return [{ seq: other.seq, actor, event, sandbox: one.state, journal: other.state }];
  }
  return [];
}

const noState: RecordedState = { account: '', machine: '', stateJson: '', context: {} };

export function endsOf(
  sandbox: ReadonlyMap<string, RecordedState>,
  journal: ReadonlyMap<string, RecordedState>,
): readonly ForkedActor[] {
  const ids = [...new Set([...sandbox.keys(), ...journal.keys()])].toSorted();
  return ids.flatMap((actor) => {
    const ended = endOf(actor, sandbox.get(actor) ?? noState, journal.get(actor) ?? noState);
    return ended === undefined ? [] : [ended];
  });
}

function endOf(actor: string, one: RecordedState, other: RecordedState): ForkedActor | undefined {
  const known = one === noState ? other : one;
  if (uncompared.has(known.machine)) return undefined;
  const isSame = one.stateJson === other.stateJson;
  const { account } = known;
  const ended = { actor, account, isSame, sandbox: one.stateJson, journal: other.stateJson };
  const found = isSame ? firstDifference(comparable(other), comparable(one), '') : undefined;
  return found === undefined
    ? ended
    : { ...ended, difference: `${found.actual} instead of ${found.expected}` };
}

/** Names in a context are those of the actors: without the numbers of their rows. */
function comparable({ context }: RecordedState): unknown {
  const text = JSON.stringify(context);
  return JSON.parse(text.replaceAll(/#\d+/gu, '#')) as unknown;
}
