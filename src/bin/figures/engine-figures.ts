/** What only the running engine can tell: its own figures, made when somebody asks for them. Source: trading-controls 4. */
import type { AccountRuntime } from '../../actors/account-runtime.ts';
import { ruleContext } from '../../actors/judge.ts';
import { timedCalls } from '../../actors/latency.ts';
import { safetyReadings } from '../../actors/safety.ts';
import { actorId, type World } from '../../actors/world.ts';
import type { OrderId } from '../../domain/ids.ts';
import { killSteps } from '../../domain/kill.ts';
import { unitsPerWhole } from '../../domain/money.ts';
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

/** Incidents of the comparison with the venue. */
const differences = [
  'DATA_MISMATCH',
  'EXTERNAL_CLOSE',
  'EXTERNAL_ORDER',
  'FILL_OF_UNKNOWN_ORDER',
  'GHOST_POSITION',
  'MONEY_DIFFERENCE',
  'POSITION_COST_MISMATCH',
  'POSITION_MISMATCH',
  'QUANTITY_MISMATCH',
  'RECONCILIATION_FAILED',
  'UNKNOWN_ORDER',
  'ZOMBIE_POSITION',
];

export type ProcessFigures = { readonly stalls: number; readonly longestStallMs: number };

export function engineFigures(world: World, process: ProcessFigures): readonly MetricFamily[] {
  const accounts = [...world.accounts.values()];
  return [
    ...timeFigures(world),
    ...accountFigures(world, accounts),
    ...unknownOrders(world, accounts),
    ...depthFigures(world),
    counter(
      'bulkhead_stalls_total',
      'Times that the engine did not move for too long.',
      one(process.stalls),
    ),
    gauge(
      'bulkhead_longest_stall_seconds',
      'The longest of them.',
      one(process.longestStallMs / 1_000),
    ), // tidy-ok: a figure for people
  ];
}

function timeFigures({ telemetry, latency }: World): readonly MetricFamily[] {
  return [
    {
      ...summary(
        'bulkhead_gate_latency_seconds',
        'Time of one judgement.',
        quantiles(telemetry.gateMs),
      ),
      total: { count: telemetry.gateMs.noted },
    },
    summary(
      'bulkhead_turn_seconds',
      'Time of one turn with its commit.',
      quantiles(telemetry.turnMs),
    ),
    summary('bulkhead_commit_seconds', 'Time of one commit.', quantiles(telemetry.commitMs)),
    summary(
      'bulkhead_venue_latency_seconds',
      'From the wire to the answer, over the last 1,000 of each call.',
      timedCalls.flatMap((call) => quantiles(latency.windows[call], { call })),
    ),
    gauge(
      'bulkhead_venue_latency_violated',
      'The objective for answers of the venue is missed.',
      timedCalls.map((call) => [{ call }, latency.violated.has(call) ? 1 : 0]),
    ),
  ];
}

function accountFigures(
  world: World,
  accounts: readonly AccountRuntime[],
): readonly MetricFamily[] {
  const { telemetry, submission } = world;
  return [
    counter(
      'bulkhead_gate_verdicts_total',
      'Verdicts of the gate by check and result.',
      gateVerdicts(world),
    ),
    gauge('bulkhead_locks_by_kind', 'Active locks by kind.', accounts.flatMap(locksOf)),
    gauge(
      'bulkhead_limit_headroom',
      'What is left until a limit, in its unit.',
      accounts.flatMap((account) => headrooms(world, account)),
    ),
    gauge(
      'bulkhead_kill_step_seconds',
      'Time of each step of a kill run since its trigger.',
      killTimes(accounts),
    ),
    counter(
      'bulkhead_reconciliation_differences_total',
      'Differences to the venue by kind.',
      counts(telemetry.incidents, 'kind', differences),
    ),
    counter('bulkhead_incidents_total', 'Incidents by code.', counts(telemetry.incidents, 'code')),
    counter(
      'bulkhead_alerts_total',
      'Alerts that were sent, by code.',
      counts(telemetry.alerts, 'code'),
    ),
    counter(
      'bulkhead_duplicate_rejections_total',
      'Intents refused by a layer against duplicates.',
      Object.entries(submission.layerDenials).map(([layer, count]) => [{ layer }, count]),
    ),
  ];
}

