/**
 * What the inspector's server and its page say to each other, version 1. Shapes of requests are schemas, because what
 * comes in is not trusted; shapes of answers are types. Money and prices are decimal text, times are ms since the epoch.
 *
 * A value that its class keeps from a reader is `{ redacted: class }`. Source: inspector 2 and 3, security 1.
 */
import { z } from 'zod';
import { SecretText } from '../domain/classified-fields.ts';
import type { Role } from '../domain/operator.ts';

/** Counted up when a shape changes in a way that an older page would not understand. */
export const protocolVersion = 1;

export const Id = z.string().min(1).max(200);
export const Seq = z.coerce.number().int().min(0);
const pageSize = (max: number) => z.coerce.number().int().min(1).max(max).default(max);

export const SessionRequest = z.strictObject({ token: SecretText.min(16).max(200) });
export type SessionAnswer = {
  readonly role: Role;
  /** Goes back in the header `x-bulkhead-csrf` with everything that changes something. */
  readonly csrf: string;
  /** Absent: all. */
  readonly accounts?: readonly string[];
  readonly expiresAtMs: number;
};

export type Hello = {
  readonly protocol: number;
  readonly version: string;
  readonly role: Role;
  readonly mode: string;
  readonly epoch: number;
  readonly headSeq: number;
  readonly headHash: string;
  readonly atMs: number;
  readonly isRunning: boolean;
  /** Verbs that end or change something are on. */
  readonly allowActions: boolean;
  readonly accounts: readonly string[];
  readonly csrf: string;
};

/** One limit on the wall: how much is used of it. */
export type LimitBar = {
  readonly ruleId: string;
  readonly title: string;
  readonly observed: string;
  readonly limit: string;
  readonly headroom: string;
  /** 0 to 100 and above; absent when it is not known. */
  readonly usedPercent?: number;
};

export type LockView = {
  readonly lockId: string;
  readonly source: string;
  readonly scope: string;
  readonly kind: string;
  readonly reason: string;
  readonly sinceMs: number;
  readonly untilMs?: number;
  readonly isIrrevocable: boolean;
};

export type WallAccount = {
  readonly account: string;
  readonly mode: string;
  readonly tradingState: 'ACTIVE' | 'REDUCING' | 'LOCKED' | 'HALTED';
  readonly causes: readonly {
    readonly name: string;
    readonly reason: string;
    readonly sinceMs: number;
  }[];
  readonly realized: string;
  readonly fees: string;
  readonly net: string;
  /** `unknown` without prices. */
  readonly unrealized: string;
  readonly balance: string;
  readonly limits: readonly LimitBar[];
  readonly positions: readonly {
    readonly instrument: string;
    readonly quantity: string;
    readonly average: string;
    readonly unrealized: string;
  }[];
  readonly openOrders: number;
  readonly inDoubt: number;
  readonly quarantined: number;
  readonly locks: readonly LockView[];
  readonly killed: boolean;
  readonly alarms: readonly string[];
};

export type EngineHealth = {
  readonly isRunning: boolean;
  readonly headSeq: number;
  readonly lastRowAtMs: number;
  readonly nowMs: number;
  readonly commitMsP99?: number;
  readonly feedAgeMs?: number;
  readonly clockOffsetMs?: number;
  readonly diskFreeBytes: number;
  readonly journalBytes: number;
  readonly evaluator?: string;
  readonly actors: number;
  /** Committed rows that this picture does not hold yet. */
  readonly lagRows: number;
  /** Newest row that a stored state of an actor holds: a start reads on from there. */
  readonly checkpointSeq: number;
  /** Inputs of the engine that wait to be handled. */
  readonly waiting?: number;
};

export type Wall = { readonly accounts: readonly WallAccount[]; readonly engine: EngineHealth };

/** One actor in the tree. */
export type ActorSummary = {
  readonly id: string;
  readonly kind: string;
  readonly account: string;
  readonly parent: string;
  /** Active states as text, `execution:working request:none`. */
  readonly state: string;
  readonly status: 'live' | 'restarting' | 'quarantined' | 'passive';
  readonly restarts: number;
  readonly waiting: number;
  readonly steps: number;
  readonly lastSeq: number;
  readonly lastAtMs: number;
  readonly lastEvent: string;
  readonly alarm?: string;
};

