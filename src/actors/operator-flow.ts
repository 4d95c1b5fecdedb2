/** Pauses: strategies whose new risk is not taken in, and actors that are set aside. Source: supervision 7, inspector 5. */
import type { OperatorAnswer, OperatorCommand } from '../domain/operator.ts';
import { bringUpToDate } from './back-on-duty.ts';
import type { Cell } from './cell.ts';
import { drain } from './deliver.ts';
import { refreshExits } from './fills.ts';
import { hearVoice } from './four-eyes.ts';
import { accepted, accountsOf, refused, type VerbHandler } from './operator-answer.ts';
import { keepPauses } from './operator-memory.ts';
import { everyStrategy as every } from './paused.ts';
import { enableStrategies } from './strategy-switch.ts';
import { quarantine, resume as resumeActor } from './supervisor.ts';
import type { Turn } from './turn.ts';
import type { World } from './world.ts';

/** Actors without which the account goes on being protected; everything else only the supervisor sets aside. */
const pausable = /\/(?:order|position)\/[^/]+$/u;

export const pause: VerbHandler<'pause'> = (world, turn, command) => {
  const { actor, by, reason } = command;
  if (actor !== undefined) {
    const cell = world.cells.get(actor);
    if (cell === undefined) return refused(`actor: there is no ${actor}`);
    if (!pausable.test(actor))
      return refused(
        `actor: ${actor} protects the account and is not paused; pause an order, a position or a strategy`,
      );
    if (cell.status !== 'live') return refused(`actor: ${actor} is ${cell.status} already`);
    quarantine(world, turn, cell, `paused by ${by}: ${reason}`);
    world.operators.actors = [...world.operators.actors, actor];
    keepPauses(world.operators, turn);
    return accepted(`${actor} is set aside; what it is sent waits`);
  }
  const { accountId, strategy = every } = command;
  const others = world.operators.strategies.filter(
    (one) => one.strategy !== strategy || one.accountId !== accountId,
  );
  const paused = { ...(accountId === undefined ? {} : { accountId }), strategy, by, reason };
  world.operators.strategies = [...others, paused];
  keepPauses(world.operators, turn);
  return accepted(`${nameOf(strategy)} may only reduce`);
};

/** Ends pauses. Without a name: all of the account, with the actors of it that are set aside. */
export const resume: VerbHandler<'resume'> = (world, turn, command) => {
  const { operators } = world;
  const { actor, strategy, accountId } = command;
  const isMeant = (one: { strategy: string; accountId?: string }): boolean =>
    actor === undefined &&
    (strategy === undefined || strategy === one.strategy) &&
    (accountId === undefined || one.accountId === undefined || one.accountId === accountId);
  const strategies = operators.strategies.filter(isMeant);
  const cells = strategy === undefined ? cellsMeant(world, command) : [];
  // A strategy that has repeated itself comes back by a person's word only.
  const enabled = actor === undefined ? enableStrategies(world, turn, command) : [];
  if (strategies.length === 0 && cells.length === 0 && enabled.length === 0)
    return refused(
      actor === undefined ? 'nothing is paused there' : `actor: ${actor} is not set aside`,
    );
  const skips = cells.filter((cell) => command.skipEvent && !operators.actors.includes(cell.id));
  const needed = secondPerson(world, turn, command, skips);
  if (needed !== undefined) return needed;
  operators.strategies = operators.strategies.filter((one) => !isMeant(one));
  for (const cell of cells) resumeCell(world, turn, cell, skips.includes(cell));
  operators.actors = operators.actors.filter((id) => cells.every((cell) => cell.id !== id));
  keepPauses(operators, turn);
  const down = cells.filter(({ id }) => world.cells.get(id)?.status === 'quarantined');
  if (down.length > 0)
    return refused(`${down.map(({ id }) => id).join(', ')} could not be brought back`);
  const names = [
    ...strategies.map((one) => nameOf(one.strategy)),
    ...enabled.map(nameOf),
    ...cells.map(({ id }) => id),
  ];
  return accepted(`resumed ${names.join(', ')}`);
};

/** An event is skipped by two persons in LIVE; undefined: it may be. Source: supervision 8. */
function secondPerson(
  world: World,
  turn: Turn,
  { by }: OperatorCommand,
  skips: readonly Cell[],
): OperatorAnswer | undefined {
  if (world.options.mode !== 'LIVE' || skips.length === 0) return undefined;
  const voice = hearVoice(world, turn, `skip:${skips.map(({ id }) => id).join()}`, by);
  if (voice === 'second') return undefined;
  return voice === 'same'
    ? refused(`${by} has said so already, another person has to`)
    : { outcome: 'pending', text: 'a second person has to say the same within 15 minutes' };
}

function cellsMeant(world: World, command: Parameters<VerbHandler<'resume'>>[2]): readonly Cell[] {
  const { actor } = command;
  if (actor !== undefined) {
    const cell = world.cells.get(actor);
    return cell?.status === 'quarantined' ? [cell] : [];
  }
  const accounts = new Set(accountsOf(world, command).map(({ id }) => id));
  return [...world.cells.values()].filter(
    (cell) => cell.status === 'quarantined' && accounts.has(cell.account),
  );
}

/** What waited for the actor is taken in; exits that are under way look at what it changed. */
function resumeCell(
  world: World,
  turn: Parameters<VerbHandler<'resume'>>[1],
  cell: Cell,
  skipEvent: boolean,
): void {
  const { id, account } = cell;
  resumeActor(world, turn, id, skipEvent);
  drain(world, turn);
  bringUpToDate(world, turn, cell);
  refreshExits(world, turn, account);
  // What it believes is old: the venue says what holds.
  world.picturesWanted.add(account);
}

function nameOf(strategy: string): string {
  return strategy === every ? 'every strategy' : `strategy ${strategy}`;
}
