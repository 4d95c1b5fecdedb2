import type { ConfigReport } from '../cli/dependencies.ts';
/** The configuration as the engine would use it. */
import { loadConfiguration } from './configuration.ts';

/** @throws OperatorError exit 78 with every problem, 66 when the file is not there */
export async function configReport(path: string | undefined): Promise<ConfigReport> {
  const { mode, hash, warnings, values } = loadConfiguration(path === undefined ? {} : { path });
  return Promise.resolve({ mode, hash, warnings, values });
}
