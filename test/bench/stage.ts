/** A whole engine on a temporary directory with a venue that only takes notes; the parts under measurement are real. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AccountRuntime } from '../../src/actors/account-runtime.ts';
import { Engine } from '../../src/actors/engine.ts';
import type { RuleConfigured } from '../../src/actors/world.ts';
import { hostedMachines, knownMachines } from '../../src/bin/machines.ts';
import { Controls } from '../../src/domain/controls.ts';
import { AccountId, FillId, InstrumentId, VenueOrderId } from '../../src/domain/ids.ts';
import { createInstrument, type Instrument } from '../../src/domain/instrument.ts';
import type { SubmitOrder } from '../../src/domain/order.ts';
import { applyFill, emptyBook, type PositionBook, type Side } from '../../src/domain/position.ts';
import { TradingCalendar } from '../../src/domain/trading-day.ts';
import type { AccountFacts, Quote } from '../../src/domain/view.ts';
import type { Clock } from '../../src/kernel/clock.ts';
import { createIds } from '../../src/kernel/ids.ts';
import { createRandom } from '../../src/kernel/random.ts';
import { openJournal } from '../../src/persistence/journal.ts';
import type { JournalPort } from '../../src/ports/journal.port.ts';
import type { RuleEvaluatorPort } from '../../src/ports/rule-evaluator.port.ts';
import type { VenueEvent, VenuePort } from '../../src/ports/venue.port.ts';
import { ruleCatalogue } from '../../src/rules/registry.ts';

/** Tuesday 2026-03-10 10:00 in Chicago, for cases on simulated time. */
export const startMs = Date.UTC(2026, 2, 10, 15, 0, 0);

/** Where every price begins. */
export const parTicks = 20_000;

/** A lot at par: ticks of 12.50, in micro-units. */
const parCostUnits = parTicks * 12_500_000;

/** A benchmark sends the same order again and again, which the throttles are there to stop. */
const withoutThrottles = Controls.parse({
  repeat: { max: 100_000 },
  messages: { submitPerSecond: 100_000, modifyPerSecond: 100_000 },
});

export function accountsNamed(count: number): readonly AccountId[] {
  return Array.from({ length: count }, (_, index) => AccountId.parse(`A${index}`));
}

/** Contracts at 12.50 a tick. */
export function instrumentsNamed(prefix: string, count: number): readonly Instrument[] {
  return Array.from({ length: count }, (_, index) =>
    createInstrument({
      id: InstrumentId.parse(`${prefix}${index}`),
      kind: 'future',
      settlementCurrency: 'USD',
      tickSize: '0.25',
      multiplier: '50',
      feePerContract: '1.40',
      calendar: 'futures',
      miniWeightPpm: 1_000_000,
    }),
  );
}

/** All rules, wide enough that only open loss per position is ever reached. */
export function ruleSettings(unrealized = '-300') {
  const far: Readonly<Record<string, object>> = {
    'RULE-001': { limit: 1_000_000 },
    'RULE-002': { defaultLimit: 1_000_000 },
    'RULE-003': { limit: '-10000000' },
    'RULE-004': { limit: unrealized },
    'RULE-005': { target: '10000000' },
    'RULE-006': { limits: { perMinute: 100_000, perHour: 100_000, perSession: 100_000 } },
    'RULE-007': { lossThresholds: [{ lossAmount: '-10000000', cooldownDuration: '5m' }] },
    'RULE-013': { target: '10000000' },
  };
  return ruleCatalogue.map((definition) => {
    const config = { enabled: true, quoteMaxAgeSeconds: 3_600, ...far[definition.id] };
    return { ruleId: definition.id, definition, config: definition.config.parse(config) };
  });
}

/** Not for engines of the bench: they want a stop for every position, a session, and the venue's permission. */
const demanding: ReadonlySet<string> = new Set(['RULE-008', 'RULE-009', 'RULE-010']);

export function quoteAt(instrument: InstrumentId, ticks: number, atMs: number): Quote {
  return {
    instrument,
    bidTicks: ticks,
    askTicks: ticks + 1,
    lastTicks: ticks,
    venueTimeMs: atMs,
    receivedAtMs: atMs,
  };
}

/** An account as the engine tells it to the evaluator: one lot of each instrument, bought at par. */
export function holding(id: AccountId, instruments: readonly Instrument[]): AccountFacts {
  const account = new AccountRuntime(id, 'USD', []);
  account.isReconciled = true;
  for (const { id: instrument } of instruments)
    account.positions.set(instrument, { instrument, openLots: 1, costUnits: parCostUnits });
  return account.facts();
}

/** Takes every order and answers only when told; its books are what it was told to execute. */
export class NotingVenue implements VenuePort {
  readonly id = 'bench';
  onSubmit: (order: SubmitOrder) => void = () => undefined;
  private sink: (event: VenueEvent) => void = () => undefined;
  private reports = 0;
  private readonly clock: Clock;
  private readonly instruments: ReadonlyMap<InstrumentId, Instrument>;
  private readonly books = new Map<string, PositionBook>();

  constructor(clock: Clock, instruments: readonly Instrument[]) {
    this.clock = clock;
    this.instruments = new Map(instruments.map((instrument) => [instrument.id, instrument]));
  }

  connect(sink: (event: VenueEvent) => void): void {
    this.sink = sink;
  }

