/**
 * A whole engine in real time for a drill: real clock, real journal in a directory of its own, the paper venue with
 * latency. Nothing of it touches an account of anybody.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine } from '../../actors/engine.ts';
import { Controls } from '../../domain/controls.ts';
import { ExecutionSettings } from '../../domain/execution-settings.ts';
import type { AccountId, InstrumentId } from '../../domain/ids.ts';
import { createInstrument, type Instrument } from '../../domain/instrument.ts';
import type { OrderIntent } from '../../domain/order.ts';
import { TradingCalendar } from '../../domain/trading-day.ts';
import { systemClock } from '../../kernel/clock.ts';
import { createIds } from '../../kernel/ids.ts';
import { createRandom } from '../../kernel/random.ts';
import { openJournal } from '../../persistence/journal.ts';
import type { Alert } from '../../ports/alert-sink.port.ts';
import type { JournalPort } from '../../ports/journal.port.ts';
import { createPaperVenue, type PaperVenue } from '../../venues/paper/paper-venue.ts';
import { createInlineEvaluator } from '../../workers/inline-evaluator.ts';
import { productVersion } from '../composition.ts';
import { hostedMachines, knownMachines } from '../machines.ts';

export const drillAccount = 'DRILL' as AccountId;
/** Where the drill's market stands. */
const priceTicks = 80_000;

export class DrillStage {
  readonly engine: Engine;
  readonly venue: PaperVenue;
  readonly alerts: Alert[] = [];
  readonly instruments: readonly Instrument[];
  private readonly journal: JournalPort;
  private readonly directory: string;
  private readonly isTemporary: boolean;
  private readonly evaluator = createInlineEvaluator();

  /** @param given.directory where journal and venue are kept; a temporary one, and a venue in memory, when left out */
  constructor(given: {
    readonly instruments: number;
    readonly latencyMs: number;
    readonly directory?: string;
  }) {
    const { instruments, latencyMs, directory } = given;
    this.isTemporary = directory === undefined;
    this.directory = directory ?? mkdtempSync(join(tmpdir(), 'bulkhead-drill-'));
    this.instruments = Array.from({ length: instruments }, (_, index) => drillInstrument(index));
    const known = new Map(this.instruments.map((one) => [one.id, one] as const));
    const random = createRandom('drill');
    this.journal = openJournal({
      directory: this.directory,
      environment: 'PAPER',
      knownMachines,
      clock: systemClock,
      appVersion: productVersion,
      databaseUuid: 'd2111000-0000-4000-8000-000000000001',
      ballastBytes: 0,
      logBytes: 0,
    });
    this.venue = createPaperVenue({
      clock: systemClock,
      random: random.fork('venue'),
      instruments: known,
      ...(directory === undefined ? {} : { directory }),
      options: { startBalanceUnits: 1_000_000_000_000, faults: { latencyMs } },
    });
    this.engine = new Engine({
      clock: systemClock,
      ids: createIds('DRILL', this.journal.epoch),
      random: random.fork('engine'),
      journal: this.journal,
      venue: this.venue,
      evaluator: this.evaluator,
      alerts: { raise: (alert) => this.alerts.push(alert) },
      machines: hostedMachines,
      instruments: known,
      accounts: [
        {
          id: drillAccount,
          currency: 'USD',
          startBalanceUnits: 1_000_000_000_000,
          rules: [],
          controls: openControls,
        },
      ],
      calendar: new TradingCalendar({ time: '17:00', zone: 'America/Chicago', kind: 'continuous' }),
      mode: 'PAPER',
      quoteMaxAgeMs: 3_600_000,
      execution: openExecution,
    });
  }

  async start(): Promise<void> {
    await this.engine.start();
    const atMs = systemClock.nowMs();
    for (const { id } of this.instruments) {
      const quote = {
        instrument: id,
        bidTicks: priceTicks,
        askTicks: priceTicks + 1,
        lastTicks: priceTicks,
        venueTimeMs: atMs,
        receivedAtMs: atMs,
      };
      this.evaluator.putQuote(quote);
      this.venue.onQuote(quote);
    }
    this.engine.rest();
  }

  submit(instrument: InstrumentId, more: Pick<OrderIntent, 'orderType' | 'limitTicks'>): void {
    const { orderType, limitTicks } = more;
    this.engine.submit({
      accountId: drillAccount,
      instrument,
      side: 'buy',
      orderType,
      ...(limitTicks === undefined ? {} : { limitTicks }),
      quantityLots: 1,
      timeInForce: 'gtc',
      reduceOnly: false,
      purpose: 'entry',
      source: 'operator',
      by: 'drill',
      maxAgeMs: 60_000,
      atMs: systemClock.nowMs(),
    });
  }

  /** A price that nothing reaches. */
  restingTicks(index: number): number {
    return priceTicks - 4_000 - (index % 1_000);
  }

  /** Works in real time until it is so; false when that takes too long. */
  async until(isSo: () => boolean, timeoutMs: number): Promise<boolean> {
    const endMs = systemClock.monotonicMs() + timeoutMs;
    for (;;) {
      this.engine.rest();
      if (isSo()) return true;
      if (systemClock.monotonicMs() > endMs) return false;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  async close(): Promise<void> {
    try {
      await this.engine.abort();
    } finally {
      if (this.isTemporary) rmSync(this.directory, { recursive: true, force: true });
    }
  }
}

function drillInstrument(index: number): Instrument {
  return createInstrument({
    id: `DRILL${index + 1}` as InstrumentId,
    kind: 'future',
    settlementCurrency: 'USD',
    tickSize: '0.25',
    multiplier: '2',
    calendar: 'continuous',
  });
}

/** What is drilled is the way out: the controls of the way in are as wide as they go. */
const openControls = Controls.parse({
  messages: { submitPerSecond: 100_000, modifyPerSecond: 100_000 },
  repeat: { max: 100_000 },
});
const openExecution = ExecutionSettings.parse({
  duplicates: { layers: [], pyramiding: true, maxAdds: 100 },
});
