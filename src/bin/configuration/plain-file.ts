/** Reads a file of the configuration: the file itself, never one that a link points to. Source: security 1 (Files). */
import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { exitCodes, OperatorError } from '../../kernel/errors.ts';

/** @throws OperatorError CONFIGURATION_LINK, exit 78, for a link; what the system says for anything else */
export function readPlainFile(path: string): string {
  const file = openPlain(path);
  try {
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

function openPlain(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ELOOP') throw error;
    throw new OperatorError({
      code: 'CONFIGURATION_LINK',
      exitCode: exitCodes.configuration,
      message: `${path} is a link: who may change what it points to is not known here`,
      remedy: 'Name the file itself.',
      cause: error,
    });
  }
}
