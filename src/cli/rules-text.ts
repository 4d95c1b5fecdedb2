/** Findings of rules as lines for people. */
import type { RuleExplanation, RuleStatusReport } from './dependencies.ts';
import { shortInstant } from './screen/render-account.ts';
import { cents } from './screen/style.ts';

const barWidth = 24;

type Rule = RuleStatusReport['rules'][number];
type Finding = Rule['findings'][number];

export function rulesStatusLines({ rules }: RuleStatusReport): string {
  if (rules.length === 0) return 'no rule has been started here\n';
  return `${rules.flatMap(ruleLines).join('\n')}\n`;
}

function ruleLines(rule: Rule): readonly string[] {
  const head = `${rule.accountId}  ${`${rule.ruleId} ${rule.title}`.padEnd(34)} ${rule.state}`;
  if (rule.findings.length === 0) return [`${head}  nothing to report so far`];
  return [head, ...rule.findings.map((finding) => `    ${findingLine(finding)}`)];
}

function findingLine(finding: Finding): string {
  const { entity, verdict, observed, limit, headroom, code, at } = finding;
  const figures =
    observed === undefined ? '' : `${cents(observed)} of ${cents(limit ?? 'no limit')}`;
  const room = headroom === undefined ? '' : `, ${cents(headroom)} left`;
  return `${entity.padEnd(10)} ${verdict.padEnd(7)} ${usageBar(finding)} ${figures}${room}${code === '' ? '' : `  ${code}`}  at ${shortInstant(at)}`;
}

/** A bar of how much of the limit is used; empty where that is not known. */
function usageBar({ observed, limit }: Finding): string {
  const share = observed === undefined || limit === undefined ? Number.NaN : ratio(observed, limit);
  if (!Number.isFinite(share)) return ' '.repeat(barWidth);
  const filled = Math.round(Math.min(1, Math.max(0, share)) * barWidth);
  return '█'.repeat(filled) + '░'.repeat(barWidth - filled);
}

/** For the length of a bar only. */
function ratio(observed: string, limit: string): number {
  return Number(observed) / Number(limit); // tidy-ok: the length of a bar on a screen
}

export function explanationLines(rule: string, explanations: readonly RuleExplanation[]): string {
  if (explanations.length === 0) return `${rule} has not told anything but PASS so far\n`;
  return `${explanations.map(explanationText).join('\n\n')}\n`;
}

function explanationText(one: RuleExplanation): string {
  const figures = [
    ...(one.observed === undefined ? [] : [`observed ${one.observed}`]),
    ...(one.limit === undefined ? [] : [`limit ${one.limit}`]),
    ...(one.headroom === undefined ? [] : [`headroom ${one.headroom}`]),
  ];
  return [
    `${one.accountId} ${one.ruleId} ${one.title}, ${one.entity}: ${one.verdict}${one.code === '' ? '' : ` ${one.code}`} at ${one.at}`,
    `  figures  ${figures.length === 0 ? 'none' : figures.join(', ')}`,
    ...one.inputs.map(
      ({ name, value, ageMs }) =>
        `  input    ${name} = ${value}${ageMs === undefined ? '' : ` (${ageMs} ms old)`}`,
    ),
    ...one.missing.map((name) => `  unknown  ${name}`),
    `  asked    ${one.wanted.length === 0 ? 'nothing' : one.wanted.join(', ')}`,
    one.row === 0
      ? '  row      none: the verdict has not changed, these are its figures'
      : `  row      ${one.row}${one.cause === undefined ? '' : `, caused by row ${one.cause.row} (${one.cause.actor} ${one.cause.event})`}`,
    `  change   ${one.change}`,
  ].join('\n');
}
