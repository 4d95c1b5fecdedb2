/**
 * An engine that can be killed at any commit and any command of an enforcement, and started again on the same
 * directory. Clock and venue outlive it, as the world does.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine } from '../../src/actors/engine.ts';
import { Lockstep, startEngine } from '../../src/bin/lockstep.ts';
import { hostedMachines, knownMachines } from '../../src/bin/machines.ts';
import { SimulatedCrash, VenueTap } from '../../src/bin/scenario/venue-tap.ts';
import type { AccountId, FillId, InstrumentId } from '../../src/domain/ids.ts';
import { builtInInstruments } from '../../src/domain/instruments.ts';
import { createSessionCalendar } from '../../src/domain/session-calendar.ts';
import { TradingCalendar } from '../../src/domain/trading-day.ts';
import { SimulatedClock } from '../../src/kernel/clock.ts';
import { createIds } from '../../src/kernel/ids.ts';
import { createRandom } from '../../src/kernel/random.ts';
import { openJournal } from '../../src/persistence/journal.ts';
import type { JournalPort, TurnBatch } from '../../src/ports/journal.port.ts';
import { ruleByKey } from '../../src/rules/registry.ts';
import type { FaultChanges } from '../../src/venues/paper/paper-faults.ts';
import { createPaperVenue, type PaperVenue } from '../../src/venues/paper/paper-venue.ts';
import { createInlineEvaluator } from '../../src/workers/inline-evaluator.ts';
import { removeDirectory } from './engine.ts';

/** Tuesday 2026-03-10 10:00 in Chicago. */
const tenOClockMs = Date.UTC(2026, 2, 10, 15, 0, 0);
const accountId = 'A1' as AccountId;
const instrument = 'MNQ' as InstrumentId;

/** The process dies when this many things of the kind have happened, counted from the commit of the breach. */
export type Kill = { readonly kind: 'commit' | 'beforeSend' | 'afterSend'; readonly count: number };

export type CrashStageOptions = {
  readonly rule: string;
  readonly config: object;
  readonly kill?: Kill;
  /** How long the process is gone. */
  readonly downMs?: number;
};

/** What must be the same with and without the crash; no ids, for a new life mints others. */
export type FinalState = {
  readonly tradingState: string;
  readonly causes: readonly string[];
  readonly locks: readonly string[];
  readonly positions: readonly string[];
  readonly venuePositions: readonly string[];
  readonly orders: readonly string[];
  readonly venueOrders: readonly string[];
};

type Life = { readonly engine: Engine; readonly lockstep: Lockstep; readonly journal: JournalPort };

export class CrashStage {
  readonly clock = new SimulatedClock(tenOClockMs);
  readonly venue: PaperVenue;
  /** Things that happened since the commit of the breach, by kind. */
  readonly seen = { commit: 0, beforeSend: 0, afterSend: 0 };
  hasDied = false;
  private readonly options: CrashStageOptions;
  private readonly tap: VenueTap;
  private readonly directory = mkdtempSync(join(tmpdir(), 'bulkhead-crash-'));
  private isBreached = false;
  private lastPrice: readonly [number, number] | undefined;
  private life: Life | undefined;

  constructor(options: CrashStageOptions) {
    this.options = options;
    this.venue = createPaperVenue({
      clock: this.clock,
      random: createRandom('crash/venue'),
      instruments: builtInInstruments,
      options: { faults: { feePerLotUnits: 0 } },
    });
    this.tap = new VenueTap(this.venue, this.clock, () => undefined);
  }

  async start(): Promise<void> {
    const { clock } = this;
    const journal = openJournal({
      directory: this.directory,
      environment: 'PAPER',
      knownMachines,
      clock,
      appVersion: 'test',
      databaseUuid: '00000000-0000-4000-8000-000000000000',
      ballastBytes: 0,
      logBytes: 0,
    });
    const evaluator = createInlineEvaluator();
    const engine = this.createEngine(journal, evaluator);
    const onQuote = this.venue.onQuote.bind(this.venue);
    const lockstep = new Lockstep({ clock, engine, evaluator, onQuote });
    this.life = { engine, lockstep, journal };
    // A venue that takes its time answers only when the clock moves.
    await (this.venue.faults.latencyMs === 0 ? engine.start() : startEngine(clock, engine));
    await lockstep.rest();
  }

