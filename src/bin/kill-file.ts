/**
 * The kill file: while it exists, everything is killed. The simplest way to stop an engine, for a person or a
 * watchdog that has nothing but a shell. Source: execution 9.1.
 *
 * Its content may be empty, or say in YAML what is meant: scope, target, account, mode, emergency, reason, by. Content
 * that cannot be understood kills everything: what is not understood is not taken for less.
 */
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Engine } from '../actors/engine.ts';
import { AccountId } from '../domain/ids.ts';
import { killKey } from '../domain/kill.ts';
import { killModes, killScopes, type KillRequest } from '../domain/operator.ts';

const Content = z.strictObject({
  scope: z.enum(killScopes).default('all'),
  target: z.string().min(1).optional(),
  account: AccountId.optional(),
  mode: z.enum(killModes).optional(),
  emergency: z.boolean().default(false),
  reason: z.string().min(1).default('the kill file exists'),
  by: z.string().min(1).default('kill file'),
  trigger: z.enum(['file', 'watchdog']).default('file'),
});
type Content = z.output<typeof Content>;

/** More than any sensible content. */
const bytesMax = 4_096;

/** What a kill file asks for. Never fails: the worst reading is everything. */
export function readKillFile(text: string): Content {
  try {
    const parsed = Content.safeParse(parse(text.slice(0, bytesMax)) ?? {});
    const isWhole = parsed.success && (parsed.data.target !== undefined || isWide(parsed.data));
    if (parsed.success && isWhole) return parsed.data;
  } catch {
    // Not YAML: as below.
  }
  return Content.parse({ reason: 'the kill file exists; its content was not understood' });
}

function isWide({ scope }: Content): boolean {
  return scope === 'all' || scope === 'account';
}

export class KillFile {
  readonly path: string;
  private readonly engine: () => Engine | undefined;
  private polls = 0;

  /** @param name relative to the data directory, or absolute */
  constructor(directory: string, name: string, engine: () => Engine | undefined) {
    this.path = isAbsolute(name) ? name : join(directory, name);
    this.engine = engine;
  }

  /** Kills what the file asks for and is not killed yet; true when it did. The caller lets the engine rest. */
  poll(): boolean {
    const engine = this.engine();
    const text = engine === undefined ? undefined : this.read();
    if (engine === undefined || text === undefined) return false;
    const { scope, target, account, mode, emergency, reason, by, trigger } = readKillFile(text);
    const kill: KillRequest = {
      scope,
      ...(target === undefined ? {} : { target }),
      ...(mode === undefined ? {} : { mode }),
      isEmergency: emergency,
      trigger,
    };
    if (!this.isNew(engine, kill, account)) return false;
    this.polls += 1;
    engine.operate({
      verb: 'kill',
      kill,
      ...(account === undefined ? {} : { accountId: account }),
      requestId: `kill-file:${engine.world.options.journal.head.seq}:${this.polls}`,
      role: 'operator',
      by,
      reason,
    });
    return true;
  }

  /** For a kill that the store could not remember: the next start finds it here. */
  write(content: Partial<Content>): void {
    const partial = `${this.path}.tmp`;
    writeFileSync(partial, JSON.stringify(content), { mode: 0o600, flush: true });
    renameSync(partial, this.path);
  }

  /** The same, unless the file is there and stops no less: what a person wrote is not made smaller. */
  pull(content: Partial<Content>): void {
    const text = this.read();
    if (text !== undefined && readKillFile(text).scope === 'all') return;
    this.write(content);
  }

  remove(): void {
    rmSync(this.path, { force: true });
  }

  /** A run that is on already is not triggered again, unless the file now wants positions closed. */
  private isNew(engine: Engine, kill: KillRequest, account: AccountId | undefined): boolean {
    const key = killKey(kill);
    const isFlatten = kill.isEmergency || kill.mode === 'flatten';
    return [...engine.world.accounts.values()].some(
      ({ id, kills }) =>
        (account === undefined || id === account) &&
        !kills.some((run) => run.key === key && (!isFlatten || run.mode === 'flatten')),
    );
  }

  /** Undefined where there is no file; a file that cannot be read exists all the same. */
  private read(): string | undefined {
    if (statSync(this.path, { throwIfNoEntry: false }) === undefined) return undefined;
    try {
      return readFileSync(this.path, 'utf8');
    } catch {
      return 'unreadable: [';
    }
  }
}
