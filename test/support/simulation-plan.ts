/** What happens in a simulated run: first everything that can go wrong, then time to put it in order. */
import type { FillId } from '../../src/domain/ids.ts';
import type { OrderIntent } from '../../src/domain/order.ts';
import { limits } from '../../src/kernel/limits.ts';
import type { Random } from '../../src/kernel/random.ts';
import type { ActorState } from '../../src/ports/journal.port.ts';
import type { FaultChanges, PaperCommand } from '../../src/venues/paper/paper-faults.ts';
import { checkAlways, checkJournal, checkLiveness, isSameState } from './simulation-invariants.ts';
import { crashPoints } from './simulation-tap.ts';
import { Simulation } from './simulation.ts';

export type SimulationResult = {
  readonly seed: number;
  readonly headHash: string;
  readonly marks: ReadonlySet<string>;
  readonly problems: readonly string[];
  readonly trace: readonly string[];
};

export type SimulationOptions = { readonly steps?: number };

/** Plays a seed to its end; what is wrong is in `problems`, each with the id of its invariant. */
export async function simulate(
  seed: number,
  { steps = 120 }: SimulationOptions = {},
): Promise<SimulationResult> {
  const run = new Simulation(seed);
  try {
    await run.start();
    await endanger(run, steps);
    if (run.problems.length === 0) await settle(run);
    if (run.problems.length === 0) await recoverTwice(run);
    const { hash: headHash } = run.running.journal.head;
    return { seed, headHash, marks: run.marks, problems: run.problems, trace: run.trace };
  } finally {
    run.close();
  }
}

/** The whole safety phase: a step is one thing that happens, then a moment of market. */
async function endanger(run: Simulation, steps: number): Promise<void> {
  const random = run.random.fork('plan');
  const profile = profileOf(run.random.fork('profile'));
  for (let step = 0; step < steps && run.problems.length === 0; step += 1) {
    await run.act(async () => {
      await happen(run, random, profile);
      await market(run, random);
    });
    for (const point of run.crashPlan.died) run.marks.add(`died ${point}`);
    if (step % 10 === 9) checkAlways(run);
  }
}

/** Not every run has every fault: what hides another would hide it always. */
type Profile = {
  readonly faults: boolean;
  readonly actorCrashes: boolean;
  readonly processCrashes: boolean;
  readonly elsewhere: boolean;
  readonly voids: boolean;
  readonly floods: boolean;
};

function profileOf(random: Random): Profile {
  const often = (percent: number): boolean => random.int(100) < percent;
  return {
    faults: often(80),
    actorCrashes: often(50),
    processCrashes: often(70),
    elsewhere: often(50),
    voids: often(15),
    floods: often(5),
  };
}

type Happening = {
  /** Out of a hundred. */
  readonly chance: number;
  readonly of?: keyof Profile;
  readonly run: (run: Simulation, random: Random) => void | Promise<void>;
};

const happenings: readonly Happening[] = [
  { chance: 45, run: submitSome },
  { chance: 12, run: cancel },
  { chance: 5, run: modify },
  { chance: 14, of: 'faults', run: changeFaults },
  { chance: 4, of: 'elsewhere', run: elsewhere },
  { chance: 2, of: 'voids', run: voidFill },
  { chance: 2, run: fillLate },
  { chance: 5, of: 'actorCrashes', run: lightFuse },
  { chance: 2, run: resume },
  { chance: 1, of: 'floods', run: flood },
  { chance: 8, of: 'processCrashes', run: endProcess },
];

async function happen(run: Simulation, random: Random, profile: Profile): Promise<void> {
  let dice = random.int(100);
  for (const { chance, of, run: begin } of happenings) {
    dice -= chance;
    if (dice >= 0) continue;
    if (of === undefined || profile[of]) await begin(run, random);
    return;
  }
}

async function market(run: Simulation, random: Random): Promise<void> {
  for (const instrument of run.instruments) {
    const ticks = run.prices.get(instrument) ?? 0;
    const size = random.int(20) === 0 ? 500 : 30;
    run.prices.set(instrument, Math.max(1_000, ticks + random.int(2 * size + 1) - size));
    await run.quote(instrument);
  }
  const pausesMs = [0, 50, 400, 1_500, 4_000];
  await run.advance(pausesMs[random.int(pausesMs.length)] ?? 0);
}

