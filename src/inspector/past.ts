/**
 * Any moment of the past, folded from the journal: one actor, or a whole account. Steps forward are cheap; a jump folds
 * from the nearest picture that is kept. Source: inspector 3 (Rewind), acceptance case 4.
 */
import { applyContextDiff } from '../domain/context-diff.ts';
import type { JournalView, ViewedRow } from '../ports/journal-view.port.ts';

export type PastActor = {
  readonly id: string;
  readonly account: string;
  readonly kind: string;
  readonly machineVersion: string;
  readonly stateJson: string;
  readonly context: Readonly<Record<string, unknown>>;
  readonly seq: number;
  readonly steps: number;
};

/** The states of every actor of an account after a row. */
export type PastAccount = {
  readonly seq: number;
  readonly atMs: number;
  readonly actors: ReadonlyMap<string, PastActor>;
};

const rowsPerLook = 500;
/** A picture is kept for every so many rows of the journal, and so many of them at most. */
const rowsPerPicture = 5_000;
const picturesMax = 64;
/** Around what is looked at they stand closer, so that a step back is as short as a step forward. */
const rowsPerNearPicture = 100;
const nearPicturesMax = 80;

/** One actor after a row of its own; undefined when it had none by then. */
export function actorAt(view: JournalView, id: string, seq: number): PastActor | undefined {
  const rows = view.rowsOfActor(id, seq + 1, Number.MAX_SAFE_INTEGER);
  let actor: PastActor | undefined;
  for (const row of rows.toReversed()) actor = applied(actor, row);
  return actor;
}

type Kept = {
  /** Over the whole journal, by seq. */
  readonly far: PastAccount[];
  /** The last that were passed or asked for, oldest look first. */
  near: readonly PastAccount[];
};

export class PastAccounts {
  private readonly view: JournalView;
  private readonly pictures = new Map<string, Kept>();

  constructor(view: JournalView) {
    this.view = view;
  }

  /** The account after the row `seq`. */
  at(account: string, seq: number): PastAccount {
    const kept = this.pictures.get(account) ?? { far: [], near: [] };
    this.pictures.set(account, kept);
    let picture = nearestOf(kept, seq);
    while (picture.seq < seq) {
      const toSeq = nextStop(picture.seq, seq);
      const next = this.foldOn(picture, account, toSeq);
      if (next.seq === picture.seq) break;
      picture = next;
      if (next.seq === toSeq) keep(kept, picture, seq);
    }
    return picture;
  }

  private foldOn(from: PastAccount, account: string, toSeq: number): PastAccount {
    const actors = new Map(from.actors);
    let { seq, atMs } = from;
    while (seq < toSeq) {
      const rows = this.view.rowsAfter(seq, Math.min(rowsPerLook, toSeq - seq));
      if (rows.length === 0) break;
      for (const row of rows) {
        // A journal that was made of a bundle has gaps: the next row may be further on.
        if (row.seq > toSeq) return { seq: toSeq, atMs, actors };
        ({ seq, atMs } = row);
        if (row.account === account && row.machine !== 'input')
          actors.set(row.actor, applied(actors.get(row.actor), row));
      }
    }
    return { seq, atMs, actors };
  }
}

const nothing: PastAccount = { seq: 0, atMs: 0, actors: new Map() };

function nearestOf({ far, near }: Kept, seq: number): PastAccount {
  let best = far.findLast((one) => one.seq <= seq) ?? nothing;
  for (const one of near) if (one.seq <= seq && one.seq > best.seq) best = one;
  return best;
}

/** Multiples of the spacing are kept; close to the goal they are close to each other. */
function nextStop(from: number, seq: number): number {
  const isNear = seq - from <= 2 * rowsPerPicture;
  const spacing = isNear ? rowsPerNearPicture : rowsPerPicture;
  return Math.min(seq, from - (from % spacing) + spacing);
}

/** Pictures are immutable states in a new map: keeping one is cheap. At the bound every second one is given up. */
function keep(kept: Kept, picture: PastAccount, goal: number): void {
  const { far } = kept;
  if (picture.seq % rowsPerPicture === 0 && !far.some(({ seq }) => seq === picture.seq)) {
    far.push(picture);
    far.sort((one, other) => one.seq - other.seq);
    if (far.length > picturesMax)
      far.splice(0, far.length, ...far.filter((_, index) => index % 2 === 0));
  }
  if (goal - picture.seq > 2 * rowsPerPicture) return;
  const others = kept.near.filter(({ seq }) => seq !== picture.seq);
  kept.near = [...others, picture].slice(-nearPicturesMax);
}

function applied(before: PastActor | undefined, row: ViewedRow): PastActor {
  return {
    id: row.actor,
    account: row.account,
    kind: row.machine,
    machineVersion: row.machineVersion,
    stateJson: row.toState,
    context: applyContextDiff(before?.context ?? {}, row.contextDiffJson),
    seq: row.seq,
    steps: row.actorSeq,
  };
}

export type Change = {
  readonly actor: string;
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
};

/** What differs between two moments of an account, leaf by leaf. */
export function changesBetween(before: PastAccount, after: PastAccount): readonly Change[] {
  const changes: Change[] = [];
  const ids = new Set([...before.actors.keys(), ...after.actors.keys()]);
  for (const id of [...ids].toSorted()) {
    const [one, other] = [before.actors.get(id), after.actors.get(id)];
    if (one === other) continue;
    compare(
      { state: one?.stateJson, context: one?.context },
      { state: other?.stateJson, context: other?.context },
      '',
      (path, was, is) => changes.push({ actor: id, path, before: was, after: is }),
    );
  }
  return changes;
}

function compare(
  before: unknown,
  after: unknown,
  path: string,
  report: (path: string, before: unknown, after: unknown) => void,
): void {
  if (Object.is(before, after)) return;
  if (!isPlain(before) || !isPlain(after)) {
    if (JSON.stringify(before) !== JSON.stringify(after)) report(path, before, after);
    return;
  }
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)]))
    compare(before[key], after[key], path === '' ? key : `${path}.${key}`, report);
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
