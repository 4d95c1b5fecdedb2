/**
 * A walk over every row of the journal, in slices, while somebody looks: it proves the hash chain, and notes where the
 * anomalies of each account are. Both only grow, so each row is walked once. Source: inspector 3 (Rewind, Audit).
 */
import type { ChainChecker, JournalView, ViewedRow } from '../ports/journal-view.port.ts';
import { isAnomaly } from './row-report.ts';

/** Up to where every row has been found to follow from the one before it. */
export type ChainProof = {
  readonly isProven: boolean;
  readonly upToSeq: number;
  readonly problem?: string;
};

const rowsPerLook = 1_000;

export class HistoryScan {
  /** Last row that was walked. */
  seq = 0;
  private readonly view: JournalView;
  private readonly chain: ChainChecker;
  private readonly anomalies = new Map<string, number[]>();
  private provenSeq = 0;
  private problem: string | undefined;

  constructor(view: JournalView) {
    this.view = view;
    this.chain = view.chainChecker();
  }

  get proof(): ChainProof {
    const { provenSeq: upToSeq, problem } = this;
    const isProven = problem === undefined;
    return isProven ? { isProven, upToSeq } : { isProven, upToSeq, problem };
  }

  /** Walks over rows that were read anyway, if they are the next ones. @returns whether they were */
  take(rows: readonly ViewedRow[]): boolean {
    if (rows[0]?.seq !== this.seq + 1) return false;
    this.walk(rows);
    return true;
  }

  /** Walks on. @returns whether there is more to walk */
  advance(rowsMax: number): boolean {
    for (let walked = 0; walked < rowsMax;) {
      const rows = this.view.rowsAfter(this.seq, Math.min(rowsPerLook, rowsMax - walked));
      this.walk(rows);
      walked += rows.length;
      if (rows.length === 0) return false;
    }
    return true;
  }

  /** The next anomaly of the account on either side of a row, as far as was walked. */
  anomaliesAround(
    account: string,
    seq: number,
  ): { readonly before: number | undefined; readonly after: number | undefined } {
    const known = this.anomalies.get(account) ?? [];
    let [low, high] = [0, known.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((known[middle] ?? 0) < seq) low = middle + 1;
      else high = middle;
    }
    const after = known[low] === seq ? known[low + 1] : known[low];
    return { before: known[low - 1], after };
  }

  private walk(rows: readonly ViewedRow[]): void {
    for (const row of rows) {
      this.seq = row.seq;
      this.prove(this.chain.next(row), row.seq);
      if (row.account !== '' && isAnomaly(row)) this.note(row.account, row.seq);
    }
  }

  /** The first problem ends the proof: what follows a broken row proves nothing. */
  private prove(problem: string | undefined, seq: number): void {
    if (this.problem !== undefined) return;
    this.problem = problem;
    if (problem === undefined) this.provenSeq = seq;
  }

  private note(account: string, seq: number): void {
    const known = this.anomalies.get(account);
    if (known === undefined) this.anomalies.set(account, [seq]);
    else known.push(seq);
  }
}
