/**
 * Who may look and who may act: tokens, which are stored as hashes only, and the browser sessions made from them.
 *
 * A token has 32 random bytes, so its hash needs no slow function. Source: security 1.
 */
import { timingSafeEqual } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { PersonName, SecretText, TokenId } from '../domain/classified-fields.ts';
import { roles, type Role } from '../domain/operator.ts';
import type { Clock } from '../kernel/clock.ts';
import { errorText, exitCodes, OperatorError } from '../kernel/errors.ts';
import { createSecret, secretHash } from '../kernel/secret.ts';
import { TokenUse } from './token-use.ts';

const dayMs = 86_400_000;
/** Longest life of a token. */
const tokenDaysMax = 90;
const signInDurationMs = 600_000;
const idleDurationMs = 1_800_000;
const sessionDurationMs = 43_200_000;
const sessionsMax = 100;
const loginsPerMinute = 5;
/** Verbs of an admin that end or change something need a token shown within this time. */
const stepUpDurationMs = 300_000;
const loginPauseMs = 60_000;
const loginPauseMsMax = 900_000;

const StoredToken = z.strictObject({
  id: TokenId,
  role: z.enum(roles),
  /** SHA-256 of the token, hex. */
  hash: SecretText.length(64),
  accounts: z.array(z.string()).optional(),
  by: PersonName,
  createdAtMs: z.number(),
  expiresAtMs: z.number(),
  isRevoked: z.boolean(),
});
export type StoredToken = z.output<typeof StoredToken>;

export type Identity = {
  readonly tokenId: string;
  readonly role: Role;
  /** Absent: all. */
  readonly accounts?: readonly string[];
  readonly by: string;
};

export type Session = Identity & {
  readonly id: string;
  readonly csrf: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  lastSeenMs: number;
  /** When its person has last shown a token. */
  provenAtMs: number;
};

export const tokenFileName = 'inspector-tokens.json';

/**
 * Tokens of a data directory. The file is looked at again for every question, so that a revocation counts at once; one
 * that others may write or read, or that is a link, is not believed.
 */
export class TokenFile {
  private readonly directory: string;
  private readonly path: string;
  private readonly clock: Clock;
  private readonly use: TokenUse;
  private tokens: readonly StoredToken[] = [];
  private readVersion = '';

  constructor(dataDir: string, clock: Clock) {
    this.directory = resolve(dataDir);
    this.path = join(this.directory, tokenFileName);
    this.clock = clock;
    this.use = new TokenUse(this.directory);
  }

  /** When a token was used last, ms, to the minute; undefined: never. */
  lastUsedOf(id: string): number | undefined {
    return this.use.lastOf(id);
  }

  /** Notes that somebody came with this token, or with a session that was made from it. */
  noteUse(id: string): void {
    if (id === signInId || !this.use.isDue(id, this.clock.nowMs())) return;
    const known = this.believed().map((token) => token.id);
    if (known.includes(id)) this.use.note(id, this.clock.nowMs(), known);
  }

  /** @throws OperatorError TOKEN_FILE_OPEN or TOKEN_FILE_INVALID, exit 78 */
  list(): readonly StoredToken[] {
    const found = statSync(this.path, { throwIfNoEntry: false });
    if (found === undefined) return [];
    this.expectPrivate();
    // The inode is part of it: two changes within a millisecond are two files.
    const version = versionOf(found);
    if (version !== this.readVersion) {
      this.tokens = this.read();
      this.readVersion = version;
    }
    return this.tokens;
  }

  private expectPrivate(): void {
    const own = process.getuid?.();
    const isOpen =
      (statSync(this.path).mode & 0o077) !== 0 ||
      (own !== undefined && own !== 0 && statSync(this.path).uid !== own);
    if (isOpen) throw openFile(`others may read ${this.path}`, `chmod 600 ${this.path}`);
    if ((statSync(this.directory).mode & 0o022) === 0) return;
    throw openFile(`others may write ${this.directory}`, `chmod 700 ${this.directory}`);
  }

