/**
 * Every actor with its present state, kept by folding the journal's tail. The journal is the only source: nothing asks
 * an actor. Source: inspector 2.
 */
import { applyContextDiff } from '../domain/context-diff.ts';
import { isClosed, type ExecutionState } from '../domain/order.ts';
import type { JournalView, ViewedRow } from '../ports/journal-view.port.ts';
import type { ActorState } from '../ports/journal.port.ts';
import { AccountActors } from './account-actors.ts';
import type { ActorSummary, IndexPage } from './protocol.ts';
import { remembered } from './remembered.ts';

/** Rows of one look: short, so that the log can be checkpointed. */
const rowsPerLook = 1_000;

export type IndexedActor = {
  readonly id: string;
  readonly account: string;
  readonly kind: string;
  machineVersion: string;
  stateJson: string;
  /** Text until somebody needs it as data. */
  context: string | Readonly<Record<string, unknown>>;
  steps: number;
  lastSeq: number;
  lastAtMs: number;
  lastEvent: string;
};

export type IndexQuery = {
  readonly after?: string | undefined;
  readonly limit: number;
  readonly account?: string | undefined;
  readonly kind?: string | undefined;
  readonly q?: string | undefined;
  readonly unhealthy?: '0' | '1' | undefined;
  /** `0`: without actors that are over. */
  readonly passive?: '0' | '1' | undefined;
};

export class ActorIndex {
  /** Last row that is taken in. */
  seq = 0;
  private readonly view: JournalView;
  private readonly actors = new Map<string, IndexedActor>();
  private readonly byAccount = new AccountActors<IndexedActor>(isOpenOrder);
  /** Ids in the order of the tree; rebuilt when an actor is new. */
  private sorted: readonly string[] | undefined;
  private quarantined: ReadonlyMap<string, string> = new Map();
  private readonly restarts = new Map<string, number>();

  constructor(view: JournalView) {
    this.view = view;
  }

  /** Reads the state of everything that is committed: at the start, and when that is shorter than going on. */
  load(): void {
    this.seq = this.view.head.seq;
    this.sorted = undefined;
    for (const state of this.view.states()) {
      this.put(indexed(state));
      this.seq = Math.max(this.seq, state.seq);
    }
    this.lookAtFaults();
  }

  /** Takes in what was committed since. @returns ids of the actors that changed, and the rows */
  advance(): { readonly changed: ReadonlySet<string>; readonly rows: readonly ViewedRow[] } {
    const changed = new Set<string>();
    const rows: ViewedRow[] = [];
    for (;;) {
      const news = this.view.rowsAfter(this.seq, rowsPerLook);
      for (const row of news) {
        this.seq = row.seq;
        rows.push(row);
        if (row.machine === 'input') continue;
        this.apply(row);
        changed.add(row.actor);
      }
      if (news.length < rowsPerLook) break;
    }
    for (const id of this.lookAtFaults()) changed.add(id);
    return { changed, rows };
  }

  get size(): number {
    return this.actors.size;
  }

  get(id: string): IndexedActor | undefined {
    return this.actors.get(id);
  }

  ofAccount(account: string): readonly IndexedActor[] {
    return this.byAccount.ofAccount(account);
  }

  ofKind(account: string, kind: string): readonly IndexedActor[] {
    return this.byAccount.ofKind(account, kind);
  }

  /** Orders of the account that may still fill. */
  openOrdersOf(account: string): number {
    return this.byAccount.openOrdersOf(account);
  }

  accounts(): readonly string[] {
    return this.byAccount.accounts();
  }

  /** Ids of actors of the account that are in quarantine. */
  quarantinedOf(account: string): readonly string[] {
    return [...this.quarantined.keys()].filter((id) => this.actors.get(id)?.account === account);
  }

  quarantineOf(id: string): string | undefined {
    return this.quarantined.get(id);
  }

