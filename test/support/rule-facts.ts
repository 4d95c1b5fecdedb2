import { AccountId, InstrumentId, OrderId, RuleId } from '../../src/domain/ids.ts';
/** Small facts for tests of rules, gate and evaluators. Money and prices as people write them. */
import {
  createInstrument,
  type Instrument,
  type InstrumentSpec,
} from '../../src/domain/instrument.ts';
import { parseLots, parseTicks, positionValue } from '../../src/domain/instrument.ts';
import { parseMoney } from '../../src/domain/money.ts';
import type {
  AccountFacts,
  Mark,
  PositionFacts,
  WorkingOrderFacts,
} from '../../src/domain/view.ts';
import { ruleById } from '../../src/rules/registry.ts';
import type { RuleContext, RuleDefinition } from '../../src/rules/rule.ts';

const future = (
  id: string,
  tickSize: string,
  multiplier: string,
  miniWeightPpm = 1_000_000,
): InstrumentSpec => ({
  id: InstrumentId.parse(id),
  kind: 'future',
  settlementCurrency: 'USD',
  tickSize,
  multiplier,
  calendar: 'futures',
  miniWeightPpm,
});

/** Contracts with the values of the exchange, a coin with a tiny lot, and an inverse perpetual. */
export const instruments: ReadonlyMap<string, Instrument> = new Map(
  [
    future('ES', '0.25', '50'),
    future('NQ', '0.25', '20'),
    future('MES', '0.25', '5', 100_000),
    future('MNQ', '0.25', '2', 100_000),
    {
      ...future('BTC-USD', '0.01', '1'),
      kind: 'spot' as const,
      lotSize: '0.00000001',
      calendar: 'continuous' as const,
    },
    {
      ...future('XBT-INV', '0.5', '1'),
      kind: 'perpetual' as const,
      payoff: 'inverse' as const,
      settlementCurrency: 'BTC',
      calendar: 'continuous' as const,
    },
  ].map((spec) => [spec.id, createInstrument(spec)]),
);

export function instrumentOf(id: string): Instrument {
  const instrument = instruments.get(id);
  if (instrument === undefined) throw new Error(`no instrument ${id}`);
  return instrument;
}

export const nowMs = 1_000_000;
export const accountId = AccountId.parse('A1');

export function ticks(id: string, price: string): number {
  const value = parseTicks(instrumentOf(id), price);
  if (value === undefined) throw new Error(`${price} is off the grid of ${id}`);
  return value;
}

export function lots(id: string, quantity: string): number {
  const unsigned = parseLots(instrumentOf(id), quantity.replace('-', ''));
  if (unsigned === undefined) throw new Error(`${quantity} is off the grid of ${id}`);
  return quantity.startsWith('-') ? -unsigned : unsigned;
}

/** `position('ES', '-2', '5800')`: short 2 at 5800. */
export function position(id: string, quantity: string, average: string): PositionFacts {
  const openLots = lots(id, quantity);
  return {
    instrument: InstrumentId.parse(id),
    openLots,
    costUnits: positionValue(instrumentOf(id), openLots, ticks(id, average)),
  };
}

let orders = 0;

export function working(
  id: string,
  side: 'buy' | 'sell',
  quantity: string,
  options: Partial<WorkingOrderFacts> = {},
): WorkingOrderFacts {
  orders += 1;
  return {
    orderId: OrderId.parse(`W${orders}`),
    instrument: InstrumentId.parse(id),
    side,
    leavesLots: lots(id, quantity),
    purpose: 'entry',
    reduceOnly: false,
    orderType: 'market',
    isOpen: true,
    ...options,
  };
}

/** A flat, reconciled account; realized and fees as decimal text. */
export function facts(
  options: Partial<Omit<AccountFacts, 'realizedUnits' | 'feesUnits'>> & {
    readonly realized?: string;
    readonly fees?: string;
    readonly acknowledged?: string;
  } = {},
): AccountFacts {
  const { realized = '0', fees = '0', acknowledged, ...rest } = options;
  return {
    accountId,
    version: 1,
    currency: 'USD',
    isReconciled: true,
    realizedUnits: parseMoney(realized, 'USD'),
    feesUnits: parseMoney(fees, 'USD'),
    ...(acknowledged === undefined
      ? {}
      : { acknowledgedLossUnits: parseMoney(acknowledged, 'USD') }),
    positions: [],
    workingOrders: [],
    trades: [],
    dayStartMs: 0,
    memory: {},
    ...rest,
  };
}

/** `mark('ES', {last: '5775'}, 2_000)`: two seconds old. */
export function mark(
  id: string,
  prices: { readonly bid?: string; readonly ask?: string; readonly last?: string },
  ageMs = 0,
): Mark {
  return {
    ...(prices.bid === undefined ? {} : { bidTicks: ticks(id, prices.bid) }),
    ...(prices.ask === undefined ? {} : { askTicks: ticks(id, prices.ask) }),
    ...(prices.last === undefined ? {} : { lastTicks: ticks(id, prices.last) }),
    receivedAtMs: nowMs - ageMs,
  };
}

export function context(
  account: AccountFacts,
  marks: Readonly<Record<string, Mark>> = {},
): RuleContext {
  return {
    facts: account,
    marks: (id) => marks[id],
    instrumentOf: (id) => instruments.get(id),
    nowMs,
  };
}

export function ruleOf(id: string): RuleDefinition {
  const rule = ruleById(RuleId.parse(id));
  if (rule === undefined) throw new Error(`no rule ${id}`);
  return rule;
}

/** Money in settlement units. */
export const usd = (text: string): number => parseMoney(text, 'USD');
