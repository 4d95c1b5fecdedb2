/**
 * RULE-005, the end of an open profit: taken at a target, or given up when it has come back to entry.
 *
 * In breakeven mode a position must first have been worth `breakevenArmAt`. That it was is remembered
 * durably, with the position it was true of: it is over when the position goes flat or changes sides.
 */
import { z } from 'zod';
import { MoneyValue } from '../domain/config-values.ts';
import { RuleId } from '../domain/ids.ts';
import { unrealizedUnits } from '../domain/instrument.ts';
import { formatMoney, type Units } from '../domain/money.ts';
import type { RuleEntity, RuleFinding, RuleMemory } from '../domain/verdict.ts';
import { memoryKey, type AccountFacts, type PositionFacts } from '../domain/view.ts';
import { denyFinding, gateFinding, passFinding, unknownFinding } from './findings.ts';
import { bestTicks } from './marks.ts';
import {
  closeWanted,
  heldPositions,
  measurePosition,
  measureTotal,
  profitKeys,
  profitWatches,
  type Held,
  type Measured,
} from './open-profit.ts';
import { commonKeys, inheritedKeys, limitUnits, wholeBetween } from './rule-config.ts';
import type { RuleContext, RuleDefinition } from './rule.ts';

const aboveZero = (units: number): boolean => units > 0;

const keys = z.strictObject({
  ...commonKeys('warning'),
  ...inheritedKeys(),
  target: MoneyValue.refine(aboveZero, { error: 'a profit target is above 0' })
    .meta({ exclusiveMinimum: 0 })
    .default(500_000_000)
    .meta({
      default: 500,
      description:
        'the open profit at which a position ends (mode profitTarget); at most dailyRealizedProfit.target',
    }),
  mode: z
    .enum(['profitTarget', 'breakeven'])
    .default('profitTarget')
    .describe(
      'profitTarget closes at the target; breakeven closes what was at breakevenArmAt and is back at entry or worse',
    ),
  breakevenArmAt: MoneyValue.refine(aboveZero, { error: 'a profit to arm at is above 0' })
    .meta({ exclusiveMinimum: 0 })
    .optional()
    .describe('the open profit from which a return to entry closes; required in mode breakeven'),
  ...profitKeys(),
  checkIntervalSeconds: wholeBetween(1, 3_600)
    .default(5)
    .describe('accepted and without effect: every quote and every age that matters is judged'),
  confirmations: wholeBetween(1, 10)
    .default(2)
    .describe(
      'ticks in a row, the flagged one included, before a tick that the outlier guard flags counts; 1: at once',
    ),
});
const Config = keys
  .refine(({ mode, breakevenArmAt }) => mode !== 'breakeven' || breakevenArmAt !== undefined, {
    error: 'mode breakeven needs the profit at which it arms',
    path: ['breakevenArmAt'],
  })
  .meta({
    description:
      'The open profit of a position, or of all positions together, before fees: taken at a target, or protected from turning into a loss.',
    enforcement:
      'Closes the position that breaches, or flattens the account (action); adds the lock of lockout; raises an alert.',
    edges: [
      'A stale, crossed or missing quote is UNKNOWN and closes nothing.',
      'A partly closed position is judged on what is left of it.',
      'That a position has been at breakevenArmAt survives a restart and a scale-in; it is forgotten when the position goes flat or changes sides (in total scope: when the account is flat).',
      'A price between two evaluations counts: the best one arms and takes the target, the worst one closes what was armed before.',
    ],
  });
type Config = z.output<typeof Config>;

const rule = { id: RuleId.parse('RULE-005'), code: 'UNREALIZED_PROFIT_REACHED' } as const;

export const maxUnrealizedProfit: RuleDefinition<Config> = {
  ...rule,
  key: 'maxUnrealizedProfit',
  title: 'open profit',
  precedence: 52,
  config: Config,
  triggers: { market: true, position: true, ledger: false },
  evaluate,

  watches({ facts }, config) {
    return profitWatches(facts, config.scope, (entity) => {
      if (config.mode === 'profitTarget') return { side: 'best', atUnits: targetOf(facts, config) };
      return isArmed(facts, entity)
        ? { side: 'worst', atUnits: 0 }
        : { side: 'best', atUnits: armAtOf(facts, config) };
    });
  },

  markAges: (config) => [config.quoteMaxAgeSeconds * 1_000],
  priceBasis: (config) => config.markPrice,

  judgeOrder(context, config, order) {
    const limit = targetOf(context.facts, config);
    const figures = { entity: order.instrument, unit: 'money', inputs: [] } as const;
    const nothingWatched = passFinding(rule, { ...figures, observed: 0, limit, headroom: limit });
    return gateFinding(evaluate(context, config), order.instrument, nothingWatched);
  },
};

function evaluate(context: RuleContext, config: Config): readonly RuleFinding[] {
  const { facts } = context;
  if (!facts.isReconciled) {
    const figures = { entity: 'account', unit: 'money', inputs: [] } as const;
    return [unknownFinding(rule, { ...figures, missing: ['reconciliation'] })];
  }
  const held = heldPositions(context, config);
  const judged =
    config.scope === 'total'
      ? [judge(context, config, measureTotal(context, held))]
      : held.map((one) => judge(context, config, measurePosition(context, one)));
  return [...judged, ...forgotten(facts, judged)];
}

