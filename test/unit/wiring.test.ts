/** Verifies: H1 */
import { expect, it } from 'vitest';
import { expectWired } from '../../src/bin/wiring.ts';
import type { AccountId, ActorId } from '../../src/domain/ids.ts';

const account = 'A1' as AccountId;
const cells = (...rules: readonly string[]) => ({
  cells: new Map(rules.map((rule) => [`account/A1/rule/${rule}` as ActorId, {} as never])),
});

it('H1: starts when every enabled rule is loaded and has its actor', () => {
  const enabled = [{ accountId: account, ruleIds: ['RULE-001', 'RULE-003'] }];
  expect(() =>
    expectWired(cells('RULE-001', 'RULE-003'), enabled, ['RULE-001', 'RULE-003']),
  ).not.toThrow();
});

it('H1: refuses a rule that is enabled and not loaded, naming the three lists', () => {
  const enabled = [{ accountId: account, ruleIds: ['RULE-001', 'RULE-003'] }];
  expect(() => expectWired(cells('RULE-001'), enabled, ['RULE-001'])).toThrow(
    /missing RULE-003 \(enabled RULE-001, RULE-003; loaded RULE-001; wired RULE-001\)/,
  );
});

it('H1: refuses a rule that is loaded and has no actor', () => {
  const enabled = [{ accountId: account, ruleIds: ['RULE-003'] }];
  expect(() => expectWired(cells(), enabled, ['RULE-003'])).toThrow(/missing RULE-003/);
});
