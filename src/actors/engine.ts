import { defaultExecutionSettings } from '../domain/execution-settings.ts';
import type { AccountId, OrderId } from '../domain/ids.ts';
import type { OperatorAnswer, OperatorCommand } from '../domain/operator.ts';
import type { OrderIntent } from '../domain/order.ts';
import type { VerdictChange } from '../domain/verdict.ts';
import { invariant } from '../kernel/assert.ts';
import { limits } from '../kernel/limits.ts';
import type { Random } from '../kernel/random.ts';
import type { VenueEvent } from '../ports/venue.port.ts';
/**
 * The engine: takes inputs in turns, stores, then acts.
 *
 * One turn is: inputs → actors → one commit → release of everything outward. Nothing leaves the process before the
 * commit that holds its cause; if the commit fails, nothing leaves at all and the process must stop.
 */
import { marketRules, rulesInForce } from './account-groups.ts';
import { AccountRuntime } from './account-runtime.ts';
import type { Cell } from './cell.ts';
import { followConditions } from './conditions.ts';
import { drain } from './deliver.ts';
import { followLinked } from './follow-linked.ts';
import { alarmInbox } from './inbox-alarm.ts';
import { Inbox, type Accepted } from './inbox.ts';
import type { EngineInput, GroupWish, Lane } from './input.ts';
import type { ModifyWish, SubmitAnswer } from './input.ts';
import { handle } from './intake.ts';
import { KillPictures } from './kill-pictures.ts';
import { followKills, recoverKills, turnDurationMs } from './kill.ts';
import { heard } from './link-phases.ts';
import { storeMailboxes } from './mailboxes.ts';
import { emptyOperatorMemory } from './operator-memory.ts';
import { closeOrderWatch, emptyOrderWatch } from './order-times.ts';
import { passivate, snapshotLong, writeAllSnapshots, writeDueSnapshots } from './passivation.ts';
import { recoverEngine, type StartReport } from './recovery.ts';
import { cancelEntriesOfReducing } from './reducing.ts';
import type { ReloadAnswer, ReloadWish } from './reload.ts';
import { chooseShadow, verifyShadows } from './shadow-verifier.ts';
import { awaitEntriesGone } from './shutdown.ts';
import { quoteCame } from './staleness.ts';
import { emptySubmissionState } from './submission-state.ts';
import { closeSurroundings, surroundings } from './surroundings.ts';
import { Synchronizer } from './synchronizer.ts';
import { TimerService } from './timer-service.ts';
import { Turn } from './turn.ts';
import { withdrawForbidden } from './withdraw.ts';
import { commitOrReduce } from './without-store.ts';
import { defaultOrderSettings, emptyCounters, type EngineOptions, type World } from './world.ts';

/** Real time between two looks of the shadow verifier. */
const shadowPauseMs = 1_000;

export class Engine {
  readonly world: World;
  private isStopped = false;
  /** On its way to a stop: nothing new comes in. */
  private isClosing = false;
  private nextShadowMs = 0;
  private readonly shadowChance: Random;
  private readonly killPictures: KillPictures;
  private readonly synchronizer: Synchronizer;
  /** What went wrong while a picture was taken in; thrown to whoever drives the engine next. */
  private fault: { readonly error: unknown } | undefined;

