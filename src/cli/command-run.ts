/** `bulkhead run`: plays a market through the engine and shows it. */
import { basename } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { DurationValue } from '../domain/config-values.ts';
import { exitCodes } from '../kernel/errors.ts';
import type { CommandContext } from './context.ts';
import type { RunOptions, Speed } from './dependencies.ts';
import { confirmLive } from './live-gates.ts';
import { dataDirOption, jsonOption, parsePort } from './options.ts';
import { runReportLines } from './report-text.ts';
import { createProgressSink, progressKinds, type ProgressKind } from './screen/live-screen.ts';
import { addServiceOptions, serviceOptions, type ServiceGiven } from './service-options.ts';

type Given = {
  readonly config?: string;
  readonly dataDir: string;
  readonly mode?: NonNullable<RunOptions['mode']>;
  readonly confirmLive?: string;
  readonly replay?: string;
  readonly instrument?: string;
  readonly speed?: Speed;
  readonly seed?: string;
  readonly for?: number;
  readonly trader?: string;
  readonly json?: boolean;
  readonly progress: ProgressKind;
  /** False with `--no-inspector`. */
  readonly inspector: boolean;
  readonly inspectorPort?: number;
  readonly allowActions?: boolean;
} & ServiceGiven;

const examples = `
Examples:
  bulkhead run                                        a generated market and a trader who needs protection
  bulkhead run --replay ES_1m.csv.gz --speed max      a recorded market, as fast as it goes
  bulkhead run --for 1d --json                        one day of market time; the result as one JSON line

Ctrl-C stops in order; the next start goes on where this one ended. A second Ctrl-C ends at once.`;

export function addRunCommand(program: Command, context: CommandContext): void {
  addServiceOptions(program.command('run'))
    .description('Play a market through the engine and protect the account.')
    .option('--config <path>', 'YAML file or folder; without it a demonstration account')
    .addOption(dataDirOption())
    .addOption(new Option('--mode <mode>', 'stands over the configuration').argParser(parseMode))
    .option('--confirm-live <account>', 'id of the account that shall trade with real money')
    .option(
      '--replay <file>',
      'recorded market (csv or jsonl, also .gz); without it a generated one',
    )
    .option('--instrument <id>', 'instrument of a recording that does not name its own')
    .option('--speed <factor>', 'market time per wall time: a number above 0, or max', parseSpeed)
    .option('--seed <text>', 'seed of everything random; the same seed gives the same run')
    .option('--for <duration>', 'market time to play, such as 90s, 15m, 2h or 1d', parseDuration)
    .addOption(
      new Option('--trader <name>', 'who trades, instead of the configured one').choices([
        'vwap',
        'reckless',
        'none',
      ]),
    )
    .addOption(
      new Option('--progress <kind>', 'what to show on standard error')
        .choices(progressKinds)
        .default('screen'),
    )
    .option(
      '--inspector-port <port>',
      'where the inspector listens on 127.0.0.1 (7788; 0 takes any free one)',
      parsePort,
    )
    .option(
      '--no-inspector',
      'no inspector; a run that ends by itself has none unless a port is given',
    )
    .option('--allow-actions', 'the inspector may also end and change things, by role')
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(async (given: Given) => {
      const { dependencies, io } = context;
      const wanted = runOptions(given);
      const options = await confirmLive(await dependencies.liveGates(wanted), wanted, io);
      const sink = createProgressSink(given.progress, io, titleOf(given));
      try {
        const report = await context.untilStopped((signal) =>
          dependencies.run(
            options,
            (progress) => sink.show(progress),
            signal,
            ({ inspectorUrl }) => {
              if (inspectorUrl !== undefined) io.stderr(`inspector: ${inspectorUrl}\n`);
            },
          ),
        );
        sink.finish();
        io.stdout(given.json === true ? `${JSON.stringify(report)}\n` : runReportLines(report));
      } finally {
        sink.finish();
      }
      context.end(exitCodes.ok);
    });
}

function runOptions(given: Given): RunOptions {
  return {
    dataDir: given.dataDir,
    ...(given.config === undefined ? {} : { configPath: given.config }),
    ...(given.mode === undefined ? {} : { mode: given.mode }),
    ...(given.confirmLive === undefined ? {} : { confirmLive: given.confirmLive }),
    ...(given.replay === undefined ? {} : { replayFile: given.replay }),
    ...(given.instrument === undefined ? {} : { instrument: given.instrument }),
    ...(given.speed === undefined ? {} : { speed: given.speed }),
    ...(given.seed === undefined ? {} : { seed: given.seed }),
    ...(given.for === undefined ? {} : { forMs: given.for }),
    ...(given.trader === undefined ? {} : { trader: given.trader }),
    ...serviceOptions(given),
    ...inspectorOptions(given),
  };
}

const inspectorPort = 7_788;

/** Whoever starts a service gets a page; a job that ends by itself needs none. */
function inspectorOptions(
  given: Given,
): Pick<RunOptions, 'inspectorPort' | 'isPortFixed' | 'allowActions'> {
  const isJob = given.for !== undefined || given.replay !== undefined || given.json === true;
  const isWanted = given.inspector && (given.inspectorPort !== undefined || !isJob);
  if (!isWanted) return {};
  return {
    inspectorPort: given.inspectorPort ?? inspectorPort,
    isPortFixed: given.inspectorPort !== undefined,
    allowActions: given.allowActions === true,
  };
}

function titleOf({ mode, replay, speed, trader }: Given): string {
  return [
    ...(mode === undefined ? [] : [mode]),
    replay === undefined ? 'generated market' : basename(replay),
    ...(speed === undefined ? [] : [speed === 'max' ? 'full speed' : `×${speed}`]),
    ...(trader === undefined ? [] : [`trader ${trader}`]),
  ].join(' · ');
}

function parseMode(text: string): NonNullable<RunOptions['mode']> {
  const mode = (['DRY_RUN', 'PAPER', 'LIVE'] as const).find((name) => name === text.toUpperCase());
  if (mode === undefined) throw new InvalidArgumentError('A mode is DRY_RUN, PAPER or LIVE.');
  return mode;
}

function parseSpeed(text: string): Speed {
  if (text.toLowerCase() === 'max') return 'max';
  const speed = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (speed <= 0) throw new InvalidArgumentError('A speed is a number above 0, or max.');
  return speed;
}

function parseDuration(text: string): number {
  const parsed = DurationValue.safeParse(text);
  if (!parsed.success || parsed.data <= 0) {
    throw new InvalidArgumentError('A duration is a whole number above 0 with ms, s, m, h or d.');
  }
  return parsed.data;
}
