/** Verifies: the golden scenarios of test/scenarios through the real engine, and the invariants after each of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CoverageBook } from '../../src/bin/machine-coverage.ts';
import { parseScenarios } from '../../src/bin/scenario/format.ts';
import { runScenario } from '../../src/bin/scenario/runner.ts';
import {
  neverReached,
  statesNeverReached,
  transitionsTakenMin,
} from '../support/scenario-coverage.ts';

const directory = new URL('../scenarios/', import.meta.url).pathname;
const files = readdirSync(directory)
  .filter((name) => name.endsWith('.yaml'))
  .toSorted();

/** What all of them together have been in; only whole when all are played. */
const coverage = new CoverageBook();
let count = 0;

describe.each(files)('%s', (name) => {
  const file = join(directory, name);
  const scenarios = parseScenarios(file, readFileSync(file, 'utf8'));

  it.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
    '%s',
    async (_, scenario) => {
      const result = await runScenario(scenario, (played) => coverage.read(played));
      count += 1;
      expect(result).toEqual({ file, scenario: scenario.name, status: 'passed' });
    },
  );
});

describe('the machines', () => {
  const total = files.flatMap((name) =>
    parseScenarios(name, readFileSync(join(directory, name), 'utf8')),
  ).length;

  it('are in every state that is not named as never reached, and take as many transitions as ever', (context) => {
    if (count < total) {
      console.warn(
        `SKIPPED: ${count} of ${total} scenarios were played, which tells nothing of the rest.`,
      );
      context.skip();
      return;
    }
    const reports = coverage.reports();
    expect(statesNeverReached(reports)).toEqual(Object.keys(neverReached));
    const taken = reports.filter(
      ({ id, transitionsReached }) => transitionsReached < (transitionsTakenMin[id] ?? 0),
    );
    expect(taken.map(({ id, transitionsReached }) => `${id} ${transitionsReached}`)).toEqual([]);
    expect(Object.keys(transitionsTakenMin)).toEqual(reports.map(({ id }) => id));
  });
});

describe('the scenario files', () => {
  const all = files.flatMap((name) =>
    parseScenarios(name, readFileSync(join(directory, name), 'utf8')),
  );

  it('hold a fair number of scenarios, each of which expects something', () => {
    expect(all.length).toBeGreaterThan(60);
    for (const { name, steps } of all) {
      expect(
        steps.some(({ action }) => action === 'expect'),
        name,
      ).toBe(true);
    }
  });

  it('end the same way every time they are played', async () => {
    const scenario = all.find(({ name }) => name.startsWith('cascade'));
    expect(scenario).toBeDefined();
    if (scenario === undefined) return;
    const wrong = scenario.steps.map((step) =>
      step.action === 'expect' ? { ...step, body: { ...step.body, balance: '1' } } : step,
    );
    const first = await runScenario({ ...scenario, steps: wrong });
    const second = await runScenario({ ...scenario, steps: wrong });
    expect(first.status).toBe('failed');
    expect(second).toEqual(first);
  });
});
