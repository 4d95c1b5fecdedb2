/**
 * Faults of the paper venue, switchable at run time. Source: scenario-format 2, projectx 15.
 *
 * A setting that is given replaces the one before, `undefined` or an empty list switches it off;
 * settings that are not named stay.
 */
import type { InstrumentId, OrderId } from '../../domain/ids.ts';
import type { Lots, Ticks } from '../../domain/instrument.ts';
import type { OrderType } from '../../domain/order.ts';
import type { Side } from '../../domain/position.ts';
import type { Random } from '../../kernel/random.ts';
import { productRefusal, type ProductStatuses } from './paper-products.ts';

export type PaperCommand = 'submit' | 'cancel' | 'modify' | 'close' | 'query';

/** Every field given must agree; an empty match means every command. `close` is a reduce-only market order. */
export type FaultMatch = {
  readonly orderId?: OrderId;
  readonly instrument?: InstrumentId;
  readonly side?: Side;
  readonly command?: PaperCommand;
};

type Matched = {
  readonly match?: FaultMatch;
  /** How often it strikes in all; for ever when left out. */
  readonly times?: number;
  /** Parts per million of what matches; everything when left out. */
  readonly chancePpm?: number;
};
export type RejectFault = Matched & { readonly code: string };
/** An answer of the transport: 400 and 403 refuse, 401 was not processed, everything else leaves the outcome open. */
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
  readonly forMs?: number;
};
/**
 * What a cancel meets on its way. `fillFirst`: everything trades just before it, and it is refused. `fillBeside`: a part
 * trades just before it, the rest is canceled. `fillAfter`: it is confirmed, and a lot trades all the same.
 */
export type CancelRaceFault = Matched & {
  readonly race: 'fillFirst' | 'fillBeside' | 'fillAfter';
  /** Between the confirmation and the execution of `fillAfter`. */
  readonly afterMs?: number;
};

/**
 * `down`: the stream is silent, commands and their answers pass. `downAll`: nothing passes.
 * `stale` and `authFailed`: as `down`, reported with that reason. `silent`: as `down`, and nobody says so.
 */
export type LinkState = 'up' | 'down' | 'downAll' | 'stale' | 'authFailed' | 'silent';

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
  /** Parts per million of what the stream says and of answers to questions that are lost while the link looks alive. */
  readonly dropPpm: number;
  /** Everything that is said is late by 0 to this: later things overtake earlier ones. */
  readonly jitterMs: number;
  /** What was said is said again later, up to this much. */
  readonly repeat: { readonly chancePpm: number; readonly withinMs: number } | undefined;
  /** An order that is full trades this much more. Never one that may only reduce. */
  readonly overfill: { readonly chancePpm: number; readonly lots: Lots } | undefined;
  readonly cancelRace: readonly CancelRaceFault[];
  /** Lists and look-ups show the book as it was this long ago. */
  readonly listLagMs: number;
  /** Parts per million of the rows that lists leave out without a word. */
  readonly halfListsPpm: number;
  /** Lots by which the list of positions is wrong, on every open position; 0: it is right. */
  readonly wrongPositionLots: Lots;
  /** Venue time less real time, in everything that carries a time of the venue. */
  readonly clockSkewMs: number;
  /** What of each product is traded; empty: the venue reports no status, and trades everything. */
  readonly products: ProductStatuses;
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
  dropPpm: 0,
  jitterMs: 0,
  repeat: undefined,
  overfill: undefined,
  cancelRace: [],
  listLagMs: 0,
  halfListsPpm: 0,
  wrongPositionLots: 0,
  clockSkewMs: 0,
  products: {},
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
  /** The fault of the kind that strikes, asked once per command. Counts `times` and draws `chancePpm`. */
  find<Kind extends 'status' | 'hang' | 'loseAck' | 'cancelRace'>(
    kind: Kind,
    subject: FaultSubject,
  ): PaperFaults[Kind][number] | undefined;
  /** Why the venue says no to a command that it could carry out: a fault, or the status of the product. */
  refusal(subject: FaultSubject, orderType?: OrderType): string | undefined;
  /** Draws: true so often out of a million. */
  happens(chancePpm: number): boolean;
  /** A whole number from 0 to `max`. */
  upTo(max: number): number;
  /** True while lists and look-ups show exactly what is true, and are answered. */
  readonly isHonest: boolean;
  /** How often each fault has struck, by name: `loseAck`, `cancelRace fillAfter`, `status 429`, … */
  readonly struck: ReadonlyMap<string, number>;
  /** Notes that a fault has struck. */
  note(name: string): void;
  /** Why this query fails, or undefined. Counts `times` and starts `for`. */
  queryFailure(subject: FaultSubject, nowMs: number): string | undefined;
  /** True while the order is absent from lists and look-ups. Starts `for`. */
  isHidden(subject: FaultSubject, nowMs: number): boolean;
}

