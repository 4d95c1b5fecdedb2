/** Who speaks first: the order of evaluation, which is also the order of reasons. Source: rules 4.1. */
import type { RuleId } from '../domain/ids.ts';
import type { RuleFinding } from '../domain/verdict.ts';
import { appliedRule } from './group-limit.ts';
import { ruleById } from './registry.ts';

/** Place of a rule in the order; rules that are not in the catalogue come last. */
function precedenceOf(id: RuleId): number {
  return ruleById(appliedRule(id))?.precedence ?? Infinity;
}

/**
 * Findings of one event in the order of the rules; the first DENY is the primary reason. Findings of one
 * rule keep their order. Pure.
 */
export function orderFindings(findings: readonly RuleFinding[]): readonly RuleFinding[] {
  return findings.toSorted((one, other) => byPrecedence(one.ruleId, other.ruleId));
}

function byPrecedence(one: RuleId, other: RuleId): number {
  const [left, right] = [precedenceOf(one), precedenceOf(other)];
  return left === right ? 0 : left - right;
}
