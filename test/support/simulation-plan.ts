/** What happens in a simulated run: first everything that can go wrong, then time to put it in order. */
import type { Random } from '../../src/kernel/random.ts';
import type { OpenAlert } from '../../src/machines/alerts.machine.ts';
import type { ActorState } from '../../src/ports/journal.port.ts';
import { pick } from './simulation-chance.ts';
import {
  calm,
  changeFaults,
  correctFee,
  falsePosition,
  fillLate,
  foreignFill,
  foreignOrder,
  orderOfVenue,
  permission,
  swarm,
  voidFill,
} from './simulation-faults.ts';
import { checkAlways, checkJournal, checkLiveness, isSameState } from './simulation-invariants.ts';
import {
  cancel,
  command,
  flood,
  freezeMs,
  kill,
  modify,
  operator,
  rearm,
  reload,
  resume,
  submitGroup,
  submitPair,
  submitSome,
} from './simulation-people.ts';
import { crashPoints, storePoints } from './simulation-tap.ts';
import { Simulation } from './simulation.ts';

export type SimulationResult = {
  readonly seed: number;
  readonly headHash: string;
  /** How often each rare thing happened. */
  readonly marks: ReadonlyMap<string, number>;
  readonly problems: readonly string[];
  readonly trace: readonly string[];
  readonly simulatedMs: number;
  readonly rows: number;
};

export type SimulationOptions = { readonly steps?: number };

/** Plays a seed to its end; what is wrong is in `problems`, each with the id of its invariant. */
export async function simulate(
  seed: number,
  { steps = 120 }: SimulationOptions = {},
): Promise<SimulationResult> {
  const run = new Simulation(seed);
  try {
    try {
      await run.start();
      await endanger(run, steps);
      if (run.problems.length === 0) await settle(run);
      if (run.problems.length === 0) await recoverTwice(run);
    } catch (error) {
      run.problem(`the run broke off: ${error instanceof Error ? error.stack : String(error)}`);
    }
    const { hash: headHash, seq: rows } = run.isUp
      ? run.running.journal.head
      : { hash: '', seq: 0 };
    for (const [name, times] of run.venue.struck) run.mark(`venue: ${name}`, times);
    const { marks, problems, trace, livedMs: simulatedMs } = run;
    return { seed, headHash, marks, problems, trace, simulatedMs, rows };
  } finally {
    run.close();
  }
}

/** The whole safety phase: a step is one thing that happens, then a moment of market. */
async function endanger(run: Simulation, steps: number): Promise<void> {
  const random = run.random.fork('plan');
  const profile = profileOf(run.random.fork('profile'));
  run.note(`SWARM ${JSON.stringify(profile)}`);
  for (let step = 0; step < steps && run.problems.length === 0; step += 1) {
    await run.act(async () => {
      await happen(run, random, profile);
      await market(run, random);
    });
    for (const point of run.crashPlan.died.splice(0)) run.mark(`died ${point}`);
    run.killSla.check();
    if (step % 10 === 9) checkAlways(run);
  }
}

/** Not every run has every fault: what hides another would hide it always. */
type Profile = {
  /** Faults of the venue that this run may switch on. */
  readonly venue: readonly string[];
  readonly switches: ReadonlySet<string>;
};

function profileOf(random: Random): Profile {
  const chances: Readonly<Record<string, number>> = {
    faults: 85,
    actorCrashes: 50,
    processCrashes: 70,
    storeFaults: 20,
    elsewhere: 45,
    orders: 45,
    voids: 15,
    fees: 15,
    permissions: 15,
    lies: 20,
    floods: 4,
    groups: 50,
    pairs: 40,
    kills: 35,
    people: 45,
    reloads: 30,
    slowDisk: 20,
    freezes: 25,
  };
  const switches = new Set(
    Object.keys(chances).filter((name) => random.int(100) < (chances[name] ?? 0)),
  );
  return { venue: swarm(random), switches };
}

type Happening = {
  /** Out of the sum of all. */
  readonly chance: number;
  readonly of?: string;
  readonly run: (run: Simulation, random: Random, profile: Profile) => void | Promise<void>;
};

const happenings: readonly Happening[] = [
  { chance: 450, run: submitSome },
  { chance: 100, run: cancel },
  { chance: 50, run: modify },
  { chance: 40, of: 'groups', run: submitGroup },
  { chance: 40, of: 'pairs', run: submitPair },
  { chance: 150, of: 'faults', run: (run, random, { venue }) => changeFaults(run, random, venue) },
  { chance: 30, of: 'elsewhere', run: foreignFill },
  { chance: 30, of: 'orders', run: foreignOrder },
  { chance: 30, of: 'orders', run: orderOfVenue },
  { chance: 20, of: 'voids', run: voidFill },
  { chance: 15, of: 'fees', run: correctFee },
  { chance: 15, of: 'permissions', run: permission },
  { chance: 20, of: 'lies', run: falsePosition },
  { chance: 20, run: fillLate },
  { chance: 50, of: 'actorCrashes', run: lightFuse },
  { chance: 20, run: resume },
  { chance: 8, of: 'floods', run: flood },
  {
    chance: 15,
    of: 'kills',
    run: (run, random, { switches }) => kill(run, random, { canFreeze: switches.has('freezes') }),
  },
  { chance: 30, of: 'kills', run: rearmSome },
  { chance: 50, of: 'people', run: operator },
  { chance: 15, of: 'reloads', run: reload },
  { chance: 70, of: 'processCrashes', run: endProcess },
  { chance: 15, of: 'storeFaults', run: breakStore },
  { chance: 20, of: 'slowDisk', run: slowDisk },
  { chance: 15, of: 'freezes', run: freeze },
];
const allChances = happenings.reduce((sum, { chance }) => sum + chance, 0);

