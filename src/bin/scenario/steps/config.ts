/** The step `config`: a reload with these changes, merged over what the scenario has configured so far. */
import { OperatorError } from '../../../kernel/errors.ts';
import { configurationHash } from '../../configuration/hash.ts';
import { deepMerge, isSection, type Section } from '../config-sections.ts';
import type { AccountEntry, Scenario } from '../format.ts';
import { engineSettings, type EngineSettings } from '../settings.ts';
import type { Stage } from '../stage.ts';
import type { Step } from '../step-format.ts';
import { configKeys } from '../vocabulary.ts';

/** With `account` the changes are overrides of that account. What is not valid is offered all the same: the engine refuses it. */
export async function playConfig(
  stage: Stage,
  step: Extract<Step, { action: 'config' }>,
): Promise<void> {
  const changed = changedScenario(stage.scenario, step.body, step.account);
  const read = settingsOf(changed, step.body);
  if ('rejected' in read) {
    stage.running.engine.reload(read);
    await stage.rest();
    return;
  }
  const { intentMaxAgeMs: _, ...settings } = read;
  let isApplied = false;
  stage.running.engine.reload(
    { hash: configurationHash([changed.config, changed.accounts]), settings },
    ({ outcome }) => {
      isApplied = outcome === 'applied';
    },
  );
  await stage.rest();
  if (!isApplied) return;
  stage.scenario = changed;
  stage.settings = read;
}

function changedScenario(
  scenario: Scenario,
  { accounts: entries, ...changes }: Section,
  account: string | undefined,
): Scenario {
  if (account === undefined) {
    return {
      ...scenario,
      config: deepMerge(scenario.config, changes),
      accounts: scenario.accounts.map((entry) => withEntry(entry, entries)),
    };
  }
  const accounts = scenario.accounts.map((entry) =>
    entry.id === account
      ? { ...entry, configOverrides: deepMerge(entry.configOverrides ?? {}, changes) }
      : entry,
  );
  return { ...scenario, accounts };
}

/** `accounts: [{id, configOverrides}]` among the changes speaks of the accounts it names. */
function withEntry(entry: AccountEntry, entries: unknown): AccountEntry {
  const own: unknown = Array.isArray(entries)
    ? entries.find((one: unknown) => isSection(one) && one['id'] === entry.id)
    : undefined;
  const overrides = isSection(own) ? own['configOverrides'] : undefined;
  if (!isSection(overrides)) return entry;
  return { ...entry, configOverrides: deepMerge(entry.configOverrides ?? {}, overrides) };
}

function settingsOf(changed: Scenario, changes: Section): EngineSettings | { rejected: string } {
  const unknown = Object.keys(changes).find((key) => !configKeys.has(key));
  if (unknown !== undefined) return { rejected: `${unknown}: no configuration file has this key` };
  try {
    return engineSettings(changed);
  } catch (error) {
    if (error instanceof OperatorError) return { rejected: error.message };
    throw error;
  }
}