function depthFigures({ inbox, options, supervision, gateway }: World): readonly MetricFamily[] {
  const { workerFailures, mode, outliers } = options.evaluator.health;
  return [
    gauge(
      'bulkhead_writer_queue_depth',
      'Turns that wait for their commit: it is made within the turn.',
      [[{}, 0]],
    ),
    gauge('bulkhead_inbox_depth', 'Inputs that wait for a turn.', [[{}, inbox.depth]]),
    gauge(
      'bulkhead_mailbox_depth',
      'Messages that wait for an actor that is down, the most of any.',
      [[{}, Math.max(0, ...[...supervision.values()].map(({ mailbox }) => mailbox.length))]],
    ),
    counter('bulkhead_worker_fallbacks_total', 'Failures of rule workers.', [[{}, workerFailures]]),
    gauge('bulkhead_evaluator_inline', 'The rules are judged inline because no worker runs.', [
      [{}, mode === 'inline' ? 1 : 0],
    ]),
    counter('bulkhead_outliers_total', 'Prices that were held back as outliers.', [[{}, outliers]]),
    gauge('bulkhead_call_budget_used_ratio', 'Share of the calls that the venue permits.', [
      [{}, gateway.settings.rateLimits === undefined ? 0 : gateway.usedPpm / 1_000_000], // tidy-ok: a figure for people
    ]),
  ];
}

/** Every failing check of every judgement; what passed has passed all of them. */
function gateVerdicts({ telemetry }: World): Sample[] {
  const failing = [...telemetry.gate].map(([key, count]): Sample => {
    const [check = '', result = ''] = key.split('|');
    return [{ check, result }, count];
  });
  return [[{ check: 'all', result: 'pass' }, telemetry.approvals], ...failing];
}

function locksOf({ id, locks }: AccountRuntime): Sample[] {
  const kinds = new Map<string, number>();
  for (const { kind } of locks.values()) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  return [...kinds].map(([kind, count]) => [{ account: id, kind }, count]);
}

/** The least of every rule, and the safety limits; what is not known has no figure. */
function headrooms(world: World, account: AccountRuntime): Sample[] {
  const context = ruleContext(world, account.facts());
  const shown = (unit: string, value: number): number =>
    unit === 'money' ? value / unitsPerWhole(account.currency) : value; // tidy-ok: a figure for people
  const rules = account.rules.flatMap(({ definition, config }): Sample[] => {
    const known = definition
      .evaluate(context, config)
      .filter(({ headroom }) => headroom !== undefined)
      .toSorted((left, right) => (left.headroom ?? 0) - (right.headroom ?? 0))[0];
    if (known?.headroom === undefined) return [];
    const { unit, headroom } = known;
    return [[{ account: account.id, limit: definition.id, unit }, shown(unit, headroom)]];
  });
  const safety = safetyReadings(world, account).flatMap((reading): Sample[] => {
    if (reading.verdict === 'UNKNOWN') return [];
    const { limit, unit, headroom } = reading;
    return [[{ account: account.id, limit: `safety:${limit}`, unit }, shown(unit, headroom)]];
  });
  return [...rules, ...safety];
}

function killTimes(accounts: readonly AccountRuntime[]): Sample[] {
  return accounts.flatMap(({ id, kills }) =>
    kills.flatMap(({ scope, steps, triggeredAtMs }) =>
      killSteps.flatMap((step): Sample[] => {
        const atMs = steps[step];
        return atMs === undefined
          ? []
          : [[{ account: id, scope, step }, (atMs - triggeredAtMs) / 1_000]]; // tidy-ok: a figure for people
      }),
    ),
  );
}

/** Orders whose fate nobody knows, and how long ago the oldest of them was made. */
function unknownOrders(world: World, accounts: readonly AccountRuntime[]): readonly MetricFamily[] {
  const nowMs = world.options.clock.nowMs();
  const doubtful = [...world.openEffects].filter(([, state]) => state === 'UNKNOWN');
  const ofAccount = ({ id }: AccountRuntime): readonly number[] =>
    doubtful.flatMap(([effect]) => {
      const cell = world.cells.get(actorId(id, `order/${effect as OrderId}`));
      const createdAtMs = cell?.context['createdAtMs'];
      return typeof createdAtMs === 'number' ? [nowMs - createdAtMs] : [];
    });
  const ages = accounts.map((account) => [account.id, ofAccount(account)] as const);
  return [
    {
      name: 'bulkhead_unknown_orders',
      help: 'Orders whose fate nobody knows.',
      type: 'gauge',
      samples: ages.map(([account, all]) => [{ account }, all.length]),
    },
    {
      name: 'bulkhead_unknown_order_age_seconds',
      help: 'Age of the oldest of them; 0 without any.',
      type: 'gauge',
      samples: ages.map(([account, all]) => [{ account }, Math.max(0, ...all) / 1_000]), // tidy-ok: a figure for people
    },
  ];
}
