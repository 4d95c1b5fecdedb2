/** Exit codes of every command, after sysexits.h where it has a word for the case. */
export const exitCodes = {
  ok: 0,
  /** A check, scenario or vector failed. */
  failed: 1,
  /** The command line or a file given to a checker is not valid. */
  usage: 2,
  /** A data file (market, replay) is not valid. */
  data: 65,
  /** A file that was named does not exist. */
  noInput: 66,
  /** The data directory cannot be written. */
  cannotCreate: 73,
  /** The store failed while running: stopped, recover and reconcile. */
  storeFailed: 74,
  /** Another instance holds the store. */
  busy: 75,
  /** Configuration or stored schema is not acceptable to this version. */
  configuration: 78,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Something the operator can mend: one line that says what is wrong and one remedy. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly remedy: string;

  constructor(fault: {
    code: string;
    exitCode: ExitCode;
    message: string;
    remedy: string;
    cause?: unknown;
  }) {
    super(fault.message, fault.cause === undefined ? undefined : { cause: fault.cause });
    this.code = fault.code;
    this.exitCode = fault.exitCode;
    this.remedy = fault.remedy;
  }
}

/** A commit failed and is in doubt: nothing more may leave the process (durability contract C4). */
export class StoreFailure extends Error {
  override readonly name = 'StoreFailure';
}

/** The text of anything that was thrown. */
export function errorText(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
