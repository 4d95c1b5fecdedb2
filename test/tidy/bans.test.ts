import { describe, expect, it } from 'vitest';
import { readTree } from '../support/source-tree.ts';
import {
  banFindings,
  bans,
  describeFinding,
  expectNoFindings,
  fileNameFindings,
  quarantineFindings,
  versionFindings,
} from '../support/tidy.ts';

const tree = readTree();

describe('the tree', () => {
  it.each(bans.map((ban) => [ban.name, ban] as const))('has no %s', (_name, ban) => {
    expectNoFindings(tree.flatMap((file) => banFindings(ban, file)));
  });

  it('has no test that is switched off without a reason and a date', () => {
    const today = new Date().toISOString().slice(0, 10);
    expectNoFindings(tree.flatMap((file) => quarantineFindings(file, today)));
  });

  it('has file names that say what is in the file', () => {
    expectNoFindings(tree.flatMap(fileNameFindings));
  });

  it('pins its dependencies', () => {
    const manifest = tree.filter(({ path }) => path === 'package.json');
    expect(manifest).toHaveLength(1);
    expectNoFindings(manifest.flatMap(versionFindings));
  });
});

type Example = {
  readonly path: string;
  /** Each of these texts is one finding. */
  readonly bad: readonly string[];
  readonly good: readonly string[];
};

const machine = 'src/machines/order.machine.ts';
const cell = 'src/actors/order.cell.ts';
const unitTest = 'test/unit/order.test.ts';

const examples: Readonly<Record<string, Example>> = {
  'wall clock': {
    path: cell,
    bad: [
      'const a = Date.now();',
      'const a = new Date();',
      'const a = new Date;',
      'f(Date.now)',
      'DateTime.now()',
      'DateTime.utc()',
    ],
    good: [
      'const a = new Date(atMs);',
      'const a = clock.nowMs();',
      '// Date.now() is banned',
      `'Date.now()'`,
      'DateTime.utc(2026, 11, 20)',
      'const a = Date.now(); // tidy-ok: only printed',
    ],
  },
  chance: { path: cell, bad: ['Math.random()'], good: ['random.float()'] },
  'random ids': { path: cell, bad: ['randomUUID()', 'randomBytes(8)'], good: ['ids.mint()'] },
  unfinished: { path: cell, bad: ['// TODO: later', '/* FIXME */'], good: ['// See GAP-001.'] },
  bigint: {
    path: cell,
    bad: ['BigInt(a)', 'const a = 10n;', 'let a: bigint;'],
    good: ['new BigInt64Array(buffer)', 'const a10n = 1;', 'hrtime.bigint()'],
  },
  'parse float': { path: cell, bad: ['parseFloat(a)'], good: ['wholeUnits(text, tick)'] },
  'number of text': {
    path: cell,
    bad: ['Number(text)', 'list.map(Number)', 'z.coerce.number()'],
    good: ['Number.isSafeInteger(a)', 'isNumber(a)'],
  },
  'float in an exact quantity': {
    path: cell,
    bad: [
      '{ lossDailyMicrosMax: z.number() }',
      'const openLots = 0.5;',
      'const feeMicros = { feeMicros: 1.25 };',
    ],
    good: ['{ lossDailyMicrosMax: Micros }', 'const openLots = 5;', '{ scale: 0.5 }'],
  },
  'division of an exact quantity': {
    path: cell,
    bad: ['const a = costMicros / lots;', 'const a = (b - costMicros) / 2;', 'openLots /= 2;'],
    good: ['const a = mulDiv(costMicros, 1, lots);', 'openLots; // half', 'a / b'],
  },
  'after in a machine': { path: machine, bad: ['after: { 100: "x" }'], good: ['afterwards: 1'] },
  'delay in a machine': { path: machine, bad: ['raise(e, { delay: 5 })'], good: ['delayed()'] },
  'invoke in a machine': { path: machine, bad: ['invoke: { src }'], good: ['invoked()'] },
  'spawn in a machine': { path: machine, bad: ['spawn(a)', 'spawnChild(a)'], good: ['spawned'] },
  'sendTo in a machine': { path: machine, bad: ['sendTo(a, b)', 'sendParent(a)'], good: ['send'] },
  'acting import in a machine': {
    path: machine,
    bad: [`import { assign, emit } from 'xstate';`, `import {\n  log,\n} from 'xstate/actions';`],
    good: [
      `import { assign, setup } from 'xstate';`,
      `import { cancel } from './step.ts';\nimport { setup } from 'xstate';`,
    ],
  },
  'self or system in a machine': {
    path: machine,
    bad: ['({ context, self }) => 1', '({ system }) => 1'],
    good: ['({ context, event }) => 1', `({ actor: 'system' })`],
  },
  'unnamed action or guard': {
    path: machine,
    bad: [
      'actions: assign({})',
      'actions: [assign({})]',
      'guard: ({ context }) => context.a',
      'entry: () => 1',
    ],
    good: [`actions: 'recordFill'`, 'actions: {', `guard: and(['a', 'b'])`],
  },
  'path of one machine': {
    path: 'docs/operating/run.md',
    bad: ['cd /work/main', 'file:/tmp/a', 'in /home/me/x'],
    good: ['https://example.com/work/a', 'src/home/x', './tmp/a', '~/work/x'],
  },
  'registry host': {
    path: 'package-lock.json',
    bad: ['https://registry.npmjs.org/a', '"resolved": "a"', '//host/:_authToken=a'],
    good: ['"integrity": "sha512-a"', 'https://example.com/funding', 'src/rules/registry.ts'],
  },
  'should in a test name': {
    path: unitTest,
    bad: [`it('should count', f)`, `it.each(a)('x', f); describe("what should be", f)`],
    good: [`it('counts a fill once', f)`, `const a = 'should';`],
  },
  'focused test': { path: unitTest, bad: [`it.only('a', f)`], good: [`it('only once', f)`] },
  'name without meaning': {
    path: cell,
    bad: ['class OrderManager {}', 'interface IClock {}', 'type FillHelper = 1;'],
    good: ['class Registry {}', 'interface Ids {}', 'type Instrument = 1;'],
  },
};