function pick<Value>(random: Random, values: readonly Value[]): Value | undefined {
  return values.length === 0 ? undefined : values[random.int(values.length)];
}

/** Sometimes several inputs share a turn. */
function submitSome(run: Simulation, random: Random): void {
  submit(run, random);
  if (random.int(4) === 0) submit(run, random);
}

function submit(run: Simulation, random: Random): void {
  const account = pick(random, run.accounts);
  const instrument = pick(random, run.instruments);
  if (account === undefined || instrument === undefined) return;
  const side = random.int(2) === 0 ? 'buy' : 'sell';
  const isProtective = random.int(6) === 0;
  const intent = {
    accountId: account.id,
    instrument,
    side,
    ...orderShape(random, side, run.prices.get(instrument) ?? 0),
    quantityLots: 1 + random.int(4),
    reduceOnly: isProtective,
    purpose: isProtective ? 'protective' : 'entry',
    source: 'operator',
    by: 'simulation',
    maxAgeMs: 30_000,
    atMs: run.clock.nowMs(),
  } as const;
  run.note(
    `SUBMIT ${intent.accountId} ${side} ${intent.quantityLots} ${instrument} ${intent.orderType}`,
  );
  run.running.engine.submit(intent, (answer) =>
    run.note('orderId' in answer ? `ANSWER ${answer.orderId}` : `DENIED ${answer.denial.code}`),
  );
}

/** More commands at once than the inbox holds: what is too much is refused, the way out stays open. */
function flood(run: Simulation, random: Random): void {
  run.note('FLOOD');
  for (let count = 0; count < limits.inboxDepthMax; count += 1) submit(run, random);
  submit(run, random);
  if (run.running.engine.world.inbox.refused > 0) run.marks.add('command refused at a full inbox');
}

function orderShape(
  random: Random,
  side: 'buy' | 'sell',
  ticks: number,
): Pick<OrderIntent, 'orderType' | 'timeInForce' | 'limitTicks' | 'stopTicks'> {
  const awayTicks = random.int(40) - 5;
  const below = side === 'buy' ? ticks - awayTicks : ticks + awayTicks;
  const above = side === 'buy' ? ticks + awayTicks : ticks - awayTicks;
  switch (random.int(6)) {
    case 0:
      return { orderType: 'limit', timeInForce: 'gtc', limitTicks: below };
    case 1:
      return { orderType: 'limit', timeInForce: 'ioc', limitTicks: below };
    case 2:
      return { orderType: 'stop', timeInForce: 'gtc', stopTicks: above };
    case 3:
      return { orderType: 'stopLimit', timeInForce: 'day', stopTicks: above, limitTicks: above };
    default:
      return { orderType: 'market', timeInForce: 'day' };
  }
}

function cancel(run: Simulation, random: Random): void {
  const order = pick(random, openOrders(run));
  if (order === undefined) return;
  run.note(`CANCEL ${order.orderId}`);
  run.running.engine.cancel(order.accountId, order.orderId, 'simulation');
}

function openOrders(run: Simulation) {
  return run.accounts.flatMap(({ id }) =>
    Array.from(run.account(id).workingOrders.values(), ({ orderId, purpose }) => ({
      accountId: id,
      orderId,
      purpose,
    })),
  );
}

/** A change that adds no risk: a smaller size or another price. It reaches the order as a wish of its owner. */
function modify(run: Simulation, random: Random): void {
  const order = pick(
    random,
    openOrders(run).filter(({ purpose }) => purpose !== 'exit'),
  );
  if (order === undefined) return;
  const known = run.venue.ledger().orders.find(({ orderId }) => orderId === order.orderId);
  const values =
    known?.limitTicks !== undefined && random.int(2) === 0
      ? { limitTicks: known.limitTicks + random.int(11) - 5 }
      : { quantityLots: Math.max(1, (known?.quantityLots ?? 2) - 1) };
  run.note(`MODIFY ${order.orderId} ${JSON.stringify(values)}`);
  run.venue.announce({
    type: 'venue.order',
    key: `wish:${run.clock.nowMs()}:${random.uint32()}`,
    accountId: order.accountId,
    orderId: order.orderId,
    event: { type: 'order.modifyRequested', values, atMs: run.clock.nowMs() } as never,
  });
}

