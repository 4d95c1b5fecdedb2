import type { RunOptions, RunProgress, RunReport } from '../cli/dependencies.ts';
import { MarketRun } from './market-run.ts';
/** `bulkhead run`: configuration, market, traders and engine, put together and played. */
import { composeForRun } from './run-composition.ts';

export async function runCommand(
  options: RunOptions,
  onProgress: (progress: RunProgress) => void,
  signal: AbortSignal,
): Promise<RunReport> {
  const parts = await composeForRun(options);
  return new MarketRun(parts, onProgress, signal).run();
}
