import type { Severity } from '../domain/verdict.ts';

export type Alert = {
  /** Effect key: the same alert may arrive again after a crash. */
  readonly id: string;
  readonly atMs: number;
  readonly account: string;
  readonly severity: Severity;
  readonly code: string;
  readonly text: string;
};

/** Where alerts go. At least once; never throws; never blocks the caller. */
export interface AlertSinkPort {
  raise(alert: Alert): void;
}