const commands: readonly (PaperCommand | undefined)[] = [
  undefined,
  'submit',
  'cancel',
  'modify',
  'close',
  'query',
];

function changeFaults(run: Simulation, random: Random): void {
  const changes = random.int(3) === 0 ? calm() : randomFault(random);
  run.note(`FAULTS ${JSON.stringify(changes)}`);
  run.venue.setFaults(changes);
}

/** Everything back to normal. */
function calm(): FaultChanges {
  return {
    reject: undefined,
    status: undefined,
    hang: undefined,
    loseAck: undefined,
    hideFromSearch: undefined,
    failQuery: undefined,
    partial: undefined,
    duplicateEvents: undefined,
    reorder: undefined,
    link: undefined,
    latencyMs: undefined,
    slippageTicks: undefined,
  };
}

function randomFault(random: Random): FaultChanges {
  const command = pick(random, commands);
  const match = command === undefined ? {} : { command };
  switch (random.int(13)) {
    case 0:
      return { latencyMs: pick(random, [5, 40, 300, 2_000]) };
    case 1:
      return { loseAck: [{ match }] };
    case 2:
      return { hang: [{ match, forMs: 500 + random.int(8_000) }] };
    case 3:
      return { duplicateEvents: true };
    case 4:
      return { reorder: true };
    case 5:
      return { partial: { sizes: pick(random, [[1], [1, 1, 1], [2, 1]]) ?? [1] } };
    case 6:
      return { failQuery: [{ code: 503, forMs: 3_000 + random.int(20_000) }] };
    case 7:
      return { link: 'down' };
    case 8:
      return { link: 'downAll' };
    case 9:
      return { link: 'up' };
    case 10:
      return { reject: [{ match, code: 'NOT_TODAY' }] };
    case 11:
      return { status: [{ match, code: 503, isProcessed: random.int(2) === 0 }] };
    default:
      return { hideFromSearch: [{ forMs: 5_000 + random.int(25_000) }] };
  }
}

/** Somebody else trades on the account. */
function elsewhere(run: Simulation, random: Random): void {
  const account = pick(random, run.accounts);
  const instrument = pick(random, run.instruments);
  if (account === undefined || instrument === undefined) return;
  const nowMs = run.clock.nowMs();
  run.note(`ELSEWHERE a fill in ${instrument} of ${account.id}`);
  run.venue.externalFill({
    fillId: `X${nowMs}-${random.uint32()}` as FillId,
    accountId: account.id,
    instrument,
    side: random.int(2) === 0 ? 'buy' : 'sell',
    lots: 1 + random.int(3),
    ticks: run.prices.get(instrument) ?? 0,
    feeUnits: 370_000,
    venueTimeMs: nowMs,
  });
}

/** The venue takes a trade back that everybody has heard of. */
function voidFill(run: Simulation, random: Random): void {
  if (run.venue.faults.link !== 'up') return;
  const { fills } = run.venue.ledger();
  const fill = pick(random, fills.slice(-10));
  if (fill === undefined || !run.committed.fills.has(`${fill.accountId}|${fill.fillId}`)) return;
  run.note(`VOID ${fill.fillId} of ${fill.orderId ?? 'elsewhere'}`);
  run.voided.add(`${fill.accountId}|${fill.fillId}`);
  run.venue.voidFill(fill);
}

/** An order that the venue has canceled trades after all. */
function fillLate(run: Simulation, random: Random): void {
  const { orders } = run.venue.ledger();
  const order = pick(
    random,
    orders.filter(
      ({ orderId, status, quantityLots, filledLots }) =>
        orderId !== undefined && status === 'canceled' && quantityLots > filledLots,
    ),
  );
  if (order?.orderId === undefined) return;
  run.note(`LATE a trade of ${order.orderId}`);
  const ticks = run.prices.get(order.instrument) ?? 0;
  run.venue.fillOrder({ orderId: order.orderId, lots: 1, ticks });
}