  summary(id: string): ActorSummary | undefined {
    const actor = this.actors.get(id);
    if (actor === undefined) return undefined;
    this.lookAtLastRow(actor);
    const reason = this.quarantined.get(id);
    const restarts = this.restarts.get(id) ?? 0;
    return {
      id,
      kind: actor.kind,
      account: actor.account,
      parent: parentOf(id, actor.account),
      state: stateText(actor.stateJson),
      status: reason === undefined ? (isPassive(actor) ? 'passive' : 'live') : 'quarantined',
      restarts,
      waiting: this.waiting(id).length,
      steps: actor.steps,
      lastSeq: actor.lastSeq,
      lastAtMs: actor.lastAtMs,
      lastEvent: actor.lastEvent,
      ...(reason === undefined ? {} : { alarm: reason }),
    };
  }

  /** Messages that wait for an actor that is down. */
  waiting(id: string): readonly { readonly event: string }[] {
    if (!this.quarantined.has(id)) return [];
    const text = this.view.value(`mailbox.${id}`);
    if (text === undefined) return [];
    const messages = JSON.parse(text) as readonly { readonly event: { readonly type: string } }[];
    return messages.map(({ event }) => ({ event: event.type }));
  }

  page(query: IndexQuery): IndexPage {
    const { after, limit } = query;
    const words = (query.q ?? '').toLowerCase();
    const matching = this.ids().filter((id) => this.matches(id, words, query));
    const start = after === undefined ? 0 : matching.findIndex((id) => id > after);
    const page = start === -1 ? [] : matching.slice(start, start + limit);
    const rows = page.flatMap((id) => this.summary(id) ?? []);
    const isMore = start !== -1 && start + limit < matching.length;
    const next = page.at(-1);
    return { rows, total: matching.length, ...(isMore && next !== undefined ? { next } : {}) };
  }

  private matches(
    id: string,
    words: string,
    { account, kind, unhealthy, passive }: IndexQuery,
  ): boolean {
    const actor = this.actors.get(id);
    if (actor === undefined) return false;
    if (account !== undefined && actor.account !== account) return false;
    if (kind !== undefined && actor.kind !== kind) return false;
    const isUnwell = this.quarantined.has(id) || this.restarts.has(id);
    if (unhealthy === '1' && !isUnwell) return false;
    if (passive === '0' && !isUnwell && isPassive(actor)) return false;
    return hasWords(actor, words);
  }

  /** A snapshot does not say when its last step was: the row does, and is read when somebody looks. */
  private lookAtLastRow(actor: IndexedActor): void {
    if (actor.lastAtMs !== 0) return;
    const row = this.view.row(actor.lastSeq);
    if (row === undefined) return;
    actor.lastAtMs = row.atMs;
    actor.lastEvent = eventType(row.eventJson);
  }

  private ids(): readonly string[] {
    this.sorted ??= [...this.actors.keys()].toSorted((one, other) =>
      one < other ? -1 : one > other ? 1 : 0,
    );
    return this.sorted;
  }

  private put(actor: IndexedActor): void {
    this.actors.set(actor.id, actor);
    this.byAccount.put(actor);
  }

  private apply(row: ViewedRow): void {
    const known = this.actors.get(row.actor);
    if (known === undefined) {
      this.put({
        id: row.actor,
        account: row.account,
        kind: row.machine,
        machineVersion: row.machineVersion,
        stateJson: row.toState,
        context: row.contextDiffJson,
        steps: row.actorSeq,
        lastSeq: row.seq,
        lastAtMs: row.atMs,
        lastEvent: eventType(row.eventJson),
      });
      this.sorted = undefined;
      return;
    }
    known.machineVersion = row.machineVersion;
    if (known.stateJson !== row.toState) {
      known.stateJson = row.toState;
      this.byAccount.stateChanged(known);
    }
    known.steps = row.actorSeq;
    known.lastSeq = row.seq;
    known.lastAtMs = row.atMs;
    known.lastEvent = eventType(row.eventJson);
    if (row.contextDiffJson !== '{}')
      known.context = applyContextDiff(contextOf(known), row.contextDiffJson);
  }

