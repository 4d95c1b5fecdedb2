/**
 * Commands of people to a running service, through the real command line and its control socket.
 *
 * Verifies: rules 5.5, security 1 (unix socket 0600, limits), security 3, execution 4 (request ids)
 */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runBulkhead, startBulkhead, type Running } from '../support/bulkhead.ts';

let root = '';
let directory = '';
let service: Running;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'bulkhead-operate-'));
  directory = join(root, 'data');
  service = await startService(directory);
}, 60_000);
afterAll(async () => {
  service.child.kill('SIGTERM');
  await service.ended;
  rmSync(root, { recursive: true, force: true });
});

/** A generated market in real time, until the first picture of the run is there. */
function startService(dataDir: string): Promise<Running> {
  return new Promise((resolve, reject) => {
    const args = ['run', '--data-dir', dataDir, '--speed', '60', '--trader', 'none'];
    const running = startBulkhead([...args, '--progress', 'json'], () => resolve(running));
    running.ended.then(({ stderr }) => reject(new Error(stderr)), reject);
  });
}

type Answer = { readonly outcome: string; readonly text: string; readonly requestId?: string };

async function ask(
  ...words: readonly string[]
): Promise<{ readonly code: number | null; readonly answer: Answer }> {
  const ended = await runBulkhead([...words, '--data-dir', directory, '--json']);
  expect(ended.stdout, ended.stderr).not.toBe('');
  return { code: ended.code, answer: JSON.parse(ended.stdout) as Answer };
}

async function locks(): Promise<readonly string[]> {
  const ended = await runBulkhead(['status', '--data-dir', directory, '--json']);
  const report = JSON.parse(ended.stdout) as {
    readonly accounts: readonly { readonly locks: readonly { readonly lockId: string }[] }[];
  };
  return report.accounts.flatMap((account) => account.locks.map(({ lockId }) => lockId));
}

/** What the socket says to some bytes; ends when it hangs up or has answered as often. */
function raw(text: string, answers = 1): Promise<readonly Answer[]> {
  return new Promise((resolve, reject) => {
    let said = '';
    const socket = connect(join(directory, 'control.sock'), () => socket.write(text));
    const end = (): void => {
      socket.destroy();
      resolve(
        said
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.parse(line) as Answer),
      );
    };
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      said += chunk;
      if (said.split('\n').length > answers) end();
    });
    socket.on('end', end);
    socket.on('error', reject);
  });
}

