import type { Fill } from '../domain/fill.ts';
import type { FillId, InstrumentId, OrderId } from '../domain/ids.ts';
import type { Units } from '../domain/money.ts';

/** Cause of an account whose balance nobody can explain. Source: execution 11.5. */
export const moneyCause = 'money:unexplained';
/** Cause of an account whose venue could not be compared with for all attempts. */
export const failedCause = 'reconciliation:failed';

/** What a comparison found and did, in numbers. Source: execution 11.3. */
export type ReconciliationSummary = {
  /** Positions and open orders in the venue's picture. */
  readonly onExchange: number;
  /** Those that were known here before. */
  readonly tracked: number;
  /** Positions, orders and executions taken over from the venue. */
  readonly adopted: number;
  readonly forceClosed: number;
  /** Positions that were only here. */
  readonly zombiesCleaned: number;
  /** Differences that somebody has to look at. */
  readonly unresolved: number;
};

/** What a process keeps in mind between two comparisons of one account; nothing of it must survive the process. */
export class ReconciliationMemory {
  /** The last comparison that was completed. */
  summary: ReconciliationSummary | undefined;
  /** Journal head and the venue's own count of changes when nothing was different: as long as both stand, nothing is. */
  agreedSeq = -1;
  agreedChanges: number | undefined;
  /** When the venue took the last picture that was compared. */
  comparedAtMs: number | undefined;
  /** Money that the last comparison could not explain; what of profit and open cost only splits otherwise is not in it. */
  unexplainedUnits: Units = 0;
  /** Positions that differ, by how many pictures in a row have shown just that. */
  readonly seen = new Map<InstrumentId, { readonly lots: number; readonly times: number }>();
  /** The last report of each order that its machine was told: the same is not told again, whatever came of it. */
  readonly told = new Map<OrderId, { readonly report: string; readonly times: number }>();
  /** What answers to questions have said of the end of an open order, and how many times in a row. */
  readonly insisted = new Map<OrderId, { readonly said: string; readonly times: number }>();
  /** Orders about which the venue has contradicted itself. */
  readonly conflicts = new Set<OrderId>();
  /** Booked changes that no execution explains yet; a true one takes the place of its stand-in. */
  readonly synthetic = new Map<FillId, Fill>();
}
