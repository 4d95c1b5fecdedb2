/** What people and strategies do in a simulated run: orders of every kind, commands, kills, another configuration. */
import type { AccountSettings } from '../../src/actors/world.ts';
import type { AccountId, OrderId } from '../../src/domain/ids.ts';
import type { KillScope, OperatorAnswer, OperatorVerb, Role } from '../../src/domain/operator.ts';
import type { OrderIntent } from '../../src/domain/order.ts';
import { limits } from '../../src/kernel/limits.ts';
import type { Random } from '../../src/kernel/random.ts';
import { commandOf, type Who } from './operate.ts';
import { pick } from './simulation-chance.ts';
import type { Simulation } from './simulation.ts';

/** Sometimes several inputs share a turn. */
export function submitSome(run: Simulation, random: Random): void {
  submit(run, random);
  if (random.int(4) === 0) submit(run, random);
}

function submit(run: Simulation, random: Random): void {
  const account = pick(random, run.accounts);
  const instrument = pick(random, run.instruments);
  if (account === undefined || instrument === undefined) return;
  const side = random.int(2) === 0 ? 'buy' : 'sell';
  const isProtective = random.int(6) === 0;
  const strategy = random.int(3) === 0;
  const hasBracket = !isProtective && random.int(4) === 0;
  const intent = {
    accountId: account.id,
    instrument,
    side,
    ...orderShape(random, side, run.prices.get(instrument) ?? 0),
    quantityLots: 1 + random.int(4),
    reduceOnly: isProtective,
    purpose: isProtective ? 'protective' : 'entry',
    source: strategy ? 'strategy' : 'operator',
    by: strategy ? 'wave' : 'simulation',
    ...(hasBracket ? { bracket: { stopTicks: 40, targetTicks: 60 } } : {}),
    ...(strategy ? { signal: signalOf(run, random) } : {}),
    maxAgeMs: 30_000,
    atMs: run.clock.nowMs(),
  } as const;
  if (hasBracket) run.mark('bracket asked');
  offer(run, intent);
}

/** Sometimes the strategy repeats itself: the same signal once more. */
function signalOf(run: Simulation, random: Random): NonNullable<OrderIntent['signal']> {
  const isRepeat = random.int(5) === 0 && run.lastSignal !== undefined;
  const signal = isRepeat
    ? run.lastSignal
    : { id: `s${run.clock.nowMs()}-${random.uint32()}`, type: 'cross', atMs: run.clock.nowMs() };
  run.lastSignal = signal;
  return signal ?? { id: 's', type: 'cross', atMs: run.clock.nowMs() };
}

function offer(run: Simulation, intent: Omit<OrderIntent, 'intentId'>): void {
  run.note(
    `SUBMIT ${intent.accountId} ${intent.side} ${intent.quantityLots} ${intent.instrument} ${intent.orderType}${intent.bracket === undefined ? '' : ' with a bracket'}`,
  );
  run.running.engine.submit(intent, (answer) => {
    if (!('denial' in answer)) run.lastOrders.push(answer.orderId);
    else run.mark(`denied ${answer.denial.code}`);
    run.note('orderId' in answer ? `ANSWER ${answer.orderId}` : `DENIED ${answer.denial.code}`);
  });
}

/** More commands at once than the inbox holds: what is too much is refused, the way out stays open. */
export function flood(run: Simulation, random: Random): void {
  run.note('FLOOD');
  for (let count = 0; count < limits.inboxDepthMax; count += 1) submit(run, random);
  submit(run, random);
  if (run.running.engine.world.inbox.refused > 0) run.mark('command refused at a full inbox');
}

function orderShape(
  random: Random,
  side: 'buy' | 'sell',
  ticks: number,
): Pick<OrderIntent, 'orderType' | 'timeInForce' | 'limitTicks' | 'stopTicks' | 'trailTicks'> {
  const awayTicks = random.int(40) - 5;
  const below = side === 'buy' ? ticks - awayTicks : ticks + awayTicks;
  const above = side === 'buy' ? ticks + awayTicks : ticks - awayTicks;
  switch (random.int(7)) {
    case 0:
      return { orderType: 'limit', timeInForce: 'gtc', limitTicks: below };
    case 1:
      return { orderType: 'limit', timeInForce: 'ioc', limitTicks: below };
    case 2:
      return { orderType: 'stop', timeInForce: 'gtc', stopTicks: above };
    case 3:
      return { orderType: 'stopLimit', timeInForce: 'day', stopTicks: above, limitTicks: above };
    case 4:
      return { orderType: 'trailingStop', timeInForce: 'gtc', trailTicks: 1 + random.int(30) };
    default:
      return { orderType: 'market', timeInForce: 'day' };
  }
}

