/**
 * RULE-004, the limit on open loss: of each position, or of all together.
 *
 * Per position only the instrument that breaches is closed, and every finding names it. A stale quote is
 * UNKNOWN; only with `staleGraceSeconds` does staying stale become a reason to close.
 */
import { z } from 'zod';
import { MoneyValue } from '../domain/config-values.ts';
import { RuleId } from '../domain/ids.ts';
import { formatLots } from '../domain/instrument.ts';
import { formatMoney, type Units } from '../domain/money.ts';
import type {
  LockScope,
  RuleEntity,
  RuleFinding,
  VerdictInput,
  WantedAction,
} from '../domain/verdict.ts';
import type { PositionFacts } from '../domain/view.ts';
import { denyFinding, gateFinding, passFinding, unknownFinding } from './findings.ts';
import { openProfit, sumProfits, type OpenProfit } from './marks.ts';
import { commonKeys, inheritedKeys, limitUnits, wholeBetween, wholeFrom } from './rule-config.ts';
import type { RuleContext, RuleDefinition } from './rule.ts';

const Config = z.strictObject({
  ...commonKeys('warning'),
  ...inheritedKeys(),
  /** Money, < 0 (−300). */
  limit: MoneyValue.refine((units) => units < 0, { error: 'a loss limit is below 0' }).default(
    -300_000_000,
  ),
  /** Each position by itself, or their sum (perPosition). */
  scope: z.enum(['perPosition', 'total']).default('perPosition'),
  /** closePosition closes what breaches (in total scope: every position); closeAll flattens the account. */
  action: z.enum(['closePosition', 'closeAll']).default('closePosition'),
  /** A lock on top, of the contract or (total scope) of the account (none). */
  lockout: z.enum(['none', 'untilReset', 'permanent']).default('none'),
  /** Sweep, 1..3600 (10). Every quote and every age that matters is judged at once, so it adds nothing. */
  checkIntervalSeconds: wholeBetween(1, 3_600).default(10),
  /** Close when a quote has stayed stale for so long; absent or null: never. */
  staleGraceSeconds: z.union([z.null(), wholeFrom(0)]).default(null),
  /** Ticks that must confirm one the outlier guard flags, 1..10 (2). See docs/gaps/GAP-001. */
  confirmations: wholeBetween(1, 10).default(2),
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
    if (config.scope === 'total') {
      return [{ entity: 'account', measure: 'account', side: 'worst', atUnits }];
    }
    return facts.positions.map(({ instrument }) => ({
      entity: instrument,
      measure: 'position',
      side: 'worst',
      atUnits,
    }));
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
  const profits = facts.positions.map((position) => ({
    position,
    profit: openProfit(context, position, config),
  }));
  if (config.scope === 'total') return [judgeTotal(context, config, limit, profits)];
  return profits.map((one) => judgePosition(context, config, limit, one));
}

type Held = { readonly position: PositionFacts; readonly profit: OpenProfit };

function judgePosition(
  context: RuleContext,
  config: Config,
  limit: Units,
  { position, profit }: Held,
): RuleFinding {
  const { currency } = context.facts;
  const entity = position.instrument;
  const instrument = context.instrumentOf(entity);
  const inputs: VerdictInput[] =
    instrument === undefined
      ? []
      : [{ name: `position:${entity}`, value: formatLots(instrument, position.openLots) }];
  const figures = { entity, unit: 'money', inputs } as const;
  if (!profit.isKnown) {
    if (!isGivenUp(profit, config)) {
      return unknownFinding(rule, { ...figures, limit, missing: [profit.missing] });
    }
    return staleFinding(config, figures, limit, [{ position, profit }]);
  }
  inputs.push(profit.input, { name: 'unrealized', value: formatMoney(profit.units, currency) });
  const wants = wanted(config, `contract:${entity}`, [position]);
  return compare(config, figures, profit.units, limit, wants);
}

function judgeTotal(
  context: RuleContext,
  config: Config,
  limit: Units,
  profits: readonly Held[],
): RuleFinding {
  const { facts } = context;
  const inputs: VerdictInput[] = [];
  const figures = { entity: 'account', unit: 'money', inputs } as const;
  const givenUp = profits.filter(({ profit }) => isGivenUp(profit, config));
  if (givenUp.length > 0) return staleFinding(config, figures, limit, givenUp);
  const { units, inputs: marks, missing } = sumProfits(profits.map(({ profit }) => profit));
  inputs.push(...marks);
  if (missing.length > 0) return unknownFinding(rule, { ...figures, limit, missing });
  inputs.push({ name: 'unrealized', value: formatMoney(units, facts.currency) });
  return compare(config, figures, units, limit, wanted(config, 'account', facts.positions));
}

function compare(
  config: Config,
  figures: { entity: RuleEntity; unit: 'money'; inputs: readonly VerdictInput[] },
  observed: Units,
  limit: Units,
  wants: readonly WantedAction[],
): RuleFinding {
  const headroom = Math.max(0, observed - limit);
  const isBreach = config.breachAtEquality ? observed <= limit : observed < limit;
  return isBreach
    ? denyFinding(rule, { ...figures, observed, limit, headroom, wants })
    : passFinding(rule, { ...figures, observed, limit, headroom });
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
  figures: { entity: RuleEntity; unit: 'money'; inputs: readonly VerdictInput[] },
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

function wanted(
  config: Config,
  scope: LockScope,
  positions: readonly PositionFacts[],
): readonly WantedAction[] {
  const lock: readonly WantedAction[] =
    config.lockout === 'none' ? [] : [{ type: 'setLock', scope, kind: config.lockout }];
  const close: readonly WantedAction[] =
    config.action === 'closeAll'
      ? [{ type: 'cancelAllOrders' }, { type: 'flattenAccount' }]
      : positions.map(({ instrument }) => ({ type: 'closePosition', instrument }));
  return [...lock, ...close, { type: 'alert', severity: config.severity }];
}
