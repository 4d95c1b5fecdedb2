/** `bulkhead token`: who may look at a data directory with the inspector, and who may act. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { roles, type Role } from '../domain/operator.ts';
import { exitCodes } from '../kernel/errors.ts';
import type { CommandContext } from './context.ts';
import { dataDirOption, jsonOption } from './options.ts';

type Given = {
  readonly dataDir: string;
  readonly json?: boolean;
  readonly role: Role;
  readonly by: string;
  readonly account?: readonly string[];
  readonly days: number;
};

/** Longest life of a token. Source: security 1. */
const daysMax = 90;

export function addTokenCommand(program: Command, context: CommandContext): void {
  const token = program
    .command('token')
    .description('Make, list and revoke the tokens of the inspector.');
  addCreate(token, context);
  addList(token, context);
  token
    .command('revoke')
    .description('End a token at once, with its sessions and open lines.')
    .argument('<id>', 'see `token list`')
    .addOption(dataDirOption())
    .action(async (id: string, { dataDir }: Given) => {
      await context.dependencies.tokens.revoke(dataDir, id);
      context.io.stdout(`revoked: ${id}\n`);
      context.end(exitCodes.ok);
    });
}

function addCreate(token: Command, { dependencies, io }: CommandContext): void {
  token
    .command('create')
    .description('Make a token. It is shown once and stored nowhere, only its hash is.')
    .addOption(dataDirOption())
    .addOption(
      new Option('--role <role>', 'viewer, operator, admin or auditor')
        .choices([...roles])
        .makeOptionMandatory(),
    )
    .requiredOption('--by <name>', 'whose it is: this name stands in the audit', parseName)
    .option('--account <id...>', 'only these accounts; all when left out')
    .option('--days <n>', `how long it holds, 1 to ${daysMax}`, parseDays, daysMax)
    .addOption(jsonOption())
    .action(async ({ dataDir, role, by, account, days, json }: Given) => {
      const made = await dependencies.tokens.create(dataDir, {
        role,
        by,
        days,
        ...(account === undefined ? {} : { accounts: account }),
      });
      if (json === true) io.stdout(`${JSON.stringify(made)}\n`);
      else io.stdout(`${made.token}\n`);
      io.stderr(`token ${made.id}, ${role}, until ${made.expires}: it is not shown again\n`);
    });
}

function addList(token: Command, { dependencies, io }: CommandContext): void {
  token
    .command('list')
    .description('Every token: whose, what it may, until when. Never the token itself.')
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .action(async ({ dataDir, json }: Given) => {
      const list = await dependencies.tokens.list(dataDir);
      const lines = list.map(
        ({ id, role, by, accounts, expires, state, lastUsed }) =>
          `${id}  ${role.padEnd(8)} ${state.padEnd(7)} until ${expires}  used ${lastUsed}  ${by}  ${accounts?.join(', ') ?? 'all accounts'}\n`,
      );
      io.stdout(json === true ? `${JSON.stringify(list)}\n` : lines.join(''));
    });
}

function parseDays(text: string): number {
  const days = /^\d{1,3}$/u.test(text) ? Number(text) : 0;
  if (days < 1 || days > daysMax)
    throw new InvalidArgumentError(`A token holds for 1 to ${daysMax} days.`);
  return days;
}

/** As long as a command's name may be, or every command with it would be refused. */
function parseName(text: string): string {
  const name = text.trim();
  if (name === '' || name.length > 64)
    throw new InvalidArgumentError('A name has 1 to 64 characters.');
  return name;
}