  constructor(options: EngineOptions) {
    this.shadowChance = options.random.fork('shadow');
    const inbox = new Inbox();
    const timers = new TimerService(options.clock, (row) => {
      inbox.put('timer', { type: 'timer', row, atMs: options.clock.nowMs() });
    });
    const accounts = new Map(
      options.accounts.map(
        (account) =>
          [
            account.id,
            new AccountRuntime(
              account.id,
              account.currency,
              rulesInForce(options, account),
              account.controls,
            ),
          ] as const,
      ),
    );
    this.world = {
      options,
      execution: options.execution ?? defaultExecutionSettings,
      orderSettings: { ...defaultOrderSettings, ...options.orders },
      operators: emptyOperatorMemory(),
      inbox,
      timers,
      cells: new Map(),
      accounts,
      openEffects: new Map(),
      signals: new Set(),
      approved: new Map(),
      requestEffects: new Map(),
      settledAlerts: [],
      closedOrders: [],
      supervision: new Map(),
      picturesWanted: new Set(),
      killPictures: new Set(),
      linked: new Map(),
      retired: new Set(),
      acceptLink: (event) => this.acceptLink(event),
      orderWatch: emptyOrderWatch(),
      searches: new Map(),
      questions: new Map(),
      pendingFills: new Map(),
      lockStarts: new Map(),
      submission: emptySubmissionState(),
      ...surroundings(options, inbox, () => this.world),
      counters: emptyCounters(),
    };
    this.synchronizer = new Synchronizer({
      world: this.world,
      take: (input) => {
        this.put('venue', input);
        this.rest();
      },
      commit: (turn) => this.finish(turn),
      fail: (error) => {
        this.fault ??= { error };
      },
    });
    this.killPictures = new KillPictures(this.world, (input) => this.acceptKillPicture(input));
  }

  /** Recovers, connects the venue and compares with it. Accounts may take new risk only after it resolves. */
  async start(): Promise<StartReport> {
    const { options } = this.world;
    const { report, turn } = recoverEngine(this.world);
    this.finish(turn);
    options.venue.connect((event) => this.acceptVenue(event));
    await options.evaluator.start((changes) => this.acceptVerdicts(changes));
    for (const instrument of options.instruments.values())
      options.evaluator.putInstrument(instrument);
    const latched = new Turn(this.world);
    recoverKills(this.world, latched);
    this.finish(latched);
    await this.synchronizer.start(report.reconcileSinceMs);
    this.killPictures.ask();
    return report;
  }

  /** A picture of the venue is on its way. */
  get isSynchronizing(): boolean {
    return (
      this.synchronizer.asked > 0 || this.killPictures.isWaiting || this.world.submission.asking > 0
    );
  }

  /** Hears nothing more, writes nothing more: what is left of an engine whose process has died. For tests of crashes. */
  abandon(): void {
    this.isStopped = true;
    this.synchronizer.close();
    this.world.timers.close();
    closeSurroundings(this.world);
    closeOrderWatch(this.world.orderWatch);
  }

  /** Offers an intent. The answer comes after the commit that holds it. */
  submit(intent: Omit<OrderIntent, 'intentId'>, answer?: (answer: SubmitAnswer) => void): Accepted {
    const input = {
      type: 'submit',
      intent,
      atMs: this.nowMs(),
      ...(answer === undefined ? {} : { answer }),
    } as const;
    const accepted = this.put('command', input);
    if (accepted === 'refused')
      answer?.({
        denial: this.isClosing
          ? { code: 'TRADING_STATE_FORBIDS', facts: [{ name: 'state', value: 'stopping' }] }
          : {
              code: 'MAILBOX_FULL',
              facts: [{ name: 'depth', value: String(limits.inboxDepthMax) }],
            },
      });
    return accepted;
  }

  /** Asks for other values of a working order; the gate judges it as what it does. The answer comes after the commit. */
  modify(wish: ModifyWish, answer?: (answer: SubmitAnswer) => void): Accepted {
    const given = answer === undefined ? {} : { answer };
    const accepted = this.put('command', { type: 'modify', ...wish, atMs: this.nowMs(), ...given });
    if (accepted === 'refused')
      answer?.({
        denial: { code: 'MAILBOX_FULL', facts: [{ name: 'order', value: wish.orderId }] },
      });
    return accepted;
  }

  /** Offers an order group: its legs are placed one after the other, protection first. */
  submitGroup(wish: GroupWish): Accepted {
    return this.put('command', { type: 'group', wish, atMs: this.nowMs() });
  }

