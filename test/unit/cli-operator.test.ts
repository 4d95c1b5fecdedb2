/** Verifies: rules 12.4 (operator surface), security 7 (exit codes) */
import { describe, expect, it } from 'vitest';
import type { OperateAnswer, OperateRequest } from '../../src/cli/dependencies.ts';
import { operatorPolicy } from '../../src/domain/operator-policy.ts';
import { CliCall, fakeDependencies } from '../support/cli-fixtures.ts';

const names =
  'unlock lock limit reset resume pause cancel flatten resolve acknowledge transfer kill rearm'.split(
    ' ',
  );

/** What a command line asks of the service, and what it says to the answer. */
async function call(line: string, answer: Partial<OperateAnswer> = {}) {
  const asked: { dataDir: string; request: OperateRequest }[] = [];
  const one = new CliCall();
  const code = await one.run(
    line,
    fakeDependencies({
      operate: async (dataDir, request) => {
        asked.push({ dataDir, request });
        return { outcome: 'accepted', text: 'done', requestId: 'r', ...answer };
      },
    }),
  );
  return { code, asked, out: one.out, err: one.err };
}

describe('the command line', () => {
  it('has a command for every verb', async () => {
    const verbs = await Promise.all(
      names.map(async (name) => {
        const argument = { reset: 'daily', cancel: 'o1', resolve: 'o1' }[name] ?? '';
        const { asked } = await call(`${name} ${argument} --by ann`);
        return asked[0]?.request.verb;
      }),
    );
    expect(new Set(verbs)).toEqual(new Set(Object.keys(operatorPolicy)));
    expect(verbs).toHaveLength(names.length);
  });

  it.each(names)('explains %s with an example', async (name) => {
    const { code, out } = await call(`${name} --help`);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`--by <name>[\\s\\S]*Example:\\s+bulkhead ${name}`));
  });

  it('hands on what was given, and nothing else', async () => {
    const { asked } = await call(
      'lock --data-dir d --account A1 --by tom --role viewer --scope symbol:MNQ --duration 2h --irrevocable --request-id r7',
    );
    expect(asked).toEqual([
      {
        dataDir: 'd',
        request: {
          verb: 'lock',
          account: 'A1',
          by: 'tom',
          role: 'viewer',
          scope: 'symbol:MNQ',
          duration: '2h',
          irrevocable: true,
          requestId: 'r7',
        },
      },
    ]);
    const transfer = await call('transfer --amount -500 --by ann');
    expect(transfer.asked[0]?.request).toEqual({
      verb: 'recordTransfer',
      amount: '-500',
      by: 'ann',
    });
    const reset = await call('reset weekly --by ann');
    expect(reset.asked[0]?.request).toEqual({ verb: 'reset', reset: 'weekly', by: 'ann' });
  });

  it.each([
    ['accepted', 0, 'accepted: done\n', ''],
    ['pending', 0, 'pending: done\n', ''],
    ['refused', 1, '', 'bulkhead: flatten is refused: done\n'],
    ['invalid', 2, '', 'bulkhead: flatten is invalid: done\n'],
  ] as const)('says %s and ends with %i', async (outcome, code, out, err) => {
    expect(await call('flatten --by ann', { outcome })).toMatchObject({ code, out, err });
    const json = await call('flatten --by ann --json', { outcome });
    expect(json).toMatchObject({ code, err: '' });
    expect(JSON.parse(json.out)).toEqual({ outcome, text: 'done', requestId: 'r' });
  });

  it('needs a name, and a role that there is', async () => {
    expect(await call('flatten')).toMatchObject({ code: 2, asked: [] });
    expect(await call('flatten --by ann --role root')).toMatchObject({ code: 2, asked: [] });
  });
});

describe('what cannot be taken back', () => {
  const asks = async (line: string, consent: boolean) => {
    const questions: string[] = [];
    const verbs: string[] = [];
    const one = new CliCall({
      confirm: async (question) => {
        questions.push(question);
        return await Promise.resolve(consent);
      },
    });
    const code = await one.run(
      line,
      fakeDependencies({
        operate: async (_, request) => {
          verbs.push(request.verb);
          return await Promise.resolve({ outcome: 'accepted', text: 'done', requestId: 'r' });
        },
      }),
    );
    return { code, questions: questions.length, verbs };
  };

  it.each(['kill', 'flatten'])(
    '%s waits for the consent of whoever sits at the terminal',
    async (verb) => {
      const line = `${verb} --by ann --reason why`;
      expect(await asks(line, false)).toEqual({ code: 1, questions: 1, verbs: [] });
      expect(await asks(line, true)).toEqual({ code: 0, questions: 1, verbs: [verb] });
      expect(await asks(`${line} --yes`, false)).toEqual({ code: 0, questions: 0, verbs: [verb] });
    },
  );

  it('everything else is done at once, and so is all of it in a script', async () => {
    expect(await asks('cancel o1 --by ann', false)).toMatchObject({ code: 0, questions: 0 });
    expect((await call('kill --by ann --reason why')).asked).toHaveLength(1);
  });
});