export function createFaultSwitch(initial: FaultChanges, random: Random): FaultSwitch {
  let faults: PaperFaults = merge(noFaults, initial);
  const firstMatchMs = new Map<object, number>();
  const used = new Map<object, number>();

  const struck = new Map<string, number>();
  const note = (name: string): void => {
    struck.set(name, (struck.get(name) ?? 0) + 1);
  };

  const isWithin = (fault: HideFault, nowMs: number): boolean => {
    const since = firstMatchMs.get(fault) ?? nowMs;
    firstMatchMs.set(fault, since);
    return fault.forMs === undefined || nowMs < since + fault.forMs;
  };

  const happens = (chancePpm: number): boolean =>
    chancePpm >= million || (chancePpm > 0 && random.int(million) < chancePpm);
  /** True when it strikes now; `times` is counted. */
  const strikes = (fault: Matched): boolean => {
    const count = used.get(fault) ?? 0;
    if (fault.times !== undefined && count >= fault.times) return false;
    if (!happens(fault.chancePpm ?? million)) return false;
    used.set(fault, count + 1);
    return true;
  };

  return {
    get now() {
      return faults;
    },
    get isHonest() {
      return isHonest(faults);
    },
    struck,
    note,
    happens,
    upTo: (max) => (max > 0 ? random.int(max + 1) : 0),
    change(changes) {
      faults = merge(faults, changes);
    },
    find(kind, subject) {
      const fault = faults[kind].find((one) => agrees(one.match, subject) && strikes(one));
      if (fault !== undefined) note(nameOf(kind, fault, subject));
      return fault;
    },
    refusal(subject, orderType) {
      const fault = faults.reject.find((one) => agrees(one.match, subject) && strikes(one));
      if (fault === undefined) return productRefusal(faults.products, { ...subject, orderType });
      note(nameOf('reject', fault, subject));
      return fault.code;
    },
    queryFailure(subject, nowMs) {
      for (const fault of faults.failQuery) {
        if (!agrees(fault.match, subject) || !isWithin(fault, nowMs)) continue;
        if (!strikes(fault)) continue;
        note(`failQuery ${fault.code}`);
        return fault.code === 'timeout' ? 'timeout' : `HTTP ${fault.code}`;
      }
      return undefined;
    },
    isHidden(subject, nowMs) {
      const isHidden = faults.hideFromSearch.some(
        (fault) => agrees(fault.match, subject) && isWithin(fault, nowMs),
      );
      if (isHidden) note('hideFromSearch');
      return isHidden;
    },
  };
}

const million = 1_000_000;

function nameOf(
  kind: string,
  fault: StatusFault | CancelRaceFault | LoseFault,
  { command }: FaultSubject,
): string {
  if ('race' in fault) return `${kind} ${fault.race}`;
  if (kind !== 'status' || !('code' in fault)) return `${kind} ${command}`;
  return `${kind} ${fault.code}${fault.isProcessed === true ? ' processed' : ''}`;
}

/** Where a question may fail, hang, lag or hide something, it has to be asked. */
function isHonest(faults: PaperFaults): boolean {
  const { link, nullLists, missingAccount, listLagMs, halfListsPpm, wrongPositionLots } = faults;
  const { failQuery, hideFromSearch, hang, loseAck } = faults;
  const isPlain = link === 'up' && !nullLists && !missingAccount;
  const isExact = listLagMs === 0 && halfListsPpm === 0 && wrongPositionLots === 0;
  const isAnswered = ![...hang, ...loseAck].some(({ match }) =>
    agrees(match, { command: 'query' }),
  );
  return isPlain && isExact && isAnswered && failQuery.length + hideFromSearch.length === 0;
}

/** The status in the text of a failure, where it has one. */
export function statusIn(failure: string): { readonly status?: number } {
  const digits = /\bHTTP (\d{3})\b/u.exec(failure)?.[1];
  return digits === undefined ? {} : { status: Number(digits) }; // tidy-ok: three digits
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