  /** Runs a step of the story; a process that dies in it is started again and goes on with what is left. */
  private async live(run: (life: Life) => Promise<void>): Promise<void> {
    if (this.life === undefined) throw new Error('the engine runs');
    try {
      await run(this.life);
    } catch (error) {
      if (!(error instanceof SimulatedCrash)) throw error;
      await this.dieAndReturn(this.life);
    }
  }

  private async dieAndReturn({ engine, journal }: Life): Promise<void> {
    this.hasDied = true;
    this.tap.close();
    engine.abandon();
    journal.close({ isClean: false });
    this.life = undefined;
    this.clock.advanceTo(this.clock.nowMs() + (this.options.downMs ?? 0));
    await this.start();
    // The feed brings the present price to a new process.
    if (this.lastPrice !== undefined) await this.quote(...this.lastPrice);
  }

  async quote(bidTicks: number, askTicks: number): Promise<void> {
    this.lastPrice = [bidTicks, askTicks];
    const atMs = this.clock.nowMs();
    const price = { instrument, bidTicks, askTicks, lastTicks: bidTicks };
    await this.live(({ lockstep }) =>
      lockstep.quote({ ...price, venueTimeMs: atMs, receivedAtMs: atMs }),
    );
  }

  async submit(
    side: 'buy' | 'sell',
    quantityLots: number,
    more: { readonly limitTicks?: number; readonly purpose?: 'entry' | 'exit' } = {},
  ): Promise<void> {
    await this.live(async ({ engine, lockstep }) => {
      engine.submit({
        accountId,
        instrument,
        side,
        quantityLots,
        orderType: more.limitTicks === undefined ? 'market' : 'limit',
        ...(more.limitTicks === undefined ? {} : { limitTicks: more.limitTicks }),
        timeInForce: 'day',
        reduceOnly: more.purpose === 'exit',
        purpose: more.purpose ?? 'entry',
        source: 'operator',
        by: 'test',
        maxAgeMs: 30_000,
        atMs: this.clock.nowMs(),
      });
      await lockstep.rest();
    });
  }

  /** Something that happens at the venue. */
  async elsewhere(happen: (venue: PaperVenue) => void): Promise<void> {
    happen(this.venue);
    await this.live(({ lockstep }) => lockstep.rest());
  }

  async buyElsewhere(lots: number, ticks: number): Promise<void> {
    const fill = {
      fillId: 'X1' as FillId,
      accountId,
      instrument,
      side: 'buy' as const,
      lots,
      ticks,
      feeUnits: 0,
      venueTimeMs: this.clock.nowMs(),
    };
    await this.elsewhere((venue) => venue.externalFill(fill));
  }

  /** Somebody pulls the kill switch of the account. */
  async pullKillSwitch(kill: {
    readonly mode: 'cancelOnly' | 'flatten';
    readonly isEmergency: boolean;
  }): Promise<void> {
    await this.live(async ({ engine, lockstep }) => {
      engine.operate({
        verb: 'kill',
        kill: { scope: 'account', trigger: 'operator', ...kill },
        accountId,
        requestId: 'kill',
        role: 'operator',
        by: 'ann',
        reason: 'test',
      });
      await lockstep.rest();
    });
  }

  /** What the kill switch says of itself. */
  killState(): string {
    const runs = this.life?.engine.world.accounts.get(accountId)?.kills ?? [];
    return runs.map(({ key, phase, result }) => `${key} ${phase} ${result}`).join();
  }

  async forbidTrading(): Promise<void> {
    const venueTimeMs = this.clock.nowMs();
    await this.elsewhere((venue) =>
      venue.announce({ type: 'venue.permission', accountId, canTrade: false, venueTimeMs }),
    );
  }

  setFaults(faults: FaultChanges): void {
    this.venue.setFaults(faults);
  }

  /** Lives through the time up to `afterMs` from ten o'clock, with a price every five seconds. */
  async liveUntil(afterMs: number): Promise<void> {
    const endMs = tenOClockMs + afterMs;
    while (this.clock.nowMs() < endMs) {
      const toMs = Math.min(endMs, this.clock.nowMs() + 5_000);
      await this.live(({ lockstep }) => lockstep.advanceTo(toMs));
      if (this.lastPrice !== undefined) await this.quote(...this.lastPrice);
    }
  }