  submit(order: SubmitOrder): void {
    this.onSubmit(order);
  }

  cancel(): void {}
  modify(): void {}
  query(): void {}
  close(): void {}

  openOrders() {
    return [];
  }

  /** Whatever it does is told at once, so nobody needs a picture after the first. */
  changes(): number {
    return 0;
  }

  snapshot(accountId: AccountId) {
    const own = [...this.books].filter(([key]) => key.startsWith(`${accountId}|`));
    let balanceUnits = 0;
    for (const [, book] of own) balanceUnits += book.realizedUnits - book.feesUnits;
    const positions = own.map(([key, { openLots, costUnits }]) => ({
      instrument: key.slice(accountId.length + 1) as InstrumentId,
      openLots,
      costUnits,
    }));
    return Promise.resolve({
      asOfMs: this.clock.nowMs(),
      balanceUnits,
      orders: [],
      positions,
      fills: [],
    });
  }

  accept({ accountId, orderId }: SubmitOrder): void {
    this.reports += 1;
    const updatedAtMs = this.clock.nowMs();
    this.sink({
      type: 'venue.order',
      key: `${this.reports}`,
      accountId,
      orderId,
      event: {
        type: 'order.placeAccepted',
        origin: 'answer',
        venueOrderId: VenueOrderId.parse(`V${this.reports}`),
        version: { updatedAtMs, cumulativeLots: 0 },
        atMs: updatedAtMs,
      },
    });
  }

  /** An execution; without `orderId` one of an order placed elsewhere. */
  execute(of: {
    readonly accountId: AccountId;
    readonly instrument: InstrumentId;
    readonly side: Side;
    readonly lots: number;
    readonly ticks: number;
    readonly orderId?: SubmitOrder['orderId'];
  }): void {
    this.reports += 1;
    const fillId = FillId.parse(`F${this.reports}`);
    const fill = { ...of, fillId, feeUnits: 1_400_000, venueTimeMs: this.clock.nowMs() };
    const instrument = this.instruments.get(of.instrument);
    const key = `${of.accountId}|${of.instrument}`;
    if (instrument !== undefined)
      this.books.set(key, applyFill(this.books.get(key) ?? emptyBook, instrument, fill).book);
    this.sink({ type: 'venue.fill', fill });
  }
}

export type StageOptions = {
  readonly directory: string;
  readonly clock: Clock;
  readonly accounts: readonly AccountId[];
  readonly instruments: readonly Instrument[];
  readonly evaluator: RuleEvaluatorPort;
  readonly unrealizedLimit?: string;
  /** Keeps every row behind the last snapshot: no snapshots are written. */
  readonly keepsTail?: boolean;
};

export type Stage = {
  readonly engine: Engine;
  readonly venue: NotingVenue;
  readonly journal: JournalPort;
  readonly evaluator: RuleEvaluatorPort;
};

export function createStage(options: StageOptions): Stage {
  const { directory, clock, evaluator } = options;
  const journal = openJournal({
    directory,
    environment: 'PAPER',
    knownMachines,
    clock,
    appVersion: 'bench',
    databaseUuid: 'bench',
    ballastBytes: 0,
  });
  const venue = new NotingVenue(clock, options.instruments);
  const rules: readonly RuleConfigured[] = ruleSettings(options.unrealizedLimit).filter(
    ({ ruleId }) => !demanding.has(ruleId),
  );
  const engine = new Engine({
    clock,
    ids: createIds('BENCH', journal.epoch),
    random: createRandom('bench'),
    journal: options.keepsTail === true ? withoutTail(journal) : journal,
    venue,
    evaluator,
    alerts: { raise: () => undefined },
    machines: hostedMachines,
    instruments: new Map(options.instruments.map((instrument) => [instrument.id, instrument])),
    accounts: options.accounts.map((id) => ({
      controls: withoutThrottles,
      id,
      currency: 'USD',
      startBalanceUnits: 0,
      rules,
    })),
    calendar: new TradingCalendar({ time: '17:00', zone: 'America/Chicago', kind: 'futures' }),
    mode: 'PAPER',
    quoteMaxAgeMs: 3_600_000,
    stamp: () => [{ key: 'bench', value: '1' }],
  });
  return { engine, venue, journal, evaluator };
}

/** A limit order at par, one lot. */
export function submitOne(
  { engine }: Stage,
  clock: Clock,
  order: { accountId: AccountId; instrument: InstrumentId; side: Side },
): void {
  engine.submit({
    ...order,
    orderType: 'limit',
    quantityLots: 1,
    limitTicks: parTicks,
    timeInForce: 'day',
    reduceOnly: false,
    purpose: 'entry',
    source: 'strategy',
    by: 'bench',
    maxAgeMs: 30_000,
    atMs: clock.nowMs(),
  });
}

export async function inDirectory<Result>(
  run: (directory: string) => Result | Promise<Result>,
): Promise<Result> {
  const directory = mkdtempSync(join(tmpdir(), 'bulkhead-bench-'));
  try {
    return await run(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Gives back the rest of a turn of the event loop. */
export async function nextTurn(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}

/** Heap in use after two full collections, bytes. */
export function heapAfterCollection(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

function withoutTail(journal: JournalPort): JournalPort {
  return new Proxy(journal, {
    get: (target, key) => {
      if (key === 'tailRows') return 0;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
