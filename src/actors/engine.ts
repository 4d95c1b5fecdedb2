import type { AccountId, ActorId, OrderId } from '../domain/ids.ts';
import type { OrderIntent } from '../domain/order.ts';
import type { VerdictChange } from '../domain/verdict.ts';
import { invariant } from '../kernel/assert.ts';
import { errorText } from '../kernel/errors.ts';
import { limits } from '../kernel/limits.ts';
import type { Random } from '../kernel/random.ts';
import type { VenueEvent, VenueSnapshot } from '../ports/venue.port.ts';
/**
 * The engine: takes inputs in turns, stores, then acts.
 *
 * One turn is: inputs → actors → one commit → release of everything outward. Nothing leaves the process before the
 * commit that holds its cause; if the commit fails, nothing leaves at all and the process must stop.
 */
import { AccountRuntime } from './account-runtime.ts';
import type { Cell } from './cell.ts';
import { drain } from './deliver.ts';
import { Inbox, type Accepted } from './inbox.ts';
import type { EngineInput, Lane } from './input.ts';
import type { SubmitAnswer } from './input.ts';
import { handle } from './intake.ts';
import { storeMailboxes } from './mailboxes.ts';
import { passivate, snapshotLong, writeAllSnapshots, writeDueSnapshots } from './passivation.ts';
import { recoverEngine, type StartReport } from './recovery.ts';
import { chooseShadow, verifyShadows } from './shadow-verifier.ts';
import { TimerService } from './timer-service.ts';
import { outside, Turn } from './turn.ts';
import { withdrawForbidden } from './withdraw.ts';
import { defaultOrderSettings, emptyCounters, type EngineOptions, type World } from './world.ts';

/** Real time between two looks of the shadow verifier. */
const shadowPauseMs = 1_000;