  private read(): readonly StoredToken[] {
    let file: number;
    try {
      file = openSync(this.path, constants.O_RDONLY | constants.O_NOFOLLOW);
    } catch (error) {
      throw openFile(
        `${this.path} cannot be trusted: ${errorText(error)}`,
        'Make it a plain file.',
      );
    }
    try {
      if (!fstatSync(file).isFile()) throw invalidFile(this.path, 'it is no file');
      const parsed = z.array(StoredToken).safeParse(jsonOf(readFileSync(file, 'utf8')));
      if (!parsed.success) throw invalidFile(this.path, z.prettifyError(parsed.error));
      return parsed.data;
    } finally {
      closeSync(file);
    }
  }

  /** Somebody may come in with a token. @throws OperatorError as `list` */
  hasValid(): boolean {
    return this.list().some((token) => this.isValid(token));
  }

  /** @returns the token itself, which is shown once and stored nowhere */
  create(wanted: {
    readonly role: Role;
    readonly by: string;
    readonly accounts?: readonly string[];
    readonly days: number;
  }): { readonly token: string; readonly stored: StoredToken } {
    const token = `bh_${wanted.role}_${createSecret()}`;
    const createdAtMs = this.clock.nowMs();
    const stored: StoredToken = {
      // Hex: an id is typed on a command line, where a leading dash would be an option.
      id: secretHash(createSecret()).slice(0, 8),
      role: wanted.role,
      hash: secretHash(token),
      ...(wanted.accounts === undefined ? {} : { accounts: [...wanted.accounts] }),
      by: wanted.by,
      createdAtMs,
      expiresAtMs: createdAtMs + Math.min(wanted.days, tokenDaysMax) * dayMs,
      isRevoked: false,
    };
    this.write([...this.list(), stored]);
    return { token, stored };
  }

  /** @returns whether there was such a token */
  revoke(id: string): boolean {
    const found = this.list().find((token) => token.id === id);
    if (found === undefined) return false;
    const others = this.list().filter((token) => token !== found);
    this.write([...others, { ...found, isRevoked: true }]);
    return true;
  }

  /** Who holds the token; undefined when nobody may any more. */
  identify(token: string): Identity | undefined {
    const hash = Buffer.from(secretHash(token), 'hex');
    const found = this.believed().find((stored) =>
      timingSafeEqual(Buffer.from(stored.hash, 'hex'), hash),
    );
    if (found === undefined || !this.isValid(found)) return undefined;
    this.noteUse(found.id);
    return identityOf(found);
  }

  /** Still there, neither revoked nor expired. The token of a sign-in link lives as long as the process. */
  isIdValid(id: string): boolean {
    if (id === signInId) return true;
    const found = this.believed().find((token) => token.id === id);
    return found !== undefined && this.isValid(found);
  }

  /** Nobody is let in by a file that is not believed. */
  private believed(): readonly StoredToken[] {
    try {
      return this.list();
    } catch {
      return [];
    }
  }

  private isValid({ isRevoked, expiresAtMs }: StoredToken): boolean {
    return !isRevoked && this.clock.nowMs() < expiresAtMs;
  }

