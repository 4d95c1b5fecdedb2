/** Results in words and columns, for people. */
import type { VerifyReport } from '../ports/journal.port.ts';
import type {
  AccountProgress,
  ConformanceReport,
  JournalLine,
  RunReport,
  ScenarioReport,
  StatusReport,
} from './dependencies.ts';
import { counted, shortInstant } from './screen/render-account.ts';
import { grouped } from './screen/style.ts';

const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

/** Label and value in two columns. */
function pairs(rows: readonly (readonly [string, string])[]): readonly string[] {
  return rows.map(([label, value]) => `  ${label.padEnd(10)} ${value}`);
}

export function runReportLines(report: RunReport): string {
  const { recovery } = report;
  return text([
    '',
    `${report.ended}: ${shortInstant(report.marketFrom)} to ${shortInstant(report.marketTo)}`,
    ...pairs([
      [
        'market',
        `${counted(report.rows, 'row')}, ${grouped(report.emptyRows)} of them without a price`,
      ],
      [
        'engine',
        `${counted(report.events, 'event')}, ${counted(report.transitions, 'transition')} in ${seconds(report.wallMs)}`,
      ],
      [
        'orders',
        `${grouped(report.orders)}, ${grouped(report.denials)} denied, ${grouped(report.submissions)} sent, ${counted(report.fills, 'fill')}`,
      ],
      ['result', `realized ${grouped(report.realizedPnl)}, fees ${grouped(report.fees)}`],
      [
        'protection',
        `${counted(report.breaches, 'breach', 'breaches')}, ${counted(report.locks, 'lock')}, ${counted(report.alerts, 'alert')}, ${counted(report.incidents, 'incident')}`,
      ],
      [
        'start',
        `${recovery.wasClean ? 'after a clean stop' : 'after a crash'}: ${counted(recovery.actors, 'actor')}, ${grouped(recovery.inDoubt)} in doubt, ${recovery.milliseconds} ms`,
      ],
      ['journal', `${grouped(report.headSeq)} ${report.headHash}`],
    ]),
    ...report.accounts.flatMap(accountLines),
  ]);
}

export function statusLines(report: StatusReport): string {
  return text([
    `${report.dataDir}: ${report.isRunning ? 'running' : 'not running'}`,
    ...pairs([
      ['last stop', report.wasClean ? 'clean' : 'crash, or still running'],
      ['journal', `${grouped(report.headSeq)} ${report.headHash} at ${report.lastAt}`],
      ['epoch', String(report.epoch)],
      ['effects', `${grouped(report.openEffects)} not settled`],
      ['quarantine', report.quarantined.length === 0 ? 'empty' : report.quarantined.join(', ')],
    ]),
    ...report.accounts.flatMap(accountLines),
  ]);
}

function accountLines(account: AccountProgress): readonly string[] {
  return [
    `  ${account.accountId} ${account.tradingState}${account.causes.length === 0 ? '' : ` (${account.causes.join('; ')})`}`,
    `    net ${grouped(account.net)}, open ${grouped(account.unrealized)}`,
    ...account.rules.map(({ ruleId, title, verdict, state, observed, limit }) => {
      const isIdle = verdict === 'PASS' && observed === 'unknown';
      const figures = isIdle ? 'nothing open' : `${grouped(observed)} of ${grouped(limit)}`;
      return `    ${`${ruleId} ${title}`.padEnd(24)} ${verdict.padEnd(8)} ${figures} (${state})`;
    }),
    ...account.positions.map(
      ({ instrument, quantity, average, unrealized }) =>
        `    ${instrument} ${quantity} at ${grouped(average)}, open ${grouped(unrealized)}`,
    ),
    ...account.locks.map(
      ({ rule, kind, scope, until, reason }) =>
        `    locked by ${rule} (${scope}, ${kind}) until ${shortInstant(until)}: ${reason}`,
    ),
  ];
}

export function journalLine({ seq, at, actor, event, from, to, cause }: JournalLine): string {
  const change = from === to || to === '' ? '' : `  ${from === '' ? '·' : from} → ${to}`;
  return `${String(seq).padStart(8)}  ${at}  ${actor.padEnd(32)} ${event}${change}${cause === 0 ? '' : `  ← ${cause}`}\n`;
}

export function verifyLines(report: VerifyReport): string {
  return text([
    `${report.ok ? 'the journal holds' : 'the journal does not hold'}: ${counted(report.rows, 'row')}, head ${grouped(report.headSeq)} ${report.headHash}`,
    ...report.problems.map((problem) => `  ${problem}`),
  ]);
}

export function scenarioLine(result: ScenarioReport['results'][number]): string {
  const { file, scenario, status, step, message, expected, actual } = result;
  const place = step === undefined ? '' : ` (step ${step})`;
  return text([
    `${status.padEnd(11)} ${file}: ${scenario}${place}${message === undefined ? '' : `: ${message}`}`,
    ...(status !== 'failed' || expected === undefined
      ? []
      : [`  expected ${JSON.stringify(expected)}`, `  actual   ${JSON.stringify(actual)}`]),
  ]);
}

export function totalLine(
  report: Pick<ScenarioReport, 'total' | 'passed' | 'failed' | 'unsupported'>,
): string {
  return text([
    `${report.total} in all: ${report.passed} passed, ${report.failed} failed, ${report.unsupported} unsupported`,
  ]);
}

export function conformanceLines(report: ConformanceReport): string {
  const kinds = Object.entries(report.byKind).map(
    ([kind, { total, passed, failed, unsupported }]) =>
      `${kind.padEnd(34)} ${String(total).padStart(4)}  passed ${passed}  failed ${failed}  unsupported ${unsupported}`,
  );
  const failures = report.results
    .filter(({ status }) => status === 'failed')
    .flatMap(({ id, kind, expected, actual, reason }) => [
      `failed      ${kind} ${id}${reason === undefined ? '' : `: ${reason}`}`,
      `  expected ${JSON.stringify(expected)}`,
      `  actual   ${JSON.stringify(actual)}`,
    ]);
  return text([...kinds, ...failures]) + totalLine(report);
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
