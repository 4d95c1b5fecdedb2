/** The real engine for one vector: machines, turns, journal and recovery, on a simulated clock, told by a vector venue. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drain } from '../../actors/deliver.ts';
import { Engine } from '../../actors/engine.ts';
import { outside, Turn } from '../../actors/turn.ts';
import { actorId } from '../../actors/world.ts';
import type { Fill } from '../../domain/fill.ts';
import { AccountId, FillId, OrderId } from '../../domain/ids.ts';
import type { Instrument, Lots, Ticks } from '../../domain/instrument.ts';
import type { Units } from '../../domain/money.ts';
import type { OrderEvent, OrderVenueEvent } from '../../domain/order-event.ts';
import { orderStatus, type OrderStatus } from '../../domain/order.ts';
import { emptyBook, type PositionBook, type Side } from '../../domain/position.ts';
import { TradingCalendar } from '../../domain/trading-day.ts';
import { condition, invariant } from '../../kernel/assert.ts';
import { SimulatedClock } from '../../kernel/clock.ts';
import { createIds } from '../../kernel/ids.ts';
import { createRandom } from '../../kernel/random.ts';
import { orderRegions, type OrderSnapshot } from '../../machines/order.machine.ts';
import { openJournal } from '../../persistence/journal.ts';
import type { JournalPort } from '../../ports/journal.port.ts';
import type { RuleEvaluatorPort } from '../../ports/rule-evaluator.port.ts';
import { hostedMachines, knownMachines } from '../machines.ts';
import { orderInput } from './order-actor.ts';
import { VectorVenue } from './vector-venue.ts';

const account = AccountId.parse('VECTOR');
const startMs = Date.UTC(2026, 2, 10, 15);

/** Vectors of these kinds have no rules: the gate only needs a price that is fresh. */
class NoRules implements RuleEvaluatorPort {
  readonly health = {
    mode: 'inline',
    workerFailures: 0,
    evaluations: 0,
    changes: 0,
    outliers: 0,
  } as const;
  private readonly clock: SimulatedClock;
  constructor(clock: SimulatedClock) {
    this.clock = clock;
  }
  start(): Promise<void> {
    return Promise.resolve();
  }
  markOf() {
    return { bidTicks: 1, askTicks: 1, lastTicks: 1, receivedAtMs: this.clock.nowMs() };
  }
  isDirty(): boolean {
    return false;
  }
  settle(): Promise<void> {
    return Promise.resolve();
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
  putInstrument(): void {
    // Nothing is evaluated.
  }
  putAccount(): void {
    // Nothing is evaluated.
  }
  removeAccount(): void {
    // Nothing is evaluated.
  }
  putQuote(): void {
    // Nothing is evaluated.
  }
  ring(): void {
    // Nothing is evaluated.
  }
}

export type StageFill = {
  readonly fillId: string;
  readonly side: Side;
  readonly lots: Lots;
  readonly ticks: Ticks;
  readonly orderId?: OrderId;
};

export class Stage {
  readonly engine: Engine;
  readonly clock: SimulatedClock;
  readonly venue: VectorVenue;
  /** Codes of the incidents committed so far. */
  readonly incidents: string[] = [];
  /** Ids of the executions booked in the ledger so far, in order. */
  readonly booked: string[] = [];
  /** Executions booked in the ledger so far, in order. */
  readonly fills: Fill[] = [];
  private readonly instrument: Instrument;
  private readonly journal: JournalPort;
  private reports = 0;

