/**
 * One simulated run: a whole engine on simulated time with a venue that lives on while the process dies and comes back.
 * Everything random comes from the seed. Source: crash-testing 5.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AccountRuntime } from '../../src/actors/account-runtime.ts';
import { Engine } from '../../src/actors/engine.ts';
import type { StartReport } from '../../src/actors/recovery.ts';
import type { ReloadSettings } from '../../src/actors/reload.ts';
import type { AccountSettings } from '../../src/actors/world.ts';
import { Lockstep } from '../../src/bin/lockstep.ts';
import { hostedMachines, knownMachines } from '../../src/bin/machines.ts';
import type { AccountId, ActorId, InstrumentId, OrderId } from '../../src/domain/ids.ts';
import { builtInInstruments } from '../../src/domain/instruments.ts';
import type { OrderIntent, SubmitOrder } from '../../src/domain/order.ts';
import { TradingCalendar } from '../../src/domain/trading-day.ts';
import { SimulatedClock } from '../../src/kernel/clock.ts';
import { createIds } from '../../src/kernel/ids.ts';
import { createRandom, type Random } from '../../src/kernel/random.ts';
import { openJournal } from '../../src/persistence/journal.ts';
import type { FillRow, JournalPort, TurnBatch } from '../../src/ports/journal.port.ts';
import { ruleCatalogue } from '../../src/rules/registry.ts';
import { createPaperVenue, type PaperVenue } from '../../src/venues/paper/paper-venue.ts';
import { createInlineEvaluator } from '../../src/workers/inline-evaluator.ts';
import { exposureProblem, submissionProblem } from './simulation-invariants.ts';
import type { LinkedIntent } from './simulation-people.ts';
import { KillSla } from './simulation-sla.ts';
import {
  CrashPlan,
  SimulatedCrash,
  SimulatedStoreFailure,
  tappedJournal,
  VenueTap,
} from './simulation-tap.ts';

/** Tuesday 2026-03-10; the trading day changes at 22:00 UTC (17:00 in Chicago). */
const middayMs = Date.UTC(2026, 2, 10, 15, 0, 0);
const lateMs = Date.UTC(2026, 2, 10, 21, 58, 0);
const startBalanceUnits = 50_000_000_000;
const instrumentNames = ['MNQ', 'MES', 'MGC'] as const;
const startTicks: Readonly<Record<string, number>> = { MNQ: 80_000, MES: 22_000, MGC: 20_000 };
const traceMax = Number(process.env['BULKHEAD_TRACE'] ?? 60);

/** One process of the engine. */
export type Life = {
  readonly engine: Engine;
  readonly lockstep: Lockstep;
  readonly journal: JournalPort;
  readonly tap: VenueTap;
  readonly report: () => StartReport | undefined;
};

type LockSeen = {
  readonly account: AccountId;
  readonly lockId: string;
  /** Ends when the venue permits trading again, which it may have said meanwhile. */
  readonly isUntilRestored: boolean;
  readonly expiresAtMs: number;
};

type KillSeen = { readonly account: AccountId; readonly key: string; readonly runId: string };

/** What a crash of the process must not lose, and what the invariants compare: only what was committed. */
export type Committed = {
  /** Fills by account and trade id, in order of booking; more than one is a double booking. */
  readonly fills: Map<string, FillRow[]>;
  /** Active locks and kill latches after the last commit. */
  locks: readonly LockSeen[];
  kills: readonly KillSeen[];
  /** Request ids of people's commands that are rows. */
  readonly commands: Set<string>;
  deadLetters: { readonly to: string; readonly eventJson: string; readonly reason: string }[];
};

