/** The engine of a fork: simulated time, a journal of its own, a venue that hands nothing on, alerts that nobody hears. */
import { Engine } from '../../actors/engine.ts';
import type { Fill } from '../../domain/fill.ts';
import type { AccountId, InstrumentId } from '../../domain/ids.ts';
import type { Instrument } from '../../domain/instrument.ts';
import { builtInInstruments } from '../../domain/instruments.ts';
import type { Quote } from '../../domain/view.ts';
import type { ForkEvent } from '../../inspector/tool-reports.ts';
import { SimulatedClock } from '../../kernel/clock.ts';
import { exitCodes, OperatorError } from '../../kernel/errors.ts';
import { createRandom } from '../../kernel/random.ts';
import { openJournalView } from '../../persistence/journal-view.ts';
import { openJournal } from '../../persistence/journal.ts';
import type { Environment } from '../../persistence/schema.ts';
import type { JournalView, ViewedRow } from '../../ports/journal-view.port.ts';
import type { JournalPort } from '../../ports/journal.port.ts';
import { createInlineEvaluator } from '../../workers/inline-evaluator.ts';
import { engineSettings, productVersion } from '../composition.ts';
import { loadConfiguration, type Configuration } from '../configuration.ts';
import { Lockstep, startEngine } from '../lockstep.ts';
import { hostedMachines, knownMachines } from '../machines.ts';
import { inject } from './inject.ts';
import { quotesOf, type RecordedState } from './recorded-past.ts';
import { RecordedIds, Tape } from './tape.ts';
import { WithheldVenue, type BelievedActor } from './withheld-venue.ts';

/** What the journal tells of the time behind the fork. */
export type Ahead = {
  /** Names that the engine gave to its own orders, in order. */
  readonly ownIds: readonly string[];
  /** The first execution of each order: the price that it found. */
  readonly fills: ReadonlyMap<string, Fill>;
};

export type SandboxOptions = {
  readonly directory: string;
  readonly environment: Environment;
  readonly atMs: number;
  /** Accounts that the journal has. */
  readonly accounts: readonly string[];
  readonly fills: readonly Fill[];
  readonly ahead: Ahead;
  readonly configPath?: string;
};

/** Prices of a journal are few: they do not become stale. */
const quoteMaxAgeMs = 366 * 86_400_000;
const uuid = 'f0f0f0f0-0000-4000-8000-000000000001';

export class Sandbox {
  readonly tape: Tape;
  readonly instruments: ReadonlyMap<InstrumentId, Instrument>;
  private readonly engine: Engine;
  private readonly clock: SimulatedClock;
  private readonly venue: WithheldVenue;
  private readonly journal: JournalPort;
  private readonly lockstep: Lockstep;
  private readonly view: JournalView;
  private readonly ahead: Ahead;
  private alerts = 0;

  /** @throws OperatorError UNKNOWN_MACHINE, FORK_IMPOSSIBLE and those of a configuration */
  static open(options: SandboxOptions): Promise<Sandbox> {
    return Promise.resolve(new Sandbox(options));
  }

  private constructor(options: SandboxOptions) {
    const { directory, environment, atMs, accounts, fills, configPath } = options;
    const configuration = configurationOf(configPath, accounts);
    this.instruments = new Map([...builtInInstruments, ...configuration.instruments]);
    this.clock = new SimulatedClock(atMs);
    this.journal = openJournal({
      directory,
      environment,
      knownMachines,
      clock: this.clock,
      appVersion: productVersion,
      databaseUuid: uuid,
      ballastBytes: 0,
      logBytes: 0,
    });
    const evaluator = createInlineEvaluator();
    const ids = new RecordedIds(options.ahead.ownIds);
    this.venue = new WithheldVenue({
      nowMs: () => this.clock.nowMs(),
      believed: (account) => this.believedOf(account),
      fills,
    });
    this.engine = new Engine({
      clock: this.clock,
      ids,
      random: createRandom('fork'),
      journal: this.journal,
      venue: this.venue,
      evaluator,
      alerts: {
        raise: () => {
          this.alerts += 1;
        },
      },
      machines: hostedMachines,
      instruments: this.instruments,
      ...engineSettings(configuration, quoteMaxAgeMs),
      mode: environment,
    });
    this.ahead = options.ahead;
    this.tape = new Tape(this.engine, this.venue, ids);
    this.lockstep = new Lockstep({
      clock: this.clock,
      engine: this.engine,
      evaluator,
      onQuote: () => undefined,
    });
    this.view = openJournalView(directory);
  }