  private write(tokens: readonly StoredToken[]): void {
    const draft = `${this.path}.new`;
    // Never open to others, not even between its creation and the change of its mode, whatever the umask.
    rmSync(draft, { force: true });
    const file = openSync(draft, 'wx', 0o600);
    try {
      writeFileSync(file, `${JSON.stringify(tokens, undefined, 2)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    chmodSync(draft, 0o600);
    renameSync(draft, this.path);
    this.readVersion = '';
  }
}

function versionOf({ ino, mtimeMs, size }: Stats): string {
  return `${ino} ${mtimeMs} ${size}`;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function openFile(message: string, remedy: string): OperatorError {
  return new OperatorError({
    code: 'TOKEN_FILE_OPEN',
    exitCode: exitCodes.configuration,
    message,
    remedy,
  });
}

function invalidFile(path: string, problem: string): OperatorError {
  return new OperatorError({
    code: 'TOKEN_FILE_INVALID',
    exitCode: exitCodes.configuration,
    message: `${path} is no list of tokens: ${problem}`,
    remedy: 'Remove the file and make tokens anew with `bulkhead token create`.',
  });
}

const signInId = 'sign-in link';

function identityOf({ id, role, accounts, by }: StoredToken): Identity {
  return { tokenId: id, role, by, ...(accounts === undefined ? {} : { accounts }) };
}

/** Sessions of browsers, in memory: a restart signs everybody out. */
export class Sessions {
  private readonly tokens: TokenFile;
  private readonly clock: Clock;
  private readonly sessions = new Map<string, Session>();
  private readonly signIns = new Map<string, number>();
  /** Failed attempts of the last minute. */
  private failures: number[] = [];
  private blockedUntilMs = 0;
  private pauseMs = loginPauseMs;

  constructor(tokens: TokenFile, clock: Clock) {
    this.tokens = tokens;
    this.clock = clock;
  }

  /** A token for one sign-in as admin within ten minutes, for the person who started the process. */
  createSignIn(): string {
    const token = `bh_once_${createSecret()}`;
    this.signIns.set(secretHash(token), this.clock.nowMs() + signInDurationMs);
    return token;
  }

  /** `limited`: too many failed attempts in the last minute; each time the wait is twice as long. */
  signIn(token: string): Session | 'limited' | undefined {
    const nowMs = this.clock.nowMs();
    const identity = this.prove(token, nowMs);
    if (identity === undefined || identity === 'limited') return identity;
    const session: Session = {
      ...identity,
      id: createSecret(),
      csrf: createSecret(),
      createdAtMs: nowMs,
      expiresAtMs: nowMs + sessionDurationMs,
      lastSeenMs: nowMs,
      provenAtMs: nowMs,
    };
    if (this.sessions.size >= sessionsMax) this.forgetOldest();
    this.sessions.set(session.id, session);
    return session;
  }

  /** Shows a token again within a session: of the same role at least, so that it proves the same rights. */
  stepUp(session: Session, token: string): 'proven' | 'limited' | undefined {
    const nowMs = this.clock.nowMs();
    const identity = this.prove(token, nowMs);
    if (identity === undefined || identity === 'limited') return identity;
    const isSame = identity.tokenId === session.tokenId;
    if (identity.role !== session.role || (identity.accounts !== undefined && !isSame))
      return undefined;
    session.provenAtMs = nowMs;
    return 'proven';
  }

  isRecent({ provenAtMs }: Session): boolean {
    return this.clock.nowMs() - provenAtMs < stepUpDurationMs;
  }

  /** Who shows a token; counts failures. */
  private prove(token: string, nowMs: number): Identity | 'limited' | undefined {
    if (nowMs < this.blockedUntilMs) return 'limited';
    const identity = this.takeSignIn(token, nowMs) ?? this.tokens.identify(token);
    if (identity !== undefined) {
      this.pauseMs = loginPauseMs;
      return identity;
    }
    this.failures = this.failures.filter((atMs) => nowMs - atMs < 60_000);
    this.failures.push(nowMs);
    if (this.failures.length >= loginsPerMinute) {
      this.failures = [];
      this.blockedUntilMs = nowMs + this.pauseMs;
      this.pauseMs = Math.min(this.pauseMs * 2, loginPauseMsMax);
    }
    return undefined;
  }

  /** Whether a session still holds; looking is no use of it. */
  holds(id: string): boolean {
    const session = this.sessions.get(id);
    return session !== undefined && !this.isOver(session);
  }

  /** The session of a cookie, if it still holds; that is a use of it. */
  find(id: string): Session | undefined {
    const session = this.sessions.get(id);
    if (session === undefined) return undefined;
    if (this.isOver(session)) {
      this.sessions.delete(id);
      return undefined;
    }
    session.lastSeenMs = this.clock.nowMs();
    this.tokens.noteUse(session.tokenId);
    return session;
  }

  end(id: string): void {
    this.sessions.delete(id);
  }

  private isOver({ expiresAtMs, lastSeenMs, tokenId }: Session): boolean {
    const nowMs = this.clock.nowMs();
    const isIdle = nowMs - lastSeenMs >= idleDurationMs;
    return nowMs >= expiresAtMs || isIdle || !this.tokens.isIdValid(tokenId);
  }

  private takeSignIn(token: string, nowMs: number): Identity | undefined {
    const hash = secretHash(token);
    const untilMs = this.signIns.get(hash);
    this.signIns.delete(hash);
    if (untilMs === undefined || nowMs >= untilMs) return undefined;
    return { tokenId: signInId, role: 'admin', by: 'admin' };
  }

  /** A socket that is read counts as use. */
  touch(id: string): void {
    this.find(id);
  }

  private forgetOldest(): void {
    for (const id of this.sessions.keys()) {
      this.sessions.delete(id);
      return;
    }
  }
}
