/** What a command may touch of its process: handed in, so that commands run in tests without one. */
import { createInterface } from 'node:readline/promises';
import { systemClock, type Clock } from '../kernel/clock.ts';

export type CliIo = {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Standard error is a terminal that can be redrawn. */
  readonly isTerminal: boolean;
  readonly colour: boolean;
  readonly size: () => { readonly width: number; readonly height: number };
  readonly clock: Clock;
  /** Calls back for every request to stop; returns how to stop listening. */
  readonly onStop: (stop: () => void) => () => void;
  /** Asks a person; absent where nobody sits at a terminal. */
  readonly confirm?: (question: string) => Promise<boolean>;
  /** Has a person type a line; absent where nobody sits at a terminal. */
  readonly ask?: (question: string) => Promise<string>;
  /** Ends the process at once. */
  readonly exit: (code: number) => void;
};

/** The real process. */
export function processIo(): CliIo {
  const { stdout, stderr, env } = process;
  // `bulkhead journal tail | head`: a reader that has seen enough is no fault.
  stdout.on('error', (fault: NodeJS.ErrnoException) => {
    if (fault.code !== 'EPIPE') throw fault;
    process.exit(0);
  });
  const isTerminal = stderr.isTTY && env['TERM'] !== 'dumb';
  return {
    stdout: (text) => stdout.write(text),
    stderr: (text) => stderr.write(text),
    isTerminal,
    // https://no-color.org: present and not empty.
    colour: isTerminal && (env['NO_COLOR'] ?? '') === '',
    size: () => ({ width: stderr.columns, height: stderr.rows }),
    clock: systemClock,
    onStop(stop) {
      process.on('SIGINT', stop);
      process.on('SIGTERM', stop);
      return () => {
        process.off('SIGINT', stop);
        process.off('SIGTERM', stop);
      };
    },
    ...(isTerminal && process.stdin.isTTY ? { confirm: askPerson, ask: askLine } : {}),
    exit: (code) => process.exit(code),
  };
}

/** Only the whole word counts: a key that was hit by mistake is no consent. */
async function askPerson(question: string): Promise<boolean> {
  return (await askLine(question)).trim().toLowerCase() === 'yes';
}

async function askLine(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question);
  } finally {
    lines.close();
  }
}