export class Simulation {
  readonly seed: number;
  readonly clock: SimulatedClock;
  readonly venue: PaperVenue;
  readonly random: Random;
  readonly crashPlan = new CrashPlan();
  readonly killSla = new KillSla(this);
  accounts: readonly AccountSettings[];
  readonly instruments: readonly InstrumentId[];
  readonly prices: Map<InstrumentId, number>;
  readonly committed: Committed = {
    fills: new Map(),
    locks: [],
    kills: [],
    commands: new Set(),
    deadLetters: [],
  };
  /** How often each rare thing happened. */
  readonly marks = new Map<string, number>();
  readonly problems: string[] = [];
  readonly trace: string[] = [];
  /** Actors that throw, by how often they still do and on which event; empty type: on any. */
  fuse: { readonly actor: ActorId; readonly type: string; left: number } | undefined;
  /** Trades that the venue has taken back, and those of them that the engine has heard of, by account and trade id. */
  readonly voided = new Set<string>();
  readonly takenVoids = new Set<string>();
  /** Kills that a person has ended since the last start: the word may have waited for an actor that was down. */
  private readonly rearmed = new Set<string>();
  /** What people and strategies remember. */
  lastSignal: OrderIntent['signal'] | undefined;
  readonly lastOrders: OrderId[] = [];
  readonly pairs: LinkedIntent[] = [];
  commands = 0;
  reloads = 0;
  /** The store has failed while it was written to: what a kill did then left no row. */
  hasStoreFailed = false;
  private readonly startedAtMs: number;
  private life: Life | undefined;
  private readonly directory: string;
  private epochs = 0;

