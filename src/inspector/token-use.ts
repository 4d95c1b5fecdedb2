/**
 * When each token was used last, in a file of its own beside the list: the service alone writes it, at most once a minute
 * for each token, and never into the journal. Source: security 1 (Token).
 */
import {
  closeSync,
  constants,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';

export const tokenUseFileName = 'inspector-tokens-used.json';

/** Between two notes about the same token. */
const pauseMs = 60_000;

const Uses = z.record(z.string(), z.int());

export class TokenUse {
  private readonly path: string;
  private readonly lastMs: Map<string, number>;

  constructor(dataDir: string) {
    this.path = join(resolve(dataDir), tokenUseFileName);
    this.lastMs = new Map(Object.entries(this.read()));
  }

  /** When the token was used last, to the minute; undefined: never. */
  lastOf(id: string): number | undefined {
    return this.lastMs.get(id);
  }

  isDue(id: string, nowMs: number): boolean {
    const last = this.lastMs.get(id);
    return last === undefined || nowMs - last >= pauseMs;
  }

  /**
   * Notes a use. A file that cannot be written keeps nobody out.
   *
   * @param known tokens there are: of others nothing is kept
   */
  note(id: string, nowMs: number, known: readonly string[]): void {
    if (!this.isDue(id, nowMs)) return;
    this.lastMs.set(id, nowMs);
    for (const one of this.lastMs.keys()) if (!known.includes(one)) this.lastMs.delete(one);
    try {
      const draft = `${this.path}.new`;
      rmSync(draft, { force: true });
      writeFileSync(draft, `${JSON.stringify(Object.fromEntries(this.lastMs))}\n`, {
        mode: 0o600,
        flag: 'wx',
      });
      renameSync(draft, this.path);
    } catch {
      // It is tried again in a minute.
    }
  }

  private read(): Readonly<Record<string, number>> {
    try {
      const file = openSync(this.path, constants.O_RDONLY | constants.O_NOFOLLOW);
      try {
        return Uses.parse(JSON.parse(readFileSync(file, 'utf8')));
      } finally {
        closeSync(file);
      }
    } catch {
      return {};
    }
  }
}
