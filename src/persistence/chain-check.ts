/** Walks journal rows in order and says what does not fit: the same checks at recovery and in `verify`. */
import { genesisHash, rowHash } from './hash-chain.ts';
import type { JournalRow, RowReader } from './rows.ts';

type CheckedRow = Omit<JournalRow, 'actorId' | 'previousSeq'>;

export class ChainCheck {
  /** Seq and hash of the last row that was looked at. */
  seq: number;
  hash: string;
  private epoch: number;

  /** @param after seq of the row before the first one to check: 0 for the whole journal */
  constructor(rows: RowReader, after: number) {
    const before = after === 0 ? undefined : rows.row(after);
    this.seq = after;
    this.hash = before?.hash ?? genesisHash;
    this.epoch = before?.epoch ?? 1;
  }

  /** What is wrong with the next row; undefined when it fits. Goes on behind it in either case. */
  next(row: CheckedRow): string | undefined {
    const problem = this.problemOf(row);
    this.seq = row.seq;
    this.hash = row.hash;
    this.epoch = row.epoch;
    return problem;
  }

  private problemOf(row: CheckedRow): string | undefined {
    if (row.seq !== this.seq + 1) {
      return `row ${this.seq + 1} is missing: the next one is ${row.seq}`;
    }
    if (rowHash(this.hash, row, row.monotonicMs, row.epoch) !== row.hash) {
      return `row ${row.seq} does not have the hash of its content and of the row before it`;
    }
    if (row.epoch < this.epoch) {
      return `row ${row.seq} was written by the older writer ${row.epoch}, after rows of writer ${this.epoch}`;
    }
    if (row.causeSeq < 0 || row.causeSeq >= row.seq) {
      return `row ${row.seq} names row ${row.causeSeq} as its cause, which is not earlier`;
    }
    return undefined;
  }
}
