/** Verifies: inspector 5 (roles, confirmation), security 1 (AuthZ, step-up), security 9 case 3: for every combination. */
import fc from 'fast-check';
import { assert, expect, it } from 'vitest';
import { isPermitted, operatorPolicy } from '../../../src/domain/operator-policy.ts';
import { roles } from '../../../src/domain/operator.ts';
import { denialOf, destructiveVerbs } from '../../../src/inspector/command-guard.ts';

const verbs = Object.keys(operatorPolicy);

it('passes exactly what the policy table, the accounts and the caution of the verb allow', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(
      fc.record({
        verb: fc.constantFrom(...verbs, 'sell', 'toString', '__proto__'),
        role: fc.constantFrom(...roles),
        mode: fc.constantFrom('DRY_RUN', 'PAPER', 'LIVE'),
        own: fc.constantFrom(undefined, ['A1'], ['B2']),
        account: fc.constantFrom(undefined, 'A1', 'C3'),
        allowActions: fc.boolean(),
        isRecent: fc.boolean(),
        blastSeq: fc.constantFrom(undefined, 0, 9, 10, 20, 21),
      }),
      ({ verb, role, mode, own, account, allowActions, isRecent, blastSeq }) => {
        const denial = denialOf(
          {
            requestId: 'property-1',
            verb,
            reason: '',
            ...(account === undefined ? {} : { account }),
            ...(blastSeq === undefined ? {} : { blastSeq }),
          },
          { tokenId: 't', role, by: 'ann', ...(own === undefined ? {} : { accounts: own }) },
          {
            mode,
            allowActions,
            isRecent,
            headSeq: 20,
            accounts: ['A1', 'C3'],
            lastSeqOf: (actor) => (actor === 'account/A1' ? 10 : 7),
          },
        );
        const last = account === 'C3' ? 7 : 10;
        const isFresh = blastSeq !== undefined && blastSeq >= last && blastSeq <= 20;
        const isCareful = allowActions && (role !== 'admin' || isRecent) && isFresh;
        const isAllowed =
          isPermitted(verb, role, mode) &&
          (own === undefined || own.some((one) => one === account)) &&
          (isCareful || !destructiveVerbs.has(verb));
        seen.add(denial?.code ?? 'passed');
        assert.strictEqual(denial === undefined, isAllowed, denial?.text);
        if (!isPermitted(verb, role, mode) && verbs.includes(verb))
          assert.deepInclude(denial, { status: 403, code: 'ROLE' });
      },
    ),
    { numRuns: 3_000 },
  );
  expect([...seen].toSorted()).toEqual([
    'ACTIONS_OFF',
    'NO_BLAST',
    'OLD_BLAST',
    'OTHER_ACCOUNT',
    'ROLE',
    'STEP_UP',
    'UNKNOWN_VERB',
    'passed',
  ]);
});

it('asks nothing more of what makes things safer', () => {
  for (const verb of ['lock', 'limit', 'pause', 'cancel', 'kill'])
    expect(destructiveVerbs.has(verb), verb).toBe(false);
  expect(destructiveVerbs.size + 5).toBe(verbs.length);
});