  cancel(accountId: AccountId, orderId: OrderId, reason: string): Accepted {
    return this.put('control', { type: 'cancel', accountId, orderId, reason, atMs: this.nowMs() });
  }

  /** A person's command; the answer comes after the commit that holds it. */
  operate(command: OperatorCommand, answer?: (answer: OperatorAnswer) => void): Accepted {
    const atMs = this.nowMs();
    const accepted = this.put('control', {
      type: 'operator',
      command,
      atMs,
      ...(answer === undefined ? {} : { answer }),
    });
    if (accepted === 'refused') answer?.({ outcome: 'refused', text: 'the inbox is full' });
    return accepted;
  }

  /** Another configuration in one turn, or CONFIG_REJECTED and the old one; the answer comes after the commit. */
  reload(wish: ReloadWish, answer?: (answer: ReloadAnswer) => void): Accepted {
    const given = answer === undefined ? {} : { answer };
    const accepted = this.put('control', { type: 'reload', wish, atMs: this.nowMs(), ...given });
    if (accepted === 'refused') answer?.({ outcome: 'rejected', reason: 'the inbox is full' });
    return accepted;
  }

  put(lane: Lane, input: EngineInput): Accepted {
    invariant(!this.isStopped, 'a stopped engine takes no input');
    if (this.isClosing && lane === 'command') return 'refused';
    return this.world.inbox.put(lane, input);
  }

  /** One turn. @returns true when more is waiting @throws StoreFailure when the commit is in doubt */
  turn(): boolean {
    const { world } = this;
    const { clock } = world.options;
    const turn = new Turn(world);
    const startedMs = clock.monotonicMs();
    const beganMs = performance.now();
    for (let events = 0; events < limits.turnEventsMax; events += 1) {
      const input = world.inbox.take();
      if (input === undefined) break;
      handle(world, turn, input);
      if (clock.monotonicMs() - startedMs > turnDurationMs(world)) break;
    }
    followLinked(world, turn);
    followConditions(world, turn);
    alarmInbox(world, turn);
    withdrawForbidden(world, turn);
    cancelEntriesOfReducing(world, turn);
    followKills(world, turn);
    // A close that a kill has just begun may leave nothing to reduce for what was approved as a reduction.
    withdrawForbidden(world, turn);
    this.finish(turn);
    world.telemetry.turnMs.note(performance.now() - beganMs, 0);
    this.killPictures.ask();
    this.verifyOne();
    for (const accountId of world.picturesWanted) this.synchronizer.want(accountId);
    world.picturesWanted.clear();
    return world.inbox.depth > 0;
  }

  /** One live actor per second of real time is compared with the journal. Source: durability C5. */
  private verifyOne(): void {
    if (performance.now() < this.nextShadowMs) return;
    this.nextShadowMs = performance.now() + shadowPauseMs;
    const cell = chooseShadow(this.world, this.shadowChance.float());
    if (cell !== undefined) this.verify([cell]);
  }

  private verify(cells: readonly Cell[]): void {
    const turn = new Turn(this.world);
    if (verifyShadows(this.world, turn, cells) === 0) return;
    drain(this.world, turn);
    this.finish(turn);
  }

  /** Turns until nothing waits. @throws StoreFailure, also one that came up while a picture was taken in */
  rest(): void {
    if (this.fault !== undefined && !this.isStopped) throw this.fault.error;
    while (this.world.inbox.depth > 0) this.turn();
  }

  /** A commit of the stamped values alone, such as the market position at the end of a replay. */
  commitStamp(): void {
    const turn = new Turn(this.world);
    for (const { key, value } of this.world.options.stamp?.() ?? []) turn.values.set(key, value);
    this.finish(turn);
  }

