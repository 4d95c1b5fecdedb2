/**
 * Committed rows in the public shape of `@statelyai/inspect`, so that receivers of it understand the stream: one frame
 * when an actor is first seen, one for each event, one for each state that followed. Made from the journal, never from
 * an actor. Source: inspector 2.
 */
import { journalRedactor } from '../domain/classified-fields.ts';
import type { Sight } from '../domain/redaction.ts';
import type { ViewedRow } from '../ports/journal-view.port.ts';

/** Version of the public format that is followed. */
const formatVersion = '0.7.2';

type Base = {
  readonly sessionId: string;
  readonly rootId: string;
  /** Milliseconds since the epoch, as text. */
  readonly createdAt: string;
  // The public format has a null there.
  readonly id: null;
  readonly _version: string;
};
type Snapshot = {
  readonly status: 'active';
  readonly value: unknown;
  readonly context: unknown;
  readonly children: Readonly<Record<string, never>>;
};
export type StatelyFrame =
  | (Base & {
      readonly type: '@xstate.actor';
      readonly name: string;
      readonly parentId?: string;
      /** The machine as JSON text; told once for each machine. */
      readonly definition?: string;
      readonly snapshot: Snapshot;
    })
  | (Base & {
      readonly type: '@xstate.event';
      readonly event: unknown;
      readonly sourceId?: string;
    })
  | (Base & {
      readonly type: '@xstate.snapshot';
      readonly event: unknown;
      readonly snapshot: Snapshot;
    });

export type StatelySources = {
  /** The context of an actor now. */
  readonly contextOf: (actor: string) => unknown;
  readonly parentOf: (actor: string) => string;
  /** A machine's definition as JSON text. */
  readonly definitionOf: (machine: string) => string | undefined;
  /** The actor whose row caused another. */
  readonly actorOfRow: (seq: number) => string | undefined;
};

/** One reader: remembers which actors and machines it has been told. */
export class StatelyFrames {
  private readonly sources: StatelySources;
  private readonly sight: Sight;
  private readonly actors = new Set<string>();
  private readonly machines = new Set<string>();

  constructor(sources: StatelySources, sight: Sight) {
    this.sources = sources;
    this.sight = sight;
  }

  /** Rows of inputs belong to no actor and give nothing. */
  of(row: ViewedRow): readonly StatelyFrame[] {
    if (row.machine === 'input') return [];
    const base = baseOf(row);
    const event = journalRedactor.shown(JSON.parse(row.eventJson), this.sight);
    const snapshot: Snapshot = {
      status: 'active',
      value: row.toState === '' ? '' : (JSON.parse(row.toState) as unknown),
      context: journalRedactor.shown(this.sources.contextOf(row.actor), this.sight),
      children: {},
    };
    const source = row.causeSeq === 0 ? undefined : this.sources.actorOfRow(row.causeSeq);
    return [
      ...this.introduction(row, base, snapshot),
      Object.assign(
        { ...base, type: '@xstate.event', event } as const,
        source === undefined || source === '' ? {} : { sourceId: source },
      ),
      { ...base, type: '@xstate.snapshot', event, snapshot },
    ];
  }

  private introduction(row: ViewedRow, base: Base, snapshot: Snapshot): readonly StatelyFrame[] {
    if (this.actors.has(row.actor)) return [];
    this.actors.add(row.actor);
    const definition = this.machines.has(row.machine)
      ? undefined
      : this.sources.definitionOf(row.machine);
    this.machines.add(row.machine);
    const parentId = this.sources.parentOf(row.actor);
    return [
      {
        ...base,
        type: '@xstate.actor',
        name: row.actor,
        ...(parentId === '' ? {} : { parentId }),
        ...(definition === undefined ? {} : { definition }),
        snapshot,
      },
    ];
  }
}

function baseOf({ actor, account, atMs }: ViewedRow): Base {
  return {
    sessionId: actor,
    rootId: `account/${account}`,
    createdAt: String(atMs),
    id: null,
    _version: formatVersion,
  };
}
