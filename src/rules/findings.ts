/** Building blocks of findings: the same shape whichever rule speaks. */
import type { RuleEntity, RuleFinding, VerdictInput, WantedAction } from '../domain/verdict.ts';
import type { RuleDefinition } from './rule.ts';

type Source = Pick<RuleDefinition, 'id' | 'code'>;
type Figures = {
  readonly entity: RuleEntity;
  readonly unit: RuleFinding['unit'];
  readonly inputs: readonly VerdictInput[];
};

/** Input is missing or doubtful: new risk is denied, nothing is closed on a guess. Source: rules 1.6. */
export function unknownFinding(
  rule: Source,
  figures: Figures & { readonly missing: readonly string[]; readonly limit?: number },
): RuleFinding {
  return {
    ruleId: rule.id,
    entity: figures.entity,
    verdict: 'UNKNOWN',
    code: rule.code,
    unit: figures.unit,
    ...(figures.limit === undefined ? {} : { limit: figures.limit }),
    inputs: figures.inputs,
    missing: [...new Set(figures.missing)].toSorted(),
    wants: [],
  };
}

/** Within the limit. `headroom` ≥ 0. */
export function passFinding(
  rule: Source,
  figures: Figures & {
    readonly observed: number;
    readonly limit: number;
    readonly headroom: number;
    readonly isWarning?: boolean;
  },
): RuleFinding {
  const { entity, unit, inputs, observed, limit, headroom } = figures;
  return {
    ruleId: rule.id,
    entity,
    verdict: 'PASS',
    code: '',
    ...(figures.isWarning === true ? { isWarning: true as const } : {}),
    unit,
    observed,
    limit,
    headroom,
    inputs,
    missing: [],
    wants: [],
  };
}

/** The limit is reached. */
export function denyFinding(
  rule: Source,
  figures: Figures & {
    readonly observed: number;
    readonly limit: number;
    readonly headroom: number;
    readonly wants: readonly WantedAction[];
  },
): RuleFinding {
  const { entity, unit, inputs, observed, limit, headroom, wants } = figures;
  return {
    ruleId: rule.id,
    entity,
    verdict: 'DENY',
    code: rule.code,
    unit,
    observed,
    limit,
    headroom,
    inputs,
    missing: [],
    wants,
  };
}

/** What the gate makes of the findings of a rule for an order in one instrument: DENY before UNKNOWN before PASS. */
export function gateFinding(
  findings: readonly RuleFinding[],
  instrument: RuleEntity,
  nothingWatched: RuleFinding,
): RuleFinding {
  const concerns = ({ entity }: RuleFinding): boolean =>
    entity === 'account' || entity === instrument;
  return (
    findings.find((finding) => finding.verdict === 'DENY' && concerns(finding)) ??
    findings.find((finding) => finding.verdict === 'UNKNOWN') ??
    findings.find((finding) => concerns(finding)) ??
    nothingWatched
  );
}
