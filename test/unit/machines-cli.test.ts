/**
 * `bulkhead machines` and `bulkhead token` through the command line, with the real functions behind it.
 *
 * Verifies: inspector 4 (exports, equal table view), security 1 (Token), security 4
 */
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { machineCoverage, savedCoverage } from '../../src/bin/machine-coverage.ts';
import {
  chartsOfEngine,
  exportMachines,
  machineSummaries,
  machineView,
} from '../../src/bin/machine-files.ts';
import { runScenarios } from '../../src/bin/scenario/run-scenarios.ts';
import { tokenCommands } from '../../src/bin/token-list.ts';
import type { MachineCoverage, MachineSummary, TokenView } from '../../src/cli/dependencies.ts';
import { TokenFile } from '../../src/inspector/tokens.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { CliCall, fakeDependencies } from '../support/cli-fixtures.ts';
import { removeDirectory, startTestEngine, type TestEngine } from '../support/engine.ts';

async function bulkhead(...words: readonly string[]) {
  const call = new CliCall();
  const code = await call.run(
    words.join(' '),
    fakeDependencies({
      machines: machineSummaries,
      machine: machineView,
      exportMachines,
      machineCoverage,
      savedCoverage,
      scenarioRun: runScenarios,
      tokens: tokenCommands,
    }),
  );
  return { code, out: call.out, err: call.err };
}

function buys(name: string, quantity: number): string {
  return `scenario: ${name}
start: '2026-03-10T10:00:00'
account: { id: A1, balance: 50000 }
instruments: [MNQ]
steps:
  - quote: { instrument: MNQ, bid: 21000.00, ask: 21000.25, last: 21000.00 }
  - submit: { ref: a, instrument: MNQ, side: buy, quantity: ${quantity}, type: market }
  - expect: { positions: { MNQ: ${quantity} } }
`;
}

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bulkhead-machines-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('machines', () => {
  it('lists every machine with its version and size', async () => {
    const { code, out } = await bulkhead('machines', 'list', '--json');
    expect(code).toBe(0);
    const list = JSON.parse(out) as MachineSummary[];
    expect(list.map(({ id }) => id)).toEqual(chartsOfEngine().map(({ id }) => id));
    expect(list.length).toBeGreaterThan(8);
    const text = await bulkhead('machines', 'list');
    expect(text.out.trim().split('\n')).toHaveLength(list.length);
  });

  it('shows what each state does with each event, and the same as data', async () => {
    const { out } = await bulkhead('machines', 'show', 'lock');
    expect(out).toMatch(/^lock, version \d+\n/u);
    expect(out).toContain('active');
    const chart = JSON.parse((await bulkhead('machines', 'show', 'lock', '--json')).out) as {
      readonly id: string;
      readonly nodes: readonly { readonly id: string }[];
    };
    expect(chart.id).toBe('lock');
    expect(chart.nodes.map(({ id }) => id)).toContain('active');
  });

  it.each([
    ['mermaid', /^stateDiagram-v2/u, 'mmd'],
    ['svg', /^<svg /u, 'svg'],
    ['json', /^\{/u, 'json'],
    ['scxml', /<scxml /u, 'scxml'],
  ] as const)(
    'exports %s, one to standard output and all into a folder',
    async (format, start, ending) => {
      const one = await bulkhead('machines', 'export', 'lock', '--format', format);
      expect(one.code).toBe(0);
      expect(one.out).toMatch(start);
      const all = await bulkhead('machines', 'export', '--format', format, '--out', folder);
      expect(all.code).toBe(0);
      expect(readdirSync(folder).toSorted()).toEqual(
        chartsOfEngine()
          .map(({ id }) => `${id}.${ending}`)
          .toSorted(),
      );
      expect(readFileSync(join(folder, `lock.${ending}`), 'utf8')).toBe(one.out);
    },
  );

  it('refuses a machine that is not there, and all machines without a folder', async () => {
    const unknown = await bulkhead('machines', 'show', 'sausage');
    expect(unknown).toMatchObject({ code: 2, out: '' });
    expect(unknown.err).toMatch(/there is no machine "sausage".*The machines are account, /u);
    expect((await bulkhead('machines', 'export')).code).toBe(2);
    expect((await bulkhead('machines', 'export', 'lock', '--format', 'png')).code).toBe(2);
  });

  describe('coverage', () => {
    let test: TestEngine;
    beforeAll(async () => {
      test = await startTestEngine({ rules: { maxContracts: { limit: '5' } } });
      await test.quote('MNQ', 80_000, 80_001);
      await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 2 });
    });
    afterAll(async () => {
      await test.engine.stop();
      removeDirectory(test.directory);
    });

    it('counts the states and transitions that the rows of a journal have been in', async () => {
      const { code, out } = await bulkhead(
        'machines',
        'coverage',
        '--data-dir',
        test.directory,
        '--json',
      );
      expect(code).toBe(0);
      const coverage = JSON.parse(out) as MachineCoverage[];
      const of = (id: string) => coverage.find((one) => one.id === id);
      const order = of('order');
      const entered = order?.states.filter((one) => one.entered > 0).map(({ state }) => state);
      expect(entered).toContain('execution.filled');
      expect(entered).not.toContain('execution.canceled');
      const intent = order?.transitions.find(({ event }) => event === 'order.intentCommitted');
      expect(intent?.taken).toBe(1);
      expect(order?.transitions.find(({ event }) => event === 'order.fillVoided')?.taken).toBe(0);
      const position = of('position');
      expect(position?.states.find(({ state }) => state === 'exposure.long')?.entered).toBe(1);
      expect(position?.states.find(({ state }) => state === 'exposure.short')?.entered).toBe(0);
      expect(of('oco')).toMatchObject({ rows: 0, statesReached: 0, transitionsReached: 0 });
      for (const one of coverage) {
        expect(one.statesReached).toBe(one.states.filter((state) => state.entered > 0).length);
        expect(one.states).toHaveLength(
          (chartsOfEngine().find(({ id }) => id === one.id)?.nodes.length ?? 0) - 1,
        );
      }
      const text = await bulkhead('machines', 'coverage', '--data-dir', test.directory);
      expect(text.out).toMatch(
        /^position +version \d+ +\d+ rows {2}states \d+\/\d+ {2}transitions \d+\/\d+$/mu,
      );
      expect(text.out).toContain('exposure.short');
    });

    it('is written for a run of scenarios, all of them together, and names what was never taken', async () => {
      const scenarios = join(folder, 'two.yaml');
      writeFileSync(scenarios, [buys('one', 1), buys('two', 2)].join('---\n'));
      const file = join(folder, 'coverage.json');
      expect((await bulkhead('scenario', 'run', scenarios, '--coverage', file)).code).toBe(0);
      const { out } = await bulkhead('machines', 'coverage', '--tests', file, '--json');
      const order = (JSON.parse(out) as MachineCoverage[]).find(({ id }) => id === 'order');
      expect(order?.actors).toBe(2);
      const intent = order?.transitions.find(({ event }) => event === 'order.intentCommitted');
      expect(intent?.taken).toBe(2);
      const { out: text } = await bulkhead('machines', 'coverage', '--tests', file);
      expect(text).toContain('  never in exposure.short');
      expect(text).toMatch(/^ {2}never anywhere on \S+ stays/mu);
    });

    it('of other versions of the machines is refused, and so is what is no such file', async () => {
      const file = join(folder, 'coverage.json');
      const [one] = await machineCoverage(test.directory);
      writeFileSync(file, JSON.stringify([{ ...one, version: '0' }]));
      const { code, err } = await bulkhead('machines', 'coverage', '--tests', file);
      expect([code, err.includes('other versions')]).toEqual([2, true]);
      expect((await bulkhead('machines', 'coverage', '--tests', folder)).code).toBe(2);
    });

    it('exits with 66 where there is no journal', async () => {
      expect((await bulkhead('machines', 'coverage', '--data-dir', folder)).code).toBe(66);
    });
  });
});

