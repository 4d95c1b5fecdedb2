/** Accounts with controls for tests of checks 6 to 13. Money and prices as people write them. */
import { Controls, type PortfolioCheck } from '../../src/domain/controls.ts';
import { FillId, InstrumentId, IntentId, OrderId } from '../../src/domain/ids.ts';
import type { OrderIntent } from '../../src/domain/order.ts';
import type { PortfolioFacts, RecentTrade } from '../../src/domain/portfolio.ts';
import type { AccountFacts, Mark } from '../../src/domain/view.ts';
import type { PortfolioView } from '../../src/rules/portfolio/notional.ts';
import { accountId, context, facts, lots, nowMs, ticks, usd } from './rule-facts.ts';

export type Given = {
  readonly balance?: string;
  readonly portfolio?: Partial<PortfolioFacts>;
  readonly facts?: Partial<Omit<AccountFacts, 'realizedUnits' | 'feesUnits'>>;
  readonly marks?: Readonly<Record<string, Mark>>;
  readonly controls?: unknown;
  /** Checks in force; everything of the switched blocks when left out. */
  readonly only?: readonly PortfolioCheck[];
};

function account({ balance = '10000', portfolio, facts: given }: Given = {}): AccountFacts {
  return facts({
    ...given,
    portfolio: {
      balanceUnits: usd(balance),
      weekNetUnits: 0,
      isDrawdownLatched: false,
      trades: [],
      ...portfolio,
    },
  });
}

export function view(given: Given = {}): PortfolioView {
  const parsed = Controls.parse(given.controls ?? {});
  return {
    context: context(account(given), given.marks ?? {}),
    controls: given.only === undefined ? parsed : { ...parsed, only: given.only },
    quoteMaxAgeMs: 5_000,
  };
}

/** `order('ES', 'buy', '2', { limit: '5000' })` */
export function order(
  id: string,
  side: 'buy' | 'sell',
  quantity: string,
  options: Partial<OrderIntent> & { readonly limit?: string } = {},
): OrderIntent {
  const { limit, ...rest } = options;
  return {
    intentId: IntentId.parse('I1'),
    accountId,
    instrument: InstrumentId.parse(id),
    side,
    orderType: limit === undefined ? 'market' : 'limit',
    ...(limit === undefined ? {} : { limitTicks: ticks(id, limit) }),
    quantityLots: lots(id, quantity),
    timeInForce: 'gtc',
    reduceOnly: false,
    purpose: 'entry',
    source: 'operator',
    by: 'ann',
    maxAgeMs: 30_000,
    atMs: nowMs,
    ...rest,
  };
}

let fills = 0;

/** An execution so many milliseconds ago. `opened` and `closed` in lots. */
export function trade(
  id: string,
  side: 'buy' | 'sell',
  agoMs: number,
  what: Partial<RecentTrade> = {},
): RecentTrade {
  fills += 1;
  return {
    fillId: FillId.parse(`F${fills}`),
    orderId: OrderId.parse(`O${fills}`),
    instrument: InstrumentId.parse(id),
    side,
    atMs: nowMs - agoMs,
    openedLots: 0,
    closedLots: 0,
    realizedUnits: 0,
    feeUnits: 0,
    isStop: false,
    ...what,
  };
}
