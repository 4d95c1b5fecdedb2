/** Verifies: scenario-format 1 to 6: what a file may hold, what is refused, what is unsupported, what a failure shows. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { matchesAll } from '../../src/bin/scenario/compare.ts';
import { parseScenarios } from '../../src/bin/scenario/format.ts';
import { runScenarios } from '../../src/bin/scenario/run-scenarios.ts';
import { durationMs, instantMs, nextTimeOfDayMs } from '../../src/bin/scenario/times.ts';
import type { ScenarioReport } from '../../src/cli/dependencies.ts';
import { OperatorError } from '../../src/kernel/errors.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'scenario-test-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const head = 'scenario: one\nstart: "2026-03-10T10:00:00"\ninstruments: [ES]\n';

function refusal(text: string): OperatorError {
  try {
    parseScenarios('some.yaml', text);
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
  throw new Error('the text was taken');
}

async function run(text: string): Promise<ScenarioReport> {
  const file = join(directory, 'a.yaml');
  writeFileSync(file, text);
  return runScenarios([file], () => undefined);
}

describe('a file that is not a scenario', () => {
  it.each([
    ['an unknown key', `${head}colour: red\nsteps: [{ advance: 1s }]`, 'some.yaml:4: colour: '],
    ['a missing field', 'scenario: one\nsteps: [{ advance: 1s }]', 'start: '],
    ['no steps', `${head}steps: []`, 'steps: '],
    ['a step without an action', `${head}steps:\n  - { at: +1s }`, 'some.yaml:5: steps[0]: '],
    ['two actions in one step', `${head}steps: [{ advance: 1s, link: up }]`, 'advance and link'],
    ['an unknown step', `${head}steps: [{ dance: 1 }]`, 'steps[0].dance: no step has this name'],
    [
      'an unknown field of a step',
      `${head}steps:\n  - quote: { instrument: ES, mid: 1 }`,
      'some.yaml:5: steps[0].quote.mid: ',
    ],
    [
      'a number that is none',
      `${head}steps: [{ quote: { instrument: ES, bid: about } }]`,
      'steps[0].quote.bid: a number is decimal text',
    ],
    ['a duration without a unit', `${head}steps: [{ advance: "10" }]`, 'steps[0].advance'],
    ['a time that goes back', `${head}steps: [{ at: -1s, advance: 1s }]`, 'steps[0].at: '],
    [
      'an unknown word',
      `${head}steps: [{ expect: { tradingState: SLEEPING } }]`,
      'ACTIVE, REDUCING, LOCKED, HALTED',
    ],
    [
      'an unknown configuration key',
      `${head}config: { colour: red }\nsteps: [{ advance: 1s }]`,
      'config.colour: ',
    ],
    [
      'an unknown rule',
      `${head}config: { rules: { luck: {} } }\nsteps: [{ advance: 1s }]`,
      'config.rules.luck: ',
    ],
    [
      'an unknown code',
      `${head}steps: [{ expect: { denied: { a: BECAUSE } } }]`,
      'denied.a: a code of the denial catalogue',
    ],
    [
      'an unknown zone',
      `${head}zone: Mars/Olympus\nsteps: [{ advance: 1s }]`,
      'zone: a zone is an IANA name',
    ],
    ['a duplicate key', `${head}scenario: two\nsteps: [{ advance: 1s }]`, 'unique'],
    ['an alias', `${head}steps: [&a { advance: 1s }, *a]`, 'alias'],
    [
      'an account that is not there',
      `${head}steps: [{ account: B, expect: { positions: { ES: 0 } } }]`,
      'steps[0].account: ',
    ],
    [
      'a name used twice',
      `${head}steps: [{ advance: 1s }]\n---\n${head}steps: [{ advance: 1s }]`,
      '"one" is used twice',
    ],
    ['nothing', '', 'no scenario'],
  ])('%s is refused with file, path and remedy', (_, text, where) => {
    const error = refusal(text);
    expect(error.exitCode).toBe(2);
    expect(error.message).toContain('some.yaml:');
    expect(error.message).toContain(where);
    expect(error.remedy).not.toBe('');
    expect(error.message).not.toContain('\n');
  });

  it('a rule value out of its range is refused before anything is played', async () => {
    const bad = `${head}config: { rules: { dailyRealizedLoss: { limit: 500 } } }\nsteps: [{ advance: 1s }]`;
    await expect(run(bad)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('config.rules.dailyRealizedLoss.limit: ') as string,
    });
  });

  it('a looser open limit than the daily one is refused', async () => {
    const rules = '{ dailyRealizedLoss: { limit: -500 }, dailyUnrealizedLoss: { limit: -500 } }';
    await expect(
      run(`${head}config: { rules: ${rules} }\nsteps: [{ advance: 1s }]`),
    ).rejects.toMatchObject({ exitCode: 2 });
  });

  it('a default of one instrument beyond the account is refused where both are given', async () => {
    const rules = (limits: string, count = 'net') =>
      `${head}config: { rules: { maxContracts: { limit: 2, countType: ${count} }, maxContractsPerInstrument: ${limits} } }\nsteps: [{ advance: 1s }]`;
    await expect(run(rules('{ defaultLimit: 3 }'))).rejects.toMatchObject({ exitCode: 2 });
    expect(await run(rules('{}'))).toMatchObject({ passed: 1 });
    expect(await run(rules('{ defaultLimit: 3 }', 'miniEquivalent'))).toMatchObject({ passed: 1 });
  });

  it('a path that does not exist is refused', async () => {
    await expect(runScenarios([join(directory, 'none')], () => undefined)).rejects.toMatchObject({
      exitCode: 2,
    });
  });
});

describe('numbers', () => {
  it('keep the digits of the file', () => {
    const text = `${head}steps: [{ fill: { id: t, instrument: ES, side: BUY, quantity: 3, price: 5800.250000000000000001 } }]`;
    const [scenario] = parseScenarios('some.yaml', text);
    expect(scenario?.steps[0]).toMatchObject({
      body: { side: 'buy', price: '5800.250000000000000001' },
    });
  });

  it('may be null and NaN', () => {
    const text = `${head}steps: [{ quote: { instrument: ES, bid: null, ask: NaN, last: .nan } }]`;
    const [scenario] = parseScenarios('some.yaml', text);
    expect(scenario?.steps[0]).toMatchObject({ body: { bid: null, ask: 'NaN', last: 'NaN' } });
  });

  it('compare as numbers in expectations', async () => {
    const steps =
      '[{ fill: { id: t, instrument: ES, side: buy, quantity: 1, price: 5800, fees: 1.40 } }, { expect: { fees: 1.4, net: -1.400, positions: { ES: 01 } } }]';
    expect(await run(`${head}steps: ${steps}`)).toMatchObject({ passed: 1, failed: 0 });
  });
});

describe('times', () => {
  it('durations have a sign and a unit', () => {
    expect([durationMs('+10s'), durationMs('-1h'), durationMs('250ms'), durationMs('1d')]).toEqual([
      10_000, -3_600_000, 250, 86_400_000,
    ]);
  });

  it('a local time that occurs twice is the first', () => {
    const first = instantMs('2026-11-01T01:30:00', 'America/Chicago');
    expect(first).toBe(instantMs('2026-11-01T01:30:00-05:00', 'America/Chicago'));
  });

  it('a time of day is the next one', () => {
    const now = instantMs('2026-03-10T17:00:00', 'America/Chicago');
    const early = nextTimeOfDayMs('08:30:00', now, 'America/Chicago');
    expect(early).toBe(instantMs('2026-03-11T08:30:00', 'America/Chicago'));
    expect(nextTimeOfDayMs('17:00', now, 'America/Chicago')).toBe(now);
  });
});

describe('what this version does not have', () => {
  it.each([
    [
      'a section of the configuration',
      'config: { universe: { minEligible: 2 } }\nsteps: [{ advance: 1s }]',
      'universe',
    ],
    [
      'a denial that is not here',
      'steps: [{ expect: { denied: { a: CLUSTER_CAP } } }]',
      'CLUSTER_CAP',
    ],
    [
      'a reload of what is not here',
      'steps: [{ config: { universe: { minEligible: 3 } } }]',
      'universe',
    ],
    [
      'a step inside a downtime',
      'steps: [{ restart: { kind: crash, meanwhile: [{ expect: { denied: { a: CLUSTER_CAP } } }] } }]',
      'CLUSTER_CAP',
    ],
  ])('%s is unsupported and never passed', async (_, rest, what) => {
    const report = await run(`${head}${rest}`);
    expect(report).toMatchObject({ total: 1, passed: 0, failed: 0, unsupported: 1 });
    expect(report.results[0]?.message).toContain(what);
  });

  it('a rule that is off asks for nothing', async () => {
    const text = `${head}config: { rules: { symbolBlocks: { enabled: false } }, sessionHours: { enabled: false } }\nsteps: [{ expect: { tradingState: ACTIVE } }]`;
    expect(await run(text)).toMatchObject({ passed: 1 });
  });
});

describe('a failure', () => {
  const text = `${head}steps:
  - fill: { id: t, instrument: ES, side: buy, quantity: 2, price: 5800 }
  - expect: { positions: { ES: 3 }, realized: 0, tradingState: LOCKED }
`;

  it('names the step, what was expected and what is', async () => {
    const report = await run(text);
    expect(report).toMatchObject({ total: 1, passed: 0, failed: 1 });
    expect(report.results[0]).toMatchObject({
      scenario: 'one',
      status: 'failed',
      step: 1,
      expected: { positions: { ES: '3' }, tradingState: 'LOCKED' },
      actual: { positions: { ES: '2' }, tradingState: 'ACTIVE' },
    });
  });

  it('leaves the other scenarios and no directory behind', async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('bulkhead-scenario-'));
    const seen: string[] = [];
    const file = join(directory, 'two.yaml');
    writeFileSync(
      file,
      `${text}---\n${head.replace('one', 'two')}steps: [{ expect: { tradingState: ACTIVE } }]`,
    );
    await runScenarios([directory], ({ scenario, status }) => seen.push(`${scenario} ${status}`));
    expect(seen).toEqual(['one failed', 'two passed']);
    const after = readdirSync(tmpdir()).filter((name) => name.startsWith('bulkhead-scenario-'));
    expect(after).toEqual(before);
  });

  it('is also a cancel of an order that never was', async () => {
    const report = await run(`${head}steps: [{ cancel: { ref: nobody } }]`);
    expect(report.results[0]).toMatchObject({ status: 'failed', step: 0 });
    expect(report.results[0]?.message).toContain('nobody');
  });
});

describe('a multiset of commands', () => {
  const matches = (pattern: RegExp, value: string): boolean => pattern.test(value);

  it('finds an assignment that a greedy one would miss', () => {
    expect(matchesAll([/./, /a/], ['a', 'b'], matches)).toBe(true);
    expect(matchesAll([/a/, /a/], ['a', 'b'], matches)).toBe(false);
  });

  it('keeps the order when it is asked for', () => {
    expect(matchesAll([/b/, /a/], ['a', 'b'], matches)).toBe(true);
    expect(matchesAll([/b/, /a/], ['a', 'b'], matches, true)).toBe(false);
    expect(matchesAll([/a/], ['a', 'a'], matches)).toBe(false);
  });
});
