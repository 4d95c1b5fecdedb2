/**
 * `bulkhead drill kill-switch`: the whole saga against the paper venue in real time, measured step by step.
 * Source: execution 9.3, crash-testing 8.
 */
import type { KillDrillOptions, KillDrillReport, KillDrillRun } from '../../cli/drill-report.ts';
import type { KillStep } from '../../domain/kill.ts';
import { systemClock } from '../../kernel/clock.ts';
import { exitCodes, OperatorError } from '../../kernel/errors.ts';
import { limits } from '../../kernel/limits.ts';
import { isOpen } from '../../venues/paper/paper-order.ts';
import { DrillStage, drillAccount } from './stage.ts';

/** Placing what is to be killed, and killing it. */
const setUpMsMax = 120_000;
const killMsMax = 60_000;
/** Submits that wait in the inbox at a time. */
const chunk = 250;

const stepOrder: readonly KillStep[] = [
  'trigger',
  'block',
  'alert',
  'cancel',
  'cancelsConfirmed',
  'flatten',
  'flat',
  'latch',
];

/** @throws OperatorError exit 2 for what cannot be drilled, exit 1 when the drill could not be set up */
export async function drillKillSwitch(options: KillDrillOptions): Promise<KillDrillReport> {
  refuse(options);
  const runs: KillDrillRun[] = [];
  for (let run = 0; run < options.runs; run += 1) runs.push(await drillOnce(options));
  const times = runs.map(({ totalMs }) => totalMs).toSorted((one, other) => one - other);
  const worst =
    runs.find(({ verifiedFlat }) => !verifiedFlat) ??
    runs.toSorted((one, other) => other.totalMs - one.totalMs)[0];
  if (worst === undefined) throw impossible('no run was made');
  return {
    ...worst,
    flatten: options.flatten,
    venueLatencyMs: options.venueLatencyMs,
    runs: runs.length,
    p50Ms: quantile(times, 50),
    p99Ms: quantile(times, 99),
    worstMs: quantile(times, 100),
  };
}

function refuse({ mode, orders, positions }: KillDrillOptions): void {
  if (mode === 'LIVE')
    throw new OperatorError({
      code: 'DRILL_REFUSED',
      exitCode: exitCodes.usage,
      message: 'a drill does not run in mode LIVE',
      remedy: 'Run it in PAPER; it uses a venue and a journal of its own.',
    });
  if (positions > limits.positionsPerAccountMax)
    throw impossible(
      `an account holds at most ${limits.positionsPerAccountMax} positions, was ${positions}`,
    );
  if (orders + positions === 0)
    throw impossible('there is nothing to kill: no orders and no positions');
}

function impossible(message: string): OperatorError {
  const remedy = 'Change --orders or --positions.';
  return new OperatorError({
    code: 'DRILL_IMPOSSIBLE',
    exitCode: exitCodes.usage,
    message,
    remedy,
  });
}

async function drillOnce(options: KillDrillOptions): Promise<KillDrillRun> {
  const { orders, positions, venueLatencyMs } = options;
  const stage = new DrillStage({
    instruments: Math.max(1, positions),
    latencyMs: venueLatencyMs,
  });
  try {
    await stage.start();
    await setUp(stage, orders, positions);
    return await kill(stage, options);
  } finally {
    await stage.close();
  }
}

async function setUp(stage: DrillStage, orders: number, positions: number): Promise<void> {
  const account = accountOf(stage);
  for (const { id } of stage.instruments.slice(0, positions))
    stage.submit(id, { orderType: 'market' });
  for (let placed = 0; placed < orders; placed += 1) {
    const { id } = stage.instruments[placed % stage.instruments.length] ?? {};
    if (id === undefined) break;
    stage.submit(id, { orderType: 'limit', limitTicks: stage.restingTicks(placed) });
    if (placed % chunk === chunk - 1) await stage.until(() => true, 0);
  }
  const isReady = await stage.until(
    () =>
      account.positions.size === positions &&
      account.workingOrders.size === orders &&
      [...account.workingOrders.values()].every((order) => order.isOpen),
    setUpMsMax,
  );
  if (isReady) return;
  throw new OperatorError({
    code: 'DRILL_NOT_SET_UP',
    exitCode: exitCodes.failed,
    message: `the drill has ${account.workingOrders.size} of ${orders} orders and ${account.positions.size} of ${positions} positions`,
    remedy: 'Try smaller numbers; a drill of none of its orders proves nothing.',
  });
}

async function kill(
  stage: DrillStage,
  { flatten, orders, positions }: KillDrillOptions,
): Promise<KillDrillRun> {
  const account = accountOf(stage);
  const fromMs = systemClock.monotonicMs();
  stage.engine.operate({
    verb: 'kill',
    kill: {
      scope: 'account',
      mode: flatten ? 'flatten' : 'cancelOnly',
      isEmergency: false,
      trigger: 'operator',
    },
    accountId: drillAccount,
    requestId: 'drill',
    role: 'operator',
    by: 'drill',
    reason: 'drill',
  });
  const runOf = () => stage.engine.world.accounts.get(drillAccount)?.kills[0];
  await stage.until(() => runOf()?.phase === 'latched', killMsMax);
  const totalMs = Math.ceil(systemClock.monotonicMs() - fromMs);
  const run = runOf();
  const left = leftAtVenue(stage);
  const isFlat = run?.phase === 'latched' && run.result === 'flat';
  return {
    // The drill looks at the venue's own books as well: what is said has to be so.
    verifiedFlat: isFlat && left.orders === 0 && left.positions === 0,
    partial: run?.phase !== 'latched',
    totalMs,
    steps: stepOrder.flatMap((step) => {
      const atMs = run?.steps[step];
      return atMs === undefined ? [] : [{ step, ms: atMs - (run?.triggeredAtMs ?? atMs) }];
    }),
    orders: { placed: orders, left: left.orders },
    positions: { opened: positions, left: left.positions },
    alerts: stage.alerts.map(({ code }) => code),
    workingOrdersKnown: account.workingOrders.size,
  };
}

function leftAtVenue(stage: DrillStage): { readonly orders: number; readonly positions: number } {
  const ledger = stage.venue.ledger();
  return {
    orders: ledger.orders.filter(isOpen).length,
    positions: ledger.positions.filter(({ book }) => book.openLots !== 0).length,
  };
}

function accountOf(stage: DrillStage) {
  const account = stage.engine.world.accounts.get(drillAccount);
  if (account === undefined) throw impossible('the account of the drill is missing');
  return account;
}

/** Nearest rank. */
function quantile(sorted: readonly number[], percent: number): number {
  const at = Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1);
  return sorted[at] ?? 0;
}
