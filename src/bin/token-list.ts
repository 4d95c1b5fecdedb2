/** What `bulkhead token` does: the list of tokens in a data directory. */
import { statSync } from 'node:fs';
import type { TokenCommands, TokenView } from '../cli/dependencies.ts';
import { TokenFile, type StoredToken } from '../inspector/tokens.ts';
import { systemClock } from '../kernel/clock.ts';
import { exitCodes, OperatorError } from '../kernel/errors.ts';
import { isoText } from './progress.ts';

export const tokenCommands: TokenCommands = {
  async create(dataDir, wanted) {
    const { token, stored } = tokensOf(dataDir).create(wanted);
    const { id, expiresAtMs } = stored;
    return Promise.resolve({ id, token, expires: isoText(expiresAtMs) });
  },

  async list(dataDir) {
    const tokens = tokensOf(dataDir);
    const views = tokens.list().map((token) => viewOf(token, tokens.lastUsedOf(token.id)));
    return Promise.resolve(views);
  },

  async revoke(dataDir, id) {
    const tokens = tokensOf(dataDir);
    if (tokens.revoke(id)) return Promise.resolve();
    throw new OperatorError({
      code: 'UNKNOWN_TOKEN',
      exitCode: exitCodes.usage,
      message: `there is no token ${JSON.stringify(id)}`,
      remedy: 'See bulkhead token list; the id is its first column, not the token.',
    });
  },
};

function viewOf(token: StoredToken, lastUsedMs: number | undefined): TokenView {
  const { id, role, by, accounts, createdAtMs, expiresAtMs } = token;
  return {
    id,
    role,
    by,
    state: stateOf(token),
    created: isoText(createdAtMs),
    expires: isoText(expiresAtMs),
    lastUsed: lastUsedMs === undefined ? 'never' : isoText(lastUsedMs),
    ...(accounts === undefined ? {} : { accounts }),
  };
}

function stateOf({ isRevoked, expiresAtMs }: StoredToken): 'valid' | 'revoked' | 'expired' {
  if (isRevoked) return 'revoked';
  return systemClock.nowMs() < expiresAtMs ? 'valid' : 'expired';
}

function tokensOf(dataDir: string): TokenFile {
  if (statSync(dataDir, { throwIfNoEntry: false })?.isDirectory() === true)
    return new TokenFile(dataDir, systemClock);
  throw new OperatorError({
    code: 'NO_DATA_DIR',
    exitCode: exitCodes.noInput,
    message: `there is no data directory ${dataDir}`,
    remedy: 'Name the one of a run with --data-dir.',
  });
}
