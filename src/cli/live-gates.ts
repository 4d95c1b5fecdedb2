/** The step to real money as its operator sees it: every gate in a table, and a word that nobody types by mistake. */
import { exitCodes, OperatorError } from '../kernel/errors.ts';
import type { RunOptions } from './dependencies.ts';
import type { CliIo } from './io.ts';

export type LiveGate = {
  readonly gate: string;
  /** UNKNOWN is not met: nobody can say. */
  readonly status: 'PASS' | 'FAIL' | 'UNKNOWN';
  readonly says: string;
  /** Empty where it is met. */
  readonly remedy: string;
};

export type LiveGates = {
  /** Accounts that would trade with real money. */
  readonly accounts: readonly string[];
  readonly gates: readonly LiveGate[];
  /** Go or no go, beside the gates: what people have to have seen. Refuses nothing. */
  readonly ladder: readonly LiveGate[];
};

/** The gate that the operator opens. */
const confirmation = 'confirmation';

/** One line for each gate, and below them what no process can know. */
function liveGateLines({ gates, ladder }: LiveGates): string {
  const width = Math.max(...[...gates, ...ladder].map(({ gate }) => gate.length));
  const line = ({ gate, status, says, remedy }: LiveGate): string =>
    `  ${status.padEnd(7)}  ${gate.padEnd(width)}  ${says}${remedy === '' ? '' : `: ${remedy}`}`;
  return `${['gates of LIVE:', ...gates.map(line), 'before real money, seen by people:', ...ladder.map(line)].join('\n')}\n`;
}

/**
 * Shows every gate. Where only the operator's word is missing and somebody sits at a terminal, the account id is typed;
 * without a terminal it stands on the command line (`--confirm-live`). What refuses in the end is the engine.
 *
 * @throws OperatorError LIVE_NOT_CONFIRMED, exit 78, when something else was typed
 */
export async function confirmLive(
  report: LiveGates | undefined,
  options: RunOptions,
  io: CliIo,
): Promise<RunOptions> {
  if (report === undefined) return options;
  io.stderr(liveGateLines(report));
  const unmet = report.gates.filter(({ status }) => status !== 'PASS');
  const isOnlyTheWord = unmet.length === 1 && unmet[0]?.gate === confirmation;
  if (!isOnlyTheWord || options.confirmLive !== undefined || io.ask === undefined) return options;
  const names = report.accounts.join(' or ');
  const typed = (
    await io.ask(`This trades with real money. Type the account id (${names}) to go on: `)
  ).trim();
  if (report.accounts.includes(typed)) return { ...options, confirmLive: typed };
  throw new OperatorError({
    code: 'LIVE_NOT_CONFIRMED',
    exitCode: exitCodes.configuration,
    message: `LIVE was not confirmed: the account id is ${names}, was ${JSON.stringify(typed)}`,
    remedy: 'Start again and type the id, or run with --mode PAPER',
  });
}
