/** LIVE on the command line: every gate, and a refusal that names what is not met. There is no way past it without a live venue. */
import type { RunOptions } from '../cli/dependencies.ts';
import type { LiveGates } from '../cli/live-gates.ts';
import { defaultExecutionSettings } from '../domain/execution-settings.ts';
import { loadConfiguration, type Configuration } from './configuration.ts';
import { valueAt } from './configuration/problem.ts';
import { readYaml } from './configuration/yaml-source.ts';
import { readDrills } from './drill/log.ts';
import {
  factsBeforeStart,
  liveGates,
  liveLadder,
  liveRefused,
  unmetGates,
  type LiveFacts,
} from './mode-gates.ts';

type Tree = Readonly<Record<string, unknown>>;

/** @throws OperatorError LIVE_REFUSED when LIVE is asked for, by the command line or by the configuration */
export function refuseLive(options: RunOptions): void {
  const facts = liveFacts(options);
  if (facts !== undefined) throw liveRefused(unmetGates(facts));
}

/** Every gate with what is known of it now; undefined where LIVE is not asked for. */
export async function liveGatesOf(options: RunOptions): Promise<LiveGates | undefined> {
  const facts = liveFacts(options);
  if (facts === undefined) return undefined;
  const ladder = liveLadder(wasDrilled(options.dataDir));
  return { accounts: facts.accounts, gates: liveGates(facts), ladder };
}

/** The last drill that also closes has ended flat, and the log of drills has no hole. */
function wasDrilled(dataDir: string): boolean {
  const { drills, problem } = readDrills(dataDir);
  const last = drills.find(({ name }) => name === 'kill-switch --flatten');
  return problem === undefined && last?.isPassed === true;
}

function liveFacts(options: RunOptions): LiveFacts | undefined {
  const tree: Tree = options.configPath === undefined ? {} : readYaml(options.configPath).tree;
  const wanted = options.mode ?? tree['mode'];
  if (typeof wanted !== 'string' || wanted.toUpperCase() !== 'LIVE') return undefined;
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
  return {
    ...facts,
    isConfigurationValid: configuration !== undefined,
    missingSecrets: missingSecrets(tree),
    firmProfiles: accountsOf(tree).flatMap((account) => {
      const name = valueAt(account, ['propFirmProfile']);
      return typeof name === 'string' ? [name] : [];
    }),
  };
}

function accountsOf(tree: Tree): readonly unknown[] {
  return Array.isArray(tree['accounts']) ? tree['accounts'] : [{}];
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
  const gateways = new Set(
    accountsOf(tree).map((account) => {
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
