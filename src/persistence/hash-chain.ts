/**
 * The hash chain of the journal and the hashes of snapshots.
 *
 * A row's hash covers the hash of the row before it and every field of the row, so a changed,
 * missing or foreign row breaks the chain from there on. The chain says nothing about the process
 * that wrote it (no database id, no host): two runs with the same input have the same head hash.
 */
import { hash } from 'node:crypto';
import type { ActorState, JournalEntry } from '../ports/journal.port.ts';

/** Hash "before" the first row. */
export const genesisHash = hash('sha256', 'bulkhead journal, chain 1', 'hex');

/**
 * Hash of one row, 64 hexadecimal digits.
 *
 * Numbers end at a blank and texts carry their length, so no two rows have the same text.
 *
 * @param previous hash of row `seq - 1`, or `genesisHash`
 * @param monotonicMs as stored: whole milliseconds
 */
export function rowHash(
  previous: string,
  entry: Omit<JournalEntry, 'monotonicMs'>,
  monotonicMs: number,
  epoch: number,
): string {
  const { account, actor, machine, machineVersion, eventJson, fromState, toState } = entry;
  const diff = entry.contextDiffJson;
  return hash(
    'sha256',
    `${previous} ${entry.seq} ${entry.atMs} ${monotonicMs} ${epoch} ${entry.actorSeq} ${entry.causeSeq} ${entry.correlationSeq} ` +
      `${account.length}:${account}${actor.length}:${actor}${machine.length}:${machine}${machineVersion.length}:${machineVersion}` +
      `${eventJson.length}:${eventJson}${fromState.length}:${fromState}${toState.length}:${toState}${diff.length}:${diff}`,
    'hex',
  );
}

/** Hash of a snapshot: of everything that is read back from it. */
export function snapshotHash(state: ActorState): string {
  const { actor, account, machine, machineVersion, stateJson, contextJson } = state;
  return hash(
    'sha256',
    `${state.seq} ${state.actorSeq} ${actor.length}:${actor}${account.length}:${account}${machine.length}:${machine}` +
      `${machineVersion.length}:${machineVersion}${stateJson.length}:${stateJson}${contextJson.length}:${contextJson}`,
    'hex',
  );
}
