/** One account on the live screen: state, money of the day, limits as usage bars, positions, locks. */
import type { AccountProgress } from '../dependencies.ts';
import {
  bar,
  cents,
  grouped,
  padded,
  span,
  spread,
  widthOf,
  type Line,
  type Span,
  type Style,
} from './style.ts';

type RuleRow = AccountProgress['rules'][number];

const stateStyles: Readonly<Record<AccountProgress['tradingState'], Style>> = {
  ACTIVE: 'good',
  REDUCING: 'warn',
  LOCKED: 'bad',
  HALTED: 'alarm',
};

const verdictStyles: Readonly<Record<string, Style>> = {
  PASS: 'good',
  DENY: 'bad',
  UNKNOWN: 'warn',
};

/** Usage from which a bar turns to a warning. */
const warnPercent = 80;

export function renderAccount(account: AccountProgress, width: number): readonly Line[] {
  const state = span(` ${account.tradingState} `, stateStyles[account.tradingState]);
  const title: Line = [span(`  ${account.accountId}  `, 'bold'), state];
  const causes = account.causes.length === 0 ? '' : `  ${account.causes.join(' · ')}`;
  return [
    [...title, span(causes, 'dim')],
    dayLine(account),
    [],
    ...ruleLines(account.rules, width),
    [],
    ...positionLines(account),
    ...lockLines(account, width),
  ];
}

/** One line for an account among many. */
export function renderAccountRow(account: AccountProgress): Line {
  const worst = account.rules.reduce((most, { usedPercent = 0 }) => Math.max(most, usedPercent), 0);
  const style = usageStyle(worst, account.rules.some(isBreached) ? 'DENY' : 'PASS');
  return [
    span(`  ${padded(account.accountId, 14)} `, 'bold'),
    span(padded(account.tradingState, 9), stateStyles[account.tradingState]),
    span(' net ', 'dim'),
    money(account.net, 12),
    span('  open ', 'dim'),
    money(account.unrealized, 12),
    span('  '),
    ...bar(worst / 100, 16, style),
    span(padded(` ${worst} %`, 7, 'right'), style),
    span(account.locks.length === 0 ? '' : `  ${counted(account.locks.length, 'lock')}`, 'bad'),
  ];
}

function dayLine(account: AccountProgress): Line {
  return [
    span('  realized ', 'dim'),
    money(account.realized),
    span('   fees ', 'dim'),
    span(cents(account.fees)),
    span('   net ', 'dim'),
    money(account.net),
    span('   open ', 'dim'),
    money(account.unrealized),
    span('   working orders ', 'dim'),
    span(grouped(account.workingOrders)),
  ];
}

function ruleLines(rules: AccountProgress['rules'], width: number): readonly Line[] {
  // Label 24, numbers 12 + 3 + 12, verdict 9, percent 7: the bar takes the rest.
  const barWidth = Math.max(8, Math.min(40, width - 74));
  return rules.map((rule) => [
    span(`  ${padded(`${rule.ruleId} ${rule.title}`, 24)} `),
    ...usage(rule, barWidth),
    ...figures(rule),
    span(padded(rule.verdict, 8), verdictStyles[rule.verdict] ?? 'plain'),
    span(rule.state, 'dim'),
  ]);
}

function figures(rule: RuleRow): Line {
  if (hasNothingToWatch(rule)) return [span(padded('nothing open', 25), 'dim')];
  const { observed, limit } = rule;
  return [
    span(padded(cents(observed), 12, 'right'), observed === 'unknown' ? 'warn' : 'plain'),
    span(' / ', 'dim'),
    span(padded(cents(limit), 10)),
  ];
}

/** A rule of single positions says PASS without a figure while there is no position. */
function hasNothingToWatch({ verdict, observed }: RuleRow): boolean {
  return verdict === 'PASS' && observed === 'unknown';
}

function usage(rule: RuleRow, width: number): Line {
  const { usedPercent } = rule;
  if (usedPercent !== undefined) {
    const style = usageStyle(usedPercent, rule.verdict);
    const percent = padded(`${usedPercent} %`, 6, 'right');
    return [...bar(usedPercent / 100, width, style), span(percent, style)];
  }
  const isCalm = hasNothingToWatch(rule);
  return [
    span((isCalm ? '░' : '·').repeat(width), 'dim'),
    span(padded(isCalm ? '' : '?', 6, 'right'), 'warn'),
  ];
}

function isBreached({ verdict }: RuleRow): boolean {
  return verdict === 'DENY';
}

/** A count may stand at its limit: then all of it is used and nothing is breached. */
function usageStyle(percent: number, verdict: string): Style {
  if (verdict === 'DENY') return 'bad';
  return percent >= warnPercent ? 'warn' : 'good';
}

function positionLines({ positions }: AccountProgress): readonly Line[] {
  if (positions.length === 0) return [[span('  flat', 'dim')]];
  return positions.map(({ instrument, quantity, average, unrealized }) => [
    span(`  ${padded(instrument, 16)}`, 'bold'),
    span(padded(quantity, 12, 'right')),
    span(' at ', 'dim'),
    span(padded(grouped(average), 14)),
    span(' open ', 'dim'),
    money(unrealized),
  ]);
}

function lockLines({ locks }: AccountProgress, width: number): readonly Line[] {
  return locks.map(({ rule, kind, scope, until, reason }) => {
    const right = [span(`until ${shortInstant(until)}  `)];
    const title = [span('  ■ ', 'bad'), span(`locked by ${rule}`, 'bad')];
    const detail = `  ${scope} · ${kind} · ${reason}`;
    // The end of a lock matters more than the last of its figures.
    const room = Math.max(0, width - widthOf(title) - widthOf(right) - 2);
    const cut = span(padded(detail, Math.min(detail.length, room)), 'dim');
    return spread([...title, cut], right, width);
  });
}

/** `2026-03-10T22:00:00.000Z` → `2026-03-10 22:00 UTC`; other text stays. */
export function shortInstant(text: string): string {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(?:\.\d+)?Z$/.exec(text);
  return match === null ? text : `${match[1] ?? ''} ${match[2] ?? ''} UTC`;
}

/** `1 lock`, `2 locks` */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${grouped(count)} ${count === 1 ? noun : plural}`;
}

function money(text: string, width = 0): Span {
  const style: Style = text === 'unknown' ? 'warn' : text.startsWith('-') ? 'bad' : 'plain';
  const amount = cents(text);
  return span(padded(amount, Math.max(width, amount.length), 'right'), style);
}
