/**
 * Every order of arrival of everything that can be said of one order of two lots, through the real order machine and the
 * real ledger in their cells, with states that were reached before not visited again. Source: execution 3.10.
 */
import { Cell, type HostedMachine } from '../../src/actors/cell.ts';
import type { Fill } from '../../src/domain/fill.ts';
import type { ActorId, FillId } from '../../src/domain/ids.ts';
import {
  executionStates,
  integrityStates,
  isClosed,
  requestStates,
} from '../../src/domain/order.ts';
import type { PositionBook } from '../../src/domain/position.ts';
import { ledgerMachine } from '../../src/machines/ledger.machine.ts';
import { orderMachine } from '../../src/machines/order.machine.ts';
import type { ActorState } from '../../src/ports/journal.port.ts';
import { accountId, ledgerInput, mnq } from './machine-samples.ts';
import { checkAgreement, orderEvent, orderInput } from './order-driver.ts';

/** What the venue may say of an order. */
const tokens = [
  'accept',
  'fillA',
  'fillB',
  'cancelRejected',
  'canceled',
  'rejected',
  'expired',
] as const;
type Token = (typeof tokens)[number];

/** `plain`: reports without a time of the venue. `timed`: with the time and the cumulative fill of the true history. */
type Stamps = 'plain' | 'timed';

type Exploration = {
  readonly text: string;
  readonly problems: readonly string[];
  /** Pairs of a state and what was still to come. */
  readonly states: number;
  readonly transitions: number;
  /** Orders of arrival that these stand for; a float, for people. */
  readonly histories: number;
  readonly finals: readonly string[];
};

type ExplorationOptions = {
  readonly stamps: Stamps;
  /** Our own cancel is on the wire from the beginning; a refusal of it has then a meaning. */
  readonly isCancelAsked: boolean;
  /** How often each thing is said. */
  readonly times: number;
  readonly tokens?: readonly Token[];
};

const atMs = 10;
const orderLots = 2;
const orderActor = `account/${accountId}/order/${orderInput.orderId}` as ActorId;
const ledgerActor = `account/${accountId}/ledger` as ActorId;
const hostedOrder: HostedMachine = { id: 'order', version: 'test', machine: orderMachine };
const hostedLedger: HostedMachine = { id: 'ledger', version: 'test', machine: ledgerMachine };

type Stage = {
  readonly order: ActorState;
  readonly ledger: ActorState;
  /** Trade ids that are booked. */
  readonly booked: readonly string[];
};

function fillOf(token: 'fillA' | 'fillB'): Fill {
  return {
    fillId: token as FillId,
    accountId,
    orderId: orderInput.orderId,
    instrument: mnq.id,
    side: 'buy',
    lots: 1,
    ticks: token === 'fillA' ? 400 : 403,
    feeUnits: 370_000,
    venueTimeMs: 2_000,
  };
}

/** The true history: accepted, one lot, the other lot, and what contradicts them at the same time as the last. */
const stamps: Readonly<Record<Token, string>> = {
  accept: 't=1 c=0',
  fillA: '',
  fillB: '',
  cancelRejected: 't=4 c=2',
  canceled: 't=5 c=1',
  rejected: 't=6 c=0',
  expired: 't=7 c=1',
};
const words: Readonly<Record<Token, string>> = {
  accept: 'accepted',
  fillA: 'fill',
  fillB: 'fill',
  cancelRejected: 'cancelRejected',
  canceled: 'canceled',
  rejected: 'venueRejected',
  expired: 'expired',
};

function begin({ isCancelAsked }: ExplorationOptions): Stage {
  const order = new Cell(orderActor, accountId, hostedOrder);
  const input = { ...orderInput, orderType: 'market', quantityLots: orderLots };
  const { limitTicks: _, stopTicks: __, ...market } = input;
  order.create(market);
  for (const word of ['commit', 'send', ...(isCancelAsked ? ['cancel'] : [])])
    order.send(orderEvent(word, atMs));
  const ledger = new Cell(ledgerActor, accountId, hostedLedger);
  ledger.create(ledgerInput);
  return { order: order.state(), ledger: ledger.state(), booked: [] };
}

/** One thing is said. @throws Error where something is illegal */
function step(stage: Stage, token: Token, { stamps: kind }: ExplorationOptions): Stage {
  const order = new Cell(orderActor, accountId, hostedOrder);
  order.restore(stage.order);
  const isFill = token === 'fillA' || token === 'fillB';
  const isNew = isFill && !stage.booked.includes(token);
  let { ledger } = stage;
  if (isNew) {
    const cell = new Cell(ledgerActor, accountId, hostedLedger);
    cell.restore(ledger);
    const { tradingDay } = ledgerInput;
    const fill = fillOf(token);
    const event = { type: 'ledger.fillReported', fill, instrument: mnq, tradingDay, atMs };
    if (!cell.send(event).isHandled) throw new Error(`the ledger does not take ${token}`);
    ledger = cell.state();
  }
  const event = isFill
    ? { type: 'order.filled', fill: fillOf(token), origin: 'stream', atMs }
    : orderEvent(`${words[token]} ${kind === 'timed' ? stamps[token] : ''}`, atMs);
  const { recorded, isHandled } = order.send(event);
  if (!isHandled) throw new Error(`${token} is a dead letter in ${order.stateJson}`);
  if (recorded.some(({ type }) => type === 'venue.submitOrder'))
    throw new Error(`${token} sends the order again`);
  const next = {
    order: order.state(),
    ledger,
    booked: isNew ? [...stage.booked, token] : stage.booked,
  };
  check(order, next);
  return next;
}

