/** `bulkhead scenario run`: plays written situations through the real engine. Source: scenario-format 1 to 6. */
import type { Command } from 'commander';
import { exitCodes } from '../kernel/errors.ts';
import type { CommandContext } from './context.ts';
import { jsonOption } from './options.ts';
import { scenarioLine, totalLine } from './report-text.ts';

export function addScenarioCommand(program: Command, context: CommandContext): void {
  program
    .command('scenario')
    .description('Play written situations through the engine.')
    .command('run')
    .description('Play scenario files; exit 1 when one fails, 2 when a file is not valid.')
    .argument('<paths...>', 'YAML files, or folders of them')
    .addOption(jsonOption())
    .action(async (paths: readonly string[], { json }: { readonly json?: boolean }) => {
      const { dependencies, io } = context;
      const isJson = json === true;
      const report = await dependencies.scenarioRun(paths, (result) => {
        if (!isJson) io.stdout(scenarioLine(result));
      });
      io.stdout(isJson ? `${JSON.stringify(report)}\n` : totalLine(report));
      context.end(report.failed === 0 ? exitCodes.ok : exitCodes.failed);
    });
}