/** One actor throws: mostly once, seldom until it is quarantined. */
function lightFuse(run: Simulation, random: Random): void {
  const { cells } = run.running.engine.world;
  const actor = pick(
    random,
    [...cells.values()].filter(({ status }) => status === 'live').map(({ id }) => id),
  );
  if (actor === undefined) return;
  const left = random.int(3) === 0 ? 2 + random.int(3) : 1;
  run.note(`FUSE ${actor} × ${left}`);
  run.fuse = { actor, type: '', left };
}

/** The operator looks after what is quarantined. */
function resume(run: Simulation): void {
  const { engine } = run.running;
  for (const cell of engine.world.cells.values()) {
    if (cell.status !== 'quarantined') continue;
    run.note(`RESUME ${cell.id}`);
    engine.resume(cell.id, { skipEvent: false, by: 'admin', reason: 'simulation' });
  }
}

async function endProcess(run: Simulation, random: Random): Promise<void> {
  const dice = random.int(8);
  const point = crashPoints[dice];
  if (point !== undefined) {
    const passes = 1 + random.int(4);
    run.note(`PLAN to die ${point}, pass ${passes}`);
    run.crashPlan.arm(point, passes);
  } else if (dice < 6) await run.crashNow();
  else await run.restartCleanly();
}

/** Faults off, people back at their desks: within some minutes everything is in order. */
async function settle(run: Simulation): Promise<void> {
  run.note('CALM');
  run.crashPlan.disarm();
  run.fuse = undefined;
  await run.act(async () => {
    run.venue.setFaults({ ...calm(), link: run.venue.faults.link });
    await run.advance(10_000);
    // The line comes back once more: the accounts are compared with the venue.
    run.venue.setFaults({ link: 'down' });
    await run.advance(100);
    run.venue.setFaults({ link: 'up' });
    for (let round = 0; round < 150; round += 1) {
      if (round % 10 === 5) lookAfter(run);
      for (const instrument of run.instruments) await run.quote(instrument);
      await run.advance(2_000);
    }
  });
  checkAlways(run);
  checkLiveness(run);
  checkJournal(run);
}

function lookAfter(run: Simulation): void {
  resume(run);
  for (const { id } of run.accounts) {
    if (run.account(id).tradingState !== 'HALTED') continue;
    run.marks.add('halted');
    run.running.engine.put('control', {
      type: 'rearm',
      accountId: id,
      by: 'admin',
      reason: 'simulation',
      atMs: run.clock.nowMs(),
    });
  }
}

/** I10: two starts in a row leave every actor as it was. */
async function recoverTwice(run: Simulation): Promise<void> {
  const before = actorsOf(run);
  for (let time = 0; time < 2; time += 1) {
    run.kill();
    await run.start();
    await run.act(async () => {
      for (const instrument of run.instruments) await run.quote(instrument);
    });
  }
  const { journal } = run.running;
  for (const [actor, state] of before) {
    const now = journal.readActor(actor);
    if (now === undefined) run.problem(`I10: ${actor} is gone after two starts`);
    else if (!isSameState(lasting(state), lasting(now)))
      run.problem(
        `I10: ${actor} was ${state.stateJson} ${state.contextJson}, after two starts ${now.stateJson} ${now.contextJson}`,
      );
  }
  checkAlways(run);
  checkJournal(run);
}

/** Without what every start may change: the number of steps, and the last judgement, which is for people only. */
function lasting(state: ActorState): ActorState {
  const { last: _, ...context } = JSON.parse(state.contextJson) as Record<string, unknown>;
  return { ...state, actorSeq: 0, contextJson: JSON.stringify(context) };
}

function actorsOf(run: Simulation) {
  const { journal, engine } = run.running;
  return new Map(
    [...engine.world.cells.keys()].flatMap((actor) => {
      const state = journal.readActor(actor);
      return state === undefined ? [] : [[actor, state] as const];
    }),
  );
}
