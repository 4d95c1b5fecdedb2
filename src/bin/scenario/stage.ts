/**
 * One scenario on its stage: simulated clock, scripted venue, and an engine that can die and come back.
 * The venue and the clock outlive the engine; the journal is a real one in a directory of its own.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine } from '../../actors/engine.ts';
import type { GroupWish, SubmitAnswer } from '../../actors/input.ts';
import type { AccountId, OrderId, VenueOrderId } from '../../domain/ids.ts';
import type { OperatorAnswer } from '../../domain/operator.ts';
import type { OrderIntent } from '../../domain/order.ts';
import type { Quote } from '../../domain/view.ts';
import { condition, invariant } from '../../kernel/assert.ts';
import { SimulatedClock } from '../../kernel/clock.ts';
import { createIds } from '../../kernel/ids.ts';
import { createRandom } from '../../kernel/random.ts';
import { openJournal } from '../../persistence/journal.ts';
import type { JournalPort, TurnBatch } from '../../ports/journal.port.ts';
import { createPaperVenue, type PaperVenue } from '../../venues/paper/paper-venue.ts';
import { productVersion } from '../composition.ts';
import { KillFile } from '../kill-file.ts';
import { Lockstep } from '../lockstep.ts';
import { hostedMachines, knownMachines } from '../machines.ts';
import { outlierSettings } from '../outliers.ts';
import { ScenarioEvaluator } from './evaluator.ts';
import type { Scenario } from './format.ts';
import { InstrumentNames } from './instruments.ts';
import { noteResent } from './invariants.ts';
import { withCommit } from './journal-tap.ts';
import { LastPrices } from './last-prices.ts';
import { engineSettings, type EngineSettings } from './settings.ts';
import { SkewedClock } from './skewed-clock.ts';
import type { Step } from './step-format.ts';
import { StoreFault } from './store-fault.ts';
import { noteSubmits, type RefOutcome } from './submits.ts';
import { instantMs } from './times.ts';
import { VenueFaults } from './venue-faults.ts';
import { SimulatedCrash, VenueTap, type CrashPoint, type SentCommand } from './venue-tap.ts';

/** One life of the engine. */
export type Life = {
  readonly engine: Engine;
  readonly lockstep: Lockstep;
  readonly evaluator: ScenarioEvaluator;
  readonly journal: JournalPort;
};

const databaseUuid = '5ce7a710-0000-4000-8000-000000000001';

export class Stage {
  /** What the configuration says now; an engine that starts later takes it from here. */
  scenario: Scenario;
  settings: EngineSettings;
  readonly names: InstrumentNames;
  readonly clock: SimulatedClock;
  /** The machine's clock, and the venue's. */
  readonly engineClock: SkewedClock;
  readonly venueClock: SkewedClock;
  readonly venue: PaperVenue;
  readonly tap: VenueTap;
  readonly faults: VenueFaults;
  readonly killFile: KillFile;
  readonly store: StoreFault;
  readonly refs = new Map<string, RefOutcome>();
  /** What each ref has asked for, whatever became of it. */
  readonly wishes = new Map<string, OrderIntent>();
  /** Codes since the last expect. */
  readonly alerts: string[] = [];
  readonly incidents: string[] = [];
  /** Submissions that the engine may repeat, by order. */
  readonly resent = new Map<string, number>();
  /** Commands that reached the venue since the last expect. */
  sent: readonly SentCommand[] = [];
  operatorAnswer: OperatorAnswer | undefined;
  /** Thrown inside the step of an actor, once for each entry. */
  readonly poisoned: { readonly actor: string; isAlways: boolean }[] = [];
  private life: Life | undefined;
  readonly directory: string;
  readonly prices = new LastPrices();
  readonly groupIds = new Map<string, string>();
  private announcements = 0;
  /** Submits on their way into the journal, oldest first. */
  readonly pendingRefs: string[] = [];
  private readonly evaluators: ScenarioEvaluator[] = [];

  constructor(scenario: Scenario) {
    this.scenario = scenario;
    this.settings = engineSettings(scenario);
    this.names = new InstrumentNames(scenario);
    this.clock = new SimulatedClock(instantMs(scenario.start, scenario.zone));
    this.engineClock = new SkewedClock(this.clock);
    this.store = new StoreFault(this.clock);
    this.venueClock = new SkewedClock(this.clock);
    this.directory = mkdtempSync(join(tmpdir(), 'bulkhead-scenario-'));
    const { file } = this.settings.execution.killSwitch;
    this.killFile = new KillFile(this.directory, file, () => this.life?.engine);
    this.venue = createPaperVenue({
      clock: this.venueClock,
      random: createRandom(`${scenario.name}/venue`),
      instruments: this.names.atVenue,
      options: {
        accounts: new Map(
          this.settings.accounts.map(
            ({ id, currency, startBalanceUnits }) => [id, { currency, startBalanceUnits }] as const,
          ),
        ),
        // In scenarios nothing costs a fee unless it says so.
        faults: { feePerLotUnits: 0 },
      },
    });
    this.tap = new VenueTap(this.venue, this.clock, (command) => {
      this.sent = [...this.sent, command];
    });
    this.faults = new VenueFaults(this.venue, this.names, (ref) => this.orderIdOf(ref));
  }