function judge(context: RuleContext, config: Config, measured: Measured): RuleFinding {
  return config.mode === 'profitTarget'
    ? judgeTarget(context, config, measured)
    : judgeReturn(context, config, measured);
}

function judgeTarget({ facts }: RuleContext, config: Config, measured: Measured): RuleFinding {
  const { figures, held, units: observed, missing } = measured;
  const limit = targetOf(facts, config);
  if (observed === undefined) return unknownFinding(rule, { ...figures, limit, missing });
  const headroom = Math.max(0, limit - observed);
  const isBreach = config.breachAtEquality ? observed >= limit : observed > limit;
  if (!isBreach) return passFinding(rule, { ...figures, observed, limit, headroom });
  const wants = closeWanted(config, figures.entity, positionsOf(held));
  return denyFinding(rule, { ...figures, observed, limit, headroom, wants });
}

/** Until it is armed the limit is the level that arms, from then on entry itself. */
function judgeReturn(context: RuleContext, config: Config, measured: Measured): RuleFinding {
  const { facts } = context;
  const { held, units: observed, missing } = measured;
  const { entity } = measured.figures;
  const wasArmed = isArmed(facts, entity);
  const armAt = armAtOf(facts, config);
  const figures = {
    ...measured.figures,
    inputs: [
      ...measured.figures.inputs,
      { name: 'armAt', value: formatMoney(armAt, facts.currency) },
      { name: 'armed', value: wasArmed ? 'yes' : 'no' },
    ],
  };
  if (observed === undefined) return unknownFinding(rule, { ...figures, missing });
  if (!wasArmed) {
    const headroom = Math.max(0, armAt - observed);
    const finding = passFinding(rule, { ...figures, observed, limit: armAt, headroom });
    if (bestUnits(context, config, held, observed) >= armAt) {
      return { ...finding, remember: armedMemory(facts, entity) };
    }
    // What was armed on the other side of the market is over.
    return memoryOf(facts, entity) === undefined ? finding : { ...finding, remember: {} };
  }
  const headroom = Math.max(0, observed);
  const isBreach = config.breachAtEquality ? observed <= 0 : observed < 0;
  if (!isBreach) return passFinding(rule, { ...figures, observed, limit: 0, headroom });
  const wants = closeWanted(config, entity, positionsOf(held));
  return denyFinding(rule, { ...figures, observed, limit: 0, headroom, wants });
}

/** The open profit at the best price since the last evaluation; a sum is taken at the present. */
function bestUnits(
  context: RuleContext,
  config: Config,
  held: readonly Held[],
  observed: Units,
): Units {
  const [one, ...others] = held;
  if (one === undefined || others.length > 0) return observed;
  const { instrument: id, openLots, costUnits } = one.position;
  const instrument = context.instrumentOf(id);
  const mark = context.marks(id);
  if (instrument === undefined || mark === undefined) return observed;
  const ticks = bestTicks(mark, openLots > 0, config.markPrice);
  if (ticks === undefined) return observed;
  return Math.max(observed, unrealizedUnits(instrument, openLots, costUnits, ticks));
}

/** Entities without a position forget. */
function forgotten(facts: AccountFacts, judged: readonly RuleFinding[]): readonly RuleFinding[] {
  const prefix = memoryKey(rule.id, '');
  return Object.keys(facts.memory)
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length) as RuleEntity)
    .filter((entity) => !judged.some((finding) => finding.entity === entity))
    .map(forgetting);
}

function forgetting(entity: RuleEntity): RuleFinding {
  const figures = { entity, unit: 'money', inputs: [] } as const;
  return { ...passFinding(rule, { ...figures, observed: 0, limit: 0, headroom: 0 }), remember: {} };
}

function memoryOf(facts: AccountFacts, entity: RuleEntity): RuleMemory | undefined {
  return facts.memory[memoryKey(rule.id, entity)];
}

function isArmed(facts: AccountFacts, entity: RuleEntity): boolean {
  const memory = memoryOf(facts, entity);
  if (memory?.['armed'] !== true) return false;
  if (entity === 'account') return facts.positions.length > 0;
  const now = identityOf(facts, entity);
  return memory['side'] === now['side'] && memory['openedAtMs'] === now['openedAtMs'];
}

function armedMemory(facts: AccountFacts, entity: RuleEntity): RuleMemory {
  return entity === 'account' ? { armed: true } : { armed: true, ...identityOf(facts, entity) };
}

/** What distinguishes a position from the one before and the one after it. */
function identityOf(facts: AccountFacts, entity: RuleEntity): RuleMemory {
  const held = facts.positions.find(({ instrument }) => instrument === entity);
  return { side: (held?.openLots ?? 0) > 0 ? 'long' : 'short', openedAtMs: held?.openedAtMs ?? 0 };
}

function positionsOf(held: readonly Held[]): readonly PositionFacts[] {
  return held.map(({ position }) => position);
}

function targetOf(facts: AccountFacts, config: Config): Units {
  return limitUnits(config.target, facts.currency);
}

/** The schema makes sure that it is there in breakeven mode. */
function armAtOf(facts: AccountFacts, config: Config): Units {
  return limitUnits(config.breakevenArmAt ?? config.target, facts.currency);
}
