/** Verifies: options, outputs and exit codes of every command. Source: scenario-format 6 and 7. */
import { describe, expect, it } from 'vitest';
import type { Dependencies, RunOptions, ScenarioReport } from '../../src/cli/dependencies.ts';
import { exitCodes, OperatorError, StoreFailure } from '../../src/kernel/errors.ts';
import { CliCall, fakeDependencies, runReport, statusReport } from '../support/cli-fixtures.ts';

/** The options that `run` hands to the product. */
async function runOptionsOf(line: string): Promise<RunOptions | undefined> {
  let seen: RunOptions | undefined;
  const run: Dependencies['run'] = async (options) => {
    seen = options;
    return runReport;
  };
  await new CliCall().run(line, fakeDependencies({ run }));
  return seen;
}

const failing = (thrown: unknown) =>
  fakeDependencies({
    run: () => Promise.reject(thrown),
  });

const busy = new OperatorError({
  code: 'STORE_BUSY',
  exitCode: exitCodes.busy,
  message: 'another instance holds ./data',
  remedy: 'Stop it first.',
});

describe('bulkhead run', () => {
  it('hands every option over', async () => {
    const line =
      'run --config c.yaml --data-dir d --mode dry_run --replay f.csv --instrument ES --speed 2.5 --seed s --for 1d --trader vwap --progress none';
    expect(await runOptionsOf(line)).toEqual({
      configPath: 'c.yaml',
      dataDir: 'd',
      mode: 'DRY_RUN',
      replayFile: 'f.csv',
      instrument: 'ES',
      speed: 2.5,
      seed: 's',
      forMs: 86_400_000,
      trader: 'vwap',
    });
  });

  it('leaves out what is not given; the data directory is ./data', async () => {
    expect(await runOptionsOf('run --no-inspector')).toEqual({ dataDir: './data' });
    const atFullSpeed = 'run --no-inspector --speed MAX';
    expect(await runOptionsOf(atFullSpeed)).toEqual({ dataDir: './data', speed: 'max' });
  });

  it('has an inspector when it runs until it is stopped, and when a port is given', async () => {
    const inspector = { inspectorPort: 7_788, isPortFixed: false, allowActions: false };
    expect(await runOptionsOf('run')).toEqual({ dataDir: './data', ...inspector });
    expect(await runOptionsOf('run --for 1d')).toEqual({ dataDir: './data', forMs: 86_400_000 });
    expect(await runOptionsOf('run --for 1d --inspector-port 0 --allow-actions')).toEqual({
      dataDir: './data',
      forMs: 86_400_000,
      inspectorPort: 0,
      isPortFixed: true,
      allowActions: true,
    });
  });

  it('prints exactly one JSON object on standard output with --json; progress goes to standard error', async () => {
    const call = new CliCall();
    expect(await call.run('run --json')).toBe(0);
    expect(call.out.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(call.out)).toEqual(runReport);
    expect(call.err).toContain('12345 events');
  });

  it('tells people what happened', async () => {
    const call = new CliCall();
    await call.run('run --progress none');
    expect(call.out).toContain('end of data: 2026-03-10 14:00 UTC to 2026-03-10 15:04 UTC');
    expect(call.out).toContain('1 breach, 1 lock, 2 alerts, 0 incidents');
    expect(call.out).toContain(
      'locked by RULE-003 (account, untilReset) until 2026-03-10 22:00 UTC: daily loss',
    );
    expect(call.err).toBe('');
  });

  it.each([
    '--speed 0',
    '--speed fast',
    '--speed -1',
    '--for 1',
    '--for 0s',
    '--mode TEST',
    '--trader bob',
    '--progress loud',
    '--wrong',
    'extra',
    '--config',
  ])('refuses %s with exit 2', async (option) => {
    const call = new CliCall();
    expect(await call.run(`run ${option}`)).toBe(exitCodes.usage);
    expect(call.err).toMatch(/^bulkhead: /u);
    expect(call.out).toBe('');
  });

  it('suggests the option that was probably meant', async () => {
    const call = new CliCall();
    await call.run('run --replya x');
    expect(call.err).toContain('--replay');
  });
});

