/** A bundle opened again: its hashes and its signature are checked first, then a journal is made of it. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JournalPlace } from '../../cli/tool-dependencies.ts';
import type { BundleFiles } from '../../inspector/tool-reports.ts';
import { errorText, exitCodes, OperatorError } from '../../kernel/errors.ts';
import {
  createFromExtract,
  type Extract,
  type ExtractedBase,
  type ExtractedRow,
  type ExtractedTables,
} from '../../persistence/extract.ts';
import { knownMachines } from '../machines.ts';
import { isSignedBy, Manifest, manifestName, sha256, signatureName } from './manifest.ts';

export type OpenedBundle = {
  readonly manifest: Manifest;
  /** `own`: by the key that it names itself, which proves only that it is whole; `valid`: by the key that was given. */
  readonly signature: 'none' | 'own' | 'valid';
  readonly extract: Extract;
};

/**
 * @param path folder of the bundle, or the one file that the inspector gives
 * @param verifyKey public key in PEM that must have signed it
 * @throws OperatorError NO_BUNDLE, BUNDLE_INVALID
 */
export function openBundle(path: string, verifyKey?: string): OpenedBundle {
  const files = readFiles(path);
  const text = files[manifestName];
  if (text === undefined) throw invalid(path, `${manifestName} is missing`);
  const manifest = manifestOf(path, text);
  for (const { name, sha256: wanted } of manifest.files)
    if (files[name] === undefined || sha256(files[name]) !== wanted)
      throw invalid(path, `${name} does not have the hash that the manifest names`);
  const signature = signatureOf(path, manifest, text, files[signatureName], verifyKey);
  const lines = (name: string): readonly unknown[] =>
    (files[name] ?? '')
      .split('\n')
      .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as unknown]));
  return {
    manifest,
    signature,
    extract: {
      environment: manifest.environment,
      databaseUuid: manifest.database,
      appVersion: manifest.product,
      rows: lines('rows.jsonl') as readonly ExtractedRow[],
      bases: lines('states.jsonl') as readonly ExtractedBase[],
      tables: {
        ...(JSON.parse(files['tables.json'] ?? '{}') as ExtractedTables),
        values: [{ key: bundleKey, value: text }],
      },
    },
  };
}

/** Stored value of a journal that was made of a bundle: the manifest. */
const bundleKey = 'bundle.manifest';

/** Makes a data directory of a bundle, which can be looked at and never run. @throws OperatorError OUTPUT_EXISTS */
export function importBundle(path: string, dataDir: string, verifyKey?: string): OpenedBundle {
  if (existsSync(dataDir) && readdirSync(dataDir).length > 0)
    throw new OperatorError({
      code: 'OUTPUT_EXISTS',
      exitCode: exitCodes.usage,
      message: `${dataDir} is not empty`,
      remedy: 'Name a folder that is not there yet.',
    });
  const opened = openBundle(path, verifyKey);
  createFromExtract(dataDir, opened.extract, knownMachines);
  return opened;
}

/** Runs on the data directory, or on one that is made of the bundle and removed afterwards. */
export async function withBundle<Result>(
  { dataDir, bundle, verifyKey }: JournalPlace,
  run: (dataDir: string, opened?: OpenedBundle) => Promise<Result>,
): Promise<Result> {
  if (bundle === undefined) return run(dataDir);
  const folder = mkdtempSync(join(tmpdir(), 'bulkhead-bundle-'));
  try {
    const place = join(folder, 'data');
    return await run(place, importBundle(bundle, place, verifyKey));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readFiles(path: string): BundleFiles {
  try {
    if (!statSync(path).isDirectory()) return JSON.parse(readFileSync(path, 'utf8')) as BundleFiles;
    const names = [
      manifestName,
      signatureName,
      'rows.jsonl',
      'states.jsonl',
      'tables.json',
      'chart.json',
    ];
    return Object.fromEntries(names.flatMap((name) => readFile(path, name)));
  } catch (error) {
    throw new OperatorError({
      code: 'NO_BUNDLE',
      exitCode: exitCodes.noInput,
      message: `there is no bundle at ${path}: ${errorText(error)}`,
      remedy: 'Name the folder that `bulkhead journal export` has written.',
    });
  }
}

function readFile(path: string, name: string): readonly (readonly [string, string])[] {
  const file = join(path, name);
  const isThere = statSync(file, { throwIfNoEntry: false }) !== undefined;
  return isThere ? [[name, readFileSync(file, 'utf8')]] : [];
}

function manifestOf(path: string, text: string): Manifest {
  try {
    return Manifest.parse(JSON.parse(text));
  } catch (error) {
    throw invalid(path, `${manifestName} is not what it should be: ${errorText(error)}`);
  }
}

function signatureOf(
  path: string,
  { signedBy }: Manifest,
  text: string,
  signature: string | undefined,
  verifyKey: string | undefined,
): OpenedBundle['signature'] {
  if (signedBy === undefined && signature === undefined && verifyKey === undefined) return 'none';
  const own = verifyKey === undefined ? signedBy : readFileSync(verifyKey, 'utf8');
  if (signature === undefined || own === undefined || !isSignedBy(text, signature, own))
    throw invalid(path, 'its signature does not hold');
  return verifyKey === undefined ? 'own' : 'valid';
}

function invalid(path: string, problem: string): OperatorError {
  return new OperatorError({
    code: 'BUNDLE_INVALID',
    exitCode: exitCodes.data,
    message: `the bundle ${path} is not to be believed: ${problem}`,
    remedy: 'Export it anew; what was changed on the way is not opened.',
  });
}
