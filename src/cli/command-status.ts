/** `bulkhead status`: what the journal of a data directory says, without opening it for writing. */
import type { Command } from 'commander';
import { exitCodes } from '../kernel/errors.ts';
import type { CommandContext } from './context.ts';
import { dataDirOption, jsonOption } from './options.ts';
import { statusLines } from './report-text.ts';

export function addStatusCommand(program: Command, context: CommandContext): void {
  program
    .command('status')
    .description('Show accounts, limits and locks as the journal holds them.')
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .action(async ({ dataDir, json }: { readonly dataDir: string; readonly json?: boolean }) => {
      const report = await context.dependencies.status(dataDir);
      context.io.stdout(json === true ? `${JSON.stringify(report)}\n` : statusLines(report));
      context.end(exitCodes.ok);
    });
}