/** Two orders of which one excludes the other, on a position that is there. */
export function submitPair(run: Simulation, random: Random): void {
  const account = pick(random, run.accounts);
  if (account === undefined) return;
  const position = pick(random, [...run.account(account.id).positions.values()]);
  if (position === undefined) return;
  const { instrument, openLots } = position;
  const side = openLots > 0 ? 'sell' : 'buy';
  const sign = side === 'sell' ? 1 : -1;
  const ticks = run.prices.get(instrument) ?? 0;
  const common = {
    accountId: account.id,
    instrument,
    side,
    timeInForce: 'gtc',
    quantityLots: Math.abs(openLots),
    reduceOnly: true,
    purpose: 'protective',
    source: 'operator',
    by: 'simulation',
    maxAgeMs: 30_000,
    atMs: run.clock.nowMs(),
  } as const;
  const awayTicks = 1 + random.int(30);
  const first = { ...common, orderType: 'stop', stopTicks: ticks - sign * awayTicks } as const;
  run.mark('exclusive pair asked');
  run.running.engine.submit(first, (answer) => {
    if (!('orderId' in answer)) return;
    run.pairs.push({
      ...common,
      orderType: 'limit',
      limitTicks: ticks + sign * awayTicks,
      ocoGroupId: answer.orderId,
    });
  });
  run.running.engine.rest();
  for (const second of run.pairs.splice(0)) offer(run, second);
}

/** Protection first, then the risk: two legs, or a lonely short. */
export function submitGroup(run: Simulation, random: Random): void {
  const account = pick(random, run.accounts);
  const [first, second] = run.instruments;
  if (account === undefined || first === undefined || second === undefined) return;
  const lots = 1 + random.int(3);
  const limited = random.int(3) === 0;
  const shape = (instrument: typeof first, side: 'buy' | 'sell') =>
    limited
      ? {
          orderType: 'limit' as const,
          limitTicks: (run.prices.get(instrument) ?? 0) + (side === 'buy' ? 5 : -5),
        }
      : { orderType: 'market' as const };
  const risk = {
    legId: 'risk',
    instrument: second,
    side: 'sell',
    quantityLots: lots,
    ...shape(second, 'sell'),
  } as const;
  const hedge = {
    legId: 'hedge',
    instrument: first,
    side: 'buy',
    quantityLots: lots,
    ...shape(first, 'buy'),
  } as const;
  run.mark('group asked');
  run.note(`GROUP of ${account.id}, ${lots} lots`);
  run.running.engine.submitGroup({
    accountId: account.id,
    legs: random.int(8) === 0 ? [risk] : [risk, hedge],
    source: 'operator',
    by: 'simulation',
    maxAgeMs: 30_000,
  });
}

