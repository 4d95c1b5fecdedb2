/**
 * Kills the real process with SIGKILL at random moments while it trades.
 *
 * Verifies: C1, C2, C3, C6, I1, I2, I4, I5, I7, I10
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../src/kernel/random.ts';
import { verifyDirectory } from '../../src/persistence/journal-reader.ts';
import { runBulkhead, startBulkhead } from '../support/bulkhead.ts';

const kills = Number(process.env['BULKHEAD_KILLS'] ?? '50');
const seed = process.env['BULKHEAD_SEED'] ?? 'kill-1';

type Frame = {
  readonly headSeq: number;
  readonly headHash: string;
  readonly marketTime: string;
  readonly accounts: readonly {
    readonly locks: readonly { readonly lockId: string; readonly until: string }[];
  }[];
};

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'bulkhead-kill-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function args(): readonly string[] {
  return [
    'run',
    '--data-dir',
    directory,
    '--trader',
    'reckless',
    '--speed',
    'max',
    '--seed',
    seed,
    '--progress',
    'json',
  ];
}

/** Runs until `afterFrames` pictures came, waits a random moment, kills. @returns every acknowledged head */
async function runAndKill(afterFrames: number, extraMs: number): Promise<readonly Frame[]> {
  const frames: Frame[] = [];
  let arm = (): void => undefined;
  const armed = new Promise<void>((resolve) => {
    arm = resolve;
  });
  const running = startBulkhead(args(), (line) => {
    if (!line.startsWith('{')) return;
    frames.push(JSON.parse(line) as Frame);
    if (frames.length === afterFrames) arm();
  });
  await Promise.race([armed, running.ended]);
  await new Promise<void>((resolve) => {
    setTimeout(resolve, extraMs);
  });
  running.child.kill('SIGKILL');
  const { signal, stderr } = await running.ended;
  expect(signal, `the process was killed, not ended by itself:\n${stderr.slice(-2_000)}`).toBe(
    'SIGKILL',
  );
  return frames;
}

describe('a process that is killed while it trades', () => {
  it(`loses, doubles and forgets nothing over ${kills} kills`, async () => {
    const random = createRandom(seed);
    const acknowledged: Frame[] = [];
    for (let kill = 0; kill < kills; kill += 1) {
      acknowledged.push(...(await runAndKill(1 + random.int(2), random.int(120))));
    }
    const journal = new Database(join(directory, 'journal.db'), { readonly: true });
    const venue = new Database(join(directory, 'paper-venue.db'), { readonly: true });
    try {
      const hashOf = journal
        .prepare<[number], string>('SELECT hash FROM journal WHERE seq = ?')
        .pluck();
      const lost = acknowledged.filter(
        (frame) => frame.headSeq > 0 && hashOf.get(frame.headSeq) !== frame.headHash,
      );
      expect(lost.map((frame) => frame.headSeq)).toEqual([]);
      expect(acknowledged.length).toBeGreaterThanOrEqual(kills);
      expect(resubmitted(venue)).toEqual([]);
      expect(unannounced(venue, journal)).toEqual([]);
    } finally {
      journal.close();
      venue.close();
    }
    // One clean end: it reconciles, so that both books can be compared.
    const last = await runBulkhead([...args().slice(0, -2), '--for', '1s', '--json']);
    expect(last.code, last.stderr.slice(-2_000)).toBe(0);
    expectEqualBooks(directory);
    const report = verifyDirectory(directory);
    expect(report.problems).toEqual([]);
    expect(report.ok).toBe(true);
    expectLocksHeld(acknowledged);
  });
});

/** Orders that the venue has received more than once. */
function resubmitted(venue: Database.Database): readonly unknown[] {
  return venue.prepare('SELECT * FROM submission WHERE count > 1').all();
}

/** Orders that reached the venue although no commit holds their effect. */
function unannounced(venue: Database.Database, journal: Database.Database): readonly string[] {
  const known = journal.prepare<[string], number>('SELECT 1 FROM effect WHERE id = ?').pluck();
  const sent = venue.prepare<[], string>('SELECT order_id FROM submission').pluck().all();
  return sent.filter((orderId) => known.get(orderId) === undefined);
}

function expectEqualBooks(dataDir: string): void {
  const journal = new Database(join(dataDir, 'journal.db'), { readonly: true });
  const venue = new Database(join(dataDir, 'paper-venue.db'), { readonly: true });
  try {
    const ours = journal
      .prepare<[], string>('SELECT fill_id FROM fill ORDER BY fill_id')
      .pluck()
      .all();
    const theirs = venue
      .prepare<[], string>('SELECT fill_id FROM paper_fill ORDER BY fill_id')
      .pluck()
      .all();
    expect(theirs.length, 'the load made the venue trade').toBeGreaterThan(20);
    expect(ours).toEqual(theirs);
  } finally {
    journal.close();
    venue.close();
  }
}

/** A lock that was shown is shown by every later picture until its end. */
function expectLocksHeld(frames: readonly Frame[]): void {
  let seen = 0;
  for (const [index, frame] of frames.entries()) {
    for (const lock of frame.accounts.flatMap((account) => account.locks)) {
      seen += 1;
      const later = frames.slice(index + 1).filter((next) => next.marketTime < lock.until);
      for (const next of later) {
        const held = next.accounts.flatMap((account) => account.locks).map(({ lockId }) => lockId);
        expect(held, `lock ${lock.lockId} at ${next.marketTime}, until ${lock.until}`).toContain(
          lock.lockId,
        );
      }
    }
  }
  expect(seen, 'the load made the engine lock the account').toBeGreaterThan(0);
}
