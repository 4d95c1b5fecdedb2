import { addExact } from '../../domain/arithmetic.ts';
/** What happens at the venue without us: executions, orders, positions and money of somebody else. Changed, then told. */
import type { Fill } from '../../domain/fill.ts';
import type { AccountId } from '../../domain/ids.ts';
import { applyFill, emptyBook, type PositionBook } from '../../domain/position.ts';
import { condition } from '../../kernel/assert.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { VenueOrder } from '../../ports/venue.port.ts';
import type { PaperBook } from './paper-book.ts';
import { statusOf } from './paper-commands.ts';
import type { Executor, GivenFill } from './paper-executor.ts';
import { isOpen, type PaperOrder } from './paper-order.ts';
import type { Reporter } from './paper-reports.ts';
import type { PaperVenue } from './paper-venue.ts';

export type Script = Pick<
  PaperVenue,
  | 'externalFill'
  | 'voidFill'
  | 'externalOrder'
  | 'externalPosition'
  | 'setBalance'
  | 'fillOrder'
  | 'endOrder'
  | 'announce'
  | 'changeOrder'
>;

type Parts = {
  /** The venue's own: the times that it writes down. */
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly book: PaperBook;
  readonly reporter: Reporter;
  readonly executor: Executor;
  readonly enter: (run: () => void) => void;
  /** What the account list says of the permission to trade. */
  readonly permissions: Map<AccountId, boolean>;
};

export function createScript({
  clock,
  book,
  reporter,
  executor,
  enter,
  permissions,
}: Parts): Script {
  return {
    externalFill: (fill) => enter(() => takeFill(fill, book, executor, reporter)),
    voidFill: (fill) =>
      enter(() => {
        takeBack(fill, book);
        reporter.say({ type: 'venue.fillVoided', fill }, 'stream');
      }),
    externalOrder: (given) =>
      enter(() => {
        const order = externalOrder(given, book);
        book.put(order);
        reporter.tell(order, statusOf(order), 'stream');
      }),
    externalPosition: ({ accountId, instrument, openLots, costUnits, venueTimeMs }) =>
      enter(() => {
        book.setPosition(accountId, instrument, {
          ...book.positionOf(accountId, instrument),
          openLots,
          costUnits,
        });
        const atMs = venueTimeMs ?? clock.nowMs();
        reporter.say(
          { type: 'venue.position', accountId, instrument, openLots, costUnits, venueTimeMs: atMs },
          'stream',
        );
      }),
    setBalance: (accountId, balanceUnits, venueTimeMs) =>
      enter(() => {
        book.setBalance(accountId, balanceUnits);
        const atMs = venueTimeMs ?? clock.nowMs();
        reporter.say(
          { type: 'venue.balance', accountId, balanceUnits, venueTimeMs: atMs },
          'stream',
        );
      }),
    fillOrder({ orderId, lots, ticks, ...given }) {
      const order = book.findOrder(orderId);
      if (order === undefined) return false;
      let isBooked = false;
      enter(() => {
        isBooked = executor.fill(order, lots, ticks, given) !== undefined;
      });
      return isBooked;
    },
    endOrder(orderId, status, reason) {
      const order = book.findOrder(orderId);
      if (order === undefined || !isOpen(order)) return false;
      enter(() => executor.end(order, status, reason, 'stream'));
      return true;
    },
    changeOrder: (id, changes) =>
      enter(() => {
        const order = book.findOrder(id);
        if (order !== undefined) book.put(Object.assign(order, changes));
      }),
    announce: (event) =>
      enter(() => {
        if (event.type === 'venue.permission') permissions.set(event.accountId, event.canTrade);
        reporter.say(event, event.type === 'venue.link' ? 'link' : 'stream');
      }),
  };
}

function takeFill(fill: Fill, book: PaperBook, executor: Executor, reporter: Reporter): void {
  const order = fill.orderId === undefined ? undefined : book.findOrder(fill.orderId);
  const given: GivenFill = {
    fillId: fill.fillId,
    feeUnits: fill.feeUnits,
    venueTimeMs: fill.venueTimeMs,
  };
  const isPlain =
    fill.feeLots === undefined &&
    fill.venueRealizedUnits === undefined &&
    fill.otherFees === undefined;
  if (
    order !== undefined &&
    isPlain &&
    executor.fill(order, fill.lots, fill.ticks, given) !== undefined
  )
    return;
  const known = book.store.findFill(fill.accountId, fill.fillId);
  if (known !== undefined && known.feeUnits !== fill.feeUnits) {
    const difference = fill.feeUnits - known.feeUnits;
    const position = book.positionOf(fill.accountId, fill.instrument);
    book.setPosition(fill.accountId, fill.instrument, {
      ...position,
      feesUnits: position.feesUnits + difference,
    });
    book.addMoney(fill.accountId, fill.instrument, -difference);
    book.store.changeFill({ ...known, feeUnits: fill.feeUnits });
  }
  book.addFill(fill);
  reporter.say({ type: 'venue.fill', fill }, 'stream');
}

/** The difference that the execution made, taken off what is held now. */
function takeBack(fill: Fill, book: PaperBook): void {
  const instrument = book.instrumentOf(fill.instrument);
  condition(
    instrument !== undefined,
    () => `a fill is of a known instrument, was ${fill.instrument}`,
  );
  const all = book.store
    .fillsSince(fill.accountId, 0)
    .filter((other) => other.instrument === fill.instrument);
  if (!all.some(({ fillId }) => fillId === fill.fillId)) return;
  const replay = (fills: readonly Fill[]): PositionBook =>
    fills.reduce((position, each) => applyFill(position, instrument, each).book, emptyBook);
  const withIt = replay(all);
  const without = replay(all.filter(({ fillId }) => fillId !== fill.fillId));
  const held = book.positionOf(fill.accountId, fill.instrument);
  const after: PositionBook = {
    openLots: addExact(held.openLots, without.openLots - withIt.openLots),
    costUnits: addExact(held.costUnits, without.costUnits - withIt.costUnits),
    realizedUnits: addExact(held.realizedUnits, without.realizedUnits - withIt.realizedUnits),
    feesUnits: addExact(held.feesUnits, without.feesUnits - withIt.feesUnits),
  };
  book.setPosition(fill.accountId, fill.instrument, after);
  const profit = after.realizedUnits - held.realizedUnits - (after.feesUnits - held.feesUnits);
  book.addMoney(fill.accountId, fill.instrument, profit);
  book.removeFill(fill.accountId, fill.fillId);
}

function externalOrder(given: VenueOrder, book: PaperBook): PaperOrder {
  const known = book.findOrder(given.venueOrderId);
  return {
    ...given,
    number: known?.number ?? book.nextOrderNumber(),
    timeInForce: 'gtc',
    reduceOnly: false,
    isExternal: true,
    reason: given.status,
    isTriggered: given.status === 'triggered',
    reports: known?.reports ?? 1,
  };
}
