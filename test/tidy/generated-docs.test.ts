/** Verifies: H5 (published figures and tables come from the code), style 6.2 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { setup } from 'xstate';
import { orderEventTypes } from '../../src/domain/order-event.ts';
import { matrixOf } from '../../src/inspector/chart-matrix.ts';
import { mermaidOf } from '../../src/inspector/chart-mermaid.ts';
import { chartOf } from '../../src/inspector/chart.ts';
import { loadMachines } from '../support/exported-machines.ts';
import { markdownTable } from '../support/page-text.ts';
import { referencePages } from '../support/reference-pages.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

describe('the generated reference', () => {
  it.each(referencePages.map((page) => [page.path, page] as const))(
    '%s is what the code says',
    async (path, page) => {
      const file = join(root, path);
      const committed = existsSync(file) ? readFileSync(file, 'utf8') : '';
      expect(
        committed === (await page.text()),
        `${path} is stale: run \`npm run docs\` and commit it.`,
      ).toBe(true);
    },
  );

  it('tells handled, ignored and unhandled apart', () => {
    const machine = setup({
      types: { events: {} as { type: 'a.go' } | { type: 'a.stay' } | { type: 'a.skip' } },
      guards: { isReady: () => true },
      actions: { act: () => undefined },
    }).createMachine({
      id: 'small',
      initial: 'one',
      on: { 'a.stay': { actions: 'act' } },
      states: {
        one: { on: { 'a.go': { guard: 'isReady', target: 'two' }, 'a.skip': {} } },
        two: { on: { 'a.stay': { guard: 'isReady', target: 'one' } } },
      },
    });
    const [region] = matrixOf(chartOf(machine));
    expect(region?.rows).toEqual([
      {
        event: 'a.go',
        cells: [
          { outcomes: ['two'], kind: 'handled', isConditional: true },
          { outcomes: [], kind: 'unhandled', isConditional: false },
        ],
      },
      {
        event: 'a.skip',
        cells: [
          { outcomes: [], kind: 'ignored', isConditional: false },
          { outcomes: [], kind: 'unhandled', isConditional: false },
        ],
      },
      {
        event: 'a.stay',
        cells: [
          { outcomes: ['='], kind: 'handled', isConditional: false },
          { outcomes: ['one', '='], kind: 'handled', isConditional: false },
        ],
      },
    ]);
    expect(
      mermaidOf(chartOf(machine))
        .split('\n')
        .map((line) => line.trim()),
    ).toEqual([
      'stateDiagram-v2',
      'state "one" as one',
      'state "two" as two',
      '[*] --> one',
      'one --> two : go',
      'two --> one : stay',
    ]);
  });

  it('shows every event of the order in at least one region', async () => {
    const order = (await loadMachines()).find(({ id }) => id === 'order');
    const shown = new Set(
      order === undefined
        ? []
        : matrixOf(chartOf(order)).flatMap(({ rows }) => rows.map(({ event }) => event)),
    );
    expect(orderEventTypes.filter((type) => !shown.has(type))).toEqual([]);
  });

  it('pads its tables', () => {
    expect(markdownTable(['a', 'long'], [['xxxxx', 'y']])).toBe(
      ['| a     | long |', '| ----- | ---- |', '| xxxxx | y    |'].join('\n'),
    );
  });
});
