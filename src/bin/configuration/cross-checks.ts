/** Checks across keys: what each value alone cannot show. Source: rules 10.7; the numbers are those of its list. */
import { createInstrument } from '../../domain/instrument.ts';
import { errorText } from '../../kernel/errors.ts';
import type { RuleSetting } from './effective-rules.ts';
import { keyText, type KeyPath, type Problem } from './problem.ts';
import type { ConfigurationFile } from './schema.ts';

type Account = { readonly id: string; readonly rules: readonly RuleSetting[] };
type Block = Readonly<Record<string, unknown>>;

export function crossProblems(
  file: ConfigurationFile,
  accounts: readonly Account[],
  whereOf: (path: KeyPath) => string,
): readonly Problem[] {
  const problem = (path: KeyPath, text: string): Problem => ({
    where: whereOf(path),
    key: keyText(path),
    text,
  });
  const problems: Problem[] = [
    ...repeated(file.accounts.map(({ id }) => id)).map((index) =>
      problem(
        ['accounts', index, 'id'],
        `was ${JSON.stringify(file.accounts[index]?.id)}: an id that no other account has`,
      ),
    ),
    ...repeated(file.instruments.map(({ id }) => id.toUpperCase())).map((index) =>
      problem(
        ['instruments', index, 'id'],
        `was ${JSON.stringify(file.instruments[index]?.id)}: an id that no other instrument has`,
      ),
    ),
    ...file.instruments.flatMap((spec, index) => {
      try {
        createInstrument(spec);
        return [];
      } catch (error) {
        return [
          problem(
            ['instruments', index],
            `is no instrument: ${errorText(error).replace('Condition failed: ', '')}`,
          ),
        ];
      }
    }),
  ];
  if (file.mode === 'LIVE') {
    problems.push(
      problem(['mode'], 'was "LIVE": this version has no live venue, only PAPER and DRY_RUN'),
    );
  }
  for (const account of accounts) problems.push(...accountProblems(file, account, problem));
  return problems;
}

function accountProblems(
  { dailyReset }: ConfigurationFile,
  account: Account,
  problem: (path: KeyPath, text: string) => Problem,
): readonly Problem[] {
  const problems: Problem[] = [];
  const realized = enabled(account, 'dailyRealizedLoss');
  const unrealized = enabled(account, 'dailyUnrealizedLoss');
  const [daily, open] = [realized?.['limit'], unrealized?.['limit']];
  // 5
  if (typeof daily === 'number' && typeof open === 'number' && Math.abs(open) >= Math.abs(daily)) {
    problems.push(
      problem(
        ['rules', 'dailyUnrealizedLoss', 'limit'],
        `of account ${account.id} is not smaller than dailyRealizedLoss.limit: a position is closed before the day is lost`,
      ),
    );
  }
  // 14
  const untilReset = account.rules.find((rule) => locksUntilReset(rule));
  if (untilReset !== undefined && !dailyReset.enabled) {
    problems.push(
      problem(
        ['dailyReset', 'enabled'],
        `was false: rule ${untilReset.key} of account ${account.id} locks until the reset`,
      ),
    );
  }
  // 15
  for (const [key, value] of [
    ['resetTime', dailyReset.time],
    ['timezone', dailyReset.timezone],
  ] as const) {
    const own = realized?.[key];
    if (own !== undefined && own !== value) {
      problems.push(
        problem(
          ['rules', 'dailyRealizedLoss', key],
          `was ${JSON.stringify(own)}: the same as dailyReset, ${value}`,
        ),
      );
    }
  }
  return problems;
}

/** What is permitted but probably not meant. */
export function crossWarnings(
  file: ConfigurationFile,
  accounts: readonly Account[],
): readonly string[] {
  // 17
  if (file.instruments.length < 2) return [];
  return accounts
    .filter((account) => enabled(account, 'maxContracts')?.['countType'] === 'net')
    .map(
      ({ id }) =>
        `account ${id}: maxContracts.countType net lets a long of one instrument hide a short of another`,
    );
}

function enabled(account: Account, key: string): Block | undefined {
  const config = account.rules.find((rule) => rule.key === key)?.config as Block | undefined;
  return config?.['enabled'] === true ? config : undefined;
}

function locksUntilReset({ key, config }: RuleSetting): boolean {
  const block = config as Block;
  if (block['enabled'] !== true) return false;
  const lockout = block['lockoutOnBreach'];
  const isOptional =
    typeof lockout === 'object' &&
    lockout !== null &&
    'kind' in lockout &&
    lockout.kind === 'untilReset';
  return key === 'dailyRealizedLoss' || block['lockout'] === 'untilReset' || isOptional;
}

/** Places of values that stand earlier in the list already. */
function repeated(values: readonly string[]): readonly number[] {
  return values.flatMap((value, index) => (values.indexOf(value) < index ? [index] : []));
}