  private constructor(
    instrument: Instrument,
    directory: string,
    venue: VectorVenue,
    startBalanceUnits: Units,
  ) {
    this.instrument = instrument;
    this.venue = venue;
    this.clock = new SimulatedClock(startMs);
    venue.nowMs = () => this.clock.nowMs();
    this.journal = openJournal({
      directory,
      environment: 'PAPER',
      knownMachines,
      clock: this.clock,
      appVersion: 'vectors',
      databaseUuid: 'vectors',
      ballastBytes: 0,
      logBytes: 64 * 1024,
    });
    this.listen();
    this.engine = new Engine({
      clock: this.clock,
      ids: createIds('VECTOR', this.journal.epoch),
      random: createRandom('vectors'),
      journal: this.journal,
      venue,
      evaluator: new NoRules(this.clock),
      alerts: { raise: () => undefined },
      machines: hostedMachines,
      instruments: new Map([[instrument.id, instrument]]),
      accounts: [
        {
          id: account,
          currency: instrument.settlementCurrency,
          startBalanceUnits,
          rules: [],
        },
      ],
      calendar: new TradingCalendar({ time: '17:00', zone: 'America/Chicago', kind: 'continuous' }),
      mode: 'PAPER',
      quoteMaxAgeMs: 60_000,
    });
  }

  /** Runs `play` on a started engine and removes everything afterwards. `restart` ends that engine and starts the next. */
  static async with<Result>(
    instrument: Instrument,
    play: (stage: Stage, restart: () => Promise<Stage>) => Result | Promise<Result>,
    startBalanceUnits: Units = 0,
  ): Promise<Result> {
    const directory = await mkdtemp(join(tmpdir(), 'bulkhead-vector-'));
    const venue = new VectorVenue(instrument, startBalanceUnits);
    const start = async (): Promise<Stage> => {
      const stage = new Stage(instrument, directory, venue, startBalanceUnits);
      await stage.engine.start();
      stage.engine.rest();
      return stage;
    };
    let stage = await start();
    try {
      return await play(stage, async () => {
        await stage.engine.stop();
        stage = await start();
        return stage;
      });
    } finally {
      await stage.engine.stop();
      await rm(directory, { recursive: true, force: true });
    }
  }

  /** A market order of our own through the gate. */
  submit(side: Side, lots: Lots): OrderId {
    const { instrument } = this;
    let orderId: OrderId | undefined;
    let refusal = 'no answer';
    const intent = {
      accountId: account,
      instrument: instrument.id,
      side,
      orderType: 'market',
      quantityLots: lots,
      timeInForce: 'day',
      reduceOnly: false,
      purpose: 'entry',
      source: 'operator',
      by: 'vectors',
      maxAgeMs: 60_000,
      atMs: this.clock.nowMs(),
    } as const;
    this.engine.submit(intent, (answer) => {
      if ('orderId' in answer) ({ orderId } = answer);
      else refusal = answer.denial.code;
    });
    this.engine.rest();
    condition(orderId !== undefined, () => `an order of a vector passes the gate, was ${refusal}`);
    return orderId;
  }

  /** An order that the gate's refusal has ended inside the machine: it never left. */
  denied(side: Side, lots: Lots): OrderId {
    const { world } = this.engine;
    const orderId = OrderId.parse(world.options.ids.mint());
    const input = {
      ...orderInput('market', lots),
      orderId,
      accountId: account,
      instrument: this.instrument.id,
      side,
    };
    const turn = new Turn(world);
    turn.create(account, `order/${orderId}`, 'order', input, outside);
    const event = {
      type: 'order.gateDenied',
      reason: 'as the vector says',
      atMs: turn.atMs,
    } as const;
    turn.sendSibling(account, `order/${orderId}`, event, outside);
    drain(world, turn);
    this.journal.commit(turn.batch());
    return orderId;
  }

  /** A report of the venue about an order; each call is another report. */
  report(orderId: OrderId, event: OrderVenueEvent): void {
    this.reports += 1;
    this.venue.tell({
      type: 'venue.order',
      key: `report-${this.reports}`,
      accountId: account,
      orderId,
      event,
    });
    this.engine.rest();
  }

  /** An execution, told by the venue; the same id again is the same trade told again. */
  tellFill(fill: StageFill): void {
    this.venue.tell({ type: 'venue.fill', fill: this.execute(fill) });
    this.engine.rest();
  }

