/**
 * The paper venue: a matching simulator behind the venue port, with a durable book of its own.
 *
 * Every entry (a command that arrives, a quote, a timer) changes the book, writes it in one transaction and only then
 * speaks, so that nothing is ever told that a restart of the venue would not know. Orders trade on quotes only: there
 * is no queue in front of us and we do not move the market. Time comes from the clock, chance from the seed.
 *
 * - Trade ids `T<n>` and venue order ids `P<n>` grow without gaps over restarts; a refused order has a number too.
 * - A client order id is taken once; each time it arrives is counted (`ledger().submissions`).
 * - Executions are told as `venue.fill`; the state `filled` follows from them and is not told besides.
 */
import type { Approved } from '../../domain/approved.ts';
import type { Fill } from '../../domain/fill.ts';
import type { AccountId, FillId, InstrumentId, OrderId, VenueOrderId } from '../../domain/ids.ts';
import type { Instrument, Lots, Ticks } from '../../domain/instrument.ts';
import type { Units } from '../../domain/money.ts';
import type { CancelOrder, ModifyOrder, SubmitOrder } from '../../domain/order.ts';
import type { Quote } from '../../domain/view.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Random } from '../../kernel/random.ts';
import type { VenueEvent, VenueOrder, VenuePort } from '../../ports/venue.port.ts';
import { createDelayLine } from './delay-line.ts';
import type { Depth } from './matching.ts';
import { PaperBook, type PaperAccount, type PaperLedger } from './paper-book.ts';
import { Commands } from './paper-commands.ts';
import { Executor, type RandomPartial } from './paper-executor.ts';
import {
  createFaultSwitch,
  type FaultChanges,
  type LinkState,
  type PaperFaults,
} from './paper-faults.ts';
import { isOpen } from './paper-order.ts';
import { Pictures } from './paper-pictures.ts';
import { productReports } from './paper-products.ts';
import { createReporter, type Reporter } from './paper-reports.ts';
import { createScript } from './paper-script.ts';
import { createOpenOrders, createSnapshots } from './paper-snapshot.ts';

export type PaperVenueOptions = {
  /** Default `paper`. */
  readonly id?: string;
  /** Accounts with their money at the start; unknown accounts start with the default balance. */
  readonly accounts?: ReadonlyMap<AccountId, PaperAccount>;
  /** Money of an account that is not listed, settlement units of USD. Default 50,000 USD. */
  readonly startBalanceUnits?: Units;
  /** Lots a quote offers at each level. Default: as many as wanted. */
  readonly depth?: Depth;
  readonly randomPartial?: RandomPartial;
  /** End of the session in which `nowMs` lies; day orders expire then. Default: they stay like gtc. */
  readonly sessionEndMs?: (nowMs: number) => number | undefined;
  /** Latency, slippage, fees and faults to begin with. */
  readonly faults?: FaultChanges;
};

export type PaperStats = {
  readonly submissions: number;
  readonly duplicates: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly openOrders: number;
  readonly quotes: number;
};

export interface PaperVenue extends VenuePort {
  /** The market as the venue sees it; orders trade on it. */
  onQuote(quote: Quote): void;
  /** Changes the named settings from now on; `undefined` restores the default of one. */
  setFaults(changes: FaultChanges): void;
  readonly faults: PaperFaults;
  /** Says the status of every product that has one, for a listener who has heard nothing yet. */
  sayProducts(): void;
  stats(): PaperStats;
  /** How often each fault has struck, by name. */
  readonly struck: ReadonlyMap<string, number>;
  ledger(): PaperLedger;

