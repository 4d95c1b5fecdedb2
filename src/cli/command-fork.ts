/** `bulkhead fork`: what would have happened. Nothing of it leaves the sandbox. Source: inspector 3 (Rewind, Fork). */
import { type Command } from 'commander';
import { exitCodes } from '../kernel/errors.ts';
import type { CommandContext } from './context.ts';
import { bundleOption, dataDirOption, jsonOption, parseSeq, verifyKeyOption } from './options.ts';
import type { ForkOutcome, JournalPlace } from './tool-dependencies.ts';

type Given = JournalPlace & {
  readonly at: number;
  readonly rows?: number;
  readonly config?: string;
  readonly events?: string;
  readonly json?: boolean;
};

const examples = `
An event of --events is one line of JSON, such as
  {"afterSeq":120,"event":{"type":"quote","instrument":"MNQ","price":"21300.00"}}
  {"event":{"type":"submit","account":"A1","instrument":"MNQ","side":"buy","lots":2}}
  {"event":{"type":"operate","request":{"verb":"lock","accountId":"A1","scope":"account","reason":"try"}}}`;

export function addForkCommand(program: Command, context: CommandContext): void {
  program
    .command('fork')
    .description('Go on from a row of the past in a sandbox and compare with what happened.')
    .requiredOption('--at <seq>', 'the row after which it begins', parseSeq)
    .option(
      '--rows <count>',
      'recorded rows that are played behind it; all when left out',
      parseSeq,
    )
    .option('--events <file>', 'events that did not happen, one JSON per line')
    .option('--config <path>', 'configuration of the run that wrote the journal')
    .addOption(dataDirOption())
    .addOption(bundleOption())
    .addOption(verifyKeyOption())
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(async ({ config, json, ...options }: Given) => {
      const configured = config === undefined ? {} : { configPath: config };
      const report = await context.dependencies.tools.fork({ ...options, ...configured });
      context.io.stdout(json === true ? `${JSON.stringify(report)}\n` : forkLines(report));
      context.end(exitCodes.ok);
    });
}

function forkLines(report: ForkOutcome): string {
  const { at, toSeq, played, injected, steps, withheld, firstDivergence, actors, notes } = report;
  const others = actors.filter(({ isSame, difference }) => !isSame || difference !== undefined);
  const kept = withheld.map(({ kind, count }) => `${count} × ${kind}`).join(', ');
  return [
    `from row ${at} to row ${toSeq}: ${played} events played, ${injected} injected, ${steps} steps`,
    `nothing left the sandbox; withheld: ${kept === '' ? 'nothing wanted to' : kept}`,
    firstDivergence === undefined
      ? 'every actor went the way that the journal tells'
      : `first difference at row ${firstDivergence.seq}, ${firstDivergence.actor}, ${firstDivergence.event}: ${firstDivergence.sandbox || 'nothing'} instead of ${firstDivergence.journal || 'nothing'}`,
    `${actors.length - others.length} of ${actors.length} actors ended the same`,
    ...others.map(({ actor, isSame, sandbox, journal, difference }) =>
      isSame
        ? `  ${actor}: ${difference}`
        : `  ${actor}: ${sandbox || 'not there'} instead of ${journal || 'not there'}`,
    ),
    ...notes.map((note) => `note: ${note}`),
    '',
  ].join('\n');
}