export const IndexRequest = z.strictObject({
  after: Id.optional(),
  limit: pageSize(500),
  account: Id.optional(),
  kind: Id.optional(),
  q: z.string().max(200).optional(),
  unhealthy: z.enum(['0', '1']).optional(),
  /** `0`: without orders and locks that are over. */
  passive: z.enum(['0', '1']).optional(),
});
export type IndexPage = {
  readonly rows: readonly ActorSummary[];
  readonly next?: string;
  readonly total: number;
};

export type RowSummary = {
  readonly seq: number;
  readonly atMs: number;
  readonly account: string;
  readonly actor: string;
  readonly actorSeq: number;
  readonly machine: string;
  readonly event: string;
  readonly from: string;
  readonly to: string;
  readonly causeSeq: number;
  readonly correlationSeq: number;
  /** Breaches, locks, denials, crashes, doubts: what people look for. */
  readonly importance: 'anomaly' | 'decision' | 'normal';
};

export type RowDetail = RowSummary & {
  readonly body: unknown;
  readonly contextDiff: unknown;
  readonly hash: string;
  readonly epoch: number;
};

export const RowsRequest = z.strictObject({
  after: Seq.optional(),
  before: Seq.optional(),
  limit: pageSize(500),
  account: Id.optional(),
  actor: Id.optional(),
  type: Id.optional(),
  q: z.string().max(200).optional(),
  importance: z.enum(['anomaly', 'decision']).optional(),
});
export type RowsPage = { readonly rows: readonly RowSummary[]; readonly next?: number };

export const ActorRequest = z.strictObject({ id: Id, at: Seq.optional() });
export const HistoryRequest = z.strictObject({
  id: Id,
  before: Seq.optional(),
  limit: pageSize(200),
});

/** A transition that could be taken from here, and what keeps it from being taken. */
export type NextTransition = {
  readonly source: string;
  /** Place among the transitions of its state for its event, in the order in which they are tried. */
  readonly index: number;
  readonly event: string;
  readonly guard?: string;
  readonly targets: readonly string[];
  readonly isInnermost: boolean;
  /** What its guard says of the data as it is: `needsEvent` where the event itself decides. */
  readonly now?: 'met' | 'notMet' | 'needsEvent';
  /** What its guard said when such an event came last, from a state in which it was asked. */
  readonly lastAsked?: { readonly seq: number; readonly isMet: boolean };
};

/** A guard that was asked in the step that is shown. */
export type GuardStep = {
  readonly source: string;
  readonly event: string;
  readonly guard: string;
  readonly targets: readonly string[];
  readonly isMet: boolean;
};

export type ActorDetail = {
  readonly summary: ActorSummary;
  /** The row that it is shown after; 0 before the first. */
  readonly seq: number;
  readonly isPast: boolean;
  readonly machine: { readonly id: string; readonly version: string; readonly hash: string };
  /** Paths of the active states in the chart. */
  readonly active: readonly string[];
  readonly context: unknown;
  readonly lastRow?: RowDetail;
  readonly next: readonly NextTransition[];
  /** Guards of the step that is shown, in the order in which they were tried; empty where nobody can say any more. */
  readonly guards: readonly GuardStep[];
  readonly timers: readonly {
    readonly name: string;
    readonly dueAtMs: number;
    readonly event: string;
    /** The step that set it; absent where it cannot be found any more. */
    readonly setBySeq?: number;
  }[];
  /** False: of this moment nobody can say any more which timers were set. */
  readonly areTimersKnown: boolean;
  /** It crashed and waits to be restarted: between these two moments. */
  readonly restart?: { readonly earliestMs: number; readonly latestMs: number };
  readonly effects: readonly {
    readonly id: string;
    readonly kind: string;
    readonly state: string;
    readonly causeSeq: number;
  }[];
  readonly mailbox: readonly { readonly event: string }[];
  readonly crashes: readonly {
    readonly atMs: number;
    readonly kind: string;
    readonly message: string;
    readonly stack: string;
    readonly event: string;
  }[];
  readonly previousSeq?: number;
  readonly nextSeq?: number;
};
