/** Verifies: REQ-M1, G46; execution 14 (operator confirmation of LIVE: typed at a terminal, a flag without one). */
import { describe, expect, it } from 'vitest';
import type { RunOptions } from '../../src/cli/dependencies.ts';
import type { LiveGate, LiveGates } from '../../src/cli/live-gates.ts';
import { CliCall, fakeDependencies, runReport } from '../support/cli-fixtures.ts';

const pass: LiveGate = { gate: 'venue', status: 'PASS', says: 'an adapter', remedy: '' };
const word: LiveGate = { gate: 'confirmation', status: 'FAIL', says: 'nobody', remedy: 'type it' };
const readOnly: LiveGate = { gate: 'readOnly', status: 'FAIL', says: 'is true', remedy: 'unset' };
const ladder: readonly LiveGate[] = [
  { gate: 'drill', status: 'UNKNOWN', says: 'verified flat', remedy: 'bulkhead drill' },
];

async function run(
  gates: readonly LiveGate[],
  typed: string | undefined,
  line = 'run --mode LIVE --progress none',
) {
  const started: RunOptions[] = [];
  const questions: string[] = [];
  const report: LiveGates = { accounts: ['A1', 'A2'], gates, ladder };
  const call = new CliCall(
    typed === undefined
      ? {}
      : {
          ask: async (question) => {
            questions.push(question);
            return typed;
          },
        },
  );
  const code = await call.run(
    line,
    fakeDependencies({
      liveGates: async () => report,
      run: async (options) => {
        started.push(options);
        return runReport;
      },
    }),
  );
  return { call, code, started, questions };
}

describe('LIVE at a terminal', () => {
  it.each(['A2', ' A2 '])('begins with the account id that was typed: %o', async (typed) => {
    const { code, started, questions } = await run([pass, word], typed);
    expect(code).toBe(0);
    expect(questions[0]).toContain('real money');
    expect(questions[0]).toContain('A1 or A2');
    expect(started.map(({ confirmLive }) => confirmLive)).toEqual(['A2']);
  });

  it.each(['', 'yes', 'a2', 'A3', 'A1 A2'])(
    'refuses another word with exit 78: %o',
    async (typed) => {
      const { call, code, started } = await run([pass, word], typed);
      expect(code).toBe(78);
      expect(call.err).toContain('LIVE was not confirmed');
      expect(started).toEqual([]);
    },
  );

  it('does not ask while another gate is not met: a word would change nothing', async () => {
    const { questions, started } = await run([readOnly, word], 'A1');
    expect(questions).toEqual([]);
    expect(started.map(({ confirmLive }) => confirmLive)).toEqual([undefined]);
  });

  it('does not ask who has confirmed on the command line', async () => {
    const line = 'run --mode LIVE --confirm-live A1 --progress none';
    const { questions, started } = await run([pass, word], 'A2', line);
    expect(questions).toEqual([]);
    expect(started.map(({ confirmLive }) => confirmLive)).toEqual(['A1']);
  });

  it('shows every gate with its remedy, and the ladder, before anything else', async () => {
    const { call } = await run([pass, readOnly, word], undefined);
    const lines = call.err.split('\n');
    expect(lines).toContain('  PASS     venue         an adapter');
    expect(lines).toContain('  FAIL     readOnly      is true: unset');
    expect(lines).toContain('  UNKNOWN  drill         verified flat: bulkhead drill');
  });
});

describe('LIVE without a terminal', () => {
  it('is left to the engine, which refuses without the flag', async () => {
    const { started } = await run([pass, word], undefined);
    expect(started.map(({ confirmLive }) => confirmLive)).toEqual([undefined]);
  });
});
