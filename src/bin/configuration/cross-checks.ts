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
  for (const account of accounts) {
    problems.push(
      ...accountProblems(file, account, problem),
      ...contractProblems(file, account, problem),
    );
  }
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
  problems.push(...profitProblems(account, problem));
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

/**
 * Number 6. The built-in default is no contradiction to a smaller account: then the account ends first.
 * Contracts that are weighted are not compared with contracts that are counted.
 */
function contractProblems(
  file: ConfigurationFile,
  account: Account,
  problem: (path: KeyPath, text: string) => Problem,
): readonly Problem[] {
  const limit = accountLimit(account);
  const single = enabled(account, 'maxContractsPerInstrument')?.['defaultLimit'];
  if (limit === undefined || typeof single !== 'number' || single <= limit) return [];
  const own = file.accounts.find(({ id }) => id === account.id)?.configOverrides.rules;
  const isGiven = [file.rules, own].some((rules) => {
    const block: Block = rules?.['maxContractsPerInstrument'] ?? {};
    return block['defaultLimit'] !== undefined;
  });
  if (!isGiven) return [];
  return [
    problem(
      ['rules', 'maxContractsPerInstrument', 'defaultLimit'],
      `was ${single}, of account ${account.id} greater than maxContracts.limit, ${limit}`,
    ),
  ];
}

/** The number of contracts that an account may hold, where it is a count. */
function accountLimit(account: Account): number | undefined {
  const whole = enabled(account, 'maxContracts');
  const limit = whole?.['countType'] === 'miniEquivalent' ? undefined : whole?.['limit'];
  return typeof limit === 'number' ? limit : undefined;
}

/** Number 6: a limit of one instrument may be wider, but the account's ends first. */
function namedLimitWarnings(account: Account): readonly string[] {
  const limit = accountLimit(account);
  const named = enabled(account, 'maxContractsPerInstrument')?.['instrumentLimits'] ?? {};
  if (limit === undefined) return [];
  return Object.entries(named)
    .filter(([, one]) => Number(one) > limit)
    .map(
      ([root, one]) =>
        `account ${account.id}: maxContractsPerInstrument.instrumentLimits.${root} ${one} is greater than maxContracts.limit, ${limit}`,
    );
}

/** Number 17. */
function blockWarnings(account: Account): readonly string[] {
  const patterns = enabled(account, 'symbolBlocks')?.['blockedSymbols'];
  if (!Array.isArray(patterns) || !patterns.some((one) => /^\*+$/.test(String(one)))) return [];
  return [`account ${account.id}: symbolBlocks.blockedSymbols "*" blocks every instrument`];
}

/** Number 8. */
function profitProblems(
  account: Account,
  problem: (path: KeyPath, text: string) => Problem,
): readonly Problem[] {
  const profit = enabled(account, 'maxUnrealizedProfit');
  const [one, day] = [profit?.['target'], enabled(account, 'dailyRealizedProfit')?.['target']];
  if (profit?.['mode'] !== 'profitTarget' || typeof one !== 'number' || typeof day !== 'number')
    return [];
  if (one <= day) return [];
  return [
    problem(
      ['rules', 'maxUnrealizedProfit', 'target'],
      `of account ${account.id} is greater than dailyRealizedProfit.target: the day ends before the position`,
    ),
  ];
}

/** What is permitted but probably not meant. */
export function crossWarnings(
  file: ConfigurationFile,
  accounts: readonly Account[],
): readonly string[] {
  return [
    ...zoneWarnings(file, accounts),
    ...countWarnings(file, accounts),
    ...accounts.flatMap(namedLimitWarnings),
    ...accounts.flatMap(blockWarnings),
  ];
}

/** The day and the session of one account in two zones: right for some markets, a slip for most. */
function zoneWarnings(
  { dailyReset, sessionHours }: ConfigurationFile,
  accounts: readonly Account[],
): readonly string[] {
  // 13
  const isKept =
    sessionHours.enabled &&
    accounts.some((account) => enabled(account, 'sessionBlockOutside') !== undefined);
  return !isKept || sessionHours.timezone === dailyReset.timezone
    ? []
    : [
        `sessionHours.timezone ${sessionHours.timezone} is not dailyReset.timezone ${dailyReset.timezone}`,
      ];
}

function countWarnings(file: ConfigurationFile, accounts: readonly Account[]): readonly string[] {
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

/** Rules whose breach always locks until the reset. */
const dailyLocks: ReadonlySet<string> = new Set(['dailyRealizedLoss', 'dailyRealizedProfit']);

function locksUntilReset({ key, config }: RuleSetting): boolean {
  const block = config as Block;
  if (block['enabled'] !== true) return false;
  const lockout = block['lockoutOnBreach'];
  const isOptional =
    typeof lockout === 'object' &&
    lockout !== null &&
    'kind' in lockout &&
    lockout.kind === 'untilReset';
  const isNamed = block['lockout'] === 'untilReset' || block['lockoutDuration'] === 'untilReset';
  return dailyLocks.has(key) || isNamed || isOptional;
}

/** Places of values that stand earlier in the list already. */
function repeated(values: readonly string[]): readonly number[] {
  return values.flatMap((value, index) => (values.indexOf(value) < index ? [index] : []));
}
