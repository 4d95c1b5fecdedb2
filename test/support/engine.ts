/** A whole engine on a temporary directory: real actors, real SQLite, the paper venue, simulated time. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine } from '../../src/actors/engine.ts';
import type { EngineOptions, RuleConfigured } from '../../src/actors/world.ts';
import { Lockstep } from '../../src/bin/lockstep.ts';
import { hostedMachines, knownMachines } from '../../src/bin/machines.ts';
import type { AccountId, InstrumentId } from '../../src/domain/ids.ts';
import { builtInInstruments } from '../../src/domain/instruments.ts';
import type { OrderIntent } from '../../src/domain/order.ts';
import { TradingCalendar } from '../../src/domain/trading-day.ts';
import { SimulatedClock } from '../../src/kernel/clock.ts';
import { createIds } from '../../src/kernel/ids.ts';
import { createRandom } from '../../src/kernel/random.ts';
import { openJournal } from '../../src/persistence/journal.ts';
import type { Alert } from '../../src/ports/alert-sink.port.ts';
import { ruleCatalogue } from '../../src/rules/registry.ts';
import { createPaperVenue, type PaperVenue } from '../../src/venues/paper/paper-venue.ts';
import { createInlineEvaluator } from '../../src/workers/inline-evaluator.ts';

/** Tuesday 2026-03-10 10:00 in Chicago. */
const tenOClockMs = Date.UTC(2026, 2, 10, 15, 0, 0);

export type TestEngine = {
  readonly engine: Engine;
  readonly clock: SimulatedClock;
  readonly venue: PaperVenue;
  readonly lockstep: Lockstep;
  readonly alerts: Alert[];
  readonly notes: string[];
  readonly directory: string;
  quote(instrument: string, bidTicks: number, askTicks: number): Promise<void>;
  submit(
    order: Omit<Partial<OrderIntent>, 'instrument' | 'accountId'> & {
      instrument: string;
      side: 'buy' | 'sell';
      quantityLots: number;
      account?: string;
    },
  ): Promise<void>;
  /** Ends the process as a crash would: nothing is drained or marked clean. */
  crash(): void;
};

export type TestEngineOptions = {
  readonly directory?: string;
  readonly accounts?: readonly string[];
  readonly rules?: Readonly<Record<string, object>>;
  readonly startMs?: number;
  readonly beforeStep?: EngineOptions['beforeStep'];
};

function temporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'bulkhead-test-'));
}

export function removeDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}

function configured(rules: Readonly<Record<string, object>>): readonly RuleConfigured[] {
  return Object.entries(rules).map(([key, config]) => {
    const definition = ruleCatalogue.find((rule) => rule.key === key);
    if (definition === undefined) throw new Error(`no rule has the key ${key}`);
    return { definition, config: definition.config.parse({ enabled: true, ...config }) };
  });
}

export async function startTestEngine(options: TestEngineOptions = {}): Promise<TestEngine> {
  const directory = options.directory ?? temporaryDirectory();
  const clock = new SimulatedClock(options.startMs ?? tenOClockMs);
  const random = createRandom('test');
  const journal = openJournal({
    directory,
    environment: 'PAPER',
    knownMachines,
    clock,
    appVersion: 'test',
    databaseUuid: '00000000-0000-4000-8000-000000000000',
    ballastBytes: 0,
  });
  const venue = createPaperVenue({
    clock,
    random: random.fork('venue'),
    instruments: builtInInstruments,
    directory,
  });
  const evaluator = createInlineEvaluator();
  const [alerts, notes]: [Alert[], string[]] = [[], []];
  const engine = new Engine({
    clock,
    ids: createIds('TEST', journal.epoch),
    random: random.fork('engine'),
    journal,
    venue,
    evaluator,
    alerts: { raise: (alert) => alerts.push(alert) },
    machines: hostedMachines,
    instruments: builtInInstruments,
    accounts: (options.accounts ?? ['A1']).map((id) => ({
      id: id as AccountId,
      currency: 'USD',
      startBalanceUnits: 50_000_000_000,
      rules: configured(options.rules ?? {}),
    })),
    calendar: new TradingCalendar({ time: '17:00', zone: 'America/Chicago', kind: 'futures' }),
    mode: 'PAPER',
    quoteMaxAgeMs: 5_000,
    onNote: (note) => notes.push(note),
    ...(options.beforeStep === undefined ? {} : { beforeStep: options.beforeStep }),
  });
  const lockstep = new Lockstep({
    clock,
    engine,
    evaluator,
    onQuote: (quote) => venue.onQuote(quote),
  });
  await engine.start();
  await lockstep.rest();
  return {
    engine,
    clock,
    venue,
    lockstep,
    alerts,
    notes,
    directory,
    quote: async (instrument, bidTicks, askTicks) => {
      const atMs = clock.nowMs();
      const id = instrument as InstrumentId;
      await lockstep.quote({
        instrument: id,
        bidTicks,
        askTicks,
        lastTicks: bidTicks,
        venueTimeMs: atMs,
        receivedAtMs: atMs,
      });
    },
    submit: async ({ account = 'A1', instrument, ...order }) => {
      engine.submit({
        accountId: account as AccountId,
        instrument: instrument as InstrumentId,
        orderType: 'market',
        timeInForce: 'day',
        reduceOnly: false,
        purpose: 'entry',
        source: 'operator',
        by: 'test',
        maxAgeMs: 30_000,
        atMs: clock.nowMs(),
        ...order,
      });
      await lockstep.rest();
    },
    crash: () => {
      venue.close();
      journal.close({ isClean: false });
    },
  };
}

/** Throws for the next `times` events of a type, in the actors whose id is meant; a hook for `beforeStep`. */
export function fuse(isMeant: (actor: string, target: string) => boolean): {
  readonly burn: (target: string, type: string, times: number) => void;
  readonly hook: (actor: string, event: { readonly type: string }) => void;
} {
  let [target, type, left] = ['', '', 0];
  return {
    burn: (actor, eventType, times) => {
      [target, type, left] = [actor, eventType, times];
    },
    hook: (actor, event) => {
      if (left === 0 || !isMeant(actor, target) || event.type !== type) return;
      left -= 1;
      throw new Error('planted');
    },
  };
}
