/** From findings to changes of verdict. Pure. */
import type { RuleFinding } from '../domain/verdict.ts';

/** What one rule says of one entity. */
export function findingKey({ ruleId, entity }: Pick<RuleFinding, 'ruleId' | 'entity'>): string {
  return `${ruleId}|${entity}`;
}

/** True for what needs no memory: an entity that nothing is known of reads PASS. */
export function isPlainPass(finding: RuleFinding): boolean {
  const { verdict, isWarning, wants, remember, dueAtMs } = finding;
  const asksNothing = wants.length === 0 && remember === undefined && dueAtMs === undefined;
  return verdict === 'PASS' && isWarning !== true && asksNothing;
}

/** Takes out of the last words what they asked to be remembered and, with PASS, to be done. */
export function forgetAsked(known: Map<string, RuleFinding>): void {
  for (const [key, finding] of known) {
    const { remember, ...rest } = finding;
    if (remember === undefined && (finding.verdict !== 'PASS' || finding.wants.length === 0))
      continue;
    const without = finding.verdict === 'PASS' ? { ...rest, wants: [] } : rest;
    if (isPlainPass(without)) known.delete(key);
    else known.set(key, without);
  }
}

/**
 * The findings that differ from what was said last, in order; then a PASS for every entity that is no
 * longer watched. `known` holds the last word per key, without plain PASSes.
 */
export function changedFindings(
  known: ReadonlyMap<string, RuleFinding>,
  findings: readonly RuleFinding[],
): readonly RuleFinding[] {
  const changed: RuleFinding[] = [];
  const seen = new Set<string>();
  for (const finding of findings) {
    const key = findingKey(finding);
    seen.add(key);
    const before = known.get(key);
    if (before === undefined ? !isPlainPass(finding) : differs(before, finding)) {
      changed.push(finding);
    }
  }
  for (const [key, before] of known) if (!seen.has(key)) changed.push(endedFinding(before));
  return changed;
}

/** Whether the second finding is news after the first. */
function differs(before: RuleFinding, after: RuleFinding): boolean {
  return (
    before.verdict !== after.verdict ||
    before.code !== after.code ||
    before.isWarning !== after.isWarning ||
    before.dueAtMs !== after.dueAtMs ||
    before.missing.length !== after.missing.length ||
    before.missing.some((name, index) => name !== after.missing[index]) ||
    !isEqual(before.wants, after.wants) ||
    !isEqual(before.remember, after.remember)
  );
}

/** Plain data, written by the same rule in the same order. */
function isEqual(before: object | undefined, after: object | undefined): boolean {
  return before === after || JSON.stringify(before) === JSON.stringify(after);
}

/**
 * The findings of one rule at the latest prices, with a breach at an extreme in the place of the entity's
 * finding. `isPassing`: some breach holds at an extreme only.
 */
export function withExtremes(
  now: readonly RuleFinding[],
  extremes: readonly RuleFinding[],
): { readonly findings: readonly RuleFinding[]; readonly isPassing: boolean } {
  const breaches = extremes.filter(({ verdict }) => verdict === 'DENY');
  let isPassing = false;
  const findings = now.map((finding) => {
    if (finding.verdict === 'DENY') return finding;
    const breach = breaches.find(({ entity }) => entity === finding.entity);
    if (breach === undefined) return finding;
    isPassing = true;
    return breach;
  });
  return { findings, isPassing };
}

/** Nothing is watched any more: PASS. */
function endedFinding(before: RuleFinding): RuleFinding {
  return {
    ruleId: before.ruleId,
    entity: before.entity,
    verdict: 'PASS',
    code: '',
    unit: before.unit,
    observed: 0,
    ...(before.limit === undefined
      ? {}
      : { limit: before.limit, headroom: Math.abs(before.limit) }),
    inputs: [],
    missing: [],
    wants: [],
  };
}
