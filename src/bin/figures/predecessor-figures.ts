/**
 * The names under which the predecessor told the same: dashboards that know them go on working. A cycle is a turn of
 * the engine, its stages are judging and the commit; nothing here trims positions. Source: trading-controls 4.
 */
import type { AccountRuntime } from '../../actors/account-runtime.ts';
import { ruleContext } from '../../actors/judge.ts';
import { timedCalls } from '../../actors/latency.ts';
import { errorKinds } from '../../actors/telemetry.ts';
import type { World } from '../../actors/world.ts';
import { breakerNames } from '../../domain/breaker.ts';
import {
  asOrder,
  heldNotional,
  netAssetValue,
  orderNotional,
  sum,
  type Money,
  type PortfolioView,
} from '../../rules/portfolio/notional.ts';
import {
  counter,
  counts,
  gauge,
  one,
  quantiles,
  summary,
  type MetricFamily,
  type Sample,
} from './family.ts';

const channel = 'rest';

export function predecessorFigures(world: World): readonly MetricFamily[] {
  const accounts = [...world.accounts.values()];
  return [
    ...cycleFigures(world),
    gauge('trader_exposure_pct', 'Exposure in percent of the net asset value.', [
      ...exposure(world, accounts, 'at_risk'),
      ...exposure(world, accounts, 'pending'),
    ]),
    ...orderFigures(world, accounts),
    ...breakerFigures(world),
  ];
}

function cycleFigures({ telemetry, gateway, latency }: World): readonly MetricFamily[] {
  return [
    {
      ...summary('trader_cycle_duration_seconds', 'Time of one turn.', quantiles(telemetry.turnMs)),
      total: { count: telemetry.turnMs.noted },
    },
    counter('trader_cycle_total', 'Turns that were committed.', [
      [{ status: 'ok' }, telemetry.turns],
    ]),
    gauge('trader_cycle_stage_count', 'How often a stage of a turn was run.', [
      [{ stage: 'judge' }, telemetry.gateMs.noted],
      [{ stage: 'commit' }, telemetry.commitMs.noted],
    ]),
    summary('trader_stage_duration_seconds', 'Time of a stage.', [
      ...quantiles(telemetry.gateMs, { stage: 'judge' }),
      ...quantiles(telemetry.commitMs, { stage: 'commit' }),
    ]),
    gauge('exchange_rate_limit_utilization', 'Share of the permitted calls, 0 to 1.', [
      [{ channel }, gateway.settings.rateLimits === undefined ? 0 : gateway.usedPpm / 1_000_000], // tidy-ok: a figure for people
    ]),
    counter('exchange_rate_limit_violations_total', 'Answers that said: too much.', [
      [{ channel }, telemetry.apiErrors.get('rateLimit') ?? 0],
    ]),
    summary(
      'exchange_api_latency_seconds',
      'Time until the answer of the venue.',
      timedCalls.flatMap((endpoint) =>
        quantiles(latency.windows[endpoint], { endpoint, channel, status: 'answered' }),
      ),
    ),
    counter(
      'trader_no_trade_total',
      'Intents that were refused, by first reason.',
      counts(telemetry.denials, 'reason'),
    ),
  ];
}

function orderFigures(
  { telemetry, counters }: World,
  accounts: readonly AccountRuntime[],
): readonly MetricFamily[] {
  const total = (of: (account: AccountRuntime) => number): number =>
    accounts.reduce((so, account) => so + of(account), 0);
  return [
    gauge('trader_open_positions', 'Open positions.', one(total((a) => a.positions.size))),
    gauge(
      'trader_pending_orders',
      'Orders that may still fill.',
      one(total((a) => a.workingOrders.size)),
    ),
    gauge(
      'trader_fill_ratio',
      'Executions for each order that was sent.',
      one(counters.submissions === 0 ? 0 : counters.fills / counters.submissions), // tidy-ok: a figure for people
    ),
    counter('trader_fills_total', 'Executions by side.', [
      [{ side: 'buy' }, telemetry.fills.buy],
      [{ side: 'sell' }, telemetry.fills.sell],
    ]),
    counter('trader_order_rejections_total', 'Orders that were refused.', [
      [{ reason: 'venue' }, telemetry.rejections],
      ...counts(telemetry.denials, 'reason'),
    ]),
  ];
}

function breakerFigures(world: World): readonly MetricFamily[] {
  const { telemetry, breakers, link, staleness, accounts } = world;
  const has = (cause: string): number =>
    [...accounts.values()].some(({ causes }) => causes.includes(cause)) ? 1 : 0;
  const isOpen = (name: (typeof breakerNames)[number]): boolean =>
    breakers.stateOf(name).phase === 'open';
  return [
    gauge('trader_circuit_breaker_state', '1: open.', [
      ...breakerNames.map((breaker): Sample => [{ breaker }, isOpen(breaker) ? 1 : 0]),
      [{ breaker: 'exchange_connectivity' }, link.phase === 'up' ? 0 : 1],
      [{ breaker: 'maintenance' }, has('breaker:maintenance')],
      [{ breaker: 'volatility' }, has('breaker:volatility')],
      [{ breaker: 'data_staleness' }, staleness.stale.size > 0 ? 1 : 0],
    ]),
    counter(
      'trader_circuit_breaker_trips_total',
      'How often it has opened.',
      breakerNames.map((breaker) => [{ breaker }, breakers.stateOf(breaker).trips]),
    ),
    counter(
      'exchange_api_errors_total',
      'Calls that failed, by kind.',
      counts(telemetry.apiErrors, 'error_type', errorKinds),
    ),
    gauge(
      'exchange_api_consecutive_errors',
      'Calls in a row that failed.',
      one(breakers.stateOf('api_health').failures),
    ),
    counter('trader_trim_attempts_total', 'Nothing trims positions.', [[{ outcome: 'none' }, 0]]),
    gauge('trader_trim_consecutive_failures', 'Nothing trims positions.', one(0)),
    counter('trader_trim_liquidated_usd_total', 'Nothing trims positions.', one(0)),
  ];
}

/** Of all accounts together; nothing where something of it is not known. */
function exposure(
  world: World,
  accounts: readonly AccountRuntime[],
  type: 'at_risk' | 'pending',
): readonly Sample[] {
  const views = accounts.map((account): PortfolioView => ({
    context: ruleContext(world, account.facts()),
    controls: account.controls,
    quoteMaxAgeMs: world.options.quoteMaxAgeMs,
  }));
  const value = sum(views.map((view) => (type === 'pending' ? pending(view) : held(view))));
  const worth = sum(views.map(netAssetValue));
  if (!value.isKnown || !worth.isKnown || worth.units <= 0) return [];
  return [[{ type }, (value.units / worth.units) * 100]]; // tidy-ok: a figure for people
}

function held(view: PortfolioView): Money {
  return sum(
    view.context.facts.positions.map(({ instrument, openLots }) =>
      heldNotional(view, instrument, openLots, openLots > 0 ? 'buy' : 'sell'),
    ),
  );
}

function pending(view: PortfolioView): Money {
  const entries = view.context.facts.workingOrders.filter(({ purpose }) => purpose === 'entry');
  return sum(entries.map((order) => orderNotional(view, asOrder(order))));
}
