/**
 * Which writers a data directory has had and how far they came, in a file beside the journal.
 *
 * A journal put back from a backup counts its writers again, and with them the ids of orders; and the locks and
 * fills that came after it are gone. The book does not go back with it. Source: durability 5 (a restored backup
 * is recognised).
 */
import { closeSync, fsyncSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { exitCodes, OperatorError } from '../kernel/errors.ts';
import { preparePrivateFile } from './data-directory.ts';

/** A line: the writer, and the last row that it is known to have reached. */
const Line = z.tuple([z.int().min(1), z.int().min(0)]);
/** What a crash leaves of a line. Its writer had sent nothing yet, or had said the same before. */
const tornLine = /^\[[\d,]*$/;

/** How far the journal of a directory is known to have come. */
type Reached = { readonly epoch: number; readonly seq: number };

function writerBookFile(directory: string): string {
  return join(directory, 'writers');
}

/**
 * The highest writer and the highest row in the book; zeros where there is none.
 *
 * Each line begins with a line end of its own, so one that a crash has torn leaves the next whole.
 *
 * @throws OperatorError WRITERS_UNREADABLE, exit 78: a line that is not that
 */
export function lastReached(directory: string): Reached {
  const path = writerBookFile(directory);
  let reached: Reached = { epoch: 0, seq: 0 };
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return reached;
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '' || tornLine.test(line)) continue;
    const [epoch, seq] = parseLine(path, line);
    reached = { epoch: Math.max(reached.epoch, epoch), seq: Math.max(reached.seq, seq) };
  }
  return reached;
}

function parseLine(path: string, line: string): z.output<typeof Line> {
  const parsed = Line.safeParse(parseJson(line));
  if (parsed.success) return parsed.data;
  throw new OperatorError({
    code: 'WRITERS_UNREADABLE',
    exitCode: exitCodes.configuration,
    message: `a line of ${path} is not a writer and its row: ${JSON.stringify(line.slice(0, 40))}`,
    remedy: 'put the file back as it was: by it a restored journal is recognised',
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Durable when it returns; called after the journal knows the same and before anything is sent. */
export function noteReached(directory: string, { epoch, seq }: Reached): void {
  const path = writerBookFile(directory);
  preparePrivateFile(path);
  const file = openSync(path, 'a', 0o600);
  try {
    writeSync(file, `\n${JSON.stringify([epoch, seq])}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** @throws OperatorError RESTORED_JOURNAL, exit 78, when its directory has come further than the journal */
export function expectLatestJournal(path: string, known: Reached, last: Reached): void {
  if (last.epoch <= known.epoch && last.seq <= known.seq) return;
  throw new OperatorError({
    code: 'RESTORED_JOURNAL',
    exitCode: exitCodes.configuration,
    message: `the journal ends with writer ${known.epoch}, row ${known.seq}, its directory has seen writer ${last.epoch}, row ${last.seq}: it was put back from a backup, or removed: ${path}`,
    remedy:
      'put the newest journal back; or, knowing that locks and fills since then are forgotten, start once with --accept-restored-journal; or choose another --data-dir',
  });
}
