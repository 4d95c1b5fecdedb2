/** One actor's snapshot and the rows after it, found by the chain of its rows. */
import { invariant } from '../kernel/assert.ts';
import type { ActorState } from '../ports/journal.port.ts';
import type { IndexedActor } from './actor-index.ts';
import { FoldedActor } from './fold.ts';
import type { JournalRow, RowReader } from './rows.ts';
import { stateOf, type Snapshots } from './snapshots.ts';

export type StoredHistory = { readonly before?: ActorState; readonly rows: readonly JournalRow[] };

/** Undefined when the actor never had a row. */
export function readHistory(
  known: IndexedActor | undefined,
  snapshots: Snapshots,
  reader: RowReader,
): StoredHistory | undefined {
  if (known === undefined) return undefined;
  const snapshot = snapshots.read(known.id);
  const rows: JournalRow[] = [];
  for (let seq = known.seq; seq > (snapshot?.seq ?? 0); seq = rows.at(-1)?.previousSeq ?? 0) {
    const row = reader.row(seq);
    invariant(
      row?.actor === known.name,
      () => `row ${seq} is one of ${known.name}, was of ${row?.actor}`,
    );
    rows.push(row);
  }
  return {
    ...(snapshot === undefined ? {} : { before: stateOf(snapshot) }),
    rows: rows.toReversed(),
  };
}

/** What the history adds up to. */
export function foldHistory({ before, rows }: StoredHistory): ActorState | undefined {
  let folded = before === undefined ? undefined : FoldedActor.ofSnapshot(before);
  for (const row of rows) {
    if (folded === undefined) folded = FoldedActor.ofFirstRow(row);
    else folded.apply(row);
  }
  return folded?.result();
}
