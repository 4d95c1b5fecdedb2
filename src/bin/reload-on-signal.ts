/** SIGHUP makes a running service read its configuration again. Source: rules 10.1. */
import type { ReloadWish } from '../actors/reload.ts';
import type { RunOptions } from '../cli/dependencies.ts';
import { OperatorError } from '../kernel/errors.ts';
import { engineSettings } from './composition.ts';
import { loadConfiguration } from './configuration.ts';
import type { MarketRunParts } from './market-run.ts';

type Given = Pick<RunOptions, 'configPath' | 'mode'>;

/**
 * What the files say now, for the engine to take or to refuse.
 * @param quoteAgeMsMin bound of the age of quotes that the market of the run needs
 */
export function reloadWish({ configPath, mode }: Given, quoteAgeMsMin: number): ReloadWish {
  try {
    const configuration = loadConfiguration({
      ...(configPath === undefined ? {} : { path: configPath }),
      ...(mode === undefined ? {} : { mode }),
    }).withQuoteMaxAge(quoteAgeMsMin);
    return { hash: configuration.hash, settings: engineSettings(configuration) };
  } catch (error) {
    if (error instanceof OperatorError) return { rejected: error.message };
    throw error;
  }
}

/** From now on, until the returned function is called. A run without a configuration has nothing to read again. */
export function reloadOnSignal({ composition, source, options }: MarketRunParts): () => void {
  if (options.configPath === undefined) return () => undefined;
  const onSignal = (): void => {
    composition.engine.reload(reloadWish(options, source.intervalMsMax * 2));
  };
  process.on('SIGHUP', onSignal);
  return () => process.off('SIGHUP', onSignal);
}