  constructor(seed: number) {
    this.seed = seed;
    this.random = createRandom(`simulation/${seed}`);
    const setup = this.random.fork('setup');
    this.startedAtMs = setup.int(5) === 0 ? lateMs : middayMs;
    this.clock = new SimulatedClock(this.startedAtMs);
    this.directory = mkdtempSync(
      join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'bulkhead-simulation-'),
    );
    this.accounts = ['A1', 'A2', 'A3'].slice(0, 1 + setup.int(3)).map((id) => ({
      id: id as AccountId,
      currency: 'USD',
      startBalanceUnits,
      rules: configuredRules(setup),
    }));
    this.instruments = instrumentNames.slice(
      0,
      2 + setup.int(2),
    ) as readonly string[] as InstrumentId[];
    this.prices = new Map(this.instruments.map((id) => [id, startTicks[id] ?? 0]));
    this.venue = createPaperVenue({
      clock: this.clock,
      random: this.random.fork('venue'),
      instruments: builtInInstruments,
      options: { randomPartial: { chancePpm: 200_000, sharePercentMin: 20 } },
    });
  }

  get isUp(): boolean {
    return this.life !== undefined;
  }

  get running(): Life {
    if (this.life === undefined) throw new Error('the engine is down');
    return this.life;
  }

  note(text: string): void {
    const at = new Date(this.clock.nowMs()).toISOString().slice(11, 23);
    this.trace.push(`${at} ${text}`);
    if (this.trace.length > traceMax) this.trace.shift();
  }

  mark(name: string, times = 1): void {
    this.marks.set(name, (this.marks.get(name) ?? 0) + times);
  }

  /** Simulated time so far. */
  get livedMs(): number {
    return this.clock.nowMs() - this.startedAtMs;
  }

  /** The same accounts under other limits. */
  anotherConfiguration(random: Random): readonly AccountSettings[] {
    return this.accounts.map((account) => ({ ...account, rules: configuredRules(random) }));
  }

  /** Everything that a reload replaces. */
  settings(accounts: readonly AccountSettings[]): ReloadSettings {
    return {
      accounts,
      calendar: new TradingCalendar({ time: '17:00', zone: 'America/Chicago', kind: 'futures' }),
      mode: 'PAPER',
      quoteMaxAgeMs: 5_000,
    };
  }

  problem(text: string): void {
    this.note(`PROBLEM ${text}`);
    this.problems.push(text);
  }

  account(id: AccountId): AccountRuntime {
    const account = this.running.engine.world.accounts.get(id);
    if (account === undefined) throw new Error(`no account ${id}`);
    return account;
  }

  /** Starts a process on what the last one left, however often it dies on the way. */
  async start(): Promise<void> {
    for (;;) {
      try {
        await this.startOnce();
        return;
      } catch (error) {
        this.dieOf(error);
      }
    }
  }

  private async startOnce(): Promise<void> {
    const before = this.committed.locks;
    const killsBefore = this.committed.kills;
    this.rearmed.clear();
    const opened = this.open();
    this.life = opened.life;
    const { engine, lockstep } = opened.life;
    await this.outlive(engine.start().then((report) => opened.started(report)));
    await lockstep.rest();
    this.epochs += 1;
    const report = opened.life.report();
    this.note(`STARTED epoch ${opened.life.journal.epoch}, in doubt ${report?.inDoubt ?? 0}`);
    if ((report?.inDoubt ?? 0) > 0) this.mark('restart with an effect in doubt');
    this.checkLocks(before);
    this.checkKills(killsBefore);
  }

  /** Waits for a promise of the engine while simulated time goes on. */
  private async outlive(promise: Promise<void>): Promise<void> {
    let isOver = false;
    const settle = (): void => {
      isOver = true;
    };
    promise.then(settle, settle);
    for (;;) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (isOver) break;
      if (!this.clock.runNext(Number.MAX_SAFE_INTEGER))
        throw new Error('the start waits for nothing');
    }
    await promise;
  }

  /** Runs what may be the last thing that the process does. */
  async act(run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.dieOf(error);
      await this.downtime();
      await this.start();
    }
  }

  private dieOf(error: unknown): void {
    if (error instanceof SimulatedCrash) this.note(`DIED ${error.message}`);
    else if (error instanceof SimulatedStoreFailure) {
      // Fail-stop: what the process does then it does without the store.
      this.hasStoreFailed = true;
      this.mark('the store failed');
      this.note(`STOPPED ${error.message}`);
    } else {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.problem(`the engine stopped by itself: ${text}`);
      if (this.problems.length > 3) throw error;
    }
    this.kill();
  }

  /** The process is gone: nothing is written, nothing is heard. */
  kill(): void {
    const { engine, journal, tap } = this.running;
    tap.disconnect();
    engine.abandon();
    journal.close({ isClean: false });
    this.life = undefined;
    this.fuse = undefined;
    this.killSla.forget();
  }

  async crashNow(): Promise<void> {
    this.note('DIED between two turns');
    this.kill();
    await this.downtime();
    await this.start();
  }

  async restartCleanly(): Promise<void> {
    await this.act(async () => {
      const { engine, tap } = this.running;
      await engine.stop();
      this.killSla.forget();
      tap.disconnect();
      this.life = undefined;
      this.note('STOPPED');
      await this.downtime();
      await this.start();
    });
  }

  private async downtime(): Promise<void> {
    const pausesMs = [0, 0, 20, 1_500, 30_000];
    const pauseMs = pausesMs[this.random.int(pausesMs.length)] ?? 0;
    this.clock.advanceTo(this.clock.nowMs() + pauseMs);
    await Promise.resolve();
  }

  /** Time passes; everything due happens. */
  async advance(durationMs: number): Promise<void> {
    // What has been asked for is taken in before time goes on.
    await this.running.lockstep.rest();
    await this.running.lockstep.advanceTo(this.clock.nowMs() + durationMs);
    await this.running.lockstep.rest();
  }

  /** Time passes and the process does nothing: it waits for its disk, or stands still. Source: crash-testing 2, F4, F8, F9. */
  stall(durationMs: number, mark: string): void {
    this.clock.stall(durationMs);
    this.mark(mark);
  }

  /** The venue trades on the price; the engine sees it unless the line is down. */
  async quote(instrument: InstrumentId): Promise<void> {
    const atMs = this.clock.nowMs();
    const ticks = this.prices.get(instrument) ?? 0;
    const quote = {
      instrument,
      bidTicks: ticks,
      askTicks: ticks + 1,
      lastTicks: ticks,
      venueTimeMs: atMs,
      receivedAtMs: atMs,
    };
    if (this.venue.faults.link === 'up') await this.running.lockstep.quote(quote);
    else this.venue.onQuote(quote);
  }

  close(): void {
    if (this.life !== undefined) this.kill();
    this.venue.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  private open(): { life: Life; started: (report: StartReport) => void } {
    const { clock } = this;
    let report: StartReport | undefined;
    const store = openJournal({
      directory: this.directory,
      environment: 'PAPER',
      knownMachines,
      clock,
      appVersion: 'simulation',
      databaseUuid: '51310000-0000-4000-8000-000000000000',
      ballastBytes: 0,
      logBytes: 0,
    });
    const journal = tappedJournal(store, this.crashPlan, {
      slow: (commitMs) => this.stall(commitMs, 'commit on a slow disk'),
      committed: (batch) => this.committedBatch(batch),
    });
    const tap = new VenueTap(this.venue, this.crashPlan, {
      submit: (order) => this.judgeSubmission(order),
      cancel: (cancel) => this.killSla.canceled(cancel),
    });
    const evaluator = createInlineEvaluator();
    const engine = new Engine({
      clock,
      ids: createIds('SIM', journal.epoch),
      random: this.random.fork(`engine/${journal.epoch}`),
      journal,
      venue: tap,
      evaluator,
      alerts: { raise: (alert) => this.killSla.alerted(alert) },
      machines: hostedMachines,
      instruments: builtInInstruments,
      ...this.settings(this.accounts),
      onNote: (text) => this.note(text),
      beforeStep: (actor, event) => this.stumble(actor, event.type),
    });
    const lockstep = new Lockstep({
      clock,
      engine,
      evaluator,
      onQuote: (quote) => this.venue.onQuote(quote),
    });
    const life = { engine, lockstep, journal, tap, report: () => report };
    return {
      life,
      started: (value) => {
        report = value;
      },
    };
  }

  private stumble(actor: ActorId, type: string): void {
    const { fuse } = this;
    if (fuse === undefined || fuse.left === 0 || fuse.actor !== actor) return;
    if (fuse.type !== '' && fuse.type !== type) return;
    fuse.left -= 1;
    throw new Error('planted');
  }

  private committedBatch(batch: TurnBatch): void {
    const { committed } = this;
    for (const row of batch.fills ?? []) {
      const key = `${row.fill.accountId}|${row.fill.fillId}`;
      committed.fills.set(key, [...(committed.fills.get(key) ?? []), row]);
    }
    for (const row of batch.fillCorrections ?? [])
      committed.fills.set(`${row.fill.accountId}|${row.fill.fillId}`, [row]);
    for (const { to, eventJson, reason } of batch.deadLetters ?? [])
      committed.deadLetters.push({ to, eventJson, reason });
    const locks: LockSeen[] = [];
    const kills: KillSeen[] = [];
    for (const account of this.life?.engine.world.accounts.values() ?? []) {
      for (const { key, runId } of account.kills) kills.push({ account: account.id, key, runId });
      for (const { lockId, expiresAtMs, kind } of account.locks.values())
        locks.push({
          account: account.id,
          lockId,
          isUntilRestored: kind === 'untilRestored',
          expiresAtMs: expiresAtMs ?? Infinity,
        });
    }
    committed.locks = locks;
    committed.kills = kills;
    if (this.life !== undefined) this.killSla.committed();
    if ((batch.quarantines ?? []).length > 0) this.mark('quarantine');
    if ((batch.poisons ?? []).length > 0) this.mark('poison');
    if ((batch.effectChanges ?? []).some(({ state }) => state === 'RECONCILED'))
      this.mark('lost answer resolved');
    for (const { code } of batch.incidents ?? []) {
      this.mark(`incident ${code}`);
      if (code.startsWith('LATE_FILL')) this.mark('late fill');
      const mark = incidentMarks[code];
      if (mark !== undefined) this.mark(mark);
    }
    for (const { account, eventJson, fromState, toState, machine } of batch.entries) {
      if (machine === 'input' && eventJson.includes('"operator.command"')) {
        const row = JSON.parse(eventJson) as { command: { requestId: string } };
        committed.commands.add(row.command.requestId);
      }
      if (machine === 'group' || machine === 'oco' || machine === 'kill')
        this.markState(machine, fromState, toState);
      if (machine === 'kill' && eventJson.startsWith('{"type":"kill.rearmed"'))
        for (const key of (JSON.parse(eventJson) as { keys: readonly string[] }).keys)
          this.rearmed.add(`${account}|${key}`);
      if (machine === 'ledger' && eventJson.startsWith('{"type":"ledger.fillVoided"')) {
        const { fill } = JSON.parse(eventJson) as { fill: { accountId: string; fillId: string } };
        this.takenVoids.add(`${fill.accountId}|${fill.fillId}`);
        this.mark('voided fill');
      }
      if (!eventJson.startsWith('{"type":"order.filled"')) continue;
      if (toState.includes('"execution":"partial"')) this.mark('partial fill');
      if (/pendingCancel|pendingBoth/.test(fromState)) this.mark('fill while a cancel was asked');
    }
    if ((this.life?.engine.world.counters.duplicateFills ?? 0) > 0) this.mark('duplicate fill');
  }

  /** I7: a lock that was committed is there after every start, until its end. */
  private checkLocks(before: readonly LockSeen[]): void {
    for (const { account, lockId, expiresAtMs, isUntilRestored } of before) {
      if (expiresAtMs <= this.clock.nowMs()) continue;
      if (isUntilRestored && this.account(account).canTrade !== false) continue;
      this.mark('lock active over a restart');
      if (!this.account(account).locks.has(lockId))
        this.problem(`I7: lock ${lockId} of ${account} did not survive the restart`);
    }
  }

  private markState(machine: string, from: string, to: string): void {
    if (from !== to && to.length < 40) this.mark(`${machine} ${to.replaceAll('"', '')}`);
  }

  /** I7: a kill that was committed is latched after every start, unless what waited for its actor was a re-arm. */
  private checkKills(before: readonly KillSeen[]): void {
    for (const { account, key, runId } of before) {
      if (this.rearmed.has(`${account}|${key}`)) continue;
      this.mark('kill latched over a restart');
      if (!this.account(account).kills.some((kill) => kill.runId === runId))
        this.problem(`I7: the kill ${runId} of ${account} did not survive the restart`);
    }
  }

  private judgeSubmission(order: SubmitOrder): void {
    const problem = submissionProblem(this, order) ?? exposureProblem(this, order);
    if (problem !== undefined) this.problem(problem);
  }
}

