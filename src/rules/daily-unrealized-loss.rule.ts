/**
 * RULE-004, the limit on open loss: of each position, or of all together.
 *
 * Per position only the instrument that breaches is closed, and every finding names it. A stale quote is
 * UNKNOWN; only with `staleGraceSeconds` does staying stale become a reason to close.
 */
import { z } from 'zod';
import { MoneyValue } from '../domain/config-values.ts';
import { RuleId } from '../domain/ids.ts';
import type { Units } from '../domain/money.ts';
import type { RuleFinding, WantedAction } from '../domain/verdict.ts';
import { denyFinding, gateFinding, passFinding, unknownFinding } from './findings.ts';
import type { OpenProfit } from './marks.ts';
import {
  closeWanted,
  heldPositions,
  measurePosition,
  measureTotal,
  profitKeys,
  profitWatches,
  type Held,
  type Measured,
  type ProfitFigures,
} from './open-profit.ts';
import { commonKeys, inheritedKeys, limitUnits, wholeBetween, wholeFrom } from './rule-config.ts';
import type { RuleContext, RuleDefinition } from './rule.ts';

const keys = z.strictObject({
  ...commonKeys('warning'),
  ...inheritedKeys(),
  limit: MoneyValue.refine((units) => units < 0, { error: 'a loss limit is below 0' })
    .meta({ exclusiveMaximum: 0 })
    .default(-300_000_000)
    .meta({
      default: -300,
      description: 'the open loss at which a position ends; smaller than dailyRealizedLoss.limit',
    }),
  ...profitKeys(),
  checkIntervalSeconds: wholeBetween(1, 3_600)
    .default(10)
    .describe('accepted and without effect: every quote and every age that matters is judged'),
  staleGraceSeconds: z
    .union([z.null(), wholeFrom(0)])
    .default(null)
    .meta({
      default: null,
      description: 'close when a quote has been stale for so long; null: never',
    }),
  confirmations: wholeBetween(1, 10)
    .default(2)
    .describe(
      'ticks in a row, the flagged one included, before a tick that the outlier guard flags counts; 1: at once',
    ),
});
const Config = keys.meta({
  description:
    'The open loss of a position, or of all positions together, before fees, against one limit.',
  enforcement:
    'Closes the position that breaches, or flattens the account (action); adds the lock of lockout; raises an alert.',
  edges: [
    'A stale, crossed or missing quote is UNKNOWN and closes nothing. With staleGraceSeconds, a quote that stays stale for longer closes what has no price, with the code STALE_DATA and without a lock, for no loss is proven.',
    'A breach between two evaluations is found although quotes were conflated: the lowest price in between is judged.',
    'The close can make a realized loss that breaches RULE-003: then the account is flattened and locked as well.',
  ],
});
type Config = z.output<typeof Config>;

const rule = { id: RuleId.parse('RULE-004'), code: 'UNREALIZED_LOSS_REACHED' } as const;

export const dailyUnrealizedLoss: RuleDefinition<Config> = {
  ...rule,
  key: 'dailyUnrealizedLoss',
  title: 'open loss',
  precedence: 50,
  config: Config,
  triggers: { market: true, position: true, ledger: false },
  evaluate,

  watches({ facts }, config) {
    const atUnits = limitUnits(config.limit, facts.currency);
    return profitWatches(facts, config.scope, () => ({ side: 'worst', atUnits }));
  },

  markAges(config) {
    const ageMs = config.quoteMaxAgeSeconds * 1_000;
    return config.staleGraceSeconds === null
      ? [ageMs]
      : [ageMs, ageMs + config.staleGraceSeconds * 1_000];
  },
  priceBasis: (config) => config.markPrice,

  judgeOrder(context, config, order) {
    const limit = limitUnits(config.limit, context.facts.currency);
    const nothingWatched = passFinding(rule, {
      entity: order.instrument,
      unit: 'money',
      inputs: [],
      observed: 0,
      limit,
      headroom: -limit,
    });
    return gateFinding(evaluate(context, config), order.instrument, nothingWatched);
  },
};

function evaluate(context: RuleContext, config: Config): readonly RuleFinding[] {
  const { facts } = context;
  const limit = limitUnits(config.limit, facts.currency);
  if (!facts.isReconciled) {
    const missing = ['reconciliation'];
    return [unknownFinding(rule, { entity: 'account', unit: 'money', inputs: [], limit, missing })];
  }
  const held = heldPositions(context, config);
  if (config.scope === 'total') return [judge(config, limit, measureTotal(context, held))];
  return held.map((one) => judge(config, limit, measurePosition(context, one)));
}

function judge(config: Config, limit: Units, measured: Measured): RuleFinding {
  const { figures, held, units: observed, missing } = measured;
  const givenUp = held.filter(({ profit }) => isGivenUp(profit, config));
  if (givenUp.length > 0) return staleFinding(config, figures, limit, givenUp);
  if (observed === undefined) return unknownFinding(rule, { ...figures, limit, missing });
  const headroom = Math.max(0, observed - limit);
  const isBreach = config.breachAtEquality ? observed <= limit : observed < limit;
  if (!isBreach) return passFinding(rule, { ...figures, observed, limit, headroom });
  const positions = held.map(({ position }) => position);
  const wants = closeWanted(config, figures.entity, positions);
  return denyFinding(rule, { ...figures, observed, limit, headroom, wants });
}

/** True when the quote has been stale for the whole grace. */
function isGivenUp(profit: OpenProfit, config: Config): boolean {
  return (
    !profit.isKnown &&
    profit.staleMs !== undefined &&
    config.staleGraceSeconds !== null &&
    profit.staleMs > config.staleGraceSeconds * 1_000
  );
}

/**
 * The grace of a stale quote is over: only what has no price is closed, and no lock is made, for no loss is
 * proven. `observed` is the limit, the least that must be assumed.
 */
function staleFinding(
  config: Config,
  figures: ProfitFigures,
  limit: Units,
  givenUp: readonly Held[],
): RuleFinding {
  const staleInputs = givenUp.flatMap(({ position, profit }) =>
    profit.isKnown || profit.staleMs === undefined
      ? []
      : [{ name: profit.missing, value: position.instrument, ageMs: profit.staleMs }],
  );
  return {
    ...denyFinding(rule, {
      ...figures,
      inputs: [...figures.inputs, ...staleInputs],
      observed: limit,
      limit,
      headroom: 0,
      wants: [
        ...givenUp.map(({ position }): WantedAction => ({
          type: 'closePosition',
          instrument: position.instrument,
        })),
        { type: 'alert', severity: config.severity },
      ],
    }),
    code: 'STALE_DATA',
  };
}
