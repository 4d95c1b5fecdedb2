/** Reports and frames of the inspector's protocol; see protocol.ts for its rules. Source: inspector 2, 3 and 5. */
import { z } from 'zod';
import type { OperatorAnswer } from '../domain/operator.ts';
import type { Redacted } from '../domain/redaction.ts';
import { Id, Seq, type ActorSummary, type Hello, type RowSummary, type Wall } from './protocol.ts';

export type WhyStep = {
  readonly seq: number;
  readonly atMs: number;
  readonly title: string;
  readonly actor: string;
  readonly event: string;
  readonly facts: readonly {
    readonly name: string;
    readonly value: string;
    readonly ageMs?: number;
  }[];
};

export const WhyRequest = z.strictObject({
  seq: Seq.optional(),
  order: Id.optional(),
  lock: Id.optional(),
  denial: Id.optional(),
});
export type WhyReport = {
  readonly subject: string;
  readonly account: string;
  /** One sentence with the numbers. */
  readonly verdict: string;
  /** From the first cause to the effect. */
  readonly chain: readonly WhyStep[];
  /** The smallest change of one value that would have given another verdict. */
  readonly counterfactual?: string;
  /** `rule`: tried with the rule itself on what the journal tells; `figures`: computed from the figures of the verdict. */
  readonly counterfactualBy?: 'rule' | 'figures';
};

export const RewindRequest = z.strictObject({ account: Id, at: Seq });
export type AccountPicture = {
  readonly account: string;
  readonly seq: number;
  readonly atMs: number;
  readonly tradingState: string;
  readonly ledger: Readonly<Record<string, unknown>>;
  readonly actors: readonly {
    readonly id: string;
    readonly kind: string;
    readonly state: string;
    readonly context: unknown;
    readonly seq: number;
  }[];
  readonly previousSeq?: number;
  readonly nextSeq?: number;
  readonly previousAnomalySeq?: number;
  readonly nextAnomalySeq?: number;
};

export const DiffRequest = z.strictObject({ account: Id, a: Seq, b: Seq });
export type DiffReport = {
  readonly changes: readonly {
    readonly actor: string;
    readonly path: string;
    readonly before: unknown;
    readonly after: unknown;
  }[];
};

export const BlastRequest = z.strictObject({ id: Id });
export type BlastReport = {
  readonly id: string;
  /** Stamp that a command about this subject must carry. */
  readonly seq: number;
  readonly dependents: readonly string[];
  readonly inFlight: readonly { readonly orderId: string; readonly text: string }[];
  readonly unprotected: readonly { readonly instrument: string; readonly quantity: string }[];
  readonly ifRestarted: string;
  readonly ifPaused: string;
  readonly ifItDies: string;
};

export type RuleCell = {
  readonly account: string;
  readonly ruleId: string;
  readonly title: string;
  readonly state: string;
  readonly isEnabled: boolean;
  readonly verdict: string;
  readonly observed: string;
  readonly limit: string;
  readonly headroom: string;
  readonly usedPercent?: number;
  readonly atMs?: number;
  /** Where it is judged: by a worker, on the engine's own thread, or by both. Absent while no engine runs. */
  readonly judgedBy?: string;
  /** The largest order that it would let pass now, `MNQ: buy 3, sell 5`. Absent where it has no say, or nobody knows. */
  readonly largestOrder?: string;
  readonly lockUntilMs?: number;
  readonly entities: readonly {
    readonly entity: string;
    readonly verdict: string;
    readonly observed: string;
    readonly limit: string;
    readonly headroom: string;
    readonly atMs: number;
  }[];
};

/** What the last start restored, what it could not know, and how long it took. */
export type StartFigures = {
  readonly actors: number;
  /** Effects of which nobody knew whether they had arrived: the venue was asked. */
  readonly inDoubt: number;
  readonly milliseconds: number;
};

export type FaultsReport = {
  readonly deadLetters: readonly {
    readonly atMs: number;
    readonly from: string;
    readonly to: string;
    readonly event: string;
    readonly reason: string;
  }[];
  readonly quarantines: readonly {
    readonly actor: string;
    readonly atMs: number;
    readonly reason: string;
    readonly lastGoodSeq: number;
  }[];
  readonly poisons: readonly {
    readonly seq: number;
    readonly actor: string;
    readonly event: string;
    readonly stack: string;
  }[];
  readonly crashes: readonly {
    readonly atMs: number;
    readonly actor: string;
    readonly kind: string;
    readonly message: string;
  }[];
  readonly incidents: readonly {
    readonly atMs: number;
    readonly account: string;
    readonly code: string;
    readonly text: string;
    readonly causeSeq: number;
  }[];
  readonly denials: readonly {
    readonly atMs: number;
    readonly account: string;
    readonly code: string;
    readonly text: string;
    readonly causeSeq: number;
  }[];
  readonly alerts: readonly {
    readonly atMs: number;
    readonly account: string;
    readonly severity: string;
    readonly code: string;
    readonly text: string;
    readonly state: string;
  }[];
  readonly effectsInDoubt: readonly {
    readonly id: string;
    readonly kind: string;
    readonly account: string;
    readonly state: string;
    readonly causeSeq: number;
  }[];
  readonly recovery: { readonly epoch: number; readonly wasClean: boolean } & Partial<StartFigures>;
};

