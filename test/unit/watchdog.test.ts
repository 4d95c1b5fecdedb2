/**
 * Verifies: supervision 10 (event-loop stall, process watchdog), security 6 (sd_notify, healthy predicate), security 9
 * case 10, execution 9.1 (kill file by the watchdog)
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KillFile, readKillFile } from '../../src/bin/kill-file.ts';
import { Heartbeat, stalledMs } from '../../src/bin/watchdog/heartbeat.ts';
import { pauseOf, wordsOf } from '../../src/bin/watchdog/systemd-notice.ts';
import { watch } from '../../src/bin/watchdog/watch.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bulkhead-watchdog-unit-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the time that an engine has not moved', () => {
  const pauseMs = 125;

  it('begins anew with every beat', () => {
    const before = { beats: 7, stalledMs: 900 };
    expect(stalledMs(before, { beats: 8, elapsedMs: 125, pauseMs })).toBe(0);
    expect(stalledMs(before, { beats: 7, elapsedMs: 125, pauseMs })).toBe(1_025);
  });

  it('counts a look of the watchdog for at most twice its pause, however long it slept itself', () => {
    const before = { beats: 7, stalledMs: 0 };
    expect(stalledMs(before, { beats: 7, elapsedMs: 3_600_000, pauseMs })).toBe(250);
  });

  it('never shrinks without a beat and never grows faster than the clock', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -10, max: 10_000 }), { maxLength: 50 }), (looks) => {
        let [stalled, elapsed] = [0, 0];
        for (const elapsedMs of looks) {
          const now = stalledMs({ beats: 1, stalledMs: stalled }, { beats: 1, elapsedMs, pauseMs });
          elapsed += Math.max(0, elapsedMs);
          expect(now).toBeGreaterThanOrEqual(stalled);
          expect(now).toBeLessThanOrEqual(elapsed);
          stalled = now;
        }
      }),
    );
  });

  it('is not counted before the engine has moved for the first time', () => {
    const heartbeat = new Heartbeat();
    let ended = 0;
    const settings = {
      stallMs: 1,
      killAfterSeconds: 0,
      pullsKillSwitch: false,
      endsProcess: true,
    };
    heartbeat.close();
    watch({ shared: heartbeat.shared, dataDir: folder, killFile: 'KILL_SWITCH', settings }, () => {
      ended += 1;
    });
    expect(ended).toBe(0);
  });
});

describe('the kill file of the watchdog', () => {
  const file = (): KillFile => new KillFile(folder, 'KILL_SWITCH', () => undefined);
  const content = (): ReturnType<typeof readKillFile> =>
    readKillFile(readFileSync(join(folder, 'KILL_SWITCH'), 'utf8'));

  it('names who has written it, and kills everything in the mode that is configured', () => {
    file().pull({ by: 'watchdog', reason: 'it hangs', trigger: 'watchdog' });
    expect(content()).toMatchObject({ scope: 'all', by: 'watchdog', trigger: 'watchdog' });
    expect(content().mode).toBeUndefined();
  });

  it('leaves one that a person has written and that stops no less', () => {
    writeFileSync(join(folder, 'KILL_SWITCH'), 'mode: flatten\nby: ann\n');
    file().pull({ by: 'watchdog', reason: 'it hangs', trigger: 'watchdog' });
    expect(content()).toMatchObject({ mode: 'flatten', by: 'ann', trigger: 'file' });
  });

  it('takes the place of one that stops less', () => {
    writeFileSync(join(folder, 'KILL_SWITCH'), 'scope: instrument\ntarget: MNQ\n');
    file().pull({ by: 'watchdog', reason: 'it hangs', trigger: 'watchdog' });
    expect(content()).toMatchObject({ scope: 'all', by: 'watchdog' });
  });
});

describe('the service manager', () => {
  const well = { health: { isWell: true, why: 'well' }, status: 'ACTIVE: 1 of 1 accounts' };
  const ill = { ...well, health: { isWell: false, why: 'the last commit has failed' } };

  it('is fed only while all is well', () => {
    expect(wordsOf(well, true)).toEqual(['STATUS=ACTIVE: 1 of 1 accounts', 'WATCHDOG=1']);
    expect(wordsOf(ill, true)).toEqual([
      'STATUS=ACTIVE: 1 of 1 accounts; the last commit has failed',
    ]);
    expect(wordsOf(well, false)).toEqual(['STATUS=ACTIVE: 1 of 1 accounts']);
  });

  it.each([
    ['10000000', 5_000],
    ['1000', 100],
    [undefined, 5_000],
    ['soon', 5_000],
    ['-1', 5_000],
  ])('that waits %s microseconds hears every %i ms', (micros, pauseMs) => {
    expect(pauseOf(micros)).toBe(pauseMs);
  });
});
