/**
 * What rules looked at, at a moment of the past: the facts of an account from the states that its actors had, and its
 * trades from the rows of its ledger. What the journal does not tell (prices, configuration) is not here.
 */
import { tradeOf } from '../actors/trades.ts';
import { applyContextDiff } from '../domain/context-diff.ts';
import type { Fill } from '../domain/fill.ts';
import type { AccountId, InstrumentId, OrderId, RuleId } from '../domain/ids.ts';
import type { LockInput } from '../domain/machine-event.ts';
import type { Currency } from '../domain/money.ts';
import type { SubmitOrder } from '../domain/order.ts';
import { isClosed } from '../domain/order.ts';
import type { PositionBook } from '../domain/position.ts';
import type { RuleMemory } from '../domain/verdict.ts';
import {
  memoryKey,
  type AccountFacts,
  type PositionFacts,
  type TradeFacts,
  type WorkingOrderFacts,
} from '../domain/view.ts';
import type { PastAccount, PastActor } from '../inspector/past.ts';
import { leavesLots, type OrderContext, type orderRegions } from '../machines/order.machine.ts';
import type { JournalView } from '../ports/journal-view.port.ts';

type Ledger = {
  readonly currency?: Currency;
  readonly realizedUnits?: number;
  readonly feesUnits?: number;
  readonly carriedRealizedUnits?: number;
  readonly carriedFeesUnits?: number;
  readonly lastBoundaryMs?: number;
  readonly tradingDay?: string;
};

/** Undefined where the account had no ledger by then. */
export function factsOfPast(
  picture: PastAccount,
  trades: readonly TradeFacts[] = [],
): AccountFacts | undefined {
  const actors = [...picture.actors.values()];
  const ledger = actors.find(({ kind }) => kind === 'ledger');
  if (ledger === undefined) return undefined;
  const money = ledger.context as Ledger;
  const { currency, realizedUnits, feesUnits, lastBoundaryMs = 0 } = money;
  if (currency === undefined || realizedUnits === undefined || feesUnits === undefined)
    return undefined;
  const { carriedRealizedUnits = 0, carriedFeesUnits = 0 } = money;
  return {
    accountId: ledger.account as AccountId,
    version: 1,
    currency,
    isReconciled: true,
    realizedUnits: realizedUnits + carriedRealizedUnits,
    feesUnits: feesUnits + carriedFeesUnits,
    positions: actors.flatMap(positionOf),
    workingOrders: actors.flatMap(orderOf),
    locks: actors.flatMap(lockOf),
    trades,
    dayStartMs: lastBoundaryMs,
    memory: memoryOfPast(picture),
  };
}

function positionOf({ kind, context }: PastActor): readonly PositionFacts[] {
  if (kind !== 'position') return [];
  const { instrument, book, openedAtMs } = context as {
    readonly instrument: InstrumentId;
    readonly book: PositionBook;
    readonly openedAtMs?: number;
  };
  if (book.openLots === 0) return [];
  const { openLots, costUnits } = book;
  const facts = { instrument, openLots, costUnits };
  return [openedAtMs === undefined ? facts : { ...facts, openedAtMs }];
}

/** States in which the venue has confirmed that the order is open. */
const openAtVenue: ReadonlySet<string> = new Set(['working', 'triggered', 'partial']);

function orderOf({ kind, context, stateJson }: PastActor): readonly WorkingOrderFacts[] {
  if (kind !== 'order') return [];
  const regions = JSON.parse(stateJson) as ReturnType<typeof orderRegions>;
  const order = context as unknown as SubmitOrder & OrderContext & Partial<WorkingOrderFacts>;
  const leaves = leavesLots(order, regions);
  if (isClosed(regions.execution) || leaves === 0) return [];
  const { orderId, instrument, side, purpose, reduceOnly, orderType, bracket } = order;
  const given = (['limitTicks', 'stopTicks', 'createdAtMs', 'by', 'ocoGroupId'] as const).flatMap(
    (name) => (order[name] === undefined ? [] : [[name, order[name]] as const]),
  );
  const isInFlight = regions.execution === 'none' || regions.execution === 'unknown';
  return [
    {
      orderId,
      instrument,
      side,
      leavesLots: leaves,
      purpose,
      reduceOnly,
      orderType,
      isOpen: openAtVenue.has(regions.execution),
      ...(isInFlight ? { isInFlight: true as const } : {}),
      ...Object.fromEntries(given),
      ...(bracket?.stopTicks === undefined ? {} : { hasBracketStop: true as const }),
    },
  ];
}

function lockOf({ kind, context, stateJson }: PastActor): NonNullable<AccountFacts['locks']> {
  if (kind !== 'lock' || stateJson !== '"active"') return [];
  const { source, scope } = context as unknown as LockInput;
  return [{ source, scope }];
}

/** What every rule remembered by then. */
export function memoryOfPast({ actors }: PastAccount): AccountFacts['memory'] {
  const all: Record<string, RuleMemory> = {};
  for (const { kind, context } of actors.values()) {
    if (kind !== 'rule') continue;
    const { ruleId, memory = {} } = context as {
      readonly ruleId: RuleId;
      readonly memory?: Readonly<Record<string, RuleMemory>>;
    };
    for (const [entity, value] of Object.entries(memory)) all[memoryKey(ruleId, entity)] = value;
  }
  return all;
}

type Booking = {
  readonly fillId: string;
  readonly realizedUnits: number;
  readonly tradingDay: string;
  readonly openedLots: number;
  readonly closedLots: number;
};

/** Trades of the day that had begun by then, oldest first, from the rows in which the ledger booked them. */
export function tradesOfPast(view: JournalView, picture: PastAccount): readonly TradeFacts[] {
  const actors = [...picture.actors.values()];
  const ledger = actors.find(({ kind }) => kind === 'ledger');
  if (ledger === undefined) return [];
  const { tradingDay } = ledger.context as Ledger;
  const exits = new Set(
    actors.flatMap(({ kind, context }) =>
      kind === 'order' && context['purpose'] === 'exit' ? [context['orderId'] as OrderId] : [],
    ),
  );
  const trades = new Map<string, TradeFacts>();
  let context: Readonly<Record<string, unknown>> = {};
  for (const row of view
    .rowsOfActor(ledger.id, picture.seq + 1, Number.MAX_SAFE_INTEGER)
    .toReversed()) {
    context = applyContextDiff(context, row.contextDiffJson);
    const { type, fill } = JSON.parse(row.eventJson) as {
      readonly type: string;
      readonly fill?: Fill;
    };
    if (fill === undefined) continue;
    if (type === 'ledger.fillVoided') trades.delete(fill.fillId);
    const booking = context['lastBooking'] as Booking | undefined;
    if (booking?.fillId !== fill.fillId || booking.tradingDay !== tradingDay) continue;
    if (type === 'ledger.fillReported' || type === 'ledger.fillCorrected')
      trades.set(
        fill.fillId,
        tradeOf({ ...booking, fill, isEnforcement: isOf(exits, fill), causeSeq: row.seq }),
      );
  }
  return [...trades.values()].toSorted((one, other) => one.atMs - other.atMs);
}

/** It belongs to a close that the engine itself has sent. */
function isOf(exits: ReadonlySet<OrderId>, { orderId }: Fill): boolean {
  return orderId !== undefined && exits.has(orderId);
}