  get headSeq(): number {
    return this.journal.head.seq;
  }

  get withheld(): readonly { readonly kind: string; readonly count: number }[] {
    return this.alerts === 0
      ? this.venue.withheld
      : [...this.venue.withheld, { kind: 'alert', count: this.alerts }];
  }

  /** The last price of each instrument, before the start. */
  putQuotes(quotes: readonly Quote[]): void {
    const { evaluator } = this.engine.world.options;
    for (const quote of quotes) evaluator.putQuote({ ...quote, receivedAtMs: this.clock.nowMs() });
  }

  async start(): Promise<void> {
    await startEngine(this.clock, this.engine);
    await this.lockstep.rest();
  }

  /** Time goes on to the row; prices that it names are the market's, and it is played if it came from outside. */
  async play(row: ViewedRow): Promise<void> {
    await this.lockstep.advanceTo(row.atMs);
    for (const quote of quotesOf(row, this.instruments, this.ahead.fills))
      await this.lockstep.quote(quote);
    this.tape.play(row);
    await this.lockstep.rest();
  }

  async inject(event: ForkEvent, index: number): Promise<void> {
    const nowMs = this.clock.nowMs();
    const quote = (instrument: InstrumentId, ticks: number): Promise<void> =>
      this.lockstep.quote({
        instrument,
        bidTicks: ticks,
        askTicks: ticks,
        lastTicks: ticks,
        venueTimeMs: nowMs,
        receivedAtMs: nowMs,
      });
    const { engine, venue, instruments } = this;
    await inject({ engine, venue, instruments, nowMs, quote }, event, index);
    await this.lockstep.rest();
  }

  rest(): Promise<void> {
    return this.lockstep.rest();
  }

  rowsAfter(seq: number): readonly ViewedRow[] {
    return this.view.rowsAfter(seq, Number.MAX_SAFE_INTEGER);
  }

  states(): ReadonlyMap<string, RecordedState> {
    return new Map(
      this.view.states().map(({ actor, account, machine, stateJson, contextJson }) => [
        actor,
        {
          account,
          machine,
          stateJson,
          context: JSON.parse(contextJson) as Readonly<Record<string, unknown>>,
        },
      ]),
    );
  }

  async close(): Promise<void> {
    this.view.close();
    await this.engine.abort();
  }

  private believedOf(account: AccountId): readonly BelievedActor[] {
    return [...this.engine.world.cells.values()]
      .filter((cell) => cell.account === account)
      .map(({ hosted, stateJson, context }) => ({
        account,
        machine: hosted.id,
        stateJson,
        context,
      }));
  }
}

function configurationOf(path: string | undefined, accounts: readonly string[]): Configuration {
  const loaded = loadConfiguration(path === undefined ? {} : { path });
  const configuration = loaded.withQuoteMaxAge(quoteMaxAgeMs);
  const configured = new Set<string>(configuration.accounts.map(({ id }) => id));
  const missing = accounts.filter((account) => !configured.has(account));
  if (missing.length === 0) return configuration;
  throw new OperatorError({
    code: 'FORK_IMPOSSIBLE',
    exitCode: exitCodes.usage,
    message: `the configuration has no account ${missing.join(', ')}`,
    remedy: 'Name the configuration of the run that wrote the journal with --config.',
  });
}