export class Engine {
  readonly world: World;
  private isStopped = false;
  private nextShadowMs = 0;
  private readonly shadowChance: Random;
  /** Pictures of accounts that were asked for and have not come. */
  private picturesAsked = 0;
  /** Grows with every change of the venue link, so that a late picture does not open a link that fell again. */
  private linkChanges = 0;
  private reconcileSinceMs = 0;
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
        ({ id, currency, rules }) => [id, new AccountRuntime(id, currency, rules)] as const,
      ),
    );
    this.world = {
      options,
      orderSettings: { ...defaultOrderSettings, ...options.orders },
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
      searches: new Map(),
      questions: new Map(),
      pendingFills: new Map(),
      lockStarts: new Map(),
      counters: emptyCounters(),
    };
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
    this.reconcileSinceMs = report.reconcileSinceMs;
    for (const { id } of options.accounts) await this.synchronize(id);
    return report;
  }

  /** A picture of the venue is on its way. */
  get isSynchronizing(): boolean {
    return this.picturesAsked > 0;
  }

  /** Hears nothing more, writes nothing more: what is left of an engine whose process has died. For tests of crashes. */
  abandon(): void {
    this.isStopped = true;
    this.world.timers.close();
  }

  /** Nobody waits for it: a store that fails on the way must stop the process all the same (durability C4). */
  private synchronizeAside(accountId: AccountId, then?: () => void, attempt = 0): void {
    this.synchronize(accountId, then, attempt).catch((error: unknown) => {
      this.fault ??= { error };
    });
  }

  /** Asks the venue for its complete picture of an account and compares. Rejects when a list could not be read. */
  async reconcile(accountId: AccountId, sinceMs: number): Promise<void> {
    const fillsBefore = this.world.accounts.get(accountId)?.fillsBooked ?? 0;
    const snapshot = await this.world.options.venue.snapshot(accountId, sinceMs);
    this.put('venue', { type: 'reconcile', accountId, snapshot, fillsBefore, atMs: this.nowMs() });
    this.rest();
  }

  /**
   * Compares with the venue, again and again until its picture is complete; what was believed stays meanwhile, and the
   * account may not take new risk. Resolves after the first attempt; `then` runs after the one that succeeds.
   */
  private async synchronize(accountId: AccountId, then?: () => void, attempt = 0): Promise<void> {
    const { clock, venue } = this.world.options;
    const fillsBefore = this.world.accounts.get(accountId)?.fillsBooked ?? 0;
    this.picturesAsked += 1;
    let snapshot: VenueSnapshot;
    try {
      snapshot = await venue.snapshot(accountId, this.reconcileSinceMs);
    } catch (error) {
      if (this.isStopped) return;
      const turn = new Turn(this.world);
      turn.addIncident(accountId, 'RECONCILIATION_FAILED', errorText(error), 0);
      this.finish(turn);
      const pauseMs = limits.reconcilePausesMs[attempt] ?? limits.reconcilePauseMsMax;
      clock.schedule(this.nowMs() + pauseMs, () => {
        if (!this.isStopped) this.synchronizeAside(accountId, then, attempt + 1);
      });
      return;
    } finally {
      this.picturesAsked -= 1;
    }
    if (this.isStopped) return;
    this.put('venue', { type: 'reconcile', accountId, snapshot, fillsBefore, atMs: this.nowMs() });
    this.rest();
    then?.();
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
        denial: {
          code: 'MAILBOX_FULL',
          facts: [{ name: 'depth', value: String(limits.inboxDepthMax) }],
        },
      });
    return accepted;
  }

  cancel(accountId: AccountId, orderId: OrderId, reason: string): Accepted {
    return this.put('control', { type: 'cancel', accountId, orderId, reason, atMs: this.nowMs() });
  }

  /** Ends a quarantine; with `skipEvent` the event it stumbled over is dropped. */
  resume(
    actor: ActorId,
    decision: { readonly skipEvent: boolean; readonly by: string; readonly reason: string },
  ): void {
    this.put('control', { type: 'resume', actor, ...decision, atMs: this.nowMs() });
  }

  put(lane: Lane, input: EngineInput): Accepted {
    invariant(!this.isStopped, 'a stopped engine takes no input');
    return this.world.inbox.put(lane, input);
  }

  /** One turn. @returns true when more is waiting @throws StoreFailure when the commit is in doubt */
  turn(): boolean {
    const { world } = this;
    const { clock } = world.options;
    const turn = new Turn(world);
    const startedMs = clock.monotonicMs();
    for (let events = 0; events < limits.turnEventsMax; events += 1) {
      const input = world.inbox.take();
      if (input === undefined) break;
      handle(world, turn, input);
      if (clock.monotonicMs() - startedMs > limits.turnDurationMsMax) break;
    }
    this.alarm(turn);
    withdrawForbidden(world, turn);
    this.finish(turn);
    this.verifyOne();
    for (const accountId of world.picturesWanted) this.synchronizeAside(accountId);
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

  /** Stops intake, drains, checkpoints every actor, and closes the store as clean. */
  async stop(): Promise<void> {
    this.rest();
    this.isStopped = true;
    this.world.timers.close();
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
    this.linkChanges += 1;
    if (event.status === 'down') {
      this.reconcileSinceMs = Math.max(0, this.nowMs() - limits.reconcileLookBackMs);
      open();
      return;
    }
    const change = this.linkChanges;
    let left = this.world.options.accounts.length;
    for (const { id } of this.world.options.accounts) {
      this.synchronizeAside(id, () => {
        left -= 1;
        if (left === 0 && change === this.linkChanges) open();
      });
    }
  }

  private acceptVerdicts(changes: readonly VerdictChange[]): void {
    if (!this.isStopped && changes.length > 0)
      this.put('venue', { type: 'verdicts', changes, atMs: this.nowMs() });
  }

  private nowMs(): number {
    return this.world.options.clock.nowMs();
  }

  /** At 80 % of the inbox every account stops taking new risk until it is drained. */
  private alarm(turn: Turn): void {
    const { inbox } = this.world;
    for (const account of this.world.accounts.values()) {
      const isSet = account.supervisorCauses.has('mailbox');
      if (inbox.isAlarming && !isSet) {
        account.supervisorCauses.add('mailbox');
        const cause = {
          cause: 'mailbox',
          state: 'REDUCING',
          reason: `the inbox holds ${inbox.depth} of ${limits.inboxDepthMax}`,
        } as const;
        turn.sendSibling(
          account.id,
          'account',
          { type: 'account.causeAdded', cause, atMs: turn.atMs },
          outside,
        );
      } else if (!inbox.isAlarming && isSet) {
        account.supervisorCauses.delete('mailbox');
        turn.sendSibling(
          account.id,
          'account',
          { type: 'account.causeRemoved', cause: 'mailbox', atMs: turn.atMs },
          outside,
        );
      }
    }
    if (turn.queue.length > 0) drain(this.world, turn);
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
    const head = options.journal.commit(turn.batch());
    const milliseconds = performance.now() - before;
    world.counters.turns += 1;
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
      const settings = account.rules.map(({ definition, config }) => ({
        ruleId: definition.id,
        config,
      }));
      this.world.options.evaluator.putAccount(account.facts(), settings);
    }
    for (const release of turn.releases) release();
  }
}