describe('stopping', () => {
  it('asks the run to stop at the first request and ends the process with 130 at the second', async () => {
    const call = new CliCall();
    const seen: boolean[] = [];
    const run: Dependencies['run'] = async (_options, _onProgress, signal) => {
      call.stop();
      seen.push(signal.aborted);
      expect(call.exits).toEqual([]);
      call.stop();
      return { ...runReport, ended: 'stopped' };
    };
    expect(await call.run('run', fakeDependencies({ run }))).toBe(0);
    expect(seen).toEqual([true]);
    expect(call.exits).toEqual([130]);
    expect(call.out).toContain('stopped');
  });
});

describe('failures', () => {
  it('tells an operator error in one line with its remedy and its exit code', async () => {
    const call = new CliCall();
    expect(await call.run('run', failing(busy))).toBe(exitCodes.busy);
    expect(call.err).toBe('bulkhead: another instance holds ./data. Stop it first.\n');
    expect(call.out).toBe('');
  });

  it('adds the error as JSON on standard error with --json', async () => {
    const call = new CliCall();
    await call.run('run --json', failing(busy));
    const last = call.err.trimEnd().split('\n').at(-1) ?? '';
    expect(JSON.parse(last)).toEqual({
      error: {
        code: 'STORE_BUSY',
        exitCode: 75,
        message: 'another instance holds ./data',
        remedy: 'Stop it first.',
      },
    });
    expect(call.out).toBe('');
  });

  it('says wrong usage as JSON too', async () => {
    const call = new CliCall();
    expect(await call.run('status --json --wrong')).toBe(2);
    const last = call.err.trimEnd().split('\n').at(-1) ?? '';
    expect(JSON.parse(last)).toMatchObject({ error: { code: 'USAGE', exitCode: 2 } });
  });

  it('ends with 74 when the store fails, and with 1 and a trace for a fault of our own', async () => {
    const store = new CliCall();
    expect(await store.run('run', failing(new StoreFailure('disk full')))).toBe(
      exitCodes.storeFailed,
    );
    expect(store.err).toContain('disk full');
    const own = new CliCall();
    expect(await own.run('run', failing(new Error('two\nlines')))).toBe(exitCodes.failed);
    expect(own.err).toContain('bulkhead: a fault of our own: two lines. ');
    expect(own.err).toContain('at ');
  });

  it('gives the terminal back when a run fails', async () => {
    const call = new CliCall({ isTerminal: true });
    const run: Dependencies['run'] = async (_options, onProgress) => {
      onProgress((await import('../support/cli-fixtures.ts')).progressPicture);
      throw busy;
    };
    await call.run('run', fakeDependencies({ run }));
    expect(call.err).toContain('\u001B[?25h');
  });
});