describe('a running service', () => {
  it('opens its control socket for its owner only', () => {
    const found = statSync(join(directory, 'control.sock'));
    expect(found.isSocket()).toBe(true);
    expect(found.mode & 0o777).toBe(0o600);
  });

  it('locks, refuses the trader who wants out, and unlocks for staff with a reason', async () => {
    const locked = await ask('lock', '--by', 'tom', '--role', 'viewer', '--scope', 'account');
    expect(locked).toMatchObject({ code: 0, answer: { outcome: 'accepted' } });
    expect(await locks()).toEqual(['operator:account']);
    const trader = ['unlock', '--by', 'tom', '--role', 'viewer', '--reason', 'calm'];
    expect(await ask(...trader)).toMatchObject({ code: 1, answer: { outcome: 'refused' } });
    expect(await ask('unlock', '--by', 'ann')).toMatchObject({
      code: 1,
      answer: { text: expect.stringMatching(/reason/) },
    });
    expect(await locks()).toEqual(['operator:account']);
    expect(await ask('unlock', '--by', 'ann', '--reason', 'talked')).toMatchObject({ code: 0 });
    expect(await locks()).toEqual([]);
  });

  it('answers a repeat of a request id with the first answer', async () => {
    const lock = ['lock', '--by', 'tom', '--scope', 'symbol:ES', '--request-id', 'r-1'];
    const first = await ask(...lock);
    await ask('unlock', '--by', 'ann', '--reason', 'test', '--scope', 'symbol:ES');
    expect(await ask(...lock)).toEqual(first);
    expect(await locks()).toEqual([]);
  });

  it('flattens, tightens a limit and does not loosen it', async () => {
    expect(await ask('flatten', '--by', 'ann')).toMatchObject({ code: 0 });
    const limit = (value: string) =>
      ask(
        'limit',
        '--by',
        'tom',
        '--role',
        'viewer',
        '--rule',
        'dailyRealizedLoss',
        '--value',
        value,
      );
    expect(await limit('-300')).toMatchObject({ code: 0 });
    expect(await limit('-400')).toMatchObject({
      code: 1,
      answer: { text: expect.stringMatching(/-400 is not tighter than -300.00/) },
    });
  });

  it('says of wrong input which field, which value and how to mend it', async () => {
    const ended = await runBulkhead([
      'lock',
      '--by',
      'a',
      '--duration',
      'soon',
      '--data-dir',
      directory,
    ]);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toMatch(/^bulkhead: lock is invalid: duration: .*was "soon"\. .+\n$/);
    for (const [line, field] of [
      ['no json', 'request'],
      ['[]', 'request'],
      ['{"verb":"sell","requestId":"x","by":"a"}', 'verb'],
      ['{"verb":"lock","requestId":"x"}', 'by'],
      ['{"verb":"lock","by":"a"}', 'requestId'],
      ['{"verb":"lock","requestId":"x","by":"a","role":"root"}', 'role'],
      ['{"verb":"lock","requestId":"x","by":"a","scope":"moon"}', 'scope'],
      ['{"verb":"lock","requestId":"x","by":"a","size":3}', 'size'],
      ['{"verb":"unlock","requestId":"x","by":"a","rule":"RULE-099"}', 'rule'],
      ['{"verb":"cancel","requestId":"x","by":"a"}', 'order'],
      ['{"verb":"recordTransfer","requestId":"x","by":"a","amount":"much"}', 'amount'],
    ] as const) {
      const [answer] = await raw(`${line}\n`);
      expect(answer, line).toMatchObject({
        outcome: 'invalid',
        problems: expect.arrayContaining([expect.objectContaining({ field })]),
      });
    }
  });

  it('answers in order, refuses what is too long, and lives on', async () => {
    const line = (id: string): string =>
      `${JSON.stringify({ verb: 'pause', requestId: id, by: 'a', strategy: id })}\n`;
    const answers = await raw(`${line('s1')}${line('s2')}${line('s3')}`, 3);
    expect(answers.map(({ requestId }) => requestId)).toEqual(['s1', 's2', 's3']);
    expect(await raw('x'.repeat(100_000))).toMatchObject([{ outcome: 'invalid' }]);
    expect(await ask('resume', '--by', 'ann', '--reason', 'test')).toMatchObject({ code: 0 });
  });
});

describe('without a service', () => {
  it.each([
    ['unlock', '--by', 'a'],
    ['flatten', '--by', 'a'],
    ['reset', 'daily', '--by', 'a'],
  ])('%s exits with 75 and says how to start one', async (...words) => {
    const ended = await runBulkhead([...words, '--data-dir', join(root, 'empty')]);
    expect(ended).toMatchObject({ code: 75, stdout: '' });
    expect(ended.stderr).toMatch(/^bulkhead: no service answers for .*empty.* bulkhead run/);
  });

  it('a socket that a killed service has left behind is replaced, and nothing else is', async () => {
    const left = join(root, 'left');
    const first = await startService(left);
    first.child.kill('SIGKILL');
    await first.ended;
    expect(statSync(join(left, 'control.sock')).isSocket()).toBe(true);
    const second = await startService(left);
    second.child.kill('SIGTERM');
    const { code } = await second.ended;
    expect(code).toBe(0);
    expect(statSync(join(left, 'control.sock'), { throwIfNoEntry: false })).toBeUndefined();
    writeFileSync(join(left, 'control.sock'), 'mine');
    const refused = await runBulkhead([
      'run',
      '--data-dir',
      left,
      '--speed',
      '60',
      '--trader',
      'none',
    ]);
    expect(refused.code).toBe(73);
    expect(refused.stderr).toMatch(/control\.sock is no socket/);
  });
});
