/** LIVE on the command line: every gate that is not met, named at once. There is no way past it without a live venue. */
import type { RunOptions } from '../cli/dependencies.ts';
import { defaultExecutionSettings } from '../domain/execution-settings.ts';
import { loadConfiguration, type Configuration } from './configuration.ts';
import { valueAt } from './configuration/problem.ts';
import { readYaml } from './configuration/yaml-source.ts';
import { factsBeforeStart, liveRefused, unmetGates } from './mode-gates.ts';

type Tree = Readonly<Record<string, unknown>>;

/** @throws OperatorError LIVE_REFUSED when LIVE is asked for, by the command line or by the configuration */
export function refuseLive(options: RunOptions): void {
  const tree: Tree = options.configPath === undefined ? {} : readYaml(options.configPath).tree;
  const wanted = options.mode ?? tree['mode'];
  if (typeof wanted !== 'string' || wanted.toUpperCase() !== 'LIVE') return;
  const configuration = configurationOf(options);
  const { killSwitch, clock } = configuration?.execution ?? defaultExecutionSettings;
  const facts = factsBeforeStart({
    readOnly: tree['readOnly'] !== false,
    accounts: configuration?.accounts.map(({ id }) => id) ?? [],
    confirmed: options.confirmLive,
    dataDir: options.dataDir,
    killFile: killSwitch.file,
    clockDriftMsMax: clock.maxDriftMs,
  });
  throw liveRefused(
    unmetGates({
      ...facts,
      isConfigurationValid: configuration !== undefined,
      missingSecrets: missingSecrets(tree),
    }),
  );
}

/** The same configuration as PAPER would have it; undefined when it is not valid. */
function configurationOf({ configPath }: RunOptions): Configuration | undefined {
  try {
    const path = configPath === undefined ? {} : { path: configPath };
    return loadConfiguration({ ...path, mode: 'PAPER' });
  } catch {
    // What is wrong with it is told by `bulkhead config check`; here it is one gate among others.
    return undefined;
  }
}

function missingSecrets(tree: Tree): readonly string[] {
  const accounts: readonly unknown[] = Array.isArray(tree['accounts']) ? tree['accounts'] : [{}];
  const gateways = new Set(
    accounts.map((account) => {
      const name = valueAt(account, ['gateway']);
      return typeof name === 'string' ? name : 'topstepx';
    }),
  );
  return [...gateways].flatMap((name) =>
    ['username', 'apiKey']
      .filter(
        (key) =>
          valueAt(tree, [name, key]) === undefined &&
          valueAt(tree, ['gateways', name, key]) === undefined,
      )
      .map((key) => `${name}.${key}`),
  );
}
