/** Snapshots: a cache of the fold, never the truth; each carries a hash of its body. */
import type Database from 'better-sqlite3';
import type { ActorState } from '../ports/journal.port.ts';
import { snapshotHash } from './hash-chain.ts';
import { schemaVersion } from './schema.ts';

export type StoredSnapshot = ActorState & { readonly actorId: number; readonly bodyHash: string };

const columns = `s.actor AS actorId, coalesce(a.name, '?') AS actor, coalesce(a.account, '?') AS account,
  coalesce(a.machine, '?') AS machine, coalesce(v.version, '?') AS machineVersion,
  s.actor_seq AS actorSeq, s.seq, s.state_json AS stateJson, s.context_json AS contextJson,
  s.body_hash AS bodyHash
  FROM snapshot s LEFT JOIN actor a ON a.id = s.actor LEFT JOIN machine_version v ON v.id = s.machine_ver`;

export class Snapshots {
  private readonly all: Database.Statement<[], StoredSnapshot>;
  private readonly one: Database.Statement<[number], StoredSnapshot>;
  private readonly put: Database.Statement<
    [number, number, number, number, number, string, string, string]
  >;

  constructor(database: Database.Database) {
    this.all = database.prepare(`SELECT ${columns} ORDER BY s.actor`);
    this.one = database.prepare(`SELECT ${columns} WHERE s.actor = ?`);
    this.put = database.prepare(
      `INSERT INTO snapshot VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
         seq = excluded.seq, actor_seq = excluded.actor_seq, machine_ver = excluded.machine_ver,
         schema_ver = excluded.schema_ver, state_json = excluded.state_json,
         context_json = excluded.context_json, body_hash = excluded.body_hash`,
    );
  }

  readAll(): readonly StoredSnapshot[] {
    return this.all.all();
  }

  read(actorId: number): StoredSnapshot | undefined {
    return this.one.get(actorId);
  }

  write(actorId: number, versionId: number, state: ActorState): void {
    const { seq, actorSeq, stateJson, contextJson } = state;
    const body = snapshotHash(state);
    this.put.run(actorId, seq, actorSeq, versionId, schemaVersion, stateJson, contextJson, body);
  }
}

/** Why a snapshot cannot be used; undefined when it can. */
export function snapshotProblem(snapshot: StoredSnapshot): string | undefined {
  if (snapshotHash(snapshot) === snapshot.bodyHash) return undefined;
  return `the snapshot of ${snapshot.actor} does not have the hash of its content`;
}

/** The state a snapshot holds, without what belongs to its storage. */
export function stateOf(snapshot: StoredSnapshot): ActorState {
  const { actor, account, machine, machineVersion, actorSeq, seq, stateJson, contextJson } =
    snapshot;
  return { actor, account, machine, machineVersion, actorSeq, seq, stateJson, contextJson };
}
