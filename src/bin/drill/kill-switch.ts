/**
 * `bulkhead drill kill-switch`: the whole saga against the paper venue in real time, measured step by step.
 * Source: execution 9.3, crash-testing 8.
 */
import type { AccountRuntime } from '../../actors/account-runtime.ts';
import type { KillDrillOptions, KillDrillReport, KillDrillRun } from '../../cli/drill-report.ts';
import { killSteps } from '../../domain/kill.ts';
import { systemClock } from '../../kernel/clock.ts';
import { errorText, exitCodes, OperatorError } from '../../kernel/errors.ts';
import { limits } from '../../kernel/limits.ts';
import { isOpen } from '../../venues/paper/paper-order.ts';
import { writeDrill } from './log.ts';
import { DrillStage, drillAccount } from './stage.ts';
import { calledMsMax, venueFaults } from './venue-faults.ts';

/** Placing what is to be killed, and killing it. */
const setUpMsMax = 120_000;
const killMsMax = 60_000;
/** Submits that wait in the inbox at a time. */
const chunk = 250;

/** @throws OperatorError exit 2 for what cannot be drilled, exit 1 when the drill could not be set up */
export async function drillKillSwitch(options: KillDrillOptions): Promise<KillDrillReport> {
  refuse(options);
  const { dataDir } = options;
  if (dataDir === undefined) return drillRuns(options);
  try {
    const report = await drillRuns(options);
    writeDrill(dataDir, outcomeOf(report, options.venueFault));
    return report;
  } catch (error) {
    // What could not even be set up is a failed drill, too.
    writeDrill(dataDir, {
      name: 'kill-switch',
      isPassed: false,
      totalMs: 0,
      text: errorText(error),
    });
    throw error;
  }
}

function outcomeOf(
  report: KillDrillReport,
  fault: KillDrillOptions['venueFault'],
): Parameters<typeof writeDrill>[1] {
  const { orders, positions, runs, worstMs, verifiedFlat, flatten, venueLatencyMs } = report;
  const isInTime = fault !== undefined && report.isWithinLimits;
  const left = `${orders.left} orders and ${positions.left} positions left`;
  return {
    name: `kill-switch${flatten ? ' --flatten' : ''}${fault === undefined ? '' : ` --venue-fault ${fault}`}`,
    // As the exit code says.
    isPassed: verifiedFlat || isInTime,
    totalMs: worstMs,
    text: `${orders.placed} orders, ${positions.opened} positions, ${runs} runs, ${venueLatencyMs} ms to the venue: ${verifiedFlat ? 'verified flat' : left}`,
  };
}

async function drillRuns(options: KillDrillOptions): Promise<KillDrillReport> {
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
    ...(options.venueFault === undefined ? {} : { venueFault: options.venueFault }),
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
  { flatten, orders, positions, venueFault }: KillDrillOptions,
): Promise<KillDrillRun> {
  const account = accountOf(stage);
  if (venueFault !== undefined) stage.venue.setFaults(venueFaults[venueFault]);
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
  const { run, calledAfterMs } = await untilOver(stage, fromMs, venueFault);
  const totalMs = Math.ceil(systemClock.monotonicMs() - fromMs);
  const left = leftAtVenue(stage);
  const isLatched = run?.phase === 'latched';
  return {
    ...(calledAfterMs === undefined ? {} : { calledAfterMs }),
    isWithinLimits: (calledAfterMs ?? (isLatched ? totalMs : Infinity)) <= calledMsMax,
    // The drill looks at the venue's own books as well: what is said has to be so.
    verifiedFlat: isLatched && run.result === 'flat' && left.orders === 0 && left.positions === 0,
    partial: !isLatched,
    totalMs,
    steps: stepsOf(run),
    orders: { placed: orders, left: left.orders },
    positions: { opened: positions, left: left.positions },
    alerts: stage.alerts.map(({ code }) => code),
    workingOrdersKnown: account.workingOrders.size,
  };
}

type Run = AccountRuntime['kills'][number];

/** Waits for the latch; at a venue that is dead for the alarm, because more will not come. */
async function untilOver(
  stage: DrillStage,
  fromMs: number,
  venueFault: KillDrillOptions['venueFault'],
): Promise<{ readonly run: Run | undefined; readonly calledAfterMs: number | undefined }> {
  const runOf = (): Run | undefined => accountOf(stage).kills[0];
  let calledAfterMs: number | undefined;
  await stage.until(() => {
    const isCalled = stage.alerts.some(({ code }) => code === 'KILL_INCOMPLETE');
    if (isCalled) calledAfterMs ??= Math.ceil(systemClock.monotonicMs() - fromMs);
    return (isCalled && venueFault === 'dead') || runOf()?.phase === 'latched';
  }, killMsMax);
  return { run: runOf(), calledAfterMs };
}

function stepsOf(run: Run | undefined): KillDrillRun['steps'] {
  return killSteps.flatMap((step) => {
    const atMs = run?.steps[step];
    return atMs === undefined ? [] : [{ step, ms: atMs - (run?.triggeredAtMs ?? atMs) }];
  });
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