export type AuditRow = {
  readonly seq: number;
  readonly atMs: number;
  readonly by: string | Redacted;
  readonly role: string;
  readonly verb: string;
  readonly target: string;
  readonly reason: string;
  readonly outcome: string;
  readonly text: string;
  /** Of the row: covers it and the hash of the row before it. */
  readonly hash: string;
  /** SHA-256 of what was asked, and of the states it is about, before and after; empty for a request nobody could read. */
  readonly paramsHash: string;
  readonly beforeHash: string;
  readonly afterHash: string;
  /** Empty where the command came by the control socket or from the engine itself. */
  readonly tokenId: string | Redacted;
  readonly ip: string | Redacted;
};
export type AuditReport = {
  readonly rows: readonly AuditRow[];
  readonly next?: number;
  readonly chain: {
    /** Every row up to `upToSeq` has been walked and fits the one before it. */
    readonly isProven: boolean;
    readonly upToSeq: number;
    readonly headHash: string;
    /** What does not fit; the rows behind it are not proven. */
    readonly problem?: string;
  };
};

export const SeriesRequest = z.strictObject({
  account: Id,
  points: z.coerce.number().int().min(10).max(5_000).default(600),
});
export type SeriesReport = {
  readonly atMs: readonly number[];
  /** Numbers for drawing only, in whole currency; missing where it was not known. */
  readonly net: readonly (number | undefined)[];
  readonly balance: readonly (number | undefined)[];
  readonly limits: readonly {
    readonly ruleId: string;
    readonly title: string;
    readonly value: number;
  }[];
};

/** The fields of a command as an operator's request has them, without role and name: those come from the token. */
export const CommandRequest = z.looseObject({
  requestId: z.string().min(8).max(100),
  account: Id.optional(),
  verb: z.string().min(1).max(40),
  reason: z.string().max(500).default(''),
  /** The stamp of the blast report, for verbs that end or change something. */
  blastSeq: Seq.optional(),
});
export type CommandRequest = z.output<typeof CommandRequest>;
export type CommandAnswer = OperatorAnswer;

export const SimulateRequest = z.strictObject({
  machine: Id,
  /** Events so far, each as JSON; the machine is run from its start. */
  events: z.array(z.record(z.string(), z.unknown())).max(500),
  input: z.record(z.string(), z.unknown()).optional(),
});
export type SimulateRequest = z.output<typeof SimulateRequest>;
export type SimulateReport = {
  readonly active: readonly string[];
  readonly context: unknown;
  /** What the last event recorded: messages, timers, effects. */
  readonly recorded: readonly unknown[];
  readonly isHandled: boolean;
  readonly possible: readonly string[];
};

/** Frames from the page. */
export const ClientFrame = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('subscribe'),
    feed: z.enum(['index', 'tail', 'live']),
    account: Id.optional(),
    actor: Id.optional(),
    fromSeq: Seq.optional(),
  }),
  z.strictObject({ type: z.literal('unsubscribe'), feed: z.enum(['index', 'tail', 'live']) }),
  /** The newest row that was taken in: gives the server room for 1,000 more. */
  z.strictObject({ type: z.literal('ack'), seq: Seq }),
  z.strictObject({ type: z.literal('ping') }),
]);
export type ClientFrame = z.output<typeof ClientFrame>;

/** Frames to the page. */
export type ServerFrame =
  | { readonly type: 'hello'; readonly hello: Hello }
  | {
      readonly type: 'index.delta';
      readonly rows: readonly ActorSummary[];
      readonly headSeq: number;
    }
  | { readonly type: 'tail'; readonly rows: readonly RowSummary[] }
  | { readonly type: 'live'; readonly wall: Wall }
  /** Rows that were left out because the reader was slow: fetch them with /api/rows. */
  | { readonly type: 'gap'; readonly from: number; readonly to: number }
  /** Too large for a frame: fetch it there. `/api/actor` gives the actor's line of the index as its summary. */
  | { readonly type: 'ref'; readonly of: 'hello' | 'wall' | 'actor'; readonly path: string }
  | { readonly type: 'pong' }
  | { readonly type: 'bye'; readonly reason: string };