  get isUp(): boolean {
    return this.life !== undefined;
  }

  /** The running engine. @throws InvariantViolation while it is down */
  get running(): Life {
    const { life } = this;
    invariant(life !== undefined, 'a step that needs the engine meets a running one');
    return life;
  }

  nowMs(): number {
    return this.clock.nowMs();
  }

  async start(): Promise<void> {
    invariant(this.life === undefined, 'one engine runs at a time');
    const journal = openJournal({
      directory: this.directory,
      environment: this.settings.mode,
      knownMachines,
      clock: this.engineClock,
      appVersion: productVersion,
      databaseUuid,
      ballastBytes: 0,
      logBytes: 0,
    });
    const { accounts } = this.settings;
    const outliers = outlierSettings(
      accounts.flatMap(({ rules }) => rules),
      accounts[0]?.controls,
    );
    const evaluator = new ScenarioEvaluator(this.engineClock, outliers);
    this.evaluators.push(evaluator);
    const engine = this.createEngine(this.tapped(journal), evaluator);
    const lockstep = new Lockstep({
      clock: this.clock,
      engineNowMs: () => this.engineClock.nowMs(),
      engine,
      evaluator,
      onQuote: (quote) => this.venue.onQuote(quote),
    });
    const life = { engine, lockstep, evaluator, journal };
    this.life = life;
    // The comparison at the start takes no simulated time: the clock stands where the scenario put it.
    await this.living(async () => {
      await this.faults.withoutLatency(() => engine.start());
      await lockstep.rest();
      if (this.killFile.poll()) await lockstep.rest();
    });
  }

  /** What the engine does until it rests; a store that fails ends the process. */
  private async living(live: () => Promise<void>): Promise<void> {
    await this.store.survive(live, () => this.crash());
  }

  /** An orderly stop. */
  async stop(): Promise<void> {
    const { engine } = this.running;
    await engine.stop();
    this.life = undefined;
  }

  /** The process is gone between two instructions: nothing is written, nothing more is heard. */
  crash(): void {
    const { engine, evaluator, journal } = this.running;
    this.tap.close();
    engine.abandon();
    evaluator.abandon();
    journal.close({ isClean: false });
    this.tap.crashAt = undefined;
    // What was on its way into the journal never arrives.
    this.pendingRefs.length = 0;
    this.life = undefined;
  }

  /** Runs something that must not get past the point. */
  async dieAt(point: CrashPoint, run: () => Promise<void>): Promise<void> {
    this.tap.crashAt = point;
    try {
      await run();
    } catch (error) {
      if (!(error instanceof SimulatedCrash)) throw error;
      this.crash();
      return;
    }
    condition(false, () => `the step of a crash has an effect that reaches ${point}`);
  }

  /** Everything due up to and including the instant happens first. */
  async advanceTo(atMs: number): Promise<void> {
    const { life } = this;
    if (life !== undefined) {
      await this.living(async () => {
        await life.lockstep.advanceTo(atMs);
        await life.lockstep.rest();
      });
      if (this.life !== undefined) return;
    }
    const { backAtMs } = this.store;
    if (backAtMs === undefined || backAtMs > atMs) {
      this.clock.advanceTo(atMs);
      return;
    }
    this.clock.advanceTo(backAtMs);
    this.store.end();
    await this.start();
    await this.advanceTo(atMs);
  }

  /** The process stands still while the world goes on; what came meanwhile is taken afterwards. */
  async pause(durationMs: number): Promise<void> {
    this.clock.advanceTo(this.nowMs() + durationMs);
    await this.rest();
  }

  async rest(): Promise<void> {
    await this.living(async () => this.life?.lockstep.rest());
  }

  async quote(quote: Quote): Promise<void> {
    // A dead line brings no prices either; the venue's own market goes on.
    const { life } = this;
    if (life !== undefined && this.venue.faults.link === 'up')
      await this.living(() => life.lockstep.quote(quote));
    else this.venue.onQuote(quote);
  }

  /** The account a step speaks of. */
  accountOf(step: Pick<Step, 'account'>): AccountId {
    const account = this.settings.accounts.find(
      ({ id }) => step.account === undefined || id === step.account,
    );
    condition(account !== undefined, () => `an account of the scenario, was ${step.account}`);
    return account.id;
  }

  /** Our id of a ref, or undefined when it was denied or never submitted. */
  orderIdOf(ref: string): OrderId | undefined {
    const outcome = this.refs.get(ref);
    return outcome !== undefined && 'orderId' in outcome ? outcome.orderId : undefined;
  }

  refOf(orderId: OrderId): string | undefined {
    for (const [ref, outcome] of this.refs)
      if ('orderId' in outcome && outcome.orderId === orderId) return ref;
    return undefined;
  }

