/** `bulkhead rules`: what each rule said last (`status`), and why (`explain`). */
import type { Command } from 'commander';
import { exitCodes } from '../kernel/errors.ts';
import type { CommandContext } from './context.ts';
import { dataDirOption, jsonOption } from './options.ts';
import { explanationLines, rulesStatusLines } from './rules-text.ts';

type Given = { readonly dataDir: string; readonly account?: string; readonly json?: boolean };

export function addRulesCommand(program: Command, context: CommandContext): void {
  const rules = program.command('rules').description('Show what the rules said last, and why.');
  rules
    .command('status')
    .description('Every rule of every account with its last finding and its distance to the limit.')
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .action(async ({ dataDir, json }: Given) => {
      const report = await context.dependencies.rulesStatus(dataDir);
      context.io.stdout(json === true ? `${JSON.stringify(report)}\n` : rulesStatusLines(report));
      context.end(exitCodes.ok);
    });
  rules
    .command('explain')
    .description('The last findings of one rule: inputs with their ages, limit, headroom, cause.')
    .argument('<rule>', 'such as RULE-003')
    .option('--account <id>', 'of one account only')
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .action(async (rule: string, { dataDir, account, json }: Given) => {
      const explanations = await context.dependencies.explainRule({
        dataDir,
        ruleId: rule,
        ...(account === undefined ? {} : { accountId: account }),
      });
      context.io.stdout(
        json === true ? `${JSON.stringify(explanations)}\n` : explanationLines(rule, explanations),
      );
      context.end(exitCodes.ok);
    });
}