type Books = { readonly books: Readonly<Record<string, PositionBook>> };

/** What must hold after every single event. @throws Error, InvariantViolation */
function check(order: Cell, stage: Stage): void {
  checkAgreement(order.live() as never);
  const { execution, request, integrity } = JSON.parse(order.stateJson) as Record<string, string>;
  const isKnown =
    executionStates.some((name) => name === execution) &&
    requestStates.some((name) => name === request) &&
    integrityStates.some((name) => name === integrity);
  if (!isKnown) throw new Error(`an illegal state: ${order.stateJson}`);
  const { filledLots } = order.context as { filledLots: number };
  if (filledLots !== stage.booked.length)
    throw new Error(`the order counts ${filledLots} lots, the ledger ${stage.booked.length}`);
  const seen = ledgerText(stage.ledger);
  const expected = ledgerText(sortedLedger(stage.booked));
  if (seen !== expected)
    throw new Error(`the ledger is ${seen}, of the sorted history ${expected}`);
}

function ledgerText({ contextJson }: ActorState): string {
  const context = JSON.parse(contextJson) as Books & Record<string, unknown>;
  const { books, realizedUnits, feesUnits, fillsToday, balanceUnits } = context;
  return JSON.stringify({
    book: books[mnq.id],
    realizedUnits,
    feesUnits,
    fillsToday,
    balanceUnits,
  });
}

const sortedLedgers = new Map<string, ActorState>();

/** The same trades, booked in the order in which they happened. */
function sortedLedger(booked: readonly string[]): ActorState {
  const key = booked.toSorted().join();
  const known = sortedLedgers.get(key);
  if (known !== undefined) return known;
  const cell = new Cell(ledgerActor, accountId, hostedLedger);
  cell.create(ledgerInput);
  const { tradingDay } = ledgerInput;
  for (const token of booked.toSorted()) {
    const fill = fillOf(token as 'fillA' | 'fillB');
    cell.send({ type: 'ledger.fillReported', fill, instrument: mnq, tradingDay, atMs });
  }
  sortedLedgers.set(key, cell.state());
  return cell.state();
}

/** Counters and words for people decide nothing. */
function keyOf({ order, booked }: Stage, left: readonly number[]): string {
  const {
    rejectedEvents: _,
    reason: __,
    ...context
  } = JSON.parse(order.contextJson) as Record<string, unknown>;
  return `${order.stateJson}${JSON.stringify(context)}${booked.join()}|${left.join()}`;
}

/** Walks through every order of arrival; stops at the tenth problem. */
export function explore(options: ExplorationOptions): Exploration {
  const names = options.tokens ?? tokens;
  const problems: string[] = [];
  const finals = new Set<string>();
  /** Histories that lead on from a place; the memory of the walk. */
  const known = new Map<string, number>();
  let transitions = 0;
  const walk = (stage: Stage, left: readonly number[], path: readonly Token[]): number => {
    const key = keyOf(stage, left);
    const before = known.get(key);
    if (before !== undefined) return before;
    let histories = 0;
    for (const [index, token] of names.entries()) {
      const count = left[index] ?? 0;
      if (count === 0 || problems.length >= 10) continue;
      transitions += 1;
      try {
        const next = step(stage, token, options);
        histories += walk(next, left.with(index, count - 1), [...path, token]);
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        problems.push(`${options.stamps}: ${[...path, token].join(', ')}: ${text}`);
      }
    }
    if (left.every((count) => count === 0)) {
      histories = 1;
      finals.add(stage.order.stateJson);
      const { execution } = JSON.parse(stage.order.stateJson) as { execution: 'none' };
      const isFull = stage.booked.length === orderLots;
      if (!isClosed(execution) || (isFull && execution !== ('filled' as string)))
        problems.push(`${options.stamps}: ${path.join(', ')}: the order ends as ${execution}`);
    }
    known.set(key, histories);
    return histories;
  };
  const histories = walk(
    begin(options),
    names.map(() => options.times),
    [],
  );
  const what = `${options.stamps}${options.isCancelAsked ? ', cancel asked' : ''}, each said ${options.times} times`;
  const text = `every order of events (${what}): ${histories.toExponential(2)} histories, ${known.size} states, ${transitions} transitions, ${finals.size} ends`;
  return {
    text,
    problems,
    states: known.size,
    transitions,
    histories,
    finals: [...finals].toSorted(),
  };
}

/** All of it: everything twice, with and without times, with and without a cancel of ours. */
export function fullExploration(): Pick<Exploration, 'text' | 'problems'> {
  const parts = (['plain', 'timed'] as const).flatMap((kind) =>
    [false, true].map((isCancelAsked) => explore({ stamps: kind, isCancelAsked, times: 2 })),
  );
  return {
    text: parts.map(({ text }) => text).join('\n'),
    problems: parts.flatMap(({ problems }) => problems),
  };
}