  /** An execution that the venue knows of, told or not: it is in its lists. */
  execute({ fillId, ...rest }: StageFill): Fill {
    const fill: Fill = {
      ...rest,
      fillId: FillId.parse(fillId),
      accountId: account,
      instrument: this.instrument.id,
      feeUnits: 0,
      venueTimeMs: this.clock.nowMs(),
    };
    if (!this.venue.fills.some((known) => known.fillId === fill.fillId))
      this.venue.fills.push(fill);
    return fill;
  }

  /** Lives through everything that is due until `afterMs` from the start. */
  advanceTo(afterMs: number): void {
    while (this.clock.runNext(startMs + afterMs)) this.engine.rest();
    this.clock.set(startMs + afterMs);
  }

  /** The same, with the pictures of the venue that are asked for on the way. */
  async live(forMs: number): Promise<void> {
    const untilMs = this.clock.nowMs() + forMs;
    const settle = async (): Promise<void> => {
      this.engine.rest();
      await new Promise<void>((resolve) => setImmediate(resolve));
      this.engine.rest();
    };
    while (this.clock.runNext(untilMs)) await settle();
    this.clock.set(untilMs);
    await settle();
  }

  /** We ask for another size; the venue is silent. */
  modify(orderId: OrderId): void {
    this.tellOrder(orderId, {
      type: 'order.modifyRequested',
      values: { quantityLots: 2 },
      atMs: this.clock.nowMs(),
    });
  }

  cancel(orderId: OrderId): void {
    this.engine.cancel(account, orderId, 'as the vector says');
    this.engine.rest();
  }

  get tradingState(): string {
    return this.engine.world.accounts.get(account)?.effectiveState ?? 'unknown';
  }

  private tellOrder(orderId: OrderId, event: OrderEvent): void {
    const { world } = this.engine;
    const turn = new Turn(world);
    turn.sendSibling(account, `order/${orderId}`, event, outside);
    drain(world, turn);
    this.journal.commit(turn.batch());
    for (const row of turn.timersPut.values()) world.timers.arm(row);
  }

  /** Moves on to the next thing that is due; false when nothing is. */
  advanceToNext(): boolean {
    const next = this.clock.nextDueMs();
    if (next === undefined) return false;
    this.advanceTo(next - startMs);
    return true;
  }

  /** Milliseconds since the start. */
  get afterMs(): number {
    return this.clock.nowMs() - startMs;
  }

  order(orderId: OrderId): OrderSnapshot {
    const cell = this.engine.world.cells.get(actorId(account, `order/${orderId}`));
    invariant(cell !== undefined, () => `an order of a vector exists, was ${orderId}`);
    return cell.live() as OrderSnapshot;
  }

  status(orderId: OrderId): OrderStatus {
    const snapshot = this.order(orderId);
    const { execution, request } = orderRegions(snapshot);
    return orderStatus(execution, request, snapshot.context.committedAtMs !== undefined);
  }

  /** The position as the engine books it. */
  get book(): PositionBook {
    const cell = this.engine.world.cells.get(actorId(account, `position/${this.instrument.id}`));
    return (cell?.context['book'] as PositionBook | undefined) ?? emptyBook;
  }

  /** Orders that may still fill. */
  get openOrders(): number {
    return this.engine.world.accounts.get(account)?.workingOrders.size ?? 0;
  }

  private listen(): void {
    const { journal } = this;
    const commit = journal.commit.bind(journal);
    journal.commit = (batch) => {
      this.incidents.push(...(batch.incidents ?? []).map(({ code }) => code));
      this.fills.push(...(batch.fills ?? []).map(({ fill }) => fill));
      this.booked.push(...(batch.fills ?? []).map(({ fill }) => fill.fillId));
      return commit(batch);
    };
  }
}