  /** An execution made outside the engine, or dictated for one of its orders. A known trade id only repeats the report. */
  externalFill(fill: Fill): void;
  /** Takes an execution back: position and money as if it had not been. */
  voidFill(fill: Fill): void;
  /** An order placed by somebody else, with its present status; the same venue order id changes it. */
  externalOrder(order: VenueOrder): void;
  externalPosition(position: {
    readonly accountId: AccountId;
    readonly instrument: InstrumentId;
    readonly openLots: Lots;
    readonly costUnits: Units;
    readonly venueTimeMs?: number;
  }): void;
  /** Overrides the computed balance. */
  setBalance(accountId: AccountId, balanceUnits: Units, venueTimeMs?: number): void;
  /** Executes an order by hand (scripted mode, late fills). False when the order or the trade id forbids it. */
  fillOrder(fill: {
    readonly orderId: OrderId;
    readonly lots: Lots;
    readonly ticks: Ticks;
    readonly fillId?: FillId;
    readonly feeUnits?: Units;
    readonly venueTimeMs?: number;
  }): boolean;
  /** Ends an open order unasked. False when there is none. */
  endOrder(orderId: OrderId, status: 'canceled' | 'expired' | 'rejected', reason: string): boolean;
  /** Changes an order without a word. */
  changeOrder(
    id: OrderId | VenueOrderId,
    changes: Partial<
      Pick<
        VenueOrder,
        'status' | 'quantityLots' | 'filledLots' | 'limitTicks' | 'stopTicks' | 'updatedAtMs'
      >
    >,
  ): void;
  /** Says something without changing the venue's truth. */
  announce(event: VenueEvent): void;
}

export type PaperVenueParts = {
  readonly clock: Clock;
  readonly random: Random;
  readonly instruments: ReadonlyMap<InstrumentId, Instrument>;
  /** Where `paper-venue.db` lies. Absent: the book ends with the process. */
  readonly directory?: string;
  readonly options?: PaperVenueOptions;
};

const defaultBalanceUnits = 50_000_000_000;

/** @throws OperatorError exit 73 when the book cannot be written */
export function createPaperVenue(parts: PaperVenueParts): PaperVenue {
  const venue = assemble(parts);
  const { book, faults, reporter, wire, enter, executor, commands, counts, pictures } = venue;
  let quotes = 0;
  const permissions = new Map<AccountId, boolean>();
  /** A command travels for the latency; what is sent into a dead line does not arrive. */
  const arrive = (run: () => void): void => {
    if (faults.now.link !== 'downAll') wire.push(faults.now.latencyMs, () => enter(run));
  };

  const lists = { clock: venue.clock, book, faults, pictures, wire };
  const sayProducts = productSpeaker(venue);

  return {
    id: parts.options?.id ?? 'paper',
    isInProcess: true,
    connect(sink) {
      reporter.connect(sink);
      const { link } = faults.now;
      if (link !== 'up') enter(() => sayLink(reporter, link));
      sayProducts();
    },
    get reportsProducts() {
      return Object.keys(faults.now.products).length > 0;
    },
    sayProducts: () => sayProducts(),
    submit: (order: Approved<SubmitOrder>) => arrive(() => commands.submit(order)),
    cancel: (cancel: CancelOrder) => arrive(() => commands.cancel(cancel)),
    modify: (modify: ModifyOrder) => arrive(() => commands.modify(modify)),
    query: (accountId, orderId) => arrive(() => commands.query(accountId, orderId)),
    snapshot: createSnapshots(lists, permissions, (event) =>
      enter(() => reporter.say(event, 'stream')),
    ),
    openOrders: createOpenOrders(lists),
    probe: () => (faults.now.link === 'up' ? true : new Promise(() => undefined)),
    changes() {
      book.commit();
      return faults.isHonest ? book.revision : undefined;
    },
    close() {
      wire.clear();
      reporter.close();
      book.close();
    },
    onQuote(quote) {
      quotes += 1;
      executor.see(quote.instrument, quote);
      if (!book.hasOpenOrders(quote.instrument)) return;
      enter(() => {
        for (const order of book.openOrders(quote.instrument)) {
          if (isOpen(order)) executor.attempt(order, quote);
        }
      });
    },
    setFaults(changes) {
      const before = faults.now;
      faults.change(changes);
      pictures.remember();
      const { link } = faults.now;
      // What a silent stream has missed is said when it is back.
      sayProducts(link === 'up' && before.link !== 'up' ? undefined : before.products);
      if (link !== before.link) enter(() => sayLink(reporter, link));
    },
    get faults() {
      return faults.now;
    },
    struck: faults.struck,
    stats: () => ({ ...counts, openOrders: book.openOrderCount, quotes }),
    ledger: () => book.ledger(),
    ...createScript({ clock: venue.clock, book, reporter, executor, enter, permissions }),
  };
}

