/** The live screen as a pure function: one picture of a run in, lines out. */
import type { RunProgress } from '../dependencies.ts';
import { counted, renderAccount, renderAccountRow, shortInstant } from './render-account.ts';
import { bar, cents, grouped, renderLine, span, spread, type Line } from './style.ts';

export type ScreenOptions = {
  /** Columns of the terminal. */
  readonly width: number;
  readonly colour: boolean;
  /** Rows of the terminal; notes give way, and in the end the picture is cut. Absent: as long as it needs. */
  readonly height?: number;
  /** What is being played: `PAPER · ES_1m_2013.csv.gz`. */
  readonly title?: string;
};

/** Accounts up to this number are shown whole, more as one line each. */
const accountsWhole = 2;
const accountsListed = 12;
const notesShown = 8;
const widthMax = 120;

/** @returns lines of at most `width` columns, without line ends */
export function renderScreen(progress: RunProgress, options: ScreenOptions): string[] {
  const width = Math.max(20, Math.min(options.width, widthMax));
  const head: readonly Line[] = [
    headLine(progress, options.title, width),
    ...progressLines(progress, width),
    engineLine(progress),
    [],
  ];
  const accounts = accountLines(progress, width);
  const foot: readonly Line[] = [[], footLine(progress, width)];
  const room = (options.height ?? Number.POSITIVE_INFINITY) - 1;
  const free = room - head.length - accounts.length - foot.length - 1;
  const lines = [
    ...head,
    ...accounts,
    ...noteLines(progress.notes, Math.min(notesShown, free)),
    ...foot,
  ];
  return lines.slice(0, Math.max(1, room)).map((line) => renderLine(line, width, options.colour));
}

/** The same in one line, for logs and pipes. */
export function renderPlainLine(progress: RunProgress): string {
  const accounts = progress.accounts.map(({ accountId, tradingState, net, unrealized, locks }) =>
    [
      `${accountId} ${tradingState} net ${cents(net)} open ${cents(unrealized)}`,
      locks.length === 0 ? '' : ` ${counted(locks.length, 'lock')}`,
    ].join(''),
  );
  return [
    progress.marketTime,
    ...(progress.rowsTotal === undefined ? [] : [`${percent(progress)} %`]),
    `${progress.events} events (${progress.eventsPerSecond}/s)`,
    `${progress.orders} orders ${progress.denials} denied ${progress.fills} fills`,
    ...accounts,
    `journal ${progress.headSeq} ${progress.headHash.slice(0, 12)}`,
  ].join('  ');
}

function headLine({ marketTime }: RunProgress, title: string | undefined, width: number): Line {
  const left = [span('  bulkhead', 'accent'), span(title === undefined ? '' : `  ${title}`, 'dim')];
  return spread(left, [span(`${marketInstant(marketTime)}  `, 'bold')], width);
}

/** The market's time to the second. */
function marketInstant(text: string): string {
  const match = /^(\S+)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$/.exec(text);
  return match === null ? shortInstant(text) : `${match[1] ?? ''} ${match[2] ?? ''} UTC`;
}

function progressLines(progress: RunProgress, width: number): readonly Line[] {
  const { rows, rowsTotal } = progress;
  if (rowsTotal === undefined) return [];
  const right = [
    span(` ${String(percent(progress)).padStart(3)} %`, 'bold'),
    span(`  ${grouped(rows)} of ${grouped(rowsTotal)} rows  `, 'dim'),
  ];
  const taken = right.reduce((sum, { text }) => sum + text.length, 0);
  return [
    [
      span('  '),
      ...bar(rows / Math.max(1, rowsTotal), Math.max(8, width - taken - 2), 'accent'),
      ...right,
    ],
  ];
}

function percent({ rows, rowsTotal = 0 }: RunProgress): number {
  return rowsTotal === 0 ? 100 : Math.min(100, Math.floor((rows * 100) / rowsTotal));
}

function engineLine(progress: RunProgress): Line {
  const { events, eventsPerSecond, transitions, commitMsP99, evaluator } = progress;
  const isInline = evaluator === 'inline';
  return [
    span('  '),
    span(grouped(events), 'bold'),
    span(' events  ', 'dim'),
    span(grouped(eventsPerSecond), 'bold'),
    span('/s  ', 'dim'),
    span(grouped(transitions), 'bold'),
    span(' transitions  commit p99 ', 'dim'),
    span(`${commitMsP99.toFixed(1)} ms`, 'bold'),
    span('  rules ', 'dim'),
    span(isInline ? 'inline (workers lost)' : 'on workers', isInline ? 'warn' : 'plain'),
  ];
}

function accountLines({ accounts }: RunProgress, width: number): readonly Line[] {
  if (accounts.length <= accountsWhole) {
    return accounts.flatMap((account, index) => [
      ...(index === 0 ? [] : [[]]),
      ...renderAccount(account, width),
    ]);
  }
  const more = accounts.length - accountsListed;
  return [
    ...accounts.slice(0, accountsListed).map(renderAccountRow),
    ...(more > 0 ? [[span(`  and ${counted(more, 'more account')}`, 'dim')]] : []),
  ];
}

function noteLines(notes: readonly string[], count: number): readonly Line[] {
  if (notes.length === 0 || count <= 0) return [];
  return [[], ...notes.slice(-count).map((note) => [span('  › ', 'accent'), span(noteText(note))])];
}

/** Notes begin with an instant: its time of day is enough. */
function noteText(note: string): string {
  return note.replace(/^\d{4}-\d\d-\d\dT(\d\d:\d\d:\d\d)(?:\.\d+)?Z /, '$1  ');
}

function footLine(progress: RunProgress, width: number): Line {
  const { orders, denials, fills, submissions, headSeq, headHash } = progress;
  const left = [
    span('  orders ', 'dim'),
    span(grouped(orders), 'bold'),
    span('  denied ', 'dim'),
    span(grouped(denials), 'bold'),
    span('  sent ', 'dim'),
    span(grouped(submissions), 'bold'),
    span('  fills ', 'dim'),
    span(grouped(fills), 'bold'),
  ];
  const right = [span('journal ', 'dim'), span(`${grouped(headSeq)} ${headHash.slice(0, 12)}  `)];
  return spread(left, right, width);
}
