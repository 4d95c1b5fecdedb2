/** `bulkhead machines diff`: the machines of this program against recorded history. Source: inspector 3 (page 12). */
import type { Command } from 'commander';
import { exitCodes } from '../kernel/errors.ts';
import type { CommandContext } from './context.ts';
import { bundleOption, dataDirOption, jsonOption, verifyKeyOption } from './options.ts';
import type { JournalPlace, VersionDiffOutcome } from './tool-dependencies.ts';

export function addMachinesDiff(machines: Command, context: CommandContext): void {
  const { dependencies, io } = context;
  machines
    .command('diff')
    .description('Run recorded events again; exit 1 when an actor would do something else today.')
    .addOption(dataDirOption())
    .addOption(bundleOption())
    .addOption(verifyKeyOption())
    .addOption(jsonOption())
    .action(async ({ json, ...place }: JournalPlace & { readonly json?: boolean }) => {
      const report = await dependencies.tools.versionDiff(place);
      io.stdout(json === true ? `${JSON.stringify(report)}\n` : diffLines(report));
      context.end(report.divergences.length === 0 ? exitCodes.ok : exitCodes.failed);
    });
}

function diffLines({ rows, actors, machines, divergences }: VersionDiffOutcome): string {
  const changed = machines.filter(({ recorded, present }) =>
    recorded.some((one) => one !== present),
  );
  return [
    `${rows} rows of ${actors} actors run again, ${divergences.length} went another way`,
    ...changed.map(
      ({ machine, recorded, present }) =>
        `  ${machine}: recorded with version ${recorded.join(', ')}, now ${present === '' ? 'not there' : present}`,
    ),
    ...divergences.map(
      ({ actor, seq, event, problem, expected, actual }) =>
        `row ${seq} ${actor} ${event}: ${problem}: ${actual}, the journal has ${expected}`,
    ),
    '',
  ].join('\n');
}