const incidentMarks: Readonly<Record<string, string>> = {
  ORDER_WITHDRAWN: 'order withdrawn in the turn that locks',
  EXPOSURE_WHILE_LOCKED: 'fill closed at once while locked',
  LATE_ORDER: 'order found after it counted as failed',
  RECONCILIATION_FAILED: 'picture that could not be read',
  GHOST_POSITION: 'position that only the venue knew',
};

/** Most of the rules, with limits that the runs reach; each run has a part of them. */
function configuredRules(setup: Random): AccountSettings['rules'] {
  const choose = <Value>(values: readonly Value[]): Value =>
    values[setup.int(values.length)] as Value;
  const often: Readonly<Record<string, object>> = {
    maxContracts: {
      limit: choose([3, 5, 8]),
      countType: choose(['net', 'gross']),
      lockoutOnBreach: choose(['none', 'cooldown:2m']),
    },
    dailyRealizedLoss: { limit: choose(['-500', '-3000', '-20000']) },
    dailyUnrealizedLoss: {
      limit: choose(['-100', '-300', '-2000']),
      lockout: choose(['none', 'untilReset']),
    },
  };
  const sometimes: Readonly<Record<string, object>> = {
    authLossGuard: {},
    dailyRealizedProfit: { target: choose(['300', '2000']) },
    maxContractsPerInstrument: { defaultLimit: 3 },
    maxUnrealizedProfit: { target: choose(['100', '400']) },
    noStopLossGrace: { graceSeconds: choose([5, 30]) },
    tradeFrequencyLimit: { limits: { perMinute: 6, perHour: 20, perSession: 200 } },
    cooldownAfterLoss: {},
  };
  const settings = Object.fromEntries([
    ...Object.entries(often).filter(() => setup.int(4) > 0),
    ...Object.entries(sometimes).filter(() => setup.int(6) === 0),
  ]);
  return ruleCatalogue.flatMap((definition) => {
    const given = settings[definition.key];
    if (given === undefined) return [];
    const parsed = definition.config.safeParse({ enabled: true, ...given });
    if (!parsed.success) throw new Error(`${definition.key}: ${parsed.error.message}`);
    return [{ definition, config: parsed.data }];
  });
}
