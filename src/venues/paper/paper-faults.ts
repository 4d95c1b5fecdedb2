/**
 * Faults of the paper venue, switchable at run time. Source: scenario-format 2.
 *
 * A setting that is given replaces the one before, `undefined` or an empty list switches it off;
 * settings that are not named stay.
 */
import type { InstrumentId, OrderId } from '../../domain/ids.ts';
import type { Lots, Ticks } from '../../domain/instrument.ts';
import type { Side } from '../../domain/position.ts';

export type PaperCommand = 'submit' | 'cancel' | 'modify' | 'close' | 'query';

/** Every field given must agree; an empty match means every command. `close` is a reduce-only market order. */
export type FaultMatch = {
  readonly orderId?: OrderId;
  readonly instrument?: InstrumentId;
  readonly side?: Side;
  readonly command?: PaperCommand;
};

type Matched = { readonly match?: FaultMatch };
export type RejectFault = Matched & { readonly code: string };
/** An answer of the transport: 400, 401 and 403 refuse, everything else leaves the outcome open. */
export type StatusFault = Matched & {
  readonly code: number;
  /** Whether the venue took the command all the same; an open outcome may be either. Default false. */
  readonly isProcessed?: boolean;
};
export type HangFault = Matched & { readonly forMs: number };
export type LoseFault = Matched;
/** Counted from the first match; without `forMs` until switched off. */
export type HideFault = Matched & { readonly forMs?: number };
export type FailQueryFault = Matched & {
  /** Status code, or `timeout`. */
  readonly code: number | 'timeout';
  readonly times?: number;
  readonly forMs?: number;
};

/**
 * `down`: the stream is silent, commands and their answers pass. `downAll`: nothing passes.
 * `stale` and `authFailed`: as `down`, reported with that reason.
 */
export type LinkState = 'up' | 'down' | 'downAll' | 'stale' | 'authFailed';

export type PaperFaults = {
  readonly reject: readonly RejectFault[];
  readonly status: readonly StatusFault[];
  readonly hang: readonly HangFault[];
  readonly loseAck: readonly LoseFault[];
  readonly hideFromSearch: readonly HideFault[];
  readonly failQuery: readonly FailQueryFault[];
  /** One size per 100 ms, the rest stays open. */
  readonly partial: { readonly sizes: readonly Lots[] } | undefined;
  readonly duplicateEvents: boolean;
  readonly reorder: boolean;
  readonly nullLists: boolean;
  readonly missingAccount: boolean;
  readonly link: LinkState;
  /** touch: bid or ask of the last quote, else last. last: the last price. scripted: only closes fill by themselves. */
  readonly fillAt: 'touch' | 'last' | 'scripted';
  readonly latencyMs: number;
  readonly slippageTicks: Ticks;
  /** Replaces the fee of the instrument, in settlement units per lot. */
  readonly feePerLotUnits: number | undefined;
};

export type FaultChanges = { readonly [Key in keyof PaperFaults]?: PaperFaults[Key] | undefined };

const noFaults: PaperFaults = {
  reject: [],
  status: [],
  hang: [],
  loseAck: [],
  hideFromSearch: [],
  failQuery: [],
  partial: undefined,
  duplicateEvents: false,
  reorder: false,
  nullLists: false,
  missingAccount: false,
  link: 'up',
  fillAt: 'touch',
  latencyMs: 0,
  slippageTicks: 0,
  feePerLotUnits: undefined,
};

/** What a command is about, for the comparison with a match. */
export type FaultSubject = {
  readonly orderId?: OrderId | undefined;
  readonly instrument?: InstrumentId | undefined;
  readonly side?: Side | undefined;
  readonly command: PaperCommand;
};

export interface FaultSwitch {
  readonly now: PaperFaults;
  change(changes: FaultChanges): void;
  find<Kind extends 'reject' | 'status' | 'hang' | 'loseAck'>(
    kind: Kind,
    subject: FaultSubject,
  ): PaperFaults[Kind][number] | undefined;
  /** Why this query fails, or undefined. Counts `times` and starts `for`. */
  queryFailure(subject: FaultSubject, nowMs: number): string | undefined;
  /** True while the order is absent from lists and look-ups. Starts `for`. */
  isHidden(subject: FaultSubject, nowMs: number): boolean;
}

export function createFaultSwitch(initial: FaultChanges): FaultSwitch {
  let faults: PaperFaults = merge(noFaults, initial);
  const firstMatchMs = new Map<object, number>();
  const used = new Map<object, number>();

  const isWithin = (fault: HideFault, nowMs: number): boolean => {
    const since = firstMatchMs.get(fault) ?? nowMs;
    firstMatchMs.set(fault, since);
    return fault.forMs === undefined || nowMs < since + fault.forMs;
  };

  return {
    get now() {
      return faults;
    },
    change(changes) {
      faults = merge(faults, changes);
    },
    find(kind, subject) {
      return faults[kind].find(({ match }) => agrees(match, subject));
    },
    queryFailure(subject, nowMs) {
      for (const fault of faults.failQuery) {
        if (!agrees(fault.match, subject) || !isWithin(fault, nowMs)) continue;
        const count = used.get(fault) ?? 0;
        if (fault.times !== undefined && count >= fault.times) continue;
        used.set(fault, count + 1);
        return fault.code === 'timeout' ? 'timeout' : `HTTP ${fault.code}`;
      }
      return undefined;
    },
    isHidden(subject, nowMs) {
      return faults.hideFromSearch.some(
        (fault) => agrees(fault.match, subject) && isWithin(fault, nowMs),
      );
    },
  };
}

function merge(before: PaperFaults, changes: FaultChanges): PaperFaults {
  const after: Record<string, unknown> = { ...before };
  for (const [key, value] of Object.entries(changes)) {
    after[key] = value ?? noFaults[key as keyof PaperFaults];
  }
  return after as PaperFaults;
}

function agrees(match: FaultMatch | undefined, subject: FaultSubject): boolean {
  if (match === undefined) return true;
  const isCommand =
    match.command === undefined ||
    match.command === subject.command ||
    // A close is sent as a submit, so a match for submits means it too.
    (match.command === 'submit' && subject.command === 'close');
  return (
    isCommand &&
    (match.orderId === undefined || match.orderId === subject.orderId) &&
    (match.instrument === undefined || match.instrument === subject.instrument) &&
    (match.side === undefined || match.side === subject.side)
  );
}
