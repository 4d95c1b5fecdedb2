/**
 * Caps on exposure as shares of the net asset value: strategy, everything, one instrument, one theme, one order; and
 * the smallest order that is worth its fees. Equality is allowed. Source: trading-controls REQ-E1, E2, U2, STR3, X3.
 */
import { mulDiv, quotientText } from '../../domain/arithmetic.ts';
import type { PortfolioCheck } from '../../domain/controls.ts';
import type { Denial, DenialCode } from '../../domain/denial.ts';
import type { InstrumentId } from '../../domain/ids.ts';
import { formatMoney, type Units } from '../../domain/money.ts';
import type { OrderIntent } from '../../domain/order.ts';
import { netOfFee } from '../../domain/sizing.ts';
import { isMeant } from '../instrument-names.ts';
import { limitUnits } from '../rule-config.ts';
import {
  asOrder,
  exposureOf,
  heldNotional,
  instrumentsAtStake,
  netAssetValue,
  orderNotional,
  sum,
  type Money,
  type PortfolioView,
} from './notional.ts';
import { isOn } from './switches.ts';
import { entriesOf, lotsOfStrategy, mayOpen } from './trades.ts';

const million = 1_000_000;

/** One cap: what is at stake without and with the order, and how much may be. */
type Cap = {
  readonly code: DenialCode;
  readonly type: string;
  readonly current: Money;
  readonly proposed: Money;
  /** Parts per million of the net asset value. */
  readonly limitPpm: number;
};

/** Refusals by caps; none while they are off. Pure. */
export function capDenials(view: PortfolioView, intent: OrderIntent): readonly Denial[] {
  const caps = capsOf(view, intent);
  if (caps.length === 0) return [];
  const worth = netAssetValue(view);
  return caps.flatMap((cap) => capDenial(view, worth, cap));
}

/** The order is too small to be worth it, or below what the venue takes after its fee. Pure. */
export function sizeDenials(view: PortfolioView, intent: OrderIntent): readonly Denial[] {
  const { controls, context } = view;
  const code = 'POSITION_TOO_SMALL';
  const { currency } = context.facts;
  const notional = orderNotional(view, intent);
  const worth = netAssetValue(view);
  const denials: Denial[] = [];
  if (isOn(controls, 'POSITION_TOO_SMALL')) {
    const missing = missingOf(notional, worth);
    if (missing.length > 0) denials.push({ code, facts: unknownFacts(missing) });
    else if (notional.isKnown && worth.isKnown) {
      const leastUnits = mulDiv(Math.max(0, worth.units), controls.caps.minPositionPct, million);
      if (notional.units < leastUnits)
        denials.push({ code, facts: money(currency, { notional: notional.units, leastUnits }) });
    }
  }
  const { minNotional } = controls.preview;
  if (minNotional !== undefined) {
    const leastUnits = limitUnits(minNotional, currency);
    if (!notional.isKnown) denials.push({ code, facts: unknownFacts(notional.missing) });
    else {
      const netUnits = netOfFee(notional.units, controls.fees.takerBps);
      if (netUnits < leastUnits)
        denials.push({ code, facts: money(currency, { afterFees: netUnits, leastUnits }) });
    }
  }
  return denials;
}

/** A disabled strategy, or one that has traded often enough in this cycle. Pure. */
export function strategyDenials(view: PortfolioView, intent: OrderIntent): readonly Denial[] {
  const { context, controls } = view;
  const budget = budgetOf(view, intent);
  if (budget === undefined) return [];
  const strategy = { name: 'strategy', value: intent.by };
  if (!budget.enabled) {
    return [{ code: 'STRATEGY_CAP', facts: [strategy, { name: 'enabled', value: 'false' }] }];
  }
  const sinceMs = context.nowMs - controls.cycle.intervalSeconds * 1_000;
  const trades = entriesOf(context.facts, context.nowMs).filter(
    ({ by, atMs }) => by === intent.by && atMs > sinceMs,
  ).length;
  if (trades < budget.maxTradesPerCycle) return [];
  const facts = [
    strategy,
    { name: 'trades', value: String(trades) },
    { name: 'limit', value: String(budget.maxTradesPerCycle) },
    { name: 'headroom', value: '0' },
  ];
  return [{ code: 'STRATEGY_CAP', facts }];
}

/** Budgets are of strategies: a person's order has none. */
function budgetOf({ controls }: PortfolioView, { source, by }: OrderIntent) {
  return source === 'strategy' && Object.hasOwn(controls.strategies, by)
    ? controls.strategies[by]
    : undefined;
}

