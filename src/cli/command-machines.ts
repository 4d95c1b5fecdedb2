/** `bulkhead machines`: the statecharts of the engine as tables, drawings and files for other tools. */
import { Option, type Command } from 'commander';
import { exitCodes } from '../kernel/errors.ts';
import type { CommandContext } from './context.ts';
import { machineFormats, type MachineCoverage, type MachineFormat } from './dependencies.ts';
import { dataDirOption, jsonOption } from './options.ts';
import { addMachinesDiff } from './version-diff.ts';

export function addMachinesCommand(program: Command, context: CommandContext): void {
  const { dependencies, io } = context;
  const machines = program
    .command('machines')
    .description('Show the statecharts that decide, and export them.');
  machines
    .command('list')
    .description('Every machine with its version and size.')
    .addOption(jsonOption())
    .action(async ({ json }: { json?: boolean }) => {
      const list = await dependencies.machines();
      const lines = list.map(
        ({ id, version, states, events, transitions }) =>
          `${id.padEnd(10)} version ${version.padEnd(3)} ${String(states).padStart(3)} states ${String(events).padStart(3)} events ${String(transitions).padStart(4)} transitions\n`,
      );
      io.stdout(json === true ? `${JSON.stringify(list)}\n` : lines.join(''));
      context.end(exitCodes.ok);
    });
  machines
    .command('show')
    .description('What each state does with each event.')
    .argument('<machine>', 'such as order; see `machines list`')
    .addOption(jsonOption())
    .action(async (id: string, { json }: { json?: boolean }) => {
      const { chart, table } = await dependencies.machine(id);
      io.stdout(json === true ? `${JSON.stringify(chart)}\n` : table);
      context.end(exitCodes.ok);
    });
  machines
    .command('export')
    .description('Writes one machine, or all of them into a folder.')
    .argument('[machine]', 'all when it is left out; then --out names a folder')
    .addOption(
      new Option('--format <format>', 'json is a createMachine configuration for Stately tools')
        .choices([...machineFormats])
        .default('mermaid'),
    )
    .option('--out <path>', 'a file, or a folder for all; standard output when it is left out')
    .action(
      async (id: string | undefined, { format, out }: { format: MachineFormat; out?: string }) => {
        const written = await dependencies.exportMachines({
          format,
          ...(id === undefined ? {} : { machine: id }),
          ...(out === undefined ? {} : { path: out }),
        });
        io.stdout(written);
        context.end(exitCodes.ok);
      },
    );
  addCoverage(machines, context);
  addMachinesDiff(machines, context);
}

type CoverageOptions = {
  readonly dataDir: string;
  readonly json?: boolean;
  readonly tests?: string;
};

function addCoverage(machines: Command, { dependencies, io }: CommandContext): void {
  machines
    .command('coverage')
    .description(
      'Which states and transitions the rows of a journal, or of a run of scenarios, have been in.',
    )
    .addOption(dataDirOption())
    .option('--tests <file>', 'what scenario run --coverage has written, instead of a journal')
    .addOption(jsonOption())
    .action(async ({ dataDir, json, tests }: CoverageOptions) => {
      const coverage =
        tests === undefined
          ? await dependencies.machineCoverage(dataDir)
          : await dependencies.savedCoverage(tests);
      io.stdout(
        json === true ? `${JSON.stringify(coverage)}\n` : coverage.map(coverageText).join(''),
      );
    });
}

function coverageText(one: MachineCoverage): string {
  const { id, version, rows, states, transitions, statesReached, transitionsReached } = one;
  const missed = states.filter(({ entered }) => entered === 0).map(({ state }) => state);
  const head = `${id.padEnd(10)} version ${version.padEnd(3)} ${String(rows).padStart(7)} rows  states ${statesReached}/${states.length}  transitions ${transitionsReached}/${transitions.length}\n`;
  if (rows === 0) return head;
  const never = missed.length === 0 ? '' : `  never in ${missed.join(', ')}\n`;
  const notTaken = transitions
    .filter(({ taken }) => taken === 0)
    .map((transition) => `  never ${transitionText(transition)}\n`);
  return `${head}${never}${notTaken.join('')}`;
}

/** `working on order.expired -> expired if isLate` */
function transitionText({
  source,
  event,
  guard,
  targets,
}: Omit<MachineCoverage['transitions'][number], 'taken'>): string {
  const target = targets.length === 0 ? 'stays' : `-> ${targets.join(', ')}`;
  const from = source === '' ? 'anywhere' : source;
  return `${from} on ${event} ${target}${guard === undefined ? '' : ` if ${guard}`}`;
}
