/**
 * How near every rule is to its limit, stored with the commits: rules speak only when a verdict changes, and people want
 * to see the distance before that. A projection, rebuilt at every moment; nothing decides by it.
 */
import { ruleContext } from '../actors/judge.ts';
import type { World } from '../actors/world.ts';
import type { RuleFinding } from '../domain/verdict.ts';

const figuresKey = 'rules.figures';
/** Market time between two pictures. */
const pauseMs = 1_000;
/** With more accounts the picture would weigh more than what it belongs to. */
const accountsMax = 50;

export type RuleFigures = {
  readonly atMs: number;
  readonly accounts: Readonly<Record<string, readonly RuleFinding[]>>;
};

export class FigureStamp {
  private nextAtMs = 0;

  /** The picture as a stored value, when it is time for one. */
  of(world: World): readonly { readonly key: string; readonly value: string }[] {
    const atMs = world.options.clock.nowMs();
    if (atMs < this.nextAtMs || world.accounts.size > accountsMax) return [];
    this.nextAtMs = atMs + pauseMs;
    const accounts = Object.fromEntries(
      [...world.accounts.values()].map((account) => {
        const context = ruleContext(world, account.facts());
        const findings = account.rules.flatMap(({ definition, config }) => {
          try {
            return definition.evaluate(context, config).map(withoutWants);
          } catch {
            // A rule that fails has said so as an actor.
            return [];
          }
        });
        return [account.id, findings] as const;
      }),
    );
    const figures: RuleFigures = { atMs, accounts };
    return [{ key: figuresKey, value: JSON.stringify(figures) }];
  }
}

/** What was stored last; undefined where nothing was. */
export function storedFigures(values: ReadonlyMap<string, string>): RuleFigures | undefined {
  const text = values.get(figuresKey);
  return text === undefined ? undefined : (JSON.parse(text) as RuleFigures);
}

/** What a rule asks for and remembers is no figure. */
function withoutWants(finding: RuleFinding): RuleFinding {
  const { ruleId, entity, verdict, code, unit, observed, limit, headroom, inputs, missing } =
    finding;
  return {
    ruleId,
    entity,
    verdict,
    code,
    unit,
    ...(observed === undefined ? {} : { observed }),
    ...(limit === undefined ? {} : { limit }),
    ...(headroom === undefined ? {} : { headroom }),
    inputs,
    missing,
    wants: [],
  };
}
