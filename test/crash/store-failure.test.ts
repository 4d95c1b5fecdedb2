/**
 * The disk fails under the real process: it stops at once, and what is committed is there at the next start.
 *
 * Verifies: C4
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandPath, runBulkhead } from '../support/bulkhead.ts';

const canInject = spawnSync('strace', ['-f', '-e', 'trace=fsync', 'true']).status === 0;
if (!canInject)
  console.warn('SKIPPED: strace is missing or may not trace, so no fault was injected');

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'bulkhead-eio-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe.runIf(canInject)('a store that fails while the engine runs', () => {
  it.each([60, 81, 120])(
    'ends the process with exit 74 at the fsync number %i, and the journal holds',
    async (number) => {
      const directory = join(root, String(number));
      const args = [
        'run',
        '--data-dir',
        directory,
        '--speed',
        'max',
        '--for',
        '1d',
        '--json',
        '--progress',
        'none',
      ];
      const fault = `fsync:error=EIO:when=${number}+`;
      const child = spawn('strace', [
        '-f',
        '-qq',
        '-o',
        '/dev/null',
        '-e',
        'trace=fsync',
        '-e',
        `inject=${fault}`,
        process.execPath,
        commandPath,
        ...args,
      ]);
      let stderr = '';
      child.stderr.on('data', (chunk: Buffer) => {
        stderr += chunk.toString();
      });
      const code = await new Promise<number | null>((resolve) => {
        child.on('close', resolve);
      });
      expect(code, stderr).toBe(74);
      expect(stderr).toMatch(/journal could not be written/);
      const verified = await runBulkhead(['journal', 'verify', '--data-dir', directory, '--json']);
      expect(verified.code, verified.stdout).toBe(0);
      const next = await runBulkhead([
        'run',
        '--data-dir',
        directory,
        '--speed',
        'max',
        '--for',
        '10m',
        '--json',
        '--progress',
        'none',
      ]);
      expect(next.code, next.stderr).toBe(0);
      expect(JSON.parse(next.stdout)).toMatchObject({ recovery: { wasClean: false } });
    },
  );
});
