/**
 * A run that stops moving in the middle of it, as a program does that hangs: the thread of the engine waits for what
 * never comes. Ended by its watchdog, or moving again after `stall` milliseconds and going on for `lingers`.
 */
import { runCommand } from '../../src/bin/run-command.ts';

const [dataDir = '', configPath = '', stall = 'forever', lingers = '0'] = process.argv.slice(2);
const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
const forMs = 20_000;
let hasHung = stall === 'none';
let overAtMs: number | undefined;
const controller = new AbortController();
const fromMs = performance.now();
const report = await runCommand(
  { dataDir, configPath, speed: 1, seed: 'watchdog', trader: 'none' },
  ({ accounts, notes }) => {
    const [account] = accounts;
    if (!hasHung) {
      hasHung = true;
      say('HANGS');
      const waitMs = stall === 'forever' ? undefined : Number(stall);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, waitMs);
      return;
    }
    const stalled = notes.find((note) => note.includes('STALL'));
    const isOver = stall === 'none' ? account?.tradingState === 'HALTED' : stalled !== undefined;
    if (stalled !== undefined) say(stalled);
    if (account?.tradingState === 'HALTED') say(`HALTED ${account.causes.join(' | ')}`);
    if (isOver) overAtMs ??= performance.now();
    const nowMs = performance.now();
    if (nowMs - (overAtMs ?? nowMs) >= Number(lingers) && (isOver || nowMs - fromMs > forMs))
      controller.abort();
  },
  controller.signal,
);
say(`END ${report.accounts[0]?.tradingState ?? 'nobody'}`);