describe('a ban', () => {
  it('has an example each', () => {
    expect(Object.keys(examples).toSorted()).toEqual(bans.map(({ name }) => name).toSorted());
  });

  it.each(bans.map((ban) => [ban.name, ban] as const))('finds %s and nothing else', (name, ban) => {
    const { path = '', bad = [], good = [] } = examples[name] ?? {};
    expect(bad.length * good.length).toBeGreaterThan(0);
    for (const text of bad) {
      expect(banFindings(ban, { path, text }), text).toHaveLength(1);
    }
    for (const text of good) {
      expect(banFindings(ban, { path, text }), text).toEqual([]);
    }
    expect(banFindings(ban, { path: 'docs/picture.txt.bin', text: 'x' })).toEqual([]);
  });

  it('names the place, the finding and the reason', () => {
    const clock = bans.find(({ name }) => name === 'wall clock');
    const [finding] =
      clock === undefined ? [] : banFindings(clock, { path: cell, text: '\nDate.now()' });
    expect(finding && describeFinding(finding)).toBe(
      'src/actors/order.cell.ts:2: Date.now\n    wall clock: Time comes in by the injected Clock, or a replay gives another state.',
    );
  });

  it('is escaped only with a reason on the same line', () => {
    const clock = bans.filter(({ name }) => name === 'wall clock');
    const find = (text: string): number =>
      clock.flatMap((ban) => banFindings(ban, { path: cell, text })).length;
    expect(find('Date.now() // tidy-ok: start of the process, printed once')).toBe(0);
    expect(find('Date.now() // tidy-ok:')).toBe(1);
    expect(find('// tidy-ok: above\nDate.now()')).toBe(1);
  });

  it('lets the one clock read the clock', () => {
    const text = 'Date.now()';
    const found = bans.flatMap((ban) => banFindings(ban, { path: 'src/kernel/clock.ts', text }));
    expect(found).toEqual([]);
  });
});

describe('a test that is switched off', () => {
  const find = (text: string): number =>
    quarantineFindings({ path: unitTest, text }, '2026-11-20').length;

  it.each<[string, string, number]>([
    ['without a note', `it.skip('a', f)`, 1],
    ['as a todo', `it.todo('a')`, 1],
    ['in time', `// quarantine: GAP-001, venue is down, until 2026-12-01\nit.skip('a', f)`, 0],
    ['too long', `// quarantine: GAP-001, venue is down, until 2026-11-19\nit.skip('a', f)`, 1],
    ['without a date', `// quarantine: GAP-001, venue is down\nit.skip('a', f)`, 1],
    ['not at all', `it('skips a repeated fill', f)`, 0],
  ])('is judged: %s', (_name, text, count) => {
    expect(find(text)).toBe(count);
  });
});

describe('a file name', () => {
  it.each(['src/domain/OrderEvent.ts', 'src/domain/utils.ts', 'src/domain/order-helper.ts'])(
    'is refused: %s',
    (path) => expect(fileNameFindings({ path })).toHaveLength(1),
  );

  it.each([
    'src/domain/order-event.ts',
    'src/machines/order.machine.ts',
    'test/types/ids.test-d.ts',
  ])('is accepted: %s', (path) => expect(fileNameFindings({ path })).toEqual([]));
});

describe('a dependency', () => {
  it('is refused with a range', () => {
    const text = '{"dependencies": {"a": "^1.0.0", "b": "1.0.0"}, "devDependencies": {"c": "*"}}';
    const found = versionFindings({ path: 'package.json', text }).map((one) => one.found);
    expect(found).toEqual(['a: ^1.0.0', 'c: *']);
  });
});
