/** `bulkhead conformance run`: runs numeric vectors through the product's own code. Source: scenario-format 7. */
import type { Command } from 'commander';
import { exitCodes } from '../kernel/errors.ts';
import type { CommandContext } from './context.ts';
import { jsonOption } from './options.ts';
import { conformanceLines } from './report-text.ts';

type Given = { readonly vectors: string; readonly kind?: string; readonly json?: boolean };

export function addConformanceCommand(program: Command, context: CommandContext): void {
  program
    .command('conformance')
    .description('Compare the engine with vectors of its peers.')
    .command('run')
    .description('Run a file of vectors; exit 1 when one fails, 2 when the file is not valid.')
    .requiredOption('--vectors <file>', 'JSON file of vectors')
    .option('--kind <kind>', 'vectors of one kind only')
    .addOption(jsonOption())
    .action(async ({ vectors, kind, json }: Given) => {
      const report = await context.dependencies.conformanceRun({
        vectorsFile: vectors,
        ...(kind === undefined ? {} : { kind }),
      });
      context.io.stdout(json === true ? `${JSON.stringify(report)}\n` : conformanceLines(report));
      context.end(report.failed === 0 ? exitCodes.ok : exitCodes.failed);
    });
}
