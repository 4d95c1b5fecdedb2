/**
 * What would have given another verdict: one value of the world is changed, little by little, and the rule itself judges
 * again. A change is named only when the rule really says something else of it. The same search serves every rule.
 * Source: inspector 3 (Why), 10, 13 case 5.
 */
import type { InstrumentId, RuleId } from '../domain/ids.ts';
import type { RuleFinding, VerdictKind } from '../domain/verdict.ts';
import { InvariantViolation } from '../kernel/assert.ts';
import type { RuleDefinition } from '../rules/rule.ts';
import * as changes from './flip-changes.ts';
import { settingChanges } from './flip-settings.ts';
import type { Change, Flip, JudgedWorld } from './flip-world.ts';

/** What the rule says of one entity in a world, or of the order there. */
export function judgeEntity(
  rule: RuleDefinition,
  config: unknown,
  { marks, order, ...facts }: JudgedWorld,
  entity: string,
): RuleFinding | undefined {
  const context = { ...facts, marks: (id: InstrumentId) => marks.get(id) };
  if (order !== undefined) return rule.judgeOrder?.(context, config, order);
  return rule.evaluate(context, config).find((finding) => finding.entity === entity);
}

/** A change, and what the rule says of it. */
export type Flipped = Flip & { readonly verdict: VerdictKind };

/**
 * The smallest change of one value, of the first kind that has one: to PASS from a breach, or where no value alone does
 * that, to a breach no more but UNKNOWN; to a breach from PASS. Undefined when nothing of what is tried does it.
 */
export function flipVerdict(
  rule: RuleDefinition,
  config: unknown,
  world: JudgedWorld,
  finding: RuleFinding,
): Flipped | undefined {
  const wanted = finding.verdict === 'DENY' ? (['PASS', 'UNKNOWN'] as const) : (['DENY'] as const);
  for (const verdict of wanted) {
    const flip = flipTo(rule, config, world, finding, verdict);
    if (flip !== undefined) return { ...flip, verdict };
  }
  return undefined;
}

function flipTo(
  rule: RuleDefinition,
  config: unknown,
  world: JudgedWorld,
  finding: RuleFinding,
  wanted: VerdictKind,
): Flip | undefined {
  const verdictOf = (flip: Flip | undefined): VerdictKind | undefined => {
    if (flip === undefined) return undefined;
    try {
      // What is gone has no finding: nothing is left to refuse.
      return (
        judgeEntity(rule, flip.config ?? config, flip.world, finding.entity)?.verdict ?? 'PASS'
      );
    } catch (error) {
      // A change that leaves the numbers that money can have is no answer.
      if (error instanceof InvariantViolation) return undefined;
      throw error;
    }
  };
  for (const kind of kindsOf(finding.ruleId)) {
    const flips = kinds[kind](world, finding, config).flatMap((change) => {
      const steps = leastStep(change.stepsMax, (count) => verdictOf(change.at(count)) === wanted);
      const flip = steps === undefined ? undefined : change.at(steps);
      return steps === undefined || flip === undefined ? [] : [{ steps, flip }];
    });
    const [least] = flips.toSorted((one, other) => one.steps - other.steps);
    if (least !== undefined) return least.flip;
  }
  return undefined;
}

/** The least step that brings it, where more of the change never takes it back; any that brings it otherwise. */
function leastStep(max: number, brings: (step: number) => boolean): number | undefined {
  let [low, high] = [0, 1];
  while (!brings(high)) {
    if (high >= max) return undefined;
    low = high;
    high = Math.min(high * 2, max);
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (brings(middle)) high = middle;
    else low = middle;
  }
  return high;
}

type Kind = keyof typeof kinds;
const everyKind: readonly Kind[] = [
  'order',
  'result',
  'price',
  'lots',
  'orders',
  'stop',
  'trades',
  'permission',
  'time',
  'setting',
];
/** Which kinds of change people understand best, rule by rule; every other one is tried behind them. */
const firstKinds: Readonly<Record<string, readonly Kind[]>> = {
  'RULE-001': ['lots', 'orders'],
  'RULE-002': ['lots', 'orders'],
  'RULE-003': ['result', 'price'],
  'RULE-004': ['price'],
  'RULE-005': ['price'],
  'RULE-006': ['trades', 'time'],
  'RULE-007': ['trades', 'time'],
  'RULE-008': ['stop', 'time'],
  'RULE-009': ['time'],
  'RULE-010': ['permission'],
  'RULE-011': ['lots', 'orders'],
  'RULE-013': ['result', 'price'],
};

function kindsOf(ruleId: RuleId): readonly Kind[] {
  const first: readonly Kind[] = ['order', ...(firstKinds[ruleId] ?? [])];
  return [...first, ...everyKind.filter((kind) => !first.includes(kind))];
}

const kinds = {
  order: changes.quantityChanges,
  result: changes.resultChanges,
  price: changes.priceChanges,
  lots: changes.lotChanges,
  orders: changes.orderChanges,
  stop: changes.stopChanges,
  trades: changes.tradeChanges,
  permission: changes.permissionChanges,
  time: changes.timeChanges,
  setting: settingChanges,
} as const satisfies Record<
  string,
  (world: JudgedWorld, finding: RuleFinding, config: unknown) => readonly Change[]
>;
