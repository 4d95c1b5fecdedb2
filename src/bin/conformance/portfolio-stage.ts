/** An account for one vector about portfolio controls: its facts, the prices, and an order. */
import { Controls } from '../../domain/controls.ts';
import { AccountId, InstrumentId, IntentId } from '../../domain/ids.ts';
import type { Instrument, Lots, Ticks } from '../../domain/instrument.ts';
import type { Units } from '../../domain/money.ts';
import type { OrderIntent } from '../../domain/order.ts';
import type { PortfolioFacts } from '../../domain/portfolio.ts';
import type { Side } from '../../domain/position.ts';
import type { AccountFacts, Mark } from '../../domain/view.ts';
import type { PortfolioView } from '../../rules/portfolio/notional.ts';

export const accountId = AccountId.parse('VECTOR');
export const vectorId = InstrumentId.parse('VECTOR');
/** Some instant long after the beginning: vectors tell times as ages. */
export const nowMs = Date.UTC(2026, 2, 10, 15);

export type AccountOfCase = {
  readonly instruments: readonly Instrument[];
  readonly balanceUnits: Units;
  readonly facts?: Partial<AccountFacts>;
  readonly portfolio?: Partial<PortfolioFacts>;
  /** Price of every instrument, in ticks. */
  readonly markTicks?: Ticks;
  readonly markedAtMs?: number;
  readonly controls?: unknown;
};

/** What the controls look at. */
export function viewOfCase(of: AccountOfCase): PortfolioView {
  const { instruments, balanceUnits, markTicks, markedAtMs = nowMs } = of;
  const mark: Mark | undefined =
    markTicks === undefined
      ? undefined
      : { bidTicks: markTicks, askTicks: markTicks, receivedAtMs: markedAtMs };
  const facts: AccountFacts = {
    accountId,
    version: 1,
    currency: instruments[0]?.settlementCurrency ?? 'USD',
    isReconciled: true,
    realizedUnits: 0,
    feesUnits: 0,
    positions: [],
    workingOrders: [],
    trades: [],
    dayStartMs: 0,
    memory: {},
    ...of.facts,
    portfolio: {
      balanceUnits,
      weekNetUnits: 0,
      isDrawdownLatched: false,
      trades: [],
      ...of.portfolio,
    },
  };
  return {
    context: {
      facts,
      marks: () => mark,
      instrumentOf: (id) => instruments.find((one) => one.id === id),
      nowMs: markedAtMs,
    },
    controls: Controls.parse(of.controls ?? {}),
    quoteMaxAgeMs: 5_000,
  };
}

/** An order of the case. */
export function intentOfCase(
  order: {
    readonly side: Side;
    readonly lots: Lots;
    readonly limitTicks?: Ticks;
  },
  instrument: InstrumentId = vectorId,
): OrderIntent {
  const { side, lots, limitTicks } = order;
  return {
    intentId: IntentId.parse('vector'),
    accountId,
    instrument,
    side,
    orderType: limitTicks === undefined ? 'market' : 'limit',
    quantityLots: lots,
    ...(limitTicks === undefined ? {} : { limitTicks }),
    timeInForce: 'gtc',
    reduceOnly: false,
    purpose: 'entry',
    source: 'operator',
    by: 'vectors',
    maxAgeMs: 30_000,
    atMs: nowMs,
  };
}
