import { defineConfig } from 'vitest/config';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/**
 * Which projects may run at the same time. Vitest finishes one group before it starts the next:
 * the first uses both cores of a small machine, the others start processes and threads of their
 * own and therefore run one file at a time.
 */
const GROUPS = {
  parallel: { groupOrder: 0, maxWorkers: 2 },
  processes: { groupOrder: 1, maxWorkers: 1 },
  long: { groupOrder: 2, maxWorkers: 1 },
} as const;

type Group = keyof typeof GROUPS;

/** One folder of `test` with its own time limit; the limit is what its tests promise to stay under. */
function project(name: string, group: Group, limitMs: number) {
  const { groupOrder, maxWorkers } = GROUPS[group];
  const startsProcesses = name === 'crash' || name === 'e2e' || name === 'browser';
  return {
    extends: true as const,
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      ...(startsProcesses ? { globalSetup: './test/support/build.ts' } : {}),
      testTimeout: limitMs,
      hookTimeout: Math.max(limitMs, 10 * SECOND),
      maxWorkers,
      fileParallelism: maxWorkers > 1,
      sequence: { groupOrder },
    },
  };
}

/** Type tests are compiled, not run: `*.test-d.ts`. */
function typesProject() {
  const { test } = project('types', 'parallel', 20 * SECOND);
  return {
    extends: true as const,
    test: {
      ...test,
      include: [],
      typecheck: {
        enabled: true,
        only: true,
        checker: 'tsc' as const,
        tsconfig: './tsconfig.json',
        // Errors outside the type tests are the business of `npm run types`.
        ignoreSourceErrors: true,
        include: ['test/types/**/*.test-d.ts'],
      },
    },
  };
}

/** `npm run test:simulation:long` sets this; the simulation then takes many more seeds. */
const isLongSimulation = process.env['BULKHEAD_SIMULATION'] === 'long';

export default defineConfig({
  test: {
    pool: 'forks',
    restoreMocks: true,
    unstubEnvs: true,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      exclude: ['src/bin/**'],
    },
    projects: [
      project('tidy', 'parallel', 10 * SECOND),
      // A unit test takes milliseconds; the limit leaves room for a loaded machine.
      project('unit', 'parallel', 5 * SECOND),
      project('property', 'parallel', MINUTE),
      project('model', 'parallel', MINUTE),
      typesProject(),
      project('crash', 'processes', 5 * MINUTE),
      project('simulation', 'processes', isLongSimulation ? 60 * MINUTE : 2 * MINUTE),
      project('e2e', 'processes', 3 * MINUTE),
      project('browser', 'processes', 3 * MINUTE),
      project('soak', 'long', 60 * MINUTE),
    ],
  },
});
