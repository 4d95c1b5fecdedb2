/** Requests and reports of the developer's and auditor's tools. Source: inspector 3 (pages 5, 8, 9 and 12) and 4. */
import { z } from 'zod';
import { Id, Seq } from './protocol.ts';

/** Where an actor of today does something else than the journal says. */
export type Divergence = {
  readonly actor: string;
  readonly account: string;
  readonly machine: string;
  readonly recordedVersion: string;
  /** Empty: there is no such machine any more. */
  readonly presentVersion: string;
  readonly seq: number;
  readonly event: string;
  readonly problem: 'state' | 'context' | 'unhandled' | 'crash' | 'machine';
  readonly expected: string;
  readonly actual: string;
};

export type VersionDiffReport = {
  readonly rows: number;
  readonly actors: number;
  /** The journal has more rows than were run. */
  readonly isCut: boolean;
  readonly machines: readonly {
    readonly machine: string;
    readonly recorded: readonly string[];
    readonly present: string;
  }[];
  /** The first one of each actor, in the order of the journal. */
  readonly divergences: readonly Divergence[];
};

/** One drill as it was written down. */
export type DrillRow = {
  readonly atMs: number;
  readonly name: string;
  readonly isPassed: boolean;
  /** From the command to the end; of several runs the worst. */
  readonly totalMs: number;
  readonly text: string;
  readonly by: string;
};
export type DrillsReport = {
  /** Newest first. */
  readonly drills: readonly DrillRow[];
  /** A line was changed or taken out: what is told here is not to be believed. */
  readonly problem?: string;
};

/** An actor, an account or everything that one input has caused; exactly one of them. */
export const ExportRequest = z
  .strictObject({ account: Id.optional(), actor: Id.optional(), correlation: Seq.optional() })
  .refine(
    ({ account, actor, correlation }) =>
      [account, actor, correlation].filter((one) => one !== undefined).length === 1,
    'name one of account, actor and correlation',
  );
export type ExportRequest = z.output<typeof ExportRequest>;

/** A bundle as one file: its files by name. */
export type BundleFiles = Readonly<Record<string, string>>;

/** What may come from outside, as a sandbox takes it. Prices are decimal text, quantities are lots. */
export const ForkEvent = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('quote'),
    instrument: Id,
    price: z.string().regex(/^\d{1,12}(?:\.\d{1,10})?$/u),
  }),
  z.strictObject({
    type: z.literal('submit'),
    account: Id,
    instrument: Id,
    side: z.enum(['buy', 'sell']),
    lots: z.int().min(1).max(1_000_000_000),
    reduceOnly: z.boolean().default(false),
  }),
  z.strictObject({
    type: z.literal('fill'),
    account: Id,
    orderId: Id,
    instrument: Id,
    side: z.enum(['buy', 'sell']),
    lots: z.int().min(1).max(1_000_000_000),
    price: z.string().regex(/^\d{1,12}(?:\.\d{1,10})?$/u),
  }),
  /** What a venue says of an order, such as `{ "type": "order.placeAccepted", … }`. */
  z.strictObject({
    type: z.literal('report'),
    account: Id,
    orderId: Id,
    event: z.looseObject({ type: z.string().regex(/^order\.\w+$/u) }),
  }),
  /** The fields of an operator's request, as on the command line. */
  z.strictObject({
    type: z.literal('operate'),
    request: z.record(z.string().max(40), z.union([z.string().max(500), z.boolean()])),
  }),
]);
export type ForkEvent = z.output<typeof ForkEvent>;

export const InjectedEvent = z.strictObject({
  /** Behind this recorded row; left out: at the moment of the fork. */
  afterSeq: Seq.optional(),
  event: ForkEvent,
});
export type InjectedEvent = z.output<typeof InjectedEvent>;

export const ForkRequest = z.strictObject({
  /** The sandbox begins as everything was after this row. */
  at: Seq,
  /** Recorded rows behind `at` that are played; left out: all, up to the bound. */
  rows: z.int().min(0).max(100_000).optional(),
  inject: z.array(InjectedEvent).max(100).default([]),
});
export type ForkRequest = z.output<typeof ForkRequest>;

/** How an actor ended in the sandbox and in the journal. */
export type ForkedActor = {
  readonly actor: string;
  readonly account: string;
  readonly isSame: boolean;
  /** State in the sandbox; empty: it is not there. */
  readonly sandbox: string;
  /** State in the journal after the same rows; empty: it is not there. */
  readonly journal: string;
  /** The first field that differs where the states are the same. */
  readonly difference?: string;
};

export type ForkReport = {
  readonly at: number;
  readonly toSeq: number;
  readonly atMs: number;
  /** Recorded events that were played again. */
  readonly played: number;
  readonly injected: number;
  /** Steps that the actors of the sandbox made. */
  readonly steps: number;
  /** What wanted to leave: nothing did. */
  readonly withheld: readonly { readonly kind: string; readonly count: number }[];
  /** The first step of the sandbox that the journal does not have. */
  readonly firstDivergence?: {
    readonly seq: number;
    readonly actor: string;
    readonly event: string;
    readonly sandbox: string;
    readonly journal: string;
  };
  readonly actors: readonly ForkedActor[];
  /** What a sandbox cannot know, and what was done instead. */
  readonly notes: readonly string[];
};
