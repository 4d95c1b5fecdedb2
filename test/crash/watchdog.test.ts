/**
 * What the watchdog does with a real process that stops moving.
 *
 * Verifies: execution 9.1 (own path, trigger watchdog), supervision 10 (stall ≤ 1 s, process watchdog), F9; negative
 * case: a hanging engine is left alone
 */
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

type Ending = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
};

/** @param ask called when the process says that it hangs */
async function run(
  folder: string,
  stall: string,
  { path, ask }: { readonly path?: string; readonly ask?: (pid: number) => void } = {},
): Promise<Ending> {
  const child = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      join(import.meta.dirname, 'watchdog.child.ts'),
      join(folder, 'data'),
      join(folder, 'bulkhead.yaml'),
      stall,
      path === undefined ? '0' : '1500',
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        ...(path === undefined
          ? {}
          : {
              PATH: `${path}:${process.env['PATH'] ?? ''}`,
              NOTIFY_SOCKET: '/dev/null',
              WATCHDOG_USEC: '600000',
            }),
      },
    },
  );
  let output = '';
  let isAsked = false;
  child.stdout.on('data', (text: Buffer) => {
    output += text.toString();
    if (isAsked || !output.includes('HANGS')) return;
    isAsked = true;
    ask?.(child.pid ?? 0);
  });
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => resolve({ code, signal, output }));
  });
}

function folderWith(watchdog: object): string {
  const folder = mkdtempSync(join(tmpdir(), 'bulkhead-watchdog-'));
  folders.push(folder);
  const file = { accounts: [{ id: 'A1', balance: '50000' }], watchdog };
  writeFileSync(join(folder, 'bulkhead.yaml'), JSON.stringify(file));
  return folder;
}

const killFile = (folder: string): string => join(folder, 'data', 'KILL_SWITCH');

describe('an engine that stops moving', { timeout: 60_000 }, () => {
  it('is ended with SIGABRT after its time, and the next start finds the kill', async () => {
    const folder = folderWith({ killAfterSeconds: 2 });
    const { signal, output } = await run(folder, 'forever');
    expect(output).toContain('HANGS');
    expect(signal).toBe('SIGABRT');
    const text = readFileSync(killFile(folder), 'utf8');
    expect(text).toContain('"trigger":"watchdog"');
    expect(text).toContain('has not moved for 2 s');
    const next = await run(folder, 'none');
    expect(next.output).toContain('HALTED kill');
    expect(next.output).toContain('END HALTED');
    expect(next.code).toBe(0);
  });

  it('that moves again in time is told of, and nothing is pulled', async () => {
    const folder = folderWith({ killAfterSeconds: 10 });
    const { code, output } = await run(folder, '1500');
    expect(output).toMatch(/STALL the engine did not move for 1[4-9]\d\d ms/);
    expect(output).toContain('END ACTIVE');
    expect(code).toBe(0);
    expect(existsSync(killFile(folder))).toBe(false);
  });

  it('is only killed where the process shall live, as soon as it moves again', async () => {
    const folder = folderWith({ killAfterSeconds: 2, endsProcess: false });
    const { code, output } = await run(folder, '3500');
    expect(code).toBe(0);
    expect(existsSync(killFile(folder))).toBe(true);
    expect(output).toContain('END HALTED');
  });

  it('is only ended where nothing shall be pulled', async () => {
    const folder = folderWith({ killAfterSeconds: 2, pullsKillSwitch: false });
    const { signal } = await run(folder, 'forever');
    expect(signal).toBe('SIGABRT');
    expect(existsSync(killFile(folder))).toBe(false);
  });

  it('because the whole process was stopped is no engine that hangs', async () => {
    const folder = folderWith({ killAfterSeconds: 2 });
    const { code } = await run(folder, '500', {
      ask: (pid) => {
        process.kill(pid, 'SIGSTOP');
        setTimeout(() => process.kill(pid, 'SIGCONT'), 4_000);
      },
    });
    expect(code).toBe(0);
    expect(existsSync(killFile(folder))).toBe(false);
  });

  it('does not feed the service manager while it stands still (security 9, case 10)', async () => {
    const folder = folderWith({ killAfterSeconds: 30 });
    const told = join(folder, 'told');
    const tool = join(folder, 'systemd-notify');
    writeFileSync(tool, `#!/bin/sh\necho "$(date +%s%N) $*" >> ${told}\n`);
    chmodSync(tool, 0o700);
    const { code } = await run(folder, '3000', { path: folder });
    expect(code).toBe(0);
    const lines = readFileSync(told, 'utf8').trim().split('\n');
    expect(lines[0]).toMatch(/READY=1 STATUS=[A-Z]+: 1 of 1 accounts WATCHDOG=1$/);
    expect(lines.at(-1)).toMatch(/STOPPING=1$/);
    const fed = lines
      .filter((line) => line.includes('WATCHDOG=1'))
      .map((line) => Number(line.slice(0, 13)));
    const pauses = fed.slice(1).map((atMs, index) => atMs - (fed[index] ?? 0));
    expect(fed.length).toBeGreaterThan(1);
    expect(Math.max(...pauses)).toBeGreaterThan(2_500);
  });
});
