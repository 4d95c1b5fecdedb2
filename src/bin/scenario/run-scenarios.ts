/** `bulkhead scenario run FILE|DIR…`: every file is read and checked before the first scenario is played. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ScenarioReport } from '../../cli/dependencies.ts';
import { errorText, exitCodes, OperatorError } from '../../kernel/errors.ts';
import { CoverageBook } from '../machine-coverage.ts';
import { parseScenarios, type Scenario } from './format.ts';
import { runScenario, type ScenarioResult } from './runner.ts';
import { engineSettings } from './settings.ts';
import { Unsupported } from './unsupported.ts';

const extensions = ['.yaml', '.yml'];

/** @throws OperatorError exit 2 for a path or a file that is not valid */
export async function runScenarios(
  paths: readonly string[],
  onResult: (result: ScenarioResult) => void,
  coverageFile?: string,
): Promise<ScenarioReport> {
  const files = [...new Set(paths.flatMap(filesOf))];
  const scenarios = files.flatMap((file) => parseScenarios(file, readText(file)));
  for (const scenario of scenarios) checkSettings(scenario);
  const results: ScenarioResult[] = [];
  const coverage = coverageFile === undefined ? undefined : new CoverageBook();
  for (const scenario of scenarios) {
    const result = await runScenario(scenario, (directory) => coverage?.read(directory));
    results.push(result);
    onResult(result);
  }
  if (coverage !== undefined && coverageFile !== undefined) coverage.save(coverageFile);
  const count = (status: ScenarioResult['status']): number =>
    results.filter((one) => one.status === status).length;
  return {
    total: results.length,
    passed: count('passed'),
    failed: count('failed'),
    unsupported: count('unsupported'),
    results,
  };
}

/** A configuration that is not valid is a file that is not valid; one that goes beyond this version is a result. */
function checkSettings(scenario: Scenario): void {
  try {
    engineSettings(scenario);
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
  }
}

/** A file as it is; of a directory everything in it and below that is YAML, sorted. */
function filesOf(path: string): readonly string[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw unreadable(path, 'there is no such file or directory');
  if (!found.isDirectory()) return [path];
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => extensions.some((extension) => name.endsWith(extension)))
    .toSorted();
  if (names.length === 0) throw unreadable(path, 'the directory holds no scenario file');
  return names.map((name) => join(path, name));
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw unreadable(file, errorText(error));
  }
}

function unreadable(path: string, what: string): OperatorError {
  return new OperatorError({
    code: 'SCENARIO_NOT_READABLE',
    exitCode: exitCodes.usage,
    message: `${path}: ${what}`,
    remedy: 'Name a scenario file (.yaml) or a directory of them.',
  });
}
