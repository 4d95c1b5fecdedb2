/** Verifies: options, outputs and exit codes of the developer's and auditor's commands. Source: inspector 3 and 4. */
import { describe, expect, it } from 'vitest';
import type { ToolDependencies } from '../../src/cli/tool-dependencies.ts';
import { CliCall, fakeDependencies, fakeTools } from '../support/cli-fixtures.ts';

async function run(line: string | readonly string[], tools: Partial<ToolDependencies> = {}) {
  const call = new CliCall();
  const dependencies = fakeDependencies({ tools: { ...fakeTools, ...tools } });
  const code = await call.run(line as string, dependencies);
  return { code, out: call.out, err: call.err };
}

describe('bulkhead journal sql', () => {
  const rows = {
    outcome: 'rows',
    columns: ['actor', 'n'],
    rows: [
      ['a,"b"', 1],
      ['=1+1', null],
      ['line\nbreak\u001B[2J', 2],
    ],
    isCut: true,
    milliseconds: 3,
  } as const;

  it('prints lines of words, and nothing that moves the cursor', async () => {
    const { code, out, err } = await run('journal sql SELECT', { sql: async () => rows });
    expect(code).toBe(0);
    expect(out.split('\n')).toHaveLength(5);
    expect(out).not.toContain('\u001B');
    expect(err).toContain('3 rows, and there are more');
  });

  it('prints a table that a spreadsheet takes for no formula with --csv', async () => {
    const { out } = await run('journal sql SELECT --csv', { sql: async () => rows });
    expect(out).toContain('actor,n\n"a,""b""",1\n\'=1+1,\n');
  });

  it('prints one object with --json', async () => {
    const { out } = await run('journal sql SELECT --json', { sql: async () => rows });
    expect(JSON.parse(out)).toEqual(rows);
  });

  it('ends with 1 and says where a query is wrong, or that it took too long', async () => {
    const position = { line: 2, column: 7 };
    const refused = await run('journal sql SELECT', {
      sql: async () => ({ outcome: 'refused', text: 'no such column: a', position }),
    });
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('no such column: a (line 2, column 7)');
    const killed = await run('journal sql SELECT', {
      sql: async () => ({ outcome: 'killed', text: 'the query took longer than 250 ms' }),
    });
    expect(killed.code).toBe(1);
  });

  it('takes a budget up to a minute', async () => {
    let asked: unknown;
    const sql: ToolDependencies['sql'] = async (question) => {
      asked = question;
      return rows;
    };
    await run('journal sql SELECT --budget 2s --data-dir d', { sql });
    expect(asked).toEqual({ dataDir: 'd', sql: 'SELECT', budgetMs: 2_000 });
    expect((await run('journal sql SELECT --budget 2h')).code).toBe(2);
  });
});

describe('bulkhead journal export and import', () => {
  it('hands over what was named', async () => {
    let asked: unknown;
    const exportBundle: ToolDependencies['exportBundle'] = async (options) => {
      asked = options;
      return fakeTools.exportBundle(options);
    };
    const { code, out } = await run('journal export --correlation 12 --out o --sign-key k', {
      exportBundle,
    });
    expect(asked).toEqual({ dataDir: './data', correlation: 12, out: 'o', signKey: 'k' });
    expect([code, out]).toEqual([0, 'account A1: 2 rows, 1 to 2\nnot signed\n']);
  });

  it.each([
    'journal export --account A1',
    'journal export --correlation x --out o',
    'journal import b',
  ])('refuses %s', async (line) => {
    expect((await run(line)).code).toBe(2);
  });
});

describe('bulkhead fork', () => {
  it('tells where the sandbox parted from the journal, what was withheld, and how it ended', async () => {
    const { code, out } = await run('fork --at 5 --config c --rows 9', {
      fork: async (options) => {
        expect(options).toEqual({ dataDir: './data', at: 5, rows: 9, configPath: 'c' });
        return {
          at: 5,
          toSeq: 14,
          played: 4,
          injected: 1,
          steps: 8,
          withheld: [{ kind: 'submit', count: 2 }],
          firstDivergence: { seq: 7, actor: 'account/A1', event: 'e', sandbox: '"a"', journal: '' },
          actors: [
            { actor: 'account/A1', isSame: false, sandbox: '"a"', journal: '' },
            { actor: 'account/A1/ledger', isSame: true, sandbox: '"open"', journal: '"open"' },
          ],
          notes: ['with care'],
        };
      },
    });
    expect(code).toBe(0);
    expect(out).toContain('withheld: 2 × submit');
    expect(out).toContain('first difference at row 7, account/A1, e: "a" instead of nothing');
    expect(out).toContain('1 of 2 actors ended the same');
    expect(out).toContain('note: with care');
  });

  it('needs a row', async () => {
    expect((await run('fork')).code).toBe(2);
    expect((await run('fork --at 0')).code).toBe(2);
  });
});

describe('bulkhead inspect', () => {
  it('opens a bundle in the place of a data directory', async () => {
    let asked: unknown;
    const call = new CliCall();
    const line = 'inspect --bundle b --verify-key k --port 0 --config c';
    const inspect = async (options: unknown): Promise<void> => {
      asked = options;
    };
    expect(await call.run(line, fakeDependencies({ inspect }))).toBe(0);
    expect(asked).toEqual({
      dataDir: './data',
      bundle: 'b',
      verifyKey: 'k',
      port: 0,
      configPath: 'c',
    });
  });
});
