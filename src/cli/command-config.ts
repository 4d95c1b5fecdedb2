/** `bulkhead config`: whether a configuration is good (`check`), and what it comes to (`show`). */
import type { Command } from 'commander';
import { exitCodes } from '../kernel/errors.ts';
import type { CommandContext } from './context.ts';
import type { ConfigReport, ConversionReport } from './dependencies.ts';
import { jsonOption } from './options.ts';

type Given = { readonly config?: string; readonly json?: boolean };

export function addConfigCommand(program: Command, context: CommandContext): void {
  const config = program
    .command('config')
    .description('Check a configuration and show what it comes to.');
  const add = (name: string, description: string, text: (report: ConfigReport) => string): void => {
    config
      .command(name)
      .description(description)
      .option('--config <path>', 'YAML file or folder; without it the demonstration account')
      .addOption(jsonOption())
      .action(async ({ config: path, json }: Given) => {
        const report = await context.dependencies.config(path);
        context.io.stdout(json === true ? `${JSON.stringify(report)}\n` : text(report));
        context.end(exitCodes.ok);
      });
  };
  add(
    'check',
    'Name every problem, or say that there is none; exit 78 when there is one.',
    checkText,
  );
  add('show', 'Every effective value with the place it comes from.', showText);
  config
    .command('convert')
    .description('Rewrite files of the predecessor; exit 1 when something was left out.')
    .argument('<files...>', 'YAML files of the predecessor')
    .option('--out <folder>', 'write the files there; without it they are printed')
    .addOption(jsonOption())
    .action(async (files: readonly string[], { out, json }: { out?: string; json?: boolean }) => {
      const report = await context.dependencies.configConvert(files, out);
      context.io.stdout(json === true ? `${JSON.stringify(report)}\n` : convertText(report));
      const isWhole = report.notes.every(({ kind }) => kind !== 'left out');
      context.end(isWhole ? exitCodes.ok : exitCodes.failed);
    });
}

function convertText({ files, notes, out }: ConversionReport): string {
  const printed = files.map(({ name, text }) =>
    out === undefined ? `# ${name}\n${text}` : `${name} is written\n`,
  );
  // As comments, so that what is printed stays YAML.
  const listed = notes.map(({ file, key, kind, text }) => `# ${file} ${key} ${kind}: ${text}\n`);
  return [...printed, ...listed].join('');
}

function checkText({ warnings }: ConfigReport): string {
  return [
    'the configuration is good',
    ...warnings.map((warning) => `  warning: ${warning}`),
    '',
  ].join('\n');
}

function showText({ mode, hash, warnings, values }: ConfigReport): string {
  const keyWidth = Math.max(0, ...values.map(({ key }) => key.length));
  const valueWidth = Math.max(0, ...values.map(({ value }) => value.length));
  return [
    `mode ${mode}, hash ${hash}`,
    ...values.map(
      ({ account, key, value, source }) =>
        `${account}  ${key.padEnd(keyWidth)}  ${value.padEnd(valueWidth)}  ${source}`,
    ),
    ...warnings.map((warning) => `warning: ${warning}`),
    '',
  ].join('\n');
}
