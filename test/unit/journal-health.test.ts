/** Verifies: what the journal finds wrong with its disk reaches the operator (durability 2.2, 2.3) */
import { expect, it } from 'vitest';
import { JournalHealthDesk } from '../../src/bin/journal-health.ts';

it('tells what was heard before anybody listened, in order, and everything after it', () => {
  const desk = new JournalHealthDesk();
  const told: string[] = [];
  desk.hear({ type: 'ballastMissing' });
  desk.hear({ type: 'logGrown', bytes: 12 * 1024 * 1024 });
  desk.openTo((text) => told.push(text));
  desk.hear({ type: 'storeFailed', code: 'SQLITE_FULL', text: 'database or disk is full' });
  desk.hear({ type: 'ballastDropped' });
  expect(told.map((text) => text.split(' ')[0])).toEqual([
    'BALLAST_MISSING',
    'LOG_GROWN',
    'STORE_FAILED',
    'DISK_FULL',
  ]);
  expect(told[1]).toContain('12 MiB');
  expect(told[2]).toContain('database or disk is full');
});
