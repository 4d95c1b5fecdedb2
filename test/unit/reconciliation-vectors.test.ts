/** Verifies: the adapters of the kinds about comparison with the venue; scenario-format 7, execution 11.3 to 11.5 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { runConformance } from '../../src/bin/conformance/run-conformance.ts';

const vectorsFile = join(import.meta.dirname, '../fixtures/vectors/reconciliation.json');
const made = join(tmpdir(), `bulkhead-reconciliation-${process.pid}.json`);
afterEach(() => rm(made, { force: true }));

type Vector = { id: string; expect: Record<string, unknown> };

describe('vectors about comparison with the venue', () => {
  it('all pass', async () => {
    const { total, passed, results } = await runConformance({ vectorsFile });
    expect(results.filter(({ status }) => status !== 'passed')).toEqual([]);
    expect([total, passed]).toEqual([34, 34]);
  });

  it.each([
    ['RECS-N-001', { qty: '-4' }],
    ['RECS-N-007', { zeroCrossings: [2000] }],
    ['RECM-N-004', { match: true }],
    ['RECP-N-003', { price: '107' }],
    ['RECP-N-001', { price: '100' }],
    ['RECA-N-003', { kept: 2 }],
    ['RECA-N-002', { action: 'REPLACE_CURRENT' }],
    ['RECO-N-001', { proposed: 'REJECTED at once' }],
    ['MONEY-X-001', { realized: '-1000' }],
    ['MONEY-X-002', { openingAllowed: true }],
  ])('%s fails when %o is expected', async (id, wrong) => {
    const { vectors } = JSON.parse(await readFile(vectorsFile, 'utf8')) as { vectors: Vector[] };
    const vector = vectors.find((one) => one.id === id);
    const changed = { ...vector, expect: { ...vector?.expect, ...wrong } };
    await writeFile(made, JSON.stringify({ meta: {}, vectors: [changed] }));
    const { failed } = await runConformance({ vectorsFile: made });
    expect(failed).toBe(1);
  });
});