/** Says what a listener who has heard `heard` does not know yet. */
function productSpeaker({
  clock,
  enter,
  faults,
  reporter,
}: ReturnType<typeof assemble>): (heard?: PaperFaults['products']) => void {
  return (heard) => {
    const reports = productReports(faults.now.products, heard, clock.nowMs());
    if (reports.length === 0) return;
    enter(() => {
      for (const report of reports) reporter.say(report, 'stream');
    });
  };
}

function sayLink(reporter: Reporter, link: LinkState): void {
  if (link === 'silent') return;
  const status = link === 'up' ? 'up' : 'down';
  reporter.say({ type: 'venue.link', status, reason: link }, 'link');
}

/** The parts of the venue, wired to each other. */
function assemble({ clock, random, instruments, directory, options = {} }: PaperVenueParts) {
  const startBalanceUnits = options.startBalanceUnits ?? defaultBalanceUnits;
  const fallback: PaperAccount = { startBalanceUnits, currency: 'USD' };
  const book = new PaperBook({
    directory,
    instruments,
    accountOf: (accountId) => options.accounts?.get(accountId) ?? fallback,
  });
  const faults = createFaultSwitch(options.faults ?? {}, random.fork('faults'));
  const venueClock = { nowMs: (): number => clock.nowMs() + faults.now.clockSkewMs };
  const pictures = new Pictures({ clock, book, faults });
  const reporter = createReporter(clock, venueClock, faults, book.epoch);
  const wire = createDelayLine(clock);
  const counts = { submissions: 0, duplicates: 0, accepted: 0, rejected: 0 };
  const enter = createEntry(
    () => {
      book.commit();
      pictures.remember();
    },
    () => reporter.flush(),
  );
  const later = (delayMs: number, run: () => void): void => wire.push(delayMs, () => enter(run));
  const executor = new Executor({
    clock: venueClock,
    random,
    book,
    faults,
    reporter,
    depth: options.depth,
    randomPartial: options.randomPartial,
    later,
  });
  const armExpiry = createExpiry(clock, (nowMs) =>
    enter(() => {
      for (const order of book.allOpenOrders()) {
        if (order.expiresAtMs !== undefined && order.expiresAtMs <= nowMs && isOpen(order)) {
          executor.end(order, 'expired', 'end of session', 'stream');
        }
      }
    }),
  );
  for (const { expiresAtMs } of book.allOpenOrders()) {
    if (expiresAtMs !== undefined) armExpiry(expiresAtMs);
  }
  const commands = new Commands({
    clock: venueClock,
    book,
    faults,
    pictures,
    reporter,
    later,
    executor,
    sessionEndMs: options.sessionEndMs,
    armExpiry,
    count: (what) => {
      counts[what] += 1;
    },
  });
  const clocks = { clock: venueClock };
  return { ...clocks, book, faults, pictures, reporter, wire, enter, executor, commands, counts };
}

/** Runs one entry at a time: work, then write, then speak. What comes in meanwhile waits for its turn. */
function createEntry(commit: () => void, flush: () => void): (run: () => void) => void {
  const waiting: (() => void)[] = [];
  let isBusy = false;
  return (run) => {
    if (isBusy) {
      waiting.push(run);
      return;
    }
    for (let next: (() => void) | undefined = run; next !== undefined; next = waiting.shift()) {
      isBusy = true;
      try {
        next();
        commit();
      } finally {
        isBusy = false;
      }
      flush();
    }
  };
}

/** One timer per end of session, however many orders expire with it. */
function createExpiry(clock: Clock, expire: (nowMs: number) => void): (atMs: number) => void {
  const armed = new Set<number>();
  return (atMs) => {
    if (armed.has(atMs)) return;
    armed.add(atMs);
    clock.schedule(atMs, () => {
      armed.delete(atMs);
      expire(atMs);
    });
  };
}
