/** `bulkhead audit`: proves that what people did stands in the journal as it was written. */
import type { Command } from 'commander';
import { exitCodes } from '../kernel/errors.ts';
import type { AuditVerifyReport } from '../ports/audit.port.ts';
import type { CommandContext } from './context.ts';
import { reportFailure } from './errors.ts';
import { dataDirOption, jsonOption } from './options.ts';

type Given = { readonly dataDir: string; readonly anchor?: string; readonly json?: boolean };

const help = `
Exit codes: 0 it holds, 1 it does not, 2 it cannot be read.

Without --anchor only a changed or missing row is found. A journal that was cut at its end, or written anew as a whole, is
found with the file of heads that the service has written elsewhere (bulkhead run --audit-anchor <file>).`;

export function addAuditCommand(program: Command, context: CommandContext): void {
  const { dependencies, io } = context;
  program
    .command('audit')
    .description('What people did: prove that it is written as it was.')
    .command('verify')
    .description('Recompute the chain of hashes and compare it with heads from outside.')
    .addOption(dataDirOption())
    .option('--anchor <file>', 'heads that were written down outside of the journal')
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(async ({ dataDir, anchor, json }: Given) => {
      let proof: AuditVerifyReport;
      try {
        proof = await dependencies.auditVerify(dataDir, anchor);
      } catch (error) {
        reportFailure(error, io, json === true);
        context.end(exitCodes.usage);
        return;
      }
      io.stdout(json === true ? `${JSON.stringify(proof)}\n` : proofLines(proof));
      context.end(proof.ok ? exitCodes.ok : exitCodes.failed);
    });
}

function proofLines({
  ok,
  rows,
  auditRows,
  headSeq,
  headHash,
  anchors,
  problems,
}: AuditVerifyReport): string {
  const outside =
    anchors === 0
      ? 'no head from outside: a cut end would not be seen'
      : `${anchors} heads from outside compared`;
  const verdict = ok ? `verified to row ${headSeq}` : 'the audit does not hold';
  const lines = [
    `${verdict}, head ${headHash}`,
    `${rows} rows, ${auditRows} of people; ${outside}`,
    ...problems.map((problem) => `  ${problem}`),
  ];
  return `${lines.join('\n')}\n`;
}