describe('token', () => {
  it('creates, lists and revokes; the token is shown once', async () => {
    const made = await bulkhead(
      'token',
      'create',
      '--data-dir',
      folder,
      '--role',
      'viewer',
      '--by',
      'tom',
      '--account',
      'A1',
      'B2',
      '--days',
      '3',
    );
    expect(made.code).toBe(0);
    const token = made.out.trim();
    expect(token).toMatch(/^bh_viewer_[\w-]{43}$/u);
    expect(statSync(join(folder, 'inspector-tokens.json')).mode & 0o777).toBe(0o600);
    const identity = new TokenFile(folder, systemClock).identify(token);
    expect(identity).toMatchObject({ role: 'viewer', by: 'tom', accounts: ['A1', 'B2'] });
    const listed = await bulkhead('token', 'list', '--data-dir', folder, '--json');
    expect(listed.out).not.toContain(token);
    const [only] = JSON.parse(listed.out) as TokenView[];
    expect(only).toMatchObject({ role: 'viewer', state: 'valid', accounts: ['A1', 'B2'] });
    expect(only?.id).toBe(identity?.tokenId);
    expect((await bulkhead('token', 'revoke', only?.id ?? '', '--data-dir', folder)).code).toBe(0);
    expect(new TokenFile(folder, systemClock).identify(token)).toBeUndefined();
    expect((await bulkhead('token', 'list', '--data-dir', folder)).out).toMatch(/ revoked /u);
  });

  it('refuses a role, a length of life, an id or a folder that cannot be meant', async () => {
    const create = (...words: readonly string[]) =>
      bulkhead('token', 'create', '--data-dir', folder, ...words);
    expect((await create('--role', 'root', '--by', 'tom')).code).toBe(2);
    expect((await create('--role', 'admin')).code).toBe(2);
    expect((await create('--role', 'admin', '--by', 'x'.repeat(65))).code).toBe(2);
    for (const days of ['0', '91', '-1', 'x', '1.5'])
      expect((await create('--role', 'admin', '--by', 'tom', '--days', days)).code, days).toBe(2);
    expect(existsSync(join(folder, 'inspector-tokens.json'))).toBe(false);
    expect((await bulkhead('token', 'revoke', 'x', '--data-dir', folder)).code).toBe(2);
    const nowhere = join(folder, 'nowhere');
    expect((await bulkhead('token', 'list', '--data-dir', nowhere)).code).toBe(66);
  });
});
