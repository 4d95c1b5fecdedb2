/**
 * Verifies: an order id is submitted at most once, also after a restore (GAP-003); a restored backup is recognised
 * (durability 5).
 */
import { appendFileSync, copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { OpenJournalOptions } from '../../src/persistence/sqlite-journal.ts';
import { Model, open, withDirectory } from '../support/journal-fixture.ts';

const ORDER = 'account/A1/order/BH-1-1';

/** One start that writes so many rows and ends in order. @returns its epoch */
function startOnce(
  directory: string,
  rows: number,
  options: Partial<OpenJournalOptions> = {},
): number {
  const journal = open(directory, options);
  const model = new Model(journal.recover().head.seq);
  for (let row = 0; row < rows; row += 1) journal.commit({ entries: [model.input()] });
  const { epoch } = journal;
  journal.close();
  return epoch;
}

const copyOf = (directory: string): string => join(directory, 'backup.db');
const keep = (directory: string): void =>
  copyFileSync(join(directory, 'journal.db'), copyOf(directory));
const restore = (directory: string): void =>
  copyFileSync(copyOf(directory), join(directory, 'journal.db'));

const refusal = { code: 'RESTORED_JOURNAL', exitCode: 78 };

describe('a journal that was put back', () => {
  it('is refused when its directory has had a later writer, and said how to go on', () => {
    withDirectory((directory) => {
      startOnce(directory, 1);
      keep(directory);
      startOnce(directory, 1);
      restore(directory);
      expect(() => open(directory)).toThrow(
        expect.objectContaining({
          ...refusal,
          message: expect.stringContaining('writer 1, row 1'),
          remedy: expect.stringContaining('--accept-restored-journal'),
        }),
      );
    });
  });

  it('is refused when the same writer had come further', () => {
    withDirectory((directory) => {
      const journal = open(directory);
      const model = new Model();
      journal.commit({ entries: [model.input()] });
      journal.close({ isClean: false });
      keep(directory);
      writeFileSync(join(directory, 'writers'), '\n[1,0]\n\n[1,7]\n');
      expect(() => open(directory)).toThrow(expect.objectContaining(refusal));
    });
  });

  it('is refused when it was removed: an empty one would count from the first id again', () => {
    withDirectory((directory) => {
      startOnce(directory, 2);
      rmSync(join(directory, 'journal.db'));
      expect(() => open(directory)).toThrow(expect.objectContaining(refusal));
    });
  });

  it('goes on as a writer that nobody has been, once somebody accepts it', () => {
    withDirectory((directory) => {
      startOnce(directory, 1);
      keep(directory);
      const used = [startOnce(directory, 2), startOnce(directory, 2)];
      restore(directory);
      const epoch = startOnce(directory, 1, { isRestoredAccepted: true });
      expect(epoch).toBeGreaterThan(Math.max(...used));
      // The rows that are gone are still in the book: every later start says so, until the journal has come further.
      expect(() => open(directory)).toThrow(expect.objectContaining(refusal));
    });
  });
});

describe('the book of writers', () => {
  it('says nothing against starts in their order, clean or not', () => {
    withDirectory((directory) => {
      expect(startOnce(directory, 1)).toBe(1);
      const killed = open(directory);
      killed.close({ isClean: false });
      expect(startOnce(directory, 1)).toBe(3);
      expect(readFileSync(join(directory, 'writers'), 'utf8')).toBe(
        '\n[1,0]\n\n[1,1]\n\n[2,1]\n\n[3,1]\n\n[3,2]\n',
      );
    });
  });

  it.each(['\n', '\n[', '\n[3', '\n[3,', '\n[3,1'])(
    'survives an end torn by a crash: %j',
    (torn) => {
      withDirectory((directory) => {
        startOnce(directory, 1);
        const killed = open(directory);
        const model = new Model(killed.recover().head.seq);
        killed.commit({ entries: [model.step(ORDER, 'working', {})] });
        killed.close({ isClean: false });
        appendFileSync(join(directory, 'writers'), torn);
        expect(startOnce(directory, 1)).toBe(3);
        expect(startOnce(directory, 1)).toBe(4);
      });
    },
  );

  it('is refused when a line is something else', () => {
    withDirectory((directory) => {
      startOnce(directory, 1);
      appendFileSync(join(directory, 'writers'), 'nonsense\n');
      expect(() => open(directory)).toThrow(
        expect.objectContaining({ code: 'WRITERS_UNREADABLE', exitCode: 78 }),
      );
    });
  });
});
