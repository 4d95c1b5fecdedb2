import { expect, it } from 'vitest';
import { readTree } from '../support/source-tree.ts';
import { expectNoFindings, sizeFindings } from '../support/tidy.ts';

const lines = (count: number): string => 'x\n'.repeat(count);

it('keeps every file within its limit', () => {
  expectNoFindings(readTree().flatMap(sizeFindings));
});

it.each<[string, number, number]>([
  ['src/domain/order.ts', 400, 0],
  ['src/domain/order.ts', 401, 1],
  ['src/inspector/page/main.js', 401, 1],
  ['test/unit/order.test.ts', 600, 0],
  ['test/unit/order.test.ts', 601, 1],
  ['docs/architecture.md', 5000, 0],
])('judges %s with %i lines: %i finding', (path, count, expected) => {
  expect(sizeFindings({ path, text: lines(count) })).toHaveLength(expected);
});
