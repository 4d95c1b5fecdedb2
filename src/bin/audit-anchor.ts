/**
 * The head of the journal, written down outside of it: one line a minute and one after each command of a person, only ever
 * added to. Whoever holds the file (another disk, `chattr +a`) can tell that a journal was cut or written anew.
 *
 * Source: security 3.
 */
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { z } from 'zod';
import type { Clock } from '../kernel/clock.ts';
import { errorText, exitCodes, OperatorError } from '../kernel/errors.ts';
import { verifyAudit } from '../persistence/audit-verify.ts';
import type { AnchoredHead, AuditVerifyReport } from '../ports/audit.port.ts';
import type { Head } from '../ports/journal.port.ts';

const pauseMs = 60_000;

const AnchorLine = z.strictObject({
  atMs: z.int(),
  seq: z.int().min(0),
  hash: z.string().length(64),
  database: z.string(),
});

export type AnchorSource = {
  readonly databaseUuid: string;
  readonly head: Head;
};

export class AuditAnchor {
  private readonly file: number;
  private readonly source: AnchorSource;
  private readonly clock: Clock;
  private readonly onFault: (text: string) => void;
  private lastSeq = -1;
  private lastAtMs = 0;
  private isFailed = false;

  /**
   * @param onFault told once when a line cannot be written: protection goes on without it
   * @throws OperatorError AUDIT_ANCHOR, exit 73, when the file cannot be added to at the start
   */
  constructor(path: string, source: AnchorSource, clock: Clock, onFault: (text: string) => void) {
    this.file = openAnchor(path);
    this.source = source;
    this.clock = clock;
    this.onFault = onFault;
  }

  /** Once a minute, where something was added to the journal. */
  look(): void {
    if (this.clock.nowMs() - this.lastAtMs >= pauseMs) this.write();
  }

  /** The head as it is now. Never throws. */
  write(): void {
    const { head, databaseUuid: database } = this.source;
    if (this.isFailed || head.seq === this.lastSeq) return;
    const atMs = this.clock.nowMs();
    const line: AnchoredHead = { atMs, seq: head.seq, hash: head.hash, database };
    try {
      writeSync(this.file, `${JSON.stringify(line)}\n`);
      fsyncSync(this.file);
      this.lastSeq = head.seq;
      this.lastAtMs = atMs;
    } catch (error) {
      this.isFailed = true;
      this.onFault(`the head is no longer written down outside: ${errorText(error)}`);
    }
  }

  close(): void {
    this.write();
    closeSync(this.file);
  }
}

const flags = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | constants.O_NOFOLLOW;

function openAnchor(path: string): number {
  let file: number;
  try {
    file = openSync(path, flags, 0o600);
  } catch (error) {
    throw cannotAdd(path, errorText(error), 'Name a file on a disk that takes it.');
  }
  const found = fstatSync(file);
  if (found.isFile() && (found.mode & 0o077) === 0) return file;
  closeSync(file);
  throw cannotAdd(path, 'others may read or write it', `chmod 600 ${path}`);
}

function cannotAdd(path: string, problem: string, remedy: string): OperatorError {
  return new OperatorError({
    code: 'AUDIT_ANCHOR',
    exitCode: exitCodes.cannotCreate,
    message: `the head of the journal cannot be written down in ${path}: ${problem}`,
    remedy,
  });
}

/** The heads in a file, oldest first. A last line without an end is one that a crash has cut off. */
function anchorsOf(path: string): readonly AnchoredHead[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw unreadable(path, errorText(error));
  }
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line, at) => {
    try {
      return AnchorLine.parse(JSON.parse(line));
    } catch {
      throw unreadable(path, `line ${at + 1} is no head`);
    }
  });
}

function unreadable(path: string, problem: string): OperatorError {
  return new OperatorError({
    code: 'AUDIT_ANCHOR_UNREADABLE',
    exitCode: exitCodes.usage,
    message: `${path} cannot be read as heads of a journal: ${problem}`,
    remedy: 'Name the file that --audit-anchor has written.',
  });
}

/** What `bulkhead audit verify` does. @throws OperatorError when the journal or the anchor cannot be read */
export function auditVerify(dataDir: string, anchor?: string): Promise<AuditVerifyReport> {
  return Promise.resolve(verifyAudit(dataDir, anchor === undefined ? [] : anchorsOf(anchor)));
}
