/**
 * What the scenarios of test/scenarios reach of the machines. States that none of them reaches are named here with the
 * reason; the test that plays them all fails when that is not exactly so, and when fewer transitions are taken than here.
 */
import { chartsOfEngine } from '../../src/bin/machine-files.ts';
import type { MachineCoverage } from '../../src/cli/dependencies.ts';
import { generated, markdownTable } from './page-text.ts';

/** `group partiallyFilled`, with why no scenario is ever in it. */
export const neverReached: Readonly<Record<string, string>> = {};

/**
 * Transitions that the scenarios take at least. Those that differ in their guards only count together, and what a machine
 * raises within a step is in no row; all others are for the tests of the machines themselves, event by event.
 */
export const transitionsTakenMin: Readonly<Record<string, number>> = {
  account: 31,
  alerts: 5,
  exit: 20,
  group: 24,
  kill: 25,
  ledger: 13,
  lock: 6,
  oco: 11,
  order: 265,
  position: 11,
  rule: 31,
};

/** States that were never entered, `machine state`. */
export function statesNeverReached(coverage: readonly MachineCoverage[]): readonly string[] {
  return coverage.flatMap(({ id, states }) =>
    states.filter(({ entered }) => entered === 0).map(({ state }) => `${id} ${state}`),
  );
}

export function coveragePage(): string {
  const rows = chartsOfEngine().map(({ id, version, nodes, edges }) => {
    const never = Object.keys(neverReached).filter((name) => name.startsWith(`${id} `)).length;
    const states = nodes.length - 1;
    return [
      id,
      version,
      `${states - never} of ${states}`,
      `${transitionsTakenMin[id] ?? 0} of ${edges.length} at least`,
    ];
  });
  const reasons = Object.entries(neverReached);
  return [
    generated,
    '',
    '# What the scenarios reach of the machines',
    '',
    'All scenarios of `test/scenarios` together. A test plays them all and fails when a state is never reached that is not',
    'named below, when one that is named has been reached, and when fewer transitions are taken. `bulkhead scenario run',
    'test/scenarios --coverage FILE` measures, `bulkhead machines coverage --tests FILE` shows every transition that was never',
    'taken. The tests of the machines themselves send every event in every state; they are not counted here.',
    '',
    markdownTable(['Machine', 'Version', 'States reached', 'Transitions taken'], rows),
    '',
    reasons.length === 0
      ? 'Every state of every machine is reached.'
      : markdownTable(
          ['Never reached', 'Why'],
          reasons.map(([name, why]) => [name, why]),
        ),
    '',
  ].join('\n');
}
