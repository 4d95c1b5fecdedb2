/**
 * A recorded market as a source of ticks: bar and tick files, csv or jsonl, plain or gzip.
 *
 * Streaming: one chunk of the file is in memory at a time. Every price goes from its text to whole ticks; a row that
 * cannot be right stops the replay and names file, line, field and value. Times are never corrected: what the recorder
 * stamped is the receive time, what the venue stamped is the venue time.
 */
import { basename } from 'node:path';
import type { InstrumentId } from '../../domain/ids.ts';
import type { Instrument } from '../../domain/instrument.ts';
import { exitCodes, OperatorError } from '../../kernel/errors.ts';
import type { MarketProgress, MarketSource, MarketTick } from '../../ports/market-data.port.ts';
import type { Place } from './recorded-fields.ts';
import { detectFormat, type Detected } from './recorded-formats.ts';
import { countLines, openLines, type LineReader } from './recorded-lines.ts';
import type { RowCounts } from './recorded-row.ts';

export type RecordedMarketOptions = {
  readonly file: string;
  /** Instrument of a file that does not tell, or instead of what it tells. */
  readonly instrument?: string;
  readonly instruments: ReadonlyMap<InstrumentId, Instrument>;
};

export type RecordedMarket = MarketSource & {
  /** Rows that changed a bar already told. */
  readonly revisions: number;
};

/** Counting the rows first costs one reading; beyond this size it is not worth it and the total stays unknown. */
const countBytesMax = 64 * 1024 * 1024;
const sampleRows = 500;

/**
 * @throws OperatorError exit 66 (missing), 65 (damaged, unknown format, unknown instrument); `next` throws 65 BAD_ROW
 */
export async function openRecordedMarket(options: RecordedMarketOptions): Promise<RecordedMarket> {
  const { file } = options;
  const lines = await openLines(file);
  try {
    const total = await countLines(file, countBytesMax);
    const first = await firstLines(lines);
    const [header] = first;
    if (header === undefined) throw emptyFile(file);
    const counts: RowCounts = { rows: 0, emptyRows: 0, revisions: 0 };
    const place: Place = { file, line: 1 };
    const detected = detectFormat(header, {
      file,
      stem: stemOf(file),
      wanted: options.instrument,
      instruments: options.instruments.values(),
      counts,
      sample: first.slice(1, sampleRows),
      place,
    });
    const rowsTotal = total === undefined ? undefined : total - (detected.hasHeader ? 1 : 0);
    return createSource({ file, lines, first, detected, counts, place, rowsTotal });
  } catch (error) {
    await lines.close();
    throw error;
  }
}

type SourceParts = {
  readonly file: string;
  readonly lines: LineReader;
  readonly first: readonly string[];
  readonly detected: Detected;
  readonly counts: RowCounts;
  readonly place: Place;
  readonly rowsTotal: number | undefined;
};

function createSource({
  file,
  lines,
  first,
  detected,
  counts,
  place,
  rowsTotal,
}: SourceParts): RecordedMarket {
  const { reader, hasHeader } = detected;
  let waiting: readonly string[] | undefined = hasHeader ? first.slice(1) : first;
  let isEnded = false;
  place.line = hasHeader ? 1 : 0;
  let blankAt = 0;

  const read = (chunk: readonly string[], out: MarketTick[]): void => {
    for (const line of chunk) {
      place.line += 1;
      if (line === '') {
        // An empty line may end the file, nothing may follow it.
        blankAt ||= place.line;
        continue;
      }
      if (blankAt > 0) throw blankLine(file, blankAt);
      reader.read(line, place, out);
      counts.rows += 1;
    }
  };

  return {
    name: basename(file),
    get instruments() {
      return reader.instruments;
    },
    intervalMsMax: reader.intervalMsMax,
    get progress(): MarketProgress {
      const { rows, emptyRows } = counts;
      return { rows, emptyRows, ...(rowsTotal === undefined ? {} : { rowsTotal }) };
    },
    get revisions() {
      return counts.revisions;
    },
    async next() {
      const out: MarketTick[] = [];
      while (out.length === 0 && !isEnded) {
        const chunk = waiting ?? (await lines.next());
        waiting = undefined;
        if (chunk !== undefined) {
          read(chunk, out);
        } else {
          isEnded = true;
          reader.end(out);
        }
      }
      return out.length === 0 ? undefined : out;
    },
    async close() {
      isEnded = true;
      await lines.close();
    },
  };
}

/** The first chunk that holds a line. */
async function firstLines(lines: LineReader): Promise<readonly string[]> {
  for (;;) {
    const chunk = await lines.next();
    if (chunk === undefined) return [];
    if (chunk.length > 0 && (chunk.length > 1 || chunk[0] !== '')) return chunk;
  }
}

function stemOf(file: string): string {
  return basename(file).split(/[_.]/)[0] ?? '';
}

function emptyFile(file: string): OperatorError {
  return new OperatorError({
    code: 'MARKET_FILE_EMPTY',
    exitCode: exitCodes.data,
    message: `the market file is empty: ${file}`,
    remedy: 'name a file with a header and rows',
  });
}

function blankLine(file: string, line: number): OperatorError {
  return new OperatorError({
    code: 'BAD_ROW',
    exitCode: exitCodes.data,
    message: `${file}:${line}: the row has cells, was ""`,
    remedy: `remove line ${line}, then start again`,
  });
}