describe('the other commands', () => {
  it('status prints words, or the report as JSON', async () => {
    const call = new CliCall();
    expect(await call.run('status --data-dir d')).toBe(0);
    expect(call.out).toContain('./data: not running');
    const json = new CliCall();
    await json.run('status --json');
    expect(JSON.parse(json.out)).toEqual(statusReport);
  });

  it('journal tail hands its options over and prints a line per row', async () => {
    const row = {
      seq: 7,
      at: '2026-03-10T15:00:00.000Z',
      actor: 'account/A1/ledger',
      event: 'ledger.dayRolled',
      from: 'open',
      to: 'open',
      cause: 6,
    };
    let options: unknown;
    const journalTail: Dependencies['journalTail'] = async (given, onLine) => {
      options = given;
      onLine(row);
    };
    const call = new CliCall();
    expect(
      await call.run(
        'journal tail -n 5 --follow --actor account/A1/ledger',
        fakeDependencies({ journalTail }),
      ),
    ).toBe(0);
    expect(options).toEqual({
      dataDir: './data',
      count: 5,
      follow: true,
      actor: 'account/A1/ledger',
    });
    expect(call.out).toContain('account/A1/ledger');
    const json = new CliCall();
    await json.run('journal tail --json', fakeDependencies({ journalTail }));
    expect(JSON.parse(json.out)).toEqual(row);
    expect(options).toEqual({ dataDir: './data', count: 20, follow: false });
  });

  it('journal verify exits 1 when the journal does not hold', async () => {
    const report = {
      ok: false,
      rows: 3,
      headSeq: 3,
      headHash: 'abc',
      problems: ['row 2: wrong hash'],
    };
    const call = new CliCall();
    expect(
      await call.run('journal verify', fakeDependencies({ journalVerify: async () => report })),
    ).toBe(1);
    expect(call.out).toContain('row 2: wrong hash');
    expect(await new CliCall().run('journal verify')).toBe(0);
  });

  it('scenario run takes several paths, prints each result, and exits 1 when one fails', async () => {
    const result = {
      file: 'a.yaml',
      scenario: 'G4',
      status: 'failed',
      step: 3,
      message: 'locks',
      expected: ['x'],
      actual: [],
    } as const;
    let seen: readonly string[] = [];
    const scenarioRun: Dependencies['scenarioRun'] = async (
      paths,
      onResult,
    ): Promise<ScenarioReport> => {
      seen = paths;
      onResult(result);
      return { total: 1, passed: 0, failed: 1, unsupported: 0, results: [result] };
    };
    const call = new CliCall();
    expect(await call.run('scenario run a.yaml b', fakeDependencies({ scenarioRun }))).toBe(1);
    expect(seen).toEqual(['a.yaml', 'b']);
    expect(call.out).toContain('a.yaml: G4 (step 3): locks\n  expected ["x"]\n  actual   []\n');
    const json = new CliCall();
    expect(await json.run('scenario run a.yaml --json', fakeDependencies({ scenarioRun }))).toBe(1);
    expect(JSON.parse(json.out)).toMatchObject({ total: 1, failed: 1 });
    expect(await new CliCall().run('scenario run')).toBe(2);
  });

  it('conformance run needs its vectors and counts by kind', async () => {
    let options: unknown;
    const conformanceRun: Dependencies['conformanceRun'] = async (given) => {
      options = given;
      return {
        total: 2,
        passed: 1,
        failed: 0,
        unsupported: 1,
        byKind: { flip_split: { total: 1, passed: 1, failed: 0, unsupported: 0 } },
        results: [],
      };
    };
    const call = new CliCall();
    expect(
      await call.run(
        'conformance run --vectors v.json --kind flip_split',
        fakeDependencies({ conformanceRun }),
      ),
    ).toBe(0);
    expect(options).toEqual({ vectorsFile: 'v.json', kind: 'flip_split' });
    expect(call.out).toContain('flip_split');
    expect(call.out).toContain('2 in all: 1 passed, 0 failed, 1 unsupported');
    expect(await new CliCall().run('conformance run')).toBe(2);
  });
});

describe('help', () => {
  it.each([
    '',
    'run',
    'status',
    'journal',
    'journal tail',
    'journal verify',
    'scenario',
    'scenario run',
    'conformance run',
  ])('of "%s" is on standard output with exit 0', async (command) => {
    const call = new CliCall();
    expect(await call.run(`${command} --help`)).toBe(0);
    expect(call.out).toContain('Usage: bulkhead');
    expect(call.err).toBe('');
  });

  it('knows its version', async () => {
    const call = new CliCall();
    expect(await call.run('--version')).toBe(0);
    expect(call.out).toBe('1.2.3\n');
  });

  it('is shown without a command, with exit 2; an unknown command is named', async () => {
    const call = new CliCall();
    expect(await call.run('')).toBe(2);
    expect(call.err).toContain('Usage: bulkhead');
    const unknown = new CliCall();
    expect(await unknown.run('runn')).toBe(2);
    expect(unknown.err).toContain('Did you mean run?');
  });
});