  /** @returns ids whose health changed */
  private lookAtFaults(): readonly string[] {
    const before = this.quarantined;
    this.quarantined = new Map(
      this.view.quarantines().map(({ actor, reason }) => [actor, reason] as const),
    );
    const changed: string[] = [];
    for (const id of before.keys()) if (!this.quarantined.has(id)) changed.push(id);
    for (const id of this.quarantined.keys()) if (!before.has(id)) changed.push(id);
    this.restarts.clear();
    for (const { actor } of this.view.crashes(crashesCounted))
      this.restarts.set(actor, (this.restarts.get(actor) ?? 0) + 1);
    return changed;
  }
}

const crashesCounted = 1_000;

/** The context as data; parsed once. */
export function contextOf(actor: IndexedActor): Readonly<Record<string, unknown>> {
  if (typeof actor.context === 'string')
    actor.context = JSON.parse(actor.context) as Record<string, unknown>;
  return actor.context;
}

function indexed(state: ActorState): IndexedActor {
  return {
    id: state.actor,
    account: state.account,
    kind: state.machine,
    machineVersion: state.machineVersion,
    stateJson: state.stateJson,
    context: state.contextJson,
    steps: state.actorSeq,
    lastSeq: state.seq,
    lastAtMs: 0,
    lastEvent: '',
  };
}

/** `account/A1/order/BH-1` stands under `account/A1/order`, and that under the account. */
export function parentOf(id: string, account: string): string {
  const root = `account/${account}`;
  if (id === root) return '';
  const group = id.slice(0, id.lastIndexOf('/'));
  return group.length <= root.length ? root : group;
}

/** Rows begin with the type of their event, so that most need not be parsed for it. */
const typeFirst = /^\{"type":"([^"\\]*)"/u;

export function eventType(eventJson: string): string {
  const found = typeFirst.exec(eventJson)?.[1];
  if (found !== undefined) return found;
  return (JSON.parse(eventJson) as { readonly type?: string }).type ?? '';
}

/** `working`, or `execution:working request:none` of parallel regions. */
export const stateText = remembered((stateJson: string): string =>
  stateJson === '' ? '' : textOf(JSON.parse(stateJson)),
);

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return Object.entries(value as Record<string, unknown>)
    .map(([region, inner]) => `${region}:${textOf(inner)}`)
    .join(' ');
}

/** Paths of the active states, as a chart names them. */
export const activePaths = remembered((stateJson: string): readonly string[] => {
  const paths: string[] = [];
  const walk = (value: unknown, prefix: string): void => {
    if (typeof value === 'string') {
      paths.push(`${prefix}${value}`);
      return;
    }
    for (const [key, inner] of Object.entries(value as Record<string, unknown>)) {
      paths.push(`${prefix}${key}`);
      walk(inner, `${prefix}${key}.`);
    }
  };
  if (stateJson !== '') walk(JSON.parse(stateJson), '');
  return paths;
});

function hasWords({ id, stateJson }: IndexedActor, words: string): boolean {
  return (
    words === '' || id.toLowerCase().includes(words) || stateJson.toLowerCase().includes(words)
  );
}

const endStates = /^(?:expired|cleared|filled|canceled|rejected|denied|failed)$/u;

function isPassive({ kind, stateJson }: IndexedActor): boolean {
  return (kind === 'order' || kind === 'lock') && isOver(stateJson);
}

/** A lock has one state; of an order its execution counts. */
const isOver = remembered((stateJson: string): boolean => {
  const paths = activePaths(stateJson);
  const execution = paths.find((path) => path.startsWith('execution.'))?.slice('execution.'.length);
  return endStates.test(execution ?? paths[0] ?? '');
});

/** An order that may still fill. */
export function isOpenOrder({ kind, stateJson }: IndexedActor): boolean {
  return kind === 'order' && isOpenState(stateJson);
}

const isOpenState = remembered((stateJson: string): boolean => {
  if (stateJson === '') return false;
  const { execution } = JSON.parse(stateJson) as { readonly execution?: unknown };
  return typeof execution === 'string' && !isClosed(execution as ExecutionState);
});
