/** Verifies: scenario-format 7, numeric vectors of other engines run through the product's own code. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runConformance } from '../../src/bin/conformance/run-conformance.ts';
import { OperatorError } from '../../src/kernel/errors.ts';

const vectorsFile = fileURLToPath(new URL('../fixtures/vectors/foundation.json', import.meta.url));
/** The first call also loads the database driver; 36 cases start an engine with a journal of their own. */
const timeout = 60_000;

type Vector = {
  id: string;
  kind: string;
  desc?: string;
  input: Record<string, unknown>;
  expect: Record<string, unknown>;
};
type VectorFile = { meta: Record<string, unknown>; vectors: Vector[] };

const foundation = JSON.parse(await readFile(vectorsFile, 'utf8')) as VectorFile;

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bulkhead-conformance-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** Writes a file of these vectors, each a copy of a foundation vector with changes. */
async function fileOf(vectors: readonly unknown[]): Promise<string> {
  const file = join(directory, 'vectors.json');
  await writeFile(file, JSON.stringify({ meta: {}, vectors }));
  return file;
}

function vector(id: string): Vector {
  const found = foundation.vectors.find((each) => each.id === id);
  if (found === undefined) throw new Error(`${id} is a vector of the foundation`);
  return structuredClone(found);
}

async function faultOf(file: string, kind?: string): Promise<OperatorError> {
  try {
    await runConformance({ vectorsFile: file, ...(kind === undefined ? {} : { kind }) });
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
  throw new Error('the file was accepted');
}

describe('the vectors of the foundation', { timeout }, () => {
  it('all pass', async () => {
    const report = await runConformance({ vectorsFile });
    const notPassed = report.results.filter(({ status }) => status !== 'passed');
    expect(notPassed.map(({ id, reason }) => `${id}: ${reason ?? ''}`)).toEqual([]);
    expect(report).toMatchObject({ total: foundation.vectors.length, failed: 0, unsupported: 0 });
    expect(
      Object.fromEntries(Object.entries(report.byKind).map(([kind, { passed }]) => [kind, passed])),
    ).toEqual((foundation.meta['counts'] as { byKind: Record<string, number> }).byKind);
  });

  it('say what differs from the peer, and why, where our order table does better', async () => {
    const report = await runConformance({ vectorsFile, kind: 'order_fsm_table' });
    const [result] = report.results;
    expect(result?.actual).toMatchObject({
      legal: 65,
      unexplained: [],
      'explained without need': [],
      notApplicable: 54,
    });
    expect(result?.reason).toContain(
      'REJECTED + Filled (all): peer REJECTED, ours FILLED: a real execution is never dropped',
    );
    expect(result?.reason).toContain('54 cells of EMULATED and RELEASED do not apply');
  });
});

describe('a corrupted vector', { timeout }, () => {
  /** One figure of each kind, changed by as little as can be told apart. */
  const corruptions: readonly [string, (of: Vector) => void][] = [
    ['POS-X-002', (of) => Object.assign(of.expect, { realizedNet: '491.440001' })],
    ['POS-X-011', (of) => Object.assign(of.expect, { realizedGross: '-24553.438' })],
    ['POS-N-021', (of) => Object.assign(of.expect, { unrealized: '-0.9090' })],
    ['POS-N-004', (of) => Object.assign(of.expect, { avgPx: '1.00001501' })],
    ['POS-N-002', (of) => Object.assign(of.expect, { qty: '100000' })],
    ['FEE-N-013', (of) => Object.assign(of.expect, { qty: '-0.001' })],
    ['FEE-N-007', (of) => Object.assign(of.expect, { realizedNet: '97.8' })],
    ['POS-N-031', (of) => Object.assign(of.expect, { open: { qty: '50000', fee: '2' } })],
    ['FEE-N-011', (of) => Object.assign(of.expect, { commission: '5293' })],
    ['FEE-N-009', (of) => Object.assign(of.expect, { commissions: { USD: '3.5', BTC: '0.0001' } })],
    ['ORD-N-002', (of) => Object.assign(of.expect, { overfill: '0' })],
    ['ORD-N-004', (of) => Object.assign(of.expect, { incident: 'LATE_FILL' })],
    ['ORD-N-006', (of) => Object.assign(of.expect, { errors: [] })],
    ['ORD-N-010', (of) => Object.assign(of.expect, { final: 'PENDING_CANCEL' })],
    [
      'ORD-N-012',
      (of) =>
        Object.assign(of.expect, { results: [{ final: 'ACCEPTED' }, { final: 'TRIGGERED' }] }),
    ],
    ['DUP-X-001', (of) => Object.assign(of.expect, { qty: '-2.0' })],
    ['DUP-X-002', (of) => Object.assign(of.expect, { applied: ['T1', 'T3'] })],
    ['DUP-X-004', (of) => Object.assign(of.expect, { applied: 2 })],
    ['LATE-X-003', (of) => Object.assign(of.expect, { incident: 'LATE_FILL_AFTER_REJECTED' })],
    ['OOO-X-001', (of) => Object.assign(of.expect, { final: 'ACCEPTED' })],
    ['OOO-X-002', (of) => Object.assign(of.expect, { completeAt: '5s' })],
    ['OOO-X-003', (of) => Object.assign(of.expect, { avgPx: '10.5' })],
  ];

  it.each(corruptions)('%s fails and says what was expected and found', async (id, corrupt) => {
    const corrupted = vector(id);
    corrupt(corrupted);
    const report = await runConformance({ vectorsFile: await fileOf([corrupted]) });
    expect(report).toMatchObject({ total: 1, passed: 0, failed: 1, unsupported: 0 });
    expect(report.results[0]?.reason).toMatch(/expected .*, was /u);
    expect(report.results[0]).toHaveProperty('actual');
  });

  it('of a sequence fails when its execution is a smaller one', async () => {
    const sequence = vector('ORD-N-013');
    sequence.input['events'] = ['Submitted', { Filled: '99999' }, 'Accepted'];
    const report = await runConformance({ vectorsFile: await fileOf([sequence]) });
    expect(report.results[0]?.actual).toMatchObject({
      statuses: ['SUBMITTED', 'PARTIALLY_FILLED', 'PARTIALLY_FILLED'],
    });
    expect(report.failed).toBe(1);
  });

  it('of the order table fails at the cell that differs', async () => {
    const table = vector('FSM-N-000');
    (table.expect['table'] as Record<string, Record<string, unknown>>)['ACCEPTED'] = {
      ...(table.expect['table'] as Record<string, Record<string, unknown>>)['ACCEPTED'],
      Canceled: 'EXPIRED',
    };
    const report = await runConformance({ vectorsFile: await fileOf([table]) });
    expect(report.failed).toBe(1);
    expect(report.results[0]?.actual).toMatchObject({
      unexplained: ['ACCEPTED + Canceled: peer EXPIRED, ours CANCELED'],
    });
  });

  it('that expects nothing has shown nothing and fails', async () => {
    const empty = vector('POS-N-002');
    empty.expect = {};
    expect((await runConformance({ vectorsFile: await fileOf([empty]) })).failed).toBe(1);
  });
});

describe('what this version cannot do', { timeout }, () => {
  it('is unsupported with a reason, never passed', async () => {
    const decided = { ...vector('POS-N-002'), id: 'M-1', kind: 'low_profit' };
    const inherited = { ...vector('POS-N-002'), id: 'M-2', kind: 'toString' };
    const report = await runConformance({
      vectorsFile: await fileOf([decided, inherited, vector('POS-N-002')]),
    });
    expect(report).toMatchObject({ total: 3, passed: 1, failed: 0, unsupported: 2 });
    expect(report.byKind['low_profit']).toEqual({ total: 1, passed: 0, failed: 0, unsupported: 1 });
    expect(report.results[0]).toMatchObject({
      status: 'unsupported',
      reason: 'no control sums the ratios of the trades of one pair (decision 0007)',
    });
    expect(report.results[1]).toMatchObject({
      status: 'unsupported',
      reason: 'this version has nothing that answers toString',
    });
  });

  it('is left out when one kind is asked for', async () => {
    const report = await runConformance({ vectorsFile, kind: 'flip_split' });
    expect(Object.keys(report.byKind)).toEqual(['flip_split']);
    expect(report.total).toBe(1);
  });
});

describe('a file that is not valid', { timeout }, () => {
  it('is refused with exit code 2, the place in it, and a remedy', async () => {
    const broken = vector('POS-N-002');
    (broken.input['fills'] as Record<string, unknown>[])[0] = {
      side: 'SELL',
      qty: '1',
      price: 'dear',
      fee: '0',
    };
    const file = await fileOf([vector('POS-N-005'), broken]);
    const fault = await faultOf(file);
    expect(fault.exitCode).toBe(2);
    expect(fault.message).toBe(
      `${file}: vectors[1].input.fills[0].price: a number is decimal text (POS-N-002)`,
    );
    expect(fault.remedy).toContain('correct this place');
  });

  it('is refused before anything of it runs', async () => {
    const broken = { ...vector('ORD-N-002'), expect: { surprise: 1 } };
    const fault = await faultOf(await fileOf([broken]), 'order_fills');
    expect(fault.message).toMatch(/vectors\[0\]\.expect: .*surprise/u);
  });

  it.each([
    ['not JSON', '{'],
    ['no vectors', '{"meta": {}}'],
    ['a vector without kind', '{"meta": {}, "vectors": [{"id": "a", "input": {}, "expect": {}}]}'],
    ['nothing to run', '{"meta": {}, "vectors": []}'],
  ])('is one with %s', async (_what, text) => {
    const file = join(directory, 'bad.json');
    await writeFile(file, text);
    const fault = await faultOf(file);
    expect(fault.exitCode).toBe(2);
    expect(fault.message).toContain(file);
    expect(fault.remedy).not.toBe('');
  });

  it('is one with an id twice', async () => {
    const fault = await faultOf(await fileOf([vector('POS-N-002'), vector('POS-N-002')]));
    expect(fault.message).toContain('vectors[1].id: POS-N-002 is also the id of vectors[0]');
  });

  it('is one that does not exist', async () => {
    expect((await faultOf(join(directory, 'absent.json'))).exitCode).toBe(2);
  });

  it('is one without the kind that was asked for, which is answered with the kinds it has', async () => {
    const fault = await faultOf(vectorsFile, 'flip');
    expect(fault.exitCode).toBe(2);
    expect(fault.remedy).toContain('flip_split');
  });
});
