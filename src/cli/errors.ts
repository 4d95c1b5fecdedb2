/** How a command that fails tells its operator, and with which exit code. */
import { CommanderError } from 'commander';
import {
  errorText,
  exitCodes,
  OperatorError,
  StoreFailure,
  type ExitCode,
} from '../kernel/errors.ts';
import type { CliIo } from './io.ts';

type Fault = {
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly message: string;
  readonly remedy: string;
};

/** Tells the fault on standard error and returns the exit code; help and version are no faults. */
export function reportFailure(thrown: unknown, io: CliIo, isJson: boolean): ExitCode {
  if (thrown instanceof CommanderError) return reportUsage(thrown, io, isJson);
  const fault = faultOf(thrown);
  io.stderr(`bulkhead: ${oneLine(fault.message)}. ${fault.remedy}\n`);
  if (fault.code === 'INTERNAL' && thrown instanceof Error) io.stderr(`${thrown.stack ?? ''}\n`);
  if (isJson) writeFault(fault, io);
  return fault.exitCode;
}

function reportUsage(thrown: CommanderError, io: CliIo, isJson: boolean): ExitCode {
  if (thrown.exitCode === 0) return exitCodes.ok;
  // Commander has printed its own line already.
  const message = thrown.message.replace(/^error: /, '');
  if (isJson) {
    writeFault({ code: 'USAGE', exitCode: exitCodes.usage, message, remedy: 'See --help.' }, io);
  }
  return exitCodes.usage;
}

function writeFault({ code, exitCode, message, remedy }: Fault, io: CliIo): void {
  io.stderr(`${JSON.stringify({ error: { code, exitCode, message, remedy } })}\n`);
}

function faultOf(thrown: unknown): Fault {
  if (thrown instanceof OperatorError) return thrown;
  if (thrown instanceof StoreFailure) {
    return {
      code: 'STORE_FAILED',
      exitCode: exitCodes.storeFailed,
      message: `the journal could not be written: ${thrown.message}`,
      remedy:
        'Check the disk and start again: the last step is taken up or undone, nothing is sent twice.',
    };
  }
  return {
    code: 'INTERNAL',
    exitCode: exitCodes.failed,
    message: `a fault of our own: ${errorText(thrown)}`,
    remedy: 'The journal holds everything up to it; start again, and report the lines below.',
  };
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ').replace(/\.$/, '');
}
