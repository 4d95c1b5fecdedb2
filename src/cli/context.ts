/** What every command gets: the product behind it, the process around it, and how to end. */
import type { ExitCode } from '../kernel/errors.ts';
import type { Dependencies } from './dependencies.ts';
import type { CliIo } from './io.ts';

/** A process that a signal ended. */
const interruptedExit = 130;

export class CommandContext {
  readonly dependencies: Dependencies;
  readonly io: CliIo;
  exitCode: ExitCode | undefined;

  constructor(dependencies: Dependencies, io: CliIo) {
    this.dependencies = dependencies;
    this.io = io;
  }

  end(code: ExitCode): void {
    this.exitCode = code;
  }

  /** Runs something that the first request to stop asks to end and the second one ends at once. */
  async untilStopped<Result>(run: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const controller = new AbortController();
    const forget = this.io.onStop(() => {
      if (controller.signal.aborted) {
        if (this.io.isTerminal) this.io.stderr('\u001B[?25h');
        this.io.exit(interruptedExit);
      }
      controller.abort();
    });
    try {
      return await run(controller.signal);
    } finally {
      forget();
    }
  }
}