  /**
   * Stops intake, drains, checkpoints every actor, and closes the store as clean. `cancelsEntries`: as at a live venue,
   * resting entries are canceled first and their end is awaited; without it the book stays, for a run that goes on.
   */
  async stop({
    cancelsEntries = false,
  }: { readonly cancelsEntries?: boolean } = {}): Promise<void> {
    this.isClosing = true;
    if (cancelsEntries) {
      this.put('control', { type: 'shutdown', atMs: this.nowMs() });
      const left = await awaitEntriesGone(this.world, () => this.rest());
      if (left.length > 0)
        this.world.options.onNote?.(`STOP entries that may still fill: ${left.join(', ')}`);
    }
    this.rest();
    this.isStopped = true;
    this.synchronizer.close();
    this.world.timers.close();
    closeSurroundings(this.world);
    closeOrderWatch(this.world.orderWatch);
    this.verify([...this.world.cells.values()]);
    writeAllSnapshots(this.world);
    await this.world.options.evaluator.close();
    this.world.options.venue.close();
    this.world.options.journal.close();
  }

  /** Fail-stop: nothing more is written or sent; what is committed is what the next start finds. Source: durability C4. */
  async abort(): Promise<void> {
    this.abandon();
    await this.world.options.evaluator.close();
    this.world.options.venue.close();
    this.world.options.journal.close({ isClean: false });
  }

  /** Nobody waits for it, as for a picture that is taken aside. */
  private acceptKillPicture(input: EngineInput): void {
    if (this.isStopped) return;
    try {
      this.put('control', input);
      this.rest();
    } catch (error) {
      this.fault ??= { error };
    }
  }

  /** A price has come: it ends what only its absence has begun. */
  hearQuote(): void {
    heard(this.world);
    quoteCame(this.world);
  }

  private acceptVenue(event: VenueEvent): void {
    if (this.isStopped) return;
    if (event.type === 'venue.link') this.acceptLink(event);
    else this.put('venue', { type: 'venue', event, atMs: this.nowMs() });
  }

  /** A link that is back opens only when every account has been compared with what happened meanwhile. */
  private acceptLink(event: Extract<VenueEvent, { type: 'venue.link' }>): void {
    const open = (): void => {
      this.put('venue', { type: 'venue', event, atMs: this.nowMs() });
    };
    if (event.status === 'up') {
      this.synchronizer.linkUp(open);
      return;
    }
    this.synchronizer.linkDown();
    open();
  }

  private acceptVerdicts(changes: readonly VerdictChange[]): void {
    if (!this.isStopped && changes.length > 0)
      this.put('venue', { type: 'verdicts', changes, atMs: this.nowMs() });
  }

  private nowMs(): number {
    return this.world.options.clock.nowMs();
  }

  /** Commit, then release. */
  private finish(turn: Turn): void {
    const { world } = this;
    const { options } = world;
    storeMailboxes(world, turn);
    if (turn.isEmpty) {
      this.release(turn);
      return;
    }
    for (const id of world.settledAlerts.splice(0)) turn.changeEffect(id, 'ACKED');
    for (const { key, value } of options.stamp?.() ?? []) turn.values.set(key, value);
    const before = performance.now();
    const head = commitOrReduce(world, turn);
    const milliseconds = performance.now() - before;
    world.counters.turns += 1;
    world.telemetry.noteCommit(turn, milliseconds);
    for (const { owner, name } of turn.timersDeleted.values()) world.timers.disarm(owner, name);
    for (const row of turn.timersPut.values()) world.timers.arm(row);
    options.onCommit?.({ seq: head.seq, hash: head.hash, milliseconds });
    this.release(turn);
    snapshotLong(world, turn.longCells);
    passivate(world, turn.atMs);
    writeDueSnapshots(world, limits.journalTailRowsMax);
  }

  private release(turn: Turn): void {
    for (const account of this.world.accounts.values()) {
      if (!account.isUnpublished) continue;
      account.isUnpublished = false;
      this.world.options.evaluator.putAccount(account.facts(), marketRules(account));
    }
    for (const release of turn.releases) release();
  }
}
