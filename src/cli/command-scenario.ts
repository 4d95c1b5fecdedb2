/** `bulkhead scenario run`: plays written situations through the real engine. Source: scenario-format 1 to 6. */
import type { Command } from 'commander';
import { exitCodes } from '../kernel/errors.ts';
import type { CommandContext } from './context.ts';
import type { ScenarioReport } from './dependencies.ts';
import { jsonOption } from './options.ts';
import { scenarioLine, totalLine } from './report-text.ts';

type ScenarioOptions = { readonly json?: boolean; readonly coverage?: string };

export function addScenarioCommand(program: Command, context: CommandContext): void {
  program
    .command('scenario')
    .description('Play written situations through the engine.')
    .command('run')
    .description('Play scenario files; exit 1 when one fails, 2 when a file is not valid.')
    .argument('<paths...>', 'YAML files, or folders of them')
    .addOption(jsonOption())
    .option('--coverage <file>', 'write which states and transitions of the machines were reached')
    .action(async (paths: readonly string[], { json, coverage }: ScenarioOptions) => {
      const { dependencies, io } = context;
      const isJson = json === true;
      const tell = (result: ScenarioReport['results'][number]): void => {
        if (!isJson) io.stdout(scenarioLine(result));
      };
      const report = await dependencies.scenarioRun(paths, tell, coverage);
      io.stdout(isJson ? `${JSON.stringify(report)}\n` : totalLine(report));
      context.end(report.failed === 0 ? exitCodes.ok : exitCodes.failed);
    });
}
