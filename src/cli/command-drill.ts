/** `bulkhead drill`: rehearses what has to work once, on a venue of its own. Source: execution 9.3, crash-testing 8. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { DurationValue } from '../domain/config-values.ts';
import { exitCodes } from '../kernel/errors.ts';
import type { CommandContext } from './context.ts';
import {
  drillVenueFaults,
  type DrillVenueFault,
  type KillDrillOptions,
  type KillDrillReport,
} from './drill-report.ts';
import { dataDirOption, jsonOption } from './options.ts';

type Given = {
  readonly flatten?: boolean;
  readonly orders: number;
  readonly positions?: number;
  readonly venueLatency: number;
  readonly runs: number;
  readonly mode: KillDrillOptions['mode'];
  readonly venueFault?: DrillVenueFault;
  readonly dataDir: string;
  readonly json?: boolean;
};

const examples = `
Examples:
  bulkhead drill kill-switch                              cancel 1,000 orders
  bulkhead drill kill-switch --flatten --positions 20     and close 20 positions
  bulkhead drill kill-switch --flatten --runs 10 --json   ten times, with the spread`;

const positionsOfFlatten = 20;

export function addDrillCommand(program: Command, context: CommandContext): void {
  program
    .command('drill')
    .description('Rehearse an emergency on a paper venue and measure it.')
    .command('kill-switch')
    .description('Kill working orders and positions; exit 0 only when it is verified flat.')
    .option('--flatten', 'close the positions too; without it orders are canceled only')
    .option('--orders <n>', 'working orders to begin with', parseCount, 1_000)
    .option('--positions <n>', 'positions to begin with (20 with --flatten, else 0)', parseCount)
    .option('--venue-latency <duration>', 'one way, such as 50ms', parseDuration, 50)
    .option('--runs <n>', 'how often', parseCount, 1)
    .addOption(
      new Option(
        '--venue-fault <kind>',
        'the venue misbehaves while it is killed; then exit 0 also when the alarm came in time',
      ).choices(drillVenueFaults),
    )
    .addOption(
      new Option('--mode <mode>', 'a drill refuses LIVE')
        .choices(['DRY_RUN', 'PAPER', 'LIVE'])
        .default('PAPER'),
    )
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(async (given: Given) => {
      const { flatten = false, orders, venueLatency, runs, mode } = given;
      const report = await context.dependencies.drillKillSwitch({
        flatten,
        orders,
        positions: given.positions ?? (flatten ? positionsOfFlatten : 0),
        venueLatencyMs: venueLatency,
        runs: Math.max(1, runs),
        mode,
        ...(given.venueFault === undefined ? {} : { venueFault: given.venueFault }),
        dataDir: given.dataDir,
      });
      context.io.stdout(given.json === true ? `${JSON.stringify(report)}\n` : linesOf(report));
      const isPassed =
        report.verifiedFlat || (given.venueFault !== undefined && report.isWithinLimits);
      context.end(isPassed ? exitCodes.ok : exitCodes.failed);
    });
}

function linesOf(report: KillDrillReport): string {
  const { orders, positions, steps, totalMs, verifiedFlat, partial, runs } = report;
  const outcome = verifiedFlat ? 'verified flat' : partial ? 'NOT verified' : 'verified, not flat';
  const lines = [
    `${outcome} after ${totalMs} ms`,
    `orders     ${orders.placed} placed, ${orders.left} left`,
    `positions  ${positions.opened} opened, ${positions.left} left`,
    ...(report.venueFault === undefined ? [] : [`venue      ${report.venueFault}`]),
    ...(report.calledAfterMs === undefined
      ? []
      : [`alarm      after ${report.calledAfterMs} ms: not verified, look at the venue`]),
    ...steps.map(({ step, ms }) => `  ${step.padEnd(18)} ${String(ms).padStart(6)} ms`),
    ...(runs === 1
      ? []
      : [
          `${runs} runs: p50 ${report.p50Ms} ms, p99 ${report.p99Ms} ms, worst ${report.worstMs} ms`,
        ]),
  ];
  return `${lines.join('\n')}\n`;
}

function parseCount(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('A whole number from 0 to 999999.');
  return Number(text);
}

function parseDuration(text: string): number {
  const parsed = DurationValue.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError('A duration such as 50ms or 1s.');
  return parsed.data;
}