export function cancel(run: Simulation, random: Random): void {
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

/** Another size or another price: the gate judges it as what it does. */
export function modify(run: Simulation, random: Random): void {
  const order = pick(
    random,
    openOrders(run).filter(({ purpose }) => purpose !== 'exit'),
  );
  if (order === undefined) return;
  const known = run.venue.ledger().orders.find(({ orderId }) => orderId === order.orderId);
  const values =
    known?.limitTicks !== undefined && random.int(2) === 0
      ? { limitTicks: known.limitTicks + random.int(11) - 5 }
      : { quantityLots: Math.max(1, (known?.quantityLots ?? 2) + random.int(3) - 1) };
  run.note(`MODIFY ${order.orderId} ${JSON.stringify(values)}`);
  const { accountId, orderId } = order;
  run.running.engine.modify({ accountId, orderId, values, by: 'simulation' }, (answer) =>
    run.mark('denial' in answer ? `modify denied ${answer.denial.code}` : 'modify asked'),
  );
}

/** A command of a person, counted: every one that was answered has to be a row. */
export function command(
  run: Simulation,
  verb: OperatorVerb,
  who: Who,
  onAnswer: (answer: OperatorAnswer) => void = () => undefined,
): void {
  run.commands += 1;
  // The id is a function of the run: equal seeds have equal journals.
  const requestId = `command-${run.commands}`;
  run.note(`OPERATOR ${JSON.stringify(verb)} ${who.account ?? ''} by ${who.by ?? 'ann'}`);
  run.running.engine.operate(commandOf(verb, { ...who, requestId }), (answer) => {
    const { outcome, text } = answer;
    onAnswer(answer);
    run.mark(`operator ${verb.verb} ${outcome}`);
    run.note(`OPERATOR ${outcome}: ${text}`);
    // What was answered is durable. Source: crash-testing 6 (I2, I13).
    if (!run.committed.commands.has(requestId))
      run.problem(`I13: the command ${requestId} (${verb.verb}) was answered and is no row`);
  });
}

export function kill(run: Simulation, random: Random, { canFreeze }: { canFreeze: boolean }): void {
  const account = pick(random, run.accounts);
  if (account === undefined) return;
  const scopes: readonly KillScope[] = ['account', 'instrument', 'order', 'strategy', 'all'];
  const scope = pick(random, scopes) ?? 'account';
  const target = targetOf(run, random, scope);
  if ((scope === 'instrument' || scope === 'order' || scope === 'strategy') && target === undefined)
    return;
  const mode = pick(random, [undefined, 'cancelOnly', 'flatten'] as const);
  run.mark(`kill ${scope}${mode === 'flatten' ? ' flatten' : ''}`);
  const wish = {
    scope,
    ...(target === undefined ? {} : { target }),
    ...(mode === undefined ? {} : { mode }),
    isEmergency: random.int(4) === 0,
    trigger: 'operator',
  } as const;
  run.killSla.asked(wish, scope === 'all' ? run.accounts.map(({ id }) => id) : [account.id]);
  if (run.crashPlan.isSlow) run.mark('kill under a slow disk');
  command(
    run,
    { verb: 'kill', kill: wish },
    { role: 'operator', ...(scope === 'all' ? {} : { account: account.id }) },
    ({ outcome }) => {
      if (outcome !== 'accepted') run.killSla.refused(wish);
    },
  );
  if (!canFreeze || random.int(2) === 0) return;
  // The moment at which it hurts most: pulled, and not taken in yet.
  run.stall(freezeMs(random), 'kill over a freeze');
  run.note('FREEZE while a kill is on its way');
}

/** `SIGSTOP; sleep 2; SIGCONT` at the longest. Source: crash-testing 2, F8. */
export function freezeMs(random: Random): number {
  return [50, 500, 2_000][random.int(3)] ?? 2_000;
}

function targetOf(run: Simulation, random: Random, scope: KillScope): string | undefined {
  if (scope === 'instrument') return pick(random, run.instruments);
  if (scope === 'strategy') return 'wave';
  return scope === 'order' ? pick(random, openOrders(run))?.orderId : undefined;
}

/** Two people end what a kill or a fault has halted. */
export function rearm(run: Simulation, account: AccountId): void {
  for (const by of ['ann', 'bob']) command(run, { verb: 'rearm' }, { account, by });
}

/** Anything a person may say, in any role. */
export function operator(run: Simulation, random: Random): void {
  const account = pick(random, run.accounts);
  const instrument = pick(random, run.instruments);
  if (account === undefined || instrument === undefined) return;
  const roles: readonly Role[] = ['viewer', 'operator', 'admin', 'admin', 'auditor'];
  const role = pick(random, roles) ?? 'admin';
  const verb = verbOf(run, random, account.id, instrument);
  if (verb !== undefined) command(run, verb, { account: account.id, role });
}

function verbOf(
  run: Simulation,
  random: Random,
  account: AccountId,
  instrument: Simulation['instruments'][number],
): OperatorVerb | undefined {
  const orderId = pick(random, openOrders(run))?.orderId;
  const cell = pick(random, [...run.running.engine.world.cells.values()])?.id;
  switch (random.int(13)) {
    case 0:
      return {
        verb: 'lock',
        scope: random.int(2) === 0 ? 'account' : `symbol:${instrument}`,
        durationMs: 1_000 + random.int(60_000),
        isIrrevocable: random.int(4) === 0,
      };
    case 1:
      return { verb: 'unlock' };
    case 2:
      return { verb: 'flatten', instrument };
    case 3:
      return { verb: 'flatten' };
    case 4:
      return orderId === undefined ? undefined : { verb: 'cancel', orderId };
    case 5:
      return { verb: 'pause', strategy: 'wave' };
    case 6:
      return { verb: 'resume', strategy: 'wave', skipEvent: false };
    case 7:
      return cell === undefined ? undefined : { verb: 'pause', actor: cell };
    case 8:
      return { verb: 'limit', rule: 'RULE-001' as never, key: 'limit', value: '2' };
    case 9:
      return { verb: 'acknowledge' };
    case 10:
      return { verb: 'reset', reset: random.int(2) === 0 ? 'daily' : 'weekly' };
    case 11: {
      const amountUnits = (random.int(3) - 1) * 1_000_000;
      // What came in is really there, most of the time.
      const { balances } = run.venue.ledger();
      const units = balances.find((row) => row.accountId === account)?.units;
      if (units !== undefined && amountUnits !== 0)
        run.venue.setBalance(account, units + amountUnits);
      return { verb: 'recordTransfer', amountUnits };
    }
    default:
      return orderId === undefined
        ? undefined
        : { verb: 'resolve', orderId, outcome: 'canceled', evidence: 'seen on the screen' };
  }
}

/** The operator looks after what is quarantined. */
export function resume(run: Simulation): void {
  for (const cell of run.running.engine.world.cells.values()) {
    if (cell.status !== 'quarantined') continue;
    command(run, { verb: 'resume', actor: cell.id, skipEvent: false }, {});
  }
}

/** Another configuration while everything runs. */
export function reload(run: Simulation, random: Random): void {
  const accounts: readonly AccountSettings[] = run.anotherConfiguration(
    random.fork(`reload/${run.reloads}`),
  );
  run.reloads += 1;
  const wish =
    random.int(6) === 0
      ? ({ rejected: 'a key is not known' } as const)
      : ({ hash: `${run.reloads}`.padStart(16, '0'), settings: run.settings(accounts) } as const);
  run.note(`RELOAD ${'rejected' in wish ? 'of nothing that can be read' : wish.hash}`);
  run.running.engine.reload(wish, ({ outcome }) => {
    run.mark(`reload ${outcome}`);
    if (outcome === 'applied') run.accounts = accounts;
  });
}

/** An order id of somebody's own, for links. */
export type LinkedIntent = Omit<OrderIntent, 'intentId'> & { readonly ocoGroupId: OrderId };
