/** Checks across keys: what each value alone cannot show. Source: rules 10.7; the numbers are those of its list. */
import type { ExecutionSettings } from '../../domain/execution-settings.ts';
import { createInstrument } from '../../domain/instrument.ts';
import { errorText } from '../../kernel/errors.ts';
import type { AccountTimers, EffectiveTimers } from './account-timers.ts';
import { controlFaults } from './control-checks.ts';
import type { EffectiveControls, RuleSetting } from './effective-rules.ts';
import { keyText, valueAt, type KeyPath, type Problem } from './problem.ts';
import type { ConfigurationFile } from './schema.ts';

type Account = { readonly id: string; readonly rules: readonly RuleSetting[] };
type Block = Readonly<Record<string, unknown>>;

/** Hours and resets of an account of the file, together with what all accounts have. */
export type TimersOf = (id: string) => EffectiveTimers | undefined;

/** A file that each value alone has nothing against. */
export type ReadFile<Enabled extends Account = Account> = {
  readonly file: ConfigurationFile;
  readonly accounts: readonly Enabled[];
  readonly timersOf: TimersOf;
};

export function crossProblems(
  { file, accounts, timersOf }: ReadFile,
  whereOf: (path: KeyPath) => string,
  tree: unknown,
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
    if (file.readOnly) problems.push(problem(['readOnly'], 'was true: LIVE needs false'));
  }
  problems.push(...accountBlockProblems(file, problem), ...quoteAgeProblems(tree, problem));
  for (const account of accounts) {
    problems.push(
      ...accountProblems(timersOf(account.id), account, problem),
      ...contractProblems(file, account, problem),
    );
  }
  return problems;
}

type Report = (path: KeyPath, text: string) => Problem;

const ladder = ['DRY_RUN', 'PAPER', 'LIVE'];

/** Numbers 10 and 16, the mode ladder, and gateways. */
function accountBlockProblems(file: ConfigurationFile, problem: Report): readonly Problem[] {
  const problems: Problem[] = [];
  if (!file.accounts.some(({ enabled: isEnabled }) => isEnabled))
    problems.push(problem(['accounts'], 'are all switched off: at least one is enabled'));
  for (const [index, { mode, gateway, propFirmProfile }] of file.accounts.entries()) {
    const at = (key: string): KeyPath => ['accounts', index, key];
    if (mode !== undefined && ladder.indexOf(mode) > ladder.indexOf(file.mode))
      problems.push(
        problem(at('mode'), `was "${mode}": not above the engine's mode, ${file.mode}`),
      );
    if (gateway !== undefined && gateway !== 'topstepx' && file.gateways[gateway] === undefined) {
      const text = `was "${gateway}": a gateway that has a block of this name`;
      problems.push(problem(at('gateway'), text));
    }
    if (propFirmProfile !== undefined) {
      const text = `was "${propFirmProfile}": this version knows no profile of a firm, leave it out`;
      problems.push(problem(at('propFirmProfile'), text));
    }
  }
  return problems;
}

/** Number 15. */
function quoteAgeProblems(tree: unknown, problem: Report): readonly Problem[] {
  const path = ['staleness', 'quoteMaxAgeSeconds'];
  const [control, general] = [valueAt(tree, path), valueAt(tree, ['general', path[1] ?? ''])];
  if (control === undefined || general === undefined || Number(control) === Number(general))
    return [];
  const text = `was ${JSON.stringify(control)}: the same as general.quoteMaxAgeSeconds, ${JSON.stringify(general)}`;
  return [problem(path, text)];
}

/** Contradictions among the controls of one account, at the place where one of the two values was given. */
export function controlProblems(
  account: string,
  { controls, whereGiven }: EffectiveControls,
  execution: ExecutionSettings,
  tree: unknown,
  whereOf: (path: KeyPath) => string,
): readonly Problem[] {
  if (controls === undefined) return [];
  const isGiven = (path: KeyPath): boolean =>
    whereGiven(path) !== undefined || valueAt(tree, path) !== undefined;
  return controlFaults(controls, execution, isGiven, 'one').map(({ path, text }) => ({
    where: whereGiven(path) ?? whereOf(path),
    key: keyText(path),
    text: `of account ${account} ${text}`,
  }));
}

function accountProblems(
  own: EffectiveTimers | undefined,
  account: Account,
  problem: Report,
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
  return [
    ...problems,
    ...profitProblems(account, problem),
    ...frequencyProblems(account, problem),
    ...resetProblems(own, account, problem),
  ];
}

/** Number 7, of what holds in the end: a limit that is left out has its default. */
function frequencyProblems(account: Account, problem: Report): readonly Problem[] {
  const limits = enabled(account, 'tradeFrequencyLimit')?.['limits'];
  const { perMinute, perHour, perSession } = (limits ?? {}) as Readonly<Record<string, number>>;
  const pairs = [
    ['perMinute', perMinute, 'perHour', perHour],
    ['perHour', perHour, 'perSession', perSession],
  ] as const;
  return pairs.flatMap(([key, value = 0, other, most = value]) =>
    value <= most
      ? []
      : [
          problem(
            ['rules', 'tradeFrequencyLimit', 'limits', key],
            `of account ${account.id} was ${value}: not greater than ${other}, ${most}`,
          ),
        ],
  );
}

/** Numbers 14 and 15: what the rules of an account expect of its daily reset. */
function resetProblems(
  { timers, whereGiven }: Partial<EffectiveTimers> = {},
  account: Account,
  problem: Report,
): readonly Problem[] {
  if (timers === undefined) return [];
  const { enabled: isOn, time, timezone } = timers.dailyReset;
  const problems: Problem[] = [];
  // 14
  const untilReset = account.rules.find((rule) => locksUntilReset(rule));
  if (untilReset !== undefined && !isOn) {
    const path = ['dailyReset', 'enabled'];
    const text = `was false: rule ${untilReset.key} of account ${account.id} locks until the reset`;
    problems.push({ ...problem(path, text), where: whereGiven?.(path) ?? 'default' });
  }
  // 15
  const realized = enabled(account, 'dailyRealizedLoss');
  for (const [key, value] of [
    ['resetTime', time],
    ['timezone', timezone],
  ] as const) {
    const own = realized?.[key];
    if (own === undefined || own === value) continue;
    const text = `was ${JSON.stringify(own)}: the same as dailyReset, ${value}`;
    problems.push(problem(['rules', 'dailyRealizedLoss', key], text));
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
export function crossWarnings({ file, accounts, timersOf }: ReadFile): readonly string[] {
  return [
    ...accounts.flatMap((account) => zoneWarnings(account, timersOf(account.id)?.timers)),
    ...countWarnings(file, accounts),
    ...accounts.flatMap(namedLimitWarnings),
    ...accounts.flatMap(blockWarnings),
  ];
}

/** Number 13. The day and the session of one account in two zones: right for some markets, a slip for most. */
function zoneWarnings(account: Account, timers: AccountTimers | undefined): readonly string[] {
  if (timers === undefined || enabled(account, 'sessionBlockOutside') === undefined) return [];
  const { sessionHours, dailyReset } = timers;
  if (!sessionHours.enabled || sessionHours.timezone === dailyReset.timezone) return [];
  return [
    `account ${account.id}: sessionHours.timezone ${sessionHours.timezone} is not dailyReset.timezone ${dailyReset.timezone}`,
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