  finalState(): FinalState {
    const account = this.life?.engine.world.accounts.get(accountId);
    if (account === undefined) throw new Error('the engine runs');
    const { orders, positions } = this.venue.ledger();
    return {
      tradingState: account.tradingState,
      causes: account.causes.toSorted(),
      locks: [...account.locks.values()].map(
        ({ lockId, kind, expiresAtMs }) => `${lockId} ${kind} ${expiresAtMs}`,
      ),
      positions: [...account.positions.values()].map((one) => `${one.instrument} ${one.openLots}`),
      venuePositions: positions
        .filter(({ book }) => book.openLots !== 0)
        .map((one) => `${one.instrument} ${one.book.openLots}`),
      orders: [...account.workingOrders.values()]
        .map((one) => `${one.side} ${one.leavesLots} ${one.purpose} ${one.orderType}`)
        .toSorted(),
      venueOrders: orders
        .filter(({ status }) => status === 'working' || status === 'partial')
        .map((one) => `${one.side} ${one.quantityLots - one.filledLots} ${one.orderType}`)
        .toSorted(),
    };
  }

  close(): void {
    if (this.life !== undefined) {
      this.tap.close();
      this.life.engine.abandon();
      this.life.journal.close({ isClean: false });
    }
    this.venue.close();
    removeDirectory(this.directory);
  }

  private createEngine(
    journal: JournalPort,
    evaluator: ReturnType<typeof createInlineEvaluator>,
  ): Engine {
    const { rule, config } = this.options;
    const definition = ruleByKey(rule);
    if (definition === undefined) throw new Error(`no rule has the key ${rule}`);
    const parsed = definition.config.parse({ enabled: true, ...config });
    const sessions = createSessionCalendar({
      start: '08:30',
      end: '10:01',
      timezone: 'America/Chicago',
      allowedDays: [0, 1, 2, 3, 4],
      extraWindows: [],
      holidays: new Set(),
      earlyCloses: new Map(),
    });
    return new Engine({
      clock: this.clock,
      ids: createIds('CRASH', journal.epoch),
      random: createRandom(`crash/engine/${journal.epoch}`),
      journal: this.counted(journal),
      venue: this.countedTap(),
      evaluator,
      alerts: { raise: () => undefined },
      machines: hostedMachines,
      instruments: builtInInstruments,
      accounts: [
        {
          id: accountId,
          currency: 'USD',
          startBalanceUnits: 50_000_000_000,
          rules: [{ definition, config: parsed }],
        },
      ],
      calendar: new TradingCalendar({ time: '17:00', zone: 'America/Chicago', kind: 'futures' }),
      sessions,
      mode: 'PAPER',
      quoteMaxAgeMs: 5_000,
    });
  }

  private happened(kind: Kill['kind']): void {
    if (!this.isBreached || this.hasDied) return;
    this.seen[kind] += 1;
    const { kill } = this.options;
    if (kill?.kind === kind && kill.count === this.seen[kind])
      throw new SimulatedCrash(`${kind} ${kill.count}`);
  }

  private counted(journal: JournalPort): JournalPort {
    const commit = (batch: TurnBatch) => {
      const head = journal.commit(batch);
      this.isBreached ||= batch.entries.some(({ eventJson }) =>
        /"type":"(account\.(enforcement|automation)Wanted|kill\.triggered)"/.test(eventJson),
      );
      this.happened('commit');
      return head;
    };
    return replaced(journal, { commit });
  }

  private countedTap(): VenueTap {
    const { tap } = this;
    const around = (send: () => void): void => {
      this.happened('beforeSend');
      send();
      this.happened('afterSend');
    };
    return replaced(tap, {
      submit: (order: Parameters<VenueTap['submit']>[0]) => around(() => tap.submit(order)),
      cancel: (cancel: Parameters<VenueTap['cancel']>[0]) => around(() => tap.cancel(cancel)),
      modify: (modify: Parameters<VenueTap['modify']>[0]) => around(() => tap.modify(modify)),
    });
  }
}

/** The same object with some of its methods replaced. */
function replaced<Value extends object>(target: Value, methods: Partial<Value>): Value {
  return new Proxy(target, {
    get: (inner, key) => {
      if (key in methods) return Reflect.get(methods, key) as unknown;
      const value: unknown = Reflect.get(inner, key, inner);
      return typeof value === 'function' ? (value.bind(inner) as unknown) : value;
    },
  });
}
