/** `bulkhead journal sql`, `export` and `import`: questions to the journal, and parts of it as files. */
import { InvalidArgumentError, type Command } from 'commander';
import { DurationValue } from '../domain/config-values.ts';
import { exitCodes } from '../kernel/errors.ts';
import type { CommandContext } from './context.ts';
import { bundleOption, dataDirOption, jsonOption, parseSeq, verifyKeyOption } from './options.ts';
import type { BundleMade, JournalPlace, SqlOutcome } from './tool-dependencies.ts';

const examples = `
Examples:
  bulkhead journal sql "SELECT seq, actor, event FROM v_rows ORDER BY seq DESC LIMIT 20"
  bulkhead journal sql "SELECT * FROM v_fills" --csv > fills.csv
The views: v_rows v_actors v_orders v_positions v_rules v_locks v_fills v_effects v_alerts v_verdicts v_commands
v_denials v_incidents v_dead_letters v_crashes v_poisons v_quarantines v_timers v_machines v_starts`;

type SqlGiven = JournalPlace & {
  readonly budget?: number;
  readonly json?: boolean;
  readonly csv?: boolean;
};
type ExportGiven = {
  readonly dataDir: string;
  readonly account?: string;
  readonly actor?: string;
  readonly correlation?: number;
  readonly out: string;
  readonly signKey?: string;
  readonly json?: boolean;
};
type ImportGiven = { readonly out: string; readonly verifyKey?: string; readonly json?: boolean };

export function addJournalTools(journal: Command, context: CommandContext): void {
  addSql(journal, context);
  addExport(journal, context);
  addImport(journal, context);
}

function addSql(journal: Command, context: CommandContext): void {
  journal
    .command('sql')
    .description('Ask the views of a journal; a query that takes too long is ended.')
    .argument('<query>', 'one SELECT')
    .addOption(dataDirOption())
    .addOption(bundleOption())
    .addOption(verifyKeyOption())
    .option('--budget <duration>', 'how long it may take, up to 60s (250ms)', parseBudget)
    .option('--csv', 'comma separated, with a line of names')
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(async (sql: string, { budget, json, csv, ...place }: SqlGiven) => {
      const { tools } = context.dependencies;
      const limited = budget === undefined ? {} : { budgetMs: budget };
      const answer = await tools.sql({ ...place, sql, ...limited });
      if (json === true) context.io.stdout(`${JSON.stringify(answer)}\n`);
      else tellSql(context, answer, csv === true);
      context.end(answer.outcome === 'rows' ? exitCodes.ok : exitCodes.failed);
    });
}

function tellSql({ io }: CommandContext, answer: SqlOutcome, isCsv: boolean): void {
  if (answer.outcome !== 'rows') {
    const place = answer.outcome === 'refused' ? answer.position : undefined;
    const where = place === undefined ? '' : ` (line ${place.line}, column ${place.column})`;
    io.stderr(`bulkhead: ${answer.text}${where}\n`);
    return;
  }
  const { columns, rows, isCut, milliseconds } = answer;
  const separator = isCsv ? ',' : '\t';
  const cell = isCsv ? csvCell : plainCell;
  for (const row of [columns, ...rows]) io.stdout(`${row.map(cell).join(separator)}\n`);
  io.stderr(`${rows.length} rows${isCut ? ', and there are more' : ''}, ${milliseconds} ms\n`);
}

/** A cell is one word of a line: what would move the cursor is shown as what it is. */
function plainCell(value: string | number | null): string {
  // oxlint-disable-next-line no-control-regex -- exactly these are to be taken out
  return value === null ? '' : String(value).replaceAll(/[\u0000-\u001F\u007F]/gu, ' ');
}

/** Quoted where it must be; what a spreadsheet would take for a formula is made a text. */
function csvCell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/u.test(value) ? `'${value}` : value;
  return /[",\n\r]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function addExport(journal: Command, context: CommandContext): void {
  journal
    .command('export')
    .description('Write an incident as a folder: rows, charts and a manifest with hashes.')
    .addOption(dataDirOption())
    .option('--account <id>', 'everything of an account')
    .option('--actor <path>', 'an actor, with what it has heard of')
    .option('--correlation <seq>', 'everything that one input has caused', parseSeq)
    .requiredOption('--out <folder>', 'a folder that is not there yet')
    .option('--sign-key <file>', 'private Ed25519 key in PEM; without one nothing is signed')
    .addOption(jsonOption())
    .action(async ({ json, ...options }: ExportGiven) => {
      const made = await context.dependencies.tools.exportBundle(options);
      context.io.stdout(json === true ? `${JSON.stringify(made)}\n` : bundleLines(made));
      context.end(exitCodes.ok);
    });
}

function addImport(journal: Command, context: CommandContext): void {
  journal
    .command('import')
    .description('Check a bundle and make a data directory of it, to look at.')
    .argument('<bundle>', 'folder of `journal export`, or the file that the inspector gives')
    .requiredOption('--out <folder>', 'a folder that is not there yet')
    .addOption(verifyKeyOption())
    .addOption(jsonOption())
    .action(async (bundle: string, { json, ...options }: ImportGiven) => {
      const made = await context.dependencies.tools.importBundle({ bundle, ...options });
      context.io.stdout(json === true ? `${JSON.stringify(made)}\n` : bundleLines(made));
      context.end(exitCodes.ok);
    });
}

const signatures: Readonly<Record<BundleMade['signature'], string>> = {
  none: 'not signed',
  own: 'signed by the key that the bundle names',
  valid: 'signed by the key that was given',
};

function bundleLines({ subject, rows, files, signature }: BundleMade): string {
  return [
    `${subject.kind} ${subject.id}: ${rows.count} rows, ${rows.fromSeq} to ${rows.toSeq}`,
    ...files.map(({ name, sha256 }) => `  ${name.padEnd(14)} ${sha256}`),
    `${signatures[signature]}\n`,
  ].join('\n');
}

function parseBudget(text: string): number {
  const parsed = DurationValue.safeParse(text);
  if (!parsed.success || parsed.data < 1 || parsed.data > 60_000)
    throw new InvalidArgumentError('A duration from 1ms to 60s, such as 5s.');
  return parsed.data;
}