function capsOf(view: PortfolioView, intent: OrderIntent): readonly Cap[] {
  const { caps } = view.controls;
  const { instrument } = intent;
  const found: Cap[] = [];
  const on = (check: PortfolioCheck): boolean => isOn(view.controls, check);
  const budget = budgetOf(view, intent);
  if (budget?.enabled === true) {
    const of = (order?: OrderIntent): Money => strategyExposure(view, intent.by, order);
    const limitPpm = budget.maxAtRiskPct;
    found.push(both('STRATEGY_CAP', `strategy:${intent.by}`, limitPpm, of, intent));
  }
  if (on('AT_RISK_CAP')) {
    const of = (order?: OrderIntent): Money =>
      exposureOfAll(view, instrumentsAtStake(view, order), order);
    found.push(both('AT_RISK_CAP', 'total', caps.totalAtRiskPct, of, intent));
  }
  if (on('ASSET_CAP')) {
    const of = (order?: OrderIntent): Money => exposureOf(view, instrument, order);
    const type = `asset:${instrument}`;
    found.push(both('ASSET_CAP', type, caps.perAssetPct, of, intent));
  }
  if (on('THEME_CAP')) found.push(...themeCaps(view, intent));
  if (on('POSITION_CAP')) {
    const proposed = orderNotional(view, intent);
    const current: Money = { isKnown: true, units: 0 };
    const limitPpm = caps.perPositionPct;
    found.push({ code: 'POSITION_CAP', type: 'position', current, proposed, limitPpm });
  }
  return found;
}

function both(
  code: DenialCode,
  type: string,
  limitPpm: number,
  of: (order?: OrderIntent) => Money,
  intent: OrderIntent,
): Cap {
  return { code, type, current: of(), proposed: of(intent), limitPpm };
}

/** An instrument in several themes counts in each; one without is a theme of its own. */
function themeCaps(view: PortfolioView, intent: OrderIntent): readonly Cap[] {
  const { caps } = view.controls;
  return themesOf(view, intent.instrument).map((theme) => {
    const of = (order?: OrderIntent): Money => {
      const members = instrumentsAtStake(view, order).filter((id) =>
        themesOf(view, id).includes(theme),
      );
      return exposureOfAll(view, members, order);
    };
    const own = Object.hasOwn(caps.themes, theme) ? caps.themes[theme] : undefined;
    return both('THEME_CAP', `theme:${theme}`, own ?? caps.perThemePct, of, intent);
  });
}

/** Names of the configuration are any spelling of the instrument. */
function themesOf({ controls, context }: PortfolioView, id: InstrumentId): readonly string[] {
  const instrument = context.instrumentOf(id);
  const themes = Object.entries(controls.caps.symbolThemes)
    .filter(([symbol]) => isMeant(symbol, id, instrument))
    .flatMap(([, names]) => names);
  return themes.length === 0 ? [id] : [...new Set(themes)];
}

function exposureOfAll(
  view: PortfolioView,
  ids: readonly InstrumentId[],
  order: OrderIntent | undefined,
): Money {
  return sum(ids.map((id) => exposureOf(view, id, order)));
}

/** What a strategy holds, what its orders may still open, and the order. */
function strategyExposure(view: PortfolioView, strategy: string, order?: OrderIntent): Money {
  const { facts } = view.context;
  const held = facts.positions.flatMap(({ instrument, openLots }) => {
    const lots = lotsOfStrategy(facts, instrument, strategy);
    const side = openLots > 0 ? 'buy' : 'sell';
    return lots === 0 ? [] : [heldNotional(view, instrument, lots, side)];
  });
  const working = facts.workingOrders
    .filter((one) => mayOpen(one) && (one.by === undefined || one.by === strategy))
    .map((one) => orderNotional(view, asOrder(one)));
  return sum([...held, ...working, ...(order === undefined ? [] : [orderNotional(view, order)])]);
}

function capDenial(view: PortfolioView, worth: Money, cap: Cap): readonly Denial[] {
  const { code, type, current, proposed, limitPpm } = cap;
  const missing = missingOf(worth, current, proposed);
  if (missing.length > 0) {
    return [{ code, facts: [{ name: 'cap_type', value: type }, ...unknownFacts(missing)] }];
  }
  if (!worth.isKnown || !current.isKnown || !proposed.isKnown) return [];
  const limit = mulDiv(Math.max(0, worth.units), limitPpm, million, 'floor');
  if (proposed.units <= limit) return [];
  const share = (units: Units): string =>
    worth.units > 0 ? quotientText([units, 100], [worth.units], 2) : 'all';
  const { currency } = view.context.facts;
  return [
    {
      code,
      facts: [
        { name: 'cap_type', value: type },
        { name: 'current_pct', value: share(current.units) },
        { name: 'proposed_pct', value: share(proposed.units) },
        { name: 'limit_pct', value: quotientText([limitPpm], [10_000], 2) },
        ...money(currency, { headroom: Math.max(0, limit - current.units) }),
      ],
    },
  ];
}

function missingOf(...parts: readonly Money[]): readonly string[] {
  return [...new Set(parts.flatMap((part) => (part.isKnown ? [] : part.missing)))];
}

export function unknownFacts(missing: readonly string[]): Denial['facts'] {
  return missing.map((value) => ({ name: 'unknown', value }));
}

function money(currency: string, figures: Readonly<Record<string, Units>>): Denial['facts'] {
  return Object.entries(figures).map(([name, units]) => ({
    name: name === 'leastUnits' ? 'least' : name,
    value: formatMoney(units, currency),
  }));
}
