/**
 * Tokens, the file they are kept in, and the sessions made from them.
 *
 * Verifies: security 1 (Token, Browser session, Limits: login), security 4 (modes), security 9 cases 4, 5 and 6
 */
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Sessions, TokenFile, tokenFileName } from '../../../src/inspector/tokens.ts';
import { SimulatedClock } from '../../../src/kernel/clock.ts';

const minute = 60_000;
const day = 86_400_000;
let directory = '';
let clock: SimulatedClock;
let tokens: TokenFile;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bulkhead-tokens-'));
  clock = new SimulatedClock(Date.UTC(2026, 2, 10, 15));
  tokens = new TokenFile(directory, clock);
});
afterEach(() => rmSync(directory, { recursive: true }));

function pass(milliseconds: number): void {
  clock.set(clock.nowMs() + milliseconds);
}

describe('the token file', () => {
  it('names tokens so that a command line takes the name', () => {
    for (let count = 0; count < 50; count += 1) {
      const { stored } = tokens.create({ role: 'viewer', by: 'anna', days: 1 });
      expect(stored.id).toMatch(/^[0-9a-f]{8}$/u);
    }
  });

  it('holds hashes only, for its owner only, whatever the umask', () => {
    const before = process.umask(0);
    try {
      const { token, stored } = tokens.create({ role: 'viewer', by: 'tom', days: 30 });
      const path = join(directory, tokenFileName);
      expect(token).toMatch(/^bh_viewer_[\w-]{43}$/u);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(readFileSync(path, 'utf8')).not.toContain(token);
      expect(stored.hash).toMatch(/^[0-9a-f]{64}$/u);
      expect(tokens.identify(token)).toEqual({ tokenId: stored.id, role: 'viewer', by: 'tom' });
    } finally {
      process.umask(before);
    }
  });

  it('refuses a file that others may read, and lets nobody in by it', () => {
    const { token } = tokens.create({ role: 'admin', by: 'ann', days: 1 });
    for (const mode of [0o640, 0o604, 0o660, 0o666]) {
      chmodSync(join(directory, tokenFileName), mode);
      expect(() => tokens.list()).toThrowError(/others may read/u);
      expect(tokens.identify(token)).toBeUndefined();
    }
    chmodSync(join(directory, tokenFileName), 0o600);
    expect(tokens.identify(token)?.role).toBe('admin');
  });

  it('refuses a folder that others may write, a link, and what is no list', () => {
    const { token } = tokens.create({ role: 'admin', by: 'ann', days: 1 });
    const path = join(directory, tokenFileName);
    chmodSync(directory, 0o770);
    expect(() => tokens.list()).toThrowError(/others may write/u);
    expect(tokens.identify(token)).toBeUndefined();
    chmodSync(directory, 0o700);
    renameSync(path, join(directory, 'elsewhere'));
    symlinkSync(join(directory, 'elsewhere'), path);
    expect(() => tokens.list()).toThrowError(/cannot be trusted/u);
    expect(tokens.identify(token)).toBeUndefined();
    rmSync(path);
    for (const text of ['', '{', '{}', '[{"id":"x"}]']) {
      rmSync(path, { force: true });
      writeFileSync(path, text, { mode: 0o600 });
      expect(() => tokens.list(), text).toThrowError(/is no list of tokens/u);
      expect(tokens.identify(token)).toBeUndefined();
    }
  });

  it('gives a token at most 90 days, and none after its end or its revocation', () => {
    const long = tokens.create({ role: 'viewer', by: 'tom', days: 1_000 });
    expect(long.stored.expiresAtMs - clock.nowMs()).toBe(90 * day);
    const short = tokens.create({ role: 'viewer', by: 'tom', days: 1 });
    const other = new TokenFile(directory, clock);
    expect(other.identify(short.token)).toBeDefined();
    pass(day - 1);
    expect(other.identify(short.token)).toBeDefined();
    pass(1);
    expect(other.identify(short.token)).toBeUndefined();
    expect(tokens.revoke(long.stored.id)).toBe(true);
    expect(other.identify(long.token), 'seen by whoever has read the file before').toBeUndefined();
    expect(tokens.revoke('nobody')).toBe(false);
  });
});

describe('a session', () => {
  let sessions: Sessions;
  beforeEach(() => {
    sessions = new Sessions(tokens, clock);
  });

  function signedIn(token: string) {
    const session = sessions.signIn(token);
    if (session === undefined || session === 'limited') throw new Error('it signs in');
    return session;
  }

  it('ends after 30 idle minutes, after 12 hours at last, on sign-out, and with its token', () => {
    const { token, stored } = tokens.create({ role: 'viewer', by: 'tom', days: 9 });
    const idle = signedIn(token);
    pass(30 * minute - 1);
    expect(sessions.find(idle.id)).toBeDefined();
    pass(30 * minute);
    expect(sessions.holds(idle.id)).toBe(false);
    expect(sessions.find(idle.id)).toBeUndefined();
    const busy = signedIn(token);
    for (let used = 0; used < 12 * 6 - 1; used += 1) {
      pass(10 * minute);
      expect(sessions.find(busy.id), String(used)).toBeDefined();
    }
    pass(10 * minute);
    expect(sessions.find(busy.id)).toBeUndefined();
    const left = signedIn(token);
    sessions.end(left.id);
    expect(sessions.find(left.id)).toBeUndefined();
    const revoked = signedIn(token);
    tokens.revoke(stored.id);
    expect(sessions.find(revoked.id)).toBeUndefined();
  });

  it('begins once from a sign-in link, within ten minutes', () => {
    const once = sessions.createSignIn();
    expect(signedIn(once).role).toBe('admin');
    expect(sessions.signIn(once)).toBeUndefined();
    const late = sessions.createSignIn();
    pass(10 * minute);
    expect(sessions.signIn(late)).toBeUndefined();
  });

  it('is refused at the 6th attempt of a minute, with the right token too, and waits longer each time', () => {
    const { token } = tokens.create({ role: 'viewer', by: 'tom', days: 1 });
    const fail = (): unknown => sessions.signIn('bh_viewer_0123456789abcdef');
    for (let attempt = 0; attempt < 5; attempt += 1) expect(fail()).toBeUndefined();
    expect(sessions.signIn(token)).toBe('limited');
    pass(minute - 1);
    expect(sessions.signIn(token)).toBe('limited');
    pass(1);
    for (let attempt = 0; attempt < 5; attempt += 1) expect(fail()).toBeUndefined();
    pass(minute);
    expect(sessions.signIn(token)).toBe('limited');
    pass(minute);
    expect(signedIn(token).role).toBe('viewer');
  });

  it('of an admin is recent for five minutes, and again after a token of that role was shown', () => {
    const admin = tokens.create({ role: 'admin', by: 'ann', days: 1 });
    const limited = tokens.create({ role: 'admin', by: 'bob', days: 1, accounts: ['A1'] });
    const viewer = tokens.create({ role: 'viewer', by: 'tom', days: 1 });
    const session = signedIn(sessions.createSignIn());
    expect(sessions.isRecent(session)).toBe(true);
    pass(5 * minute);
    expect(sessions.isRecent(session)).toBe(false);
    expect(sessions.stepUp(session, viewer.token)).toBeUndefined();
    expect(sessions.stepUp(session, limited.token)).toBeUndefined();
    expect(sessions.isRecent(session)).toBe(false);
    expect(sessions.stepUp(session, admin.token)).toBe('proven');
    expect(sessions.isRecent(session)).toBe(true);
  });
});
