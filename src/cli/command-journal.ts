/** `bulkhead journal`: reads the journal (`tail`), proves it (`verify`), asks it (`sql`) and takes parts out of it. */
import { InvalidArgumentError, type Command } from 'commander';
import { exitCodes } from '../kernel/errors.ts';
import { addJournalTools } from './command-journal-tools.ts';
import type { CommandContext } from './context.ts';
import { dataDirOption, jsonOption } from './options.ts';
import { journalLine, verifyLines } from './report-text.ts';

type TailGiven = {
  readonly dataDir: string;
  readonly lines: number;
  readonly follow?: boolean;
  readonly actor?: string;
  readonly json?: boolean;
};

const linesMax = 1_000_000;

export function addJournalCommand(program: Command, context: CommandContext): void {
  const journal = program.command('journal').description('Read and prove the journal.');
  journal
    .command('tail')
    .description('Print the last rows, oldest first.')
    .addOption(dataDirOption())
    .option('-n, --lines <count>', 'how many rows', parseCount, 20)
    .option('-f, --follow', 'go on with new rows until Ctrl-C')
    .option('--actor <path>', 'rows of one actor only, such as account/A1/ledger')
    .addOption(jsonOption())
    .action(async ({ dataDir, lines, follow, actor, json }: TailGiven) => {
      const { dependencies, io } = context;
      const options = {
        dataDir,
        count: lines,
        follow: follow === true,
        ...(actor === undefined ? {} : { actor }),
      };
      await context.untilStopped((signal) =>
        dependencies.journalTail(
          options,
          (line) => io.stdout(json === true ? `${JSON.stringify(line)}\n` : journalLine(line)),
          signal,
        ),
      );
      context.end(exitCodes.ok);
    });
  journal
    .command('verify')
    .description('Recompute the hash chain and every state; exit 1 when something does not hold.')
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .action(async ({ dataDir, json }: { readonly dataDir: string; readonly json?: boolean }) => {
      const report = await context.dependencies.journalVerify(dataDir);
      context.io.stdout(json === true ? `${JSON.stringify(report)}\n` : verifyLines(report));
      context.end(report.ok ? exitCodes.ok : exitCodes.failed);
    });
  addJournalTools(journal, context);
}

function parseCount(text: string): number {
  const count = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > linesMax)
    throw new InvalidArgumentError('A count is a whole number from 1 to 1000000.');
  return count;
}
