/** Verifies: security 1 (Token: last_used): to the minute, in a file of its own, never in the journal. */
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { tokenUseFileName } from '../../../src/inspector/token-use.ts';
import { Sessions, TokenFile } from '../../../src/inspector/tokens.ts';
import { SimulatedClock } from '../../../src/kernel/clock.ts';

let directory = '';
let clock: SimulatedClock;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bulkhead-use-'));
  clock = new SimulatedClock(1_700_000_000_000);
});
afterEach(() => rmSync(directory, { recursive: true }));

const file = () => join(directory, tokenUseFileName);
const tokens = () => new TokenFile(directory, clock);
const stored = () => JSON.parse(readFileSync(file(), 'utf8')) as Record<string, number>;

it('notes a use at most once a minute, for its owner only, and another process reads it', () => {
  const list = tokens();
  const { token, stored: made } = list.create({ role: 'viewer', by: 'ann', days: 1 });
  expect(list.lastUsedOf(made.id)).toBeUndefined();
  const firstMs = clock.nowMs();
  list.identify(token);
  expect(stored()).toEqual({ [made.id]: firstMs });
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  const { ino } = statSync(file());
  for (let count = 0; count < 100; count += 1) {
    clock.advanceTo(clock.nowMs() + 500);
    list.identify(token);
  }
  expect(statSync(file()).ino).toBe(ino);
  clock.advanceTo(firstMs + 60_000);
  list.identify(token);
  expect(stored()).toEqual({ [made.id]: firstMs + 60_000 });
  expect(tokens().lastUsedOf(made.id)).toBe(firstMs + 60_000);
});

it('counts a session as a use of its token, and forgets tokens that are gone', () => {
  const list = tokens();
  writeFileSync(file(), '{"gone":1}');
  const again = tokens();
  const { token, stored: made } = list.create({ role: 'operator', by: 'ann', days: 1 });
  const sessions = new Sessions(again, clock);
  const session = sessions.signIn(token);
  if (session === undefined || session === 'limited') throw new Error('not signed in');
  clock.advanceTo(clock.nowMs() + 120_000);
  sessions.find(session.id);
  expect(stored()).toEqual({ [made.id]: clock.nowMs() });
});

it('notes nothing of a token that nobody has made, was revoked, or is over', () => {
  const list = tokens();
  const { token, stored: made } = list.create({ role: 'viewer', by: 'ann', days: 1 });
  list.identify('bh_viewer_0123456789abcdef0123456789');
  list.revoke(made.id);
  list.identify(token);
  expect(statSync(file(), { throwIfNoEntry: false })).toBeUndefined();
});

it.each(['no JSON', '[1]', '{"a":"b"}'])(
  'lets people in whatever stands in the file: %j',
  (text) => {
    writeFileSync(file(), text);
    const list = tokens();
    const { token, stored: made } = list.create({ role: 'viewer', by: 'ann', days: 1 });
    expect(list.identify(token)).toBeDefined();
    expect(stored()).toEqual({ [made.id]: clock.nowMs() });
  },
);

it('follows no link', () => {
  const other = join(directory, 'other');
  writeFileSync(other, '{"x":1}');
  symlinkSync(other, file());
  const list = tokens();
  const { token } = list.create({ role: 'viewer', by: 'ann', days: 1 });
  list.identify(token);
  expect(readFileSync(other, 'utf8')).toBe('{"x":1}');
  expect(list.lastUsedOf('x')).toBeUndefined();
});
