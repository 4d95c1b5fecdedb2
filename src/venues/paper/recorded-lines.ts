/** Lines of a recorded file, plain or gzip, a chunk at a time; the file is never in memory as a whole. */
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';
import { errorText, exitCodes, OperatorError } from '../../kernel/errors.ts';

export interface LineReader {
  /** The lines of the next chunk without their ends, in order; undefined at the end of the file. */
  next(): Promise<readonly string[] | undefined>;
  close(): Promise<void>;
}

/** One line longer than this is no market row; the largest known is a book snapshot of 5 MB. */
const lineCharactersMax = 64 * 1024 * 1024;
const chunkBytes = 64 * 1024;
const [newline, carriageReturn] = ['\n', '\r'];

/** @throws OperatorError exit 66 for a file that is not there or cannot be read */
export async function openLines(file: string): Promise<LineReader> {
  const isGzip = await startsAsGzip(file);
  const input = createReadStream(file, { highWaterMark: chunkBytes });
  const stream = isGzip ? input.pipe(createGunzip({ chunkSize: chunkBytes })) : input;
  // A failing disk must end the reading too: pipe does not hand errors on.
  if (isGzip) input.on('error', (error) => stream.destroy(error));
  const chunks = stream[Symbol.asyncIterator]();
  const decoder = new StringDecoder('utf8');
  let carry = '';
  let isDone = false;

  return {
    async next() {
      if (isDone) return undefined;
      const chunk = await chunks.next().catch((error: unknown) => {
        throw damaged(file, error);
      });
      if (chunk.done === true) {
        isDone = true;
        const rest = carry + decoder.end();
        return rest === '' ? [] : [trimmed(rest)];
      }
      const text = carry + decoder.write(chunk.value as Buffer);
      const lines = text.split(newline);
      carry = lines.pop() ?? '';
      if (carry.length > lineCharactersMax) throw damaged(file, 'a line has no end');
      return text.includes(carriageReturn) ? lines.map(trimmed) : lines;
    },
    async close() {
      isDone = true;
      stream.destroy();
      input.destroy();
      await Promise.resolve();
    },
  };
}

/**
 * Lines of the whole file, or undefined when counting would cost too much. Reads the file once, so that a damaged
 * archive is found before the first order.
 *
 * @throws OperatorError exit 65 when the archive is damaged
 */
export async function countLines(file: string, bytesMax: number): Promise<number | undefined> {
  const { size } = await stat(file);
  if (size > bytesMax) return undefined;
  const lines = await openLines(file);
  let count = 0;
  for (let chunk = await lines.next(); chunk !== undefined; chunk = await lines.next()) {
    count += chunk.length;
    // What an editor leaves at the end is no row.
    if (chunk.at(-1) === '') count -= 1;
  }
  return count;
}

function trimmed(line: string): string {
  return line.endsWith(carriageReturn) ? line.slice(0, -1) : line;
}

async function startsAsGzip(file: string): Promise<boolean> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw missing(file, error);
  });
  try {
    const head = Buffer.alloc(2);
    const { bytesRead } = await handle.read(head, 0, 2, 0).catch((error: unknown) => {
      throw missing(file, error);
    });
    return bytesRead === 2 && head[0] === 0x1f && head[1] === 0x8b;
  } finally {
    await handle.close();
  }
}

function missing(file: string, error: unknown): OperatorError {
  return new OperatorError({
    code: 'MARKET_FILE_MISSING',
    exitCode: exitCodes.noInput,
    message: `the market file cannot be read: ${file}: ${errorText(error)}`,
    remedy: 'name a file that exists and may be read',
    cause: error,
  });
}

function damaged(file: string, error: unknown): OperatorError {
  return new OperatorError({
    code: 'MARKET_FILE_DAMAGED',
    exitCode: exitCodes.data,
    message: `the market file is damaged or cut off: ${file}: ${errorText(error)}`,
    remedy: 'fetch or copy the file again and compare its checksum',
    cause: error,
  });
}
