/** `bulkhead config convert`: reads files of the predecessor, writes files of today. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { ConversionReport } from '../cli/dependencies.ts';
import { errorText, exitCodes, OperatorError } from '../kernel/errors.ts';
import { convertFiles } from './configuration/convert.ts';

/**
 * Nothing that exists is overwritten.
 *
 * @throws OperatorError exit 66 for a file that cannot be read, 73 for one that cannot be written, 2 for no YAML
 */
export async function convertConfiguration(
  paths: readonly string[],
  out: string | undefined,
): Promise<ConversionReport> {
  const inputs = paths.map((path) => ({ name: basename(path), text: read(path) }));
  const { files, notes } = convertFiles(inputs);
  if (out !== undefined) for (const { name, text } of files) write(join(out, name), text);
  return Promise.resolve({ files, notes, ...(out === undefined ? {} : { out }) });
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new OperatorError({
      code: 'CONVERSION_INPUT',
      exitCode: exitCodes.noInput,
      message: `${path} cannot be read: ${errorText(error)}`,
      remedy: 'Name the YAML files of the predecessor, such as risk_config.yaml.',
      cause: error,
    });
  }
}

function write(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { flag: 'wx' });
  } catch (error) {
    throw new OperatorError({
      code: 'CONVERSION_OUTPUT',
      exitCode: exitCodes.cannotCreate,
      message: `${path} cannot be written: ${errorText(error)}`,
      remedy: 'Name an empty folder with --out; files that exist are not overwritten.',
      cause: error,
    });
  }
}