async function happen(run: Simulation, random: Random, profile: Profile): Promise<void> {
  let dice = random.int(allChances);
  for (const { chance, of, run: begin } of happenings) {
    dice -= chance;
    if (dice >= 0) continue;
    if (of === undefined || profile.switches.has(of)) await begin(run, random, profile);
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

function rearmSome(run: Simulation): void {
  const killed = run.accounts.find(({ id }) => run.account(id).kills.length > 0);
  if (killed !== undefined) rearm(run, killed.id);
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

function breakStore(run: Simulation, random: Random): void {
  const point = pick(random, storePoints) ?? 'storeFails';
  run.note(`PLAN ${point}`);
  run.crashPlan.arm(point, 1 + random.int(4));
}

/** Some commits in a row wait for their disk. Source: crash-testing 2, F4. */
function slowDisk(run: Simulation, random: Random): void {
  const commitMs = pick(random, [20, 200, 500]) ?? 0;
  run.crashPlan.slowDown(commitMs, 10 + random.int(60));
  run.note(`DISK ${commitMs} ms a commit`);
}

/** The process stands still, and everything that was due happens in a burst. Source: crash-testing 2, F8, F9. */
function freeze(run: Simulation, random: Random): void {
  const durationMs = freezeMs(random);
  run.note(`FREEZE ${durationMs} ms`);
  run.stall(durationMs, 'freeze');
}

/** Faults off, people back at their desks: within some minutes everything is in order. */
async function settle(run: Simulation): Promise<void> {
  run.note('CALM');
  run.crashPlan.disarm();
  run.fuse = undefined;
  await run.act(async () => {
    run.venue.setFaults({ ...calm(), link: run.venue.faults.link });
    for (const { id: accountId } of run.accounts) {
      const venueTimeMs = run.clock.nowMs();
      run.venue.announce({ type: 'venue.permission', accountId, canTrade: true, venueTimeMs });
    }
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

/** What people at their desks do while everything comes to rest: nothing that adds risk. */
function lookAfter(run: Simulation): void {
  resume(run);
  for (const { id } of run.accounts) {
    const account = run.account(id);
    const isKilled = account.kills.length > 0;
    if (account.causes.some((cause) => /^(?:money|drift|reconcile|conflict)\b/u.test(cause)))
      command(run, { verb: 'acknowledge' }, { account: id });
    if (!isKilled && account.tradingState !== 'HALTED') continue;
    if (account.tradingState === 'HALTED') run.mark('halted');
    rearm(run, id);
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
    // The desk keeps when it said what: a start without prices has something to say. What is open is the same.
    else if (now.machine === 'alerts') checkDesk(run, state, now);
    else if (!isSameState(lasting(state), lasting(now)))
      run.problem(
        `I10: ${actor} was ${state.stateJson} ${state.contextJson}, after two starts ${now.stateJson} ${now.contextJson}`,
      );
  }
  checkAlways(run);
  checkJournal(run);
}

function checkDesk(run: Simulation, before: ActorState, now: ActorState): void {
  const [was, is] = [openAlerts(before), openAlerts(now)];
  for (const key of new Set([...was, ...is]))
    if (was.has(key) !== is.has(key))
      run.problem(
        `I10: the alert ${key} is ${is.has(key) ? '' : 'no longer '}open after two starts`,
      );
}

function openAlerts({ contextJson }: ActorState): ReadonlySet<string> {
  const { alerts } = JSON.parse(contextJson) as { readonly alerts: Record<string, OpenAlert> };
  const open = Object.entries(alerts).filter(([, { forgetAtMs }]) => forgetAtMs === undefined);
  return new Set(open.map(([key]) => key));
}

/**
 * Without what every start may change: the number of steps, the last judgement, which is for people only, and how far the
 * venue's list of the whole day was away when it was last read. An order that is in conflict counts what it refuses of
 * every list.
 */
function lasting(state: ActorState): ActorState {
  const context = JSON.parse(state.contextJson) as Record<string, unknown>;
  delete context['last'];
  delete context['differenceUnits'];
  if (state.stateJson.includes('"conflict"')) delete context['rejectedEvents'];
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