  /** The order of a ref or of a venue order id, as the venue has it. */
  venueOrder(ref: string | undefined, venueOrderId: string | undefined) {
    const orderId = ref === undefined ? undefined : this.orderIdOf(ref);
    return this.venue
      .ledger()
      .orders.find((order) =>
        orderId === undefined
          ? order.venueOrderId === (venueOrderId as VenueOrderId)
          : order.orderId === orderId,
      );
  }

  /** Submits under a name of the scenario. The journal names the order; the answer may be lost in a crash. */
  submit(ref: string, wish: Parameters<Engine['submit']>[0]): void {
    condition(
      !this.refs.has(ref) && !this.pendingRefs.includes(ref),
      () => `a ref is used once, was ${ref}`,
    );
    this.pendingRefs.push(ref);
    this.running.engine.submit(wish, (answer: SubmitAnswer) => {
      if ('denial' in answer) this.refs.set(ref, answer);
    });
  }

  /** An order group; its legs are refs of their own. */
  submitGroup(ref: string, refs: readonly string[], wish: GroupWish): void {
    for (const one of [ref, ...refs])
      condition(
        !this.refs.has(one) && !this.groupIds.has(one),
        () => `a ref is used once, was ${one}`,
      );
    this.groupIds.set(ref, '');
    this.running.engine.submitGroup(wish);
  }

  /** The OCO group of a ref: the one that it joined, or the one that it begins. */
  ocoGroupOf(ref: string): string {
    const orderId = this.orderIdOf(ref);
    if (orderId === undefined) return ref;
    for (const account of this.life?.engine.world.accounts.values() ?? []) {
      const known = account.workingOrders.get(orderId)?.ocoGroupId ?? account.setOf.get(orderId);
      if (known !== undefined) return known;
    }
    return orderId;
  }

  /** What counts since the last expect counts from here. */
  beginStretch(): void {
    this.sent = [];
    this.alerts.length = 0;
    this.incidents.length = 0;
  }

  /** Keys of scripted reports, never twice. */
  nextKey(): string {
    this.announcements += 1;
    return `script:${this.announcements}`;
  }

  async close(): Promise<void> {
    try {
      if (this.life !== undefined) this.crash();
    } finally {
      this.venue.close();
      await Promise.all(this.evaluators.map((evaluator) => evaluator.gone()));
      rmSync(this.directory, { recursive: true, force: true });
    }
  }

  private createEngine(journal: JournalPort, evaluator: ScenarioEvaluator): Engine {
    const { settings } = this;
    const engine = new Engine({
      clock: this.engineClock,
      ids: createIds('SCN', journal.epoch),
      random: createRandom(`${this.scenario.name}/engine/${journal.epoch}`),
      journal,
      venue: this.tap,
      evaluator,
      // What the store cannot take goes out all the same, and stands in no commit.
      alerts: { raise: ({ code }) => void (this.store.isFailing && this.alerts.push(code)) },
      onKillWithoutStore: ({ mode, by, reason }) => this.killFile.write({ mode, by, reason }),
      machines: hostedMachines,
      instruments: this.names.known,
      accounts: settings.accounts,
      calendar: settings.calendar,
      ...(settings.sessions === undefined ? {} : { sessions: settings.sessions }),
      mode: settings.mode,
      quoteMaxAgeMs: settings.quoteMaxAgeMs,
      orders: settings.orders,
      execution: settings.execution,
      resets: settings.resets,
      api: settings.api,
      groups: settings.groups,
      beforeStep: (actor) => this.stumble(actor),
    });
    // The clock of a scenario is a trusted one until a step skews it.
    engine.world.submission.clockDriftMs = 0;
    return engine;
  }

  private note(batch: TurnBatch): void {
    for (const effect of batch.effects ?? []) {
      if (effect.kind === 'alert')
        this.alerts.push((JSON.parse(effect.payloadJson) as { code: string }).code);
    }
    for (const { code } of batch.incidents ?? []) this.incidents.push(code);
    noteResent(this.resent, batch);
    noteSubmits(batch, this);
    // Faults of an order have to hold before it leaves.
    if ((batch.effects ?? []).some(({ kind }) => kind === 'venue.submitOrder')) this.faults.bind();
  }

  private stumble(actor: string): void {
    const index = this.poisoned.findIndex((entry) => entry.actor === actor);
    const entry = this.poisoned[index];
    if (entry === undefined) return;
    if (!entry.isAlways) this.poisoned.splice(index, 1);
    throw new Error('crashed by the scenario');
  }

  /** Sees every commit; with the point `afterCommit` the first commit of an effect is the last thing that happens. */
  private tapped(journal: JournalPort): JournalPort {
    return withCommit(journal, (batch) => {
      this.store.check();
      const head = journal.commit(batch);
      this.note(batch);
      const isEffect = (batch.effects ?? []).some(({ kind }) => kind !== 'alert');
      if (this.tap.crashAt === 'afterCommit' && isEffect)
        throw new SimulatedCrash('after the commit');
      return head;
    });
  }
}
