import type { ScenarioReport } from '../../cli/dependencies.ts';
/** Plays one scenario to its end or to the first step that fails. */
import { errorText } from '../../kernel/errors.ts';
import { checkExpectation, type Difference } from './expectations.ts';
import type { Scenario } from './format.ts';
import { brokenInvariant } from './invariants.ts';
import { Stage } from './stage.ts';
import { moveTo, playStep } from './steps/play.ts';
import { missingInSteps, Unsupported } from './unsupported.ts';

export type ScenarioResult = ScenarioReport['results'][number];
type Outcome = Omit<ScenarioResult, 'file' | 'scenario'>;

/** Looks at the journal of a scenario that has been played, before it is removed. */
export type ScenarioLook = (directory: string) => void;

/** @throws OperatorError exit 2 when a value of the configuration is not one */
export async function runScenario(
  scenario: Scenario,
  look: ScenarioLook = () => undefined,
): Promise<ScenarioResult> {
  const { file, name } = scenario;
  return { file, scenario: name, ...(await play(scenario, look)) };
}

async function play(scenario: Scenario, look: ScenarioLook): Promise<Outcome> {
  const missing = missingInSteps(scenario);
  if (missing !== undefined) return unsupported(missing);
  let stage: Stage;
  try {
    stage = new Stage(scenario);
  } catch (error) {
    if (error instanceof Unsupported) return unsupported(error.message);
    throw error;
  }
  try {
    const outcome = await playOn(stage, scenario);
    look(stage.directory);
    return outcome;
  } finally {
    await stage.close();
  }
}

async function playOn(stage: Stage, scenario: Scenario): Promise<Outcome> {
  let at = 0;
  try {
    await stage.start();
    stage.beginStretch();
    stage.faults.change(scenario.venue);
    for (const [index, step] of scenario.steps.entries()) {
      at = index;
      if (step.action !== 'expect') {
        await playStep(stage, step);
        continue;
      }
      await moveTo(stage, step);
      const differences = checkExpectation(stage, step);
      if (differences.length > 0) return failed(index, differences);
    }
    const broken = brokenInvariant(stage);
    return broken === undefined
      ? { status: 'passed' }
      : { status: 'failed', step: at, message: broken };
  } catch (error) {
    if (error instanceof Unsupported) return unsupported(error.message, at);
    return { status: 'failed', step: at, message: errorText(error) };
  }
}

function unsupported(what: string, step?: number): Outcome {
  const message = `this version does not have: ${what}`;
  return step === undefined
    ? { status: 'unsupported', message }
    : { status: 'unsupported', step, message };
}

function failed(step: number, differences: readonly Difference[]): Outcome {
  const pick = (field: 'expected' | 'actual'): unknown =>
    Object.fromEntries(differences.map((one) => [one.key, one[field]]));
  const message = `step ${step}: ${differences.map(({ key }) => key).join(', ')} ${differences.length === 1 ? 'differs' : 'differ'}`;
  return { status: 'failed', step, message, expected: pick('expected'), actual: pick('actual') };
}
