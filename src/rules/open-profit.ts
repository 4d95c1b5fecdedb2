/** What the rules on open profit share (RULE-004, RULE-005): scope, reading, explanation, and what a breach closes. */
import { z } from 'zod';
import { formatLots } from '../domain/instrument.ts';
import { formatMoney, type Units } from '../domain/money.ts';
import type {
  LockScope,
  RuleEntity,
  Severity,
  VerdictInput,
  WantedAction,
} from '../domain/verdict.ts';
import type { AccountFacts, PositionFacts } from '../domain/view.ts';
import { openProfit, sumProfits, type MarkReading, type OpenProfit } from './marks.ts';
import type { RuleContext, Watch } from './rule.ts';

/** A position with its open profit, or with the name of what is missing to know it. */
export type Held = { readonly position: PositionFacts; readonly profit: OpenProfit };

/** The part of a finding that is known before the verdict. Money in settlement units. */
export type ProfitFigures = {
  readonly entity: RuleEntity;
  readonly unit: 'money';
  readonly inputs: readonly VerdictInput[];
};

/** What is judged: one position, or the sum over the account. `units` is absent when `missing` is not empty. */
export type Measured = {
  readonly figures: ProfitFigures;
  readonly held: readonly Held[];
  readonly units?: Units;
  readonly missing: readonly string[];
};

/** How a breach is answered; part of a rule's parsed configuration. */
export type ProfitAnswer = {
  readonly action: 'closePosition' | 'closeAll';
  readonly lockout: 'none' | 'untilReset' | 'permanent';
  readonly severity: Severity;
};

/** Keys of the configuration that the rules on open profit have in common. */
export function profitKeys() {
  return {
    scope: z
      .enum(['perPosition', 'total'])
      .default('perPosition')
      .describe('each position by itself, or the sum over the account'),
    action: z
      .enum(['closePosition', 'closeAll'])
      .default('closePosition')
      .describe(
        'closePosition closes what breaches (in total scope every position); closeAll cancels all orders and flattens the account',
      ),
    lockout: z
      .enum(['none', 'untilReset', 'permanent'])
      .default('none')
      .describe('a lock on top: of that contract, in total scope of the account'),
  };
}

/** Every position with its open profit. Pure. */
export function heldPositions(context: RuleContext, reading: MarkReading): readonly Held[] {
  return context.facts.positions.map((position) => ({
    position,
    profit: openProfit(context, position, reading),
  }));
}

/** One position, explained: its quantity, the mark with its age, the open profit. Pure. */
export function measurePosition(context: RuleContext, held: Held): Measured {
  const { position, profit } = held;
  const entity = position.instrument;
  const instrument = context.instrumentOf(entity);
  const inputs: VerdictInput[] =
    instrument === undefined
      ? []
      : [{ name: `position:${entity}`, value: formatLots(instrument, position.openLots) }];
  const figures = { entity, unit: 'money', inputs } as const;
  if (!profit.isKnown) return { figures, held: [held], missing: [profit.missing] };
  inputs.push(profit.input, unrealizedInput(profit.units, context.facts));
  return { figures, held: [held], units: profit.units, missing: [] };
}

/** All positions together, explained by their marks and the sum. Pure. */
export function measureTotal(context: RuleContext, held: readonly Held[]): Measured {
  const { units, inputs: marks, missing } = sumProfits(held.map(({ profit }) => profit));
  const inputs: VerdictInput[] = [...marks];
  const figures = { entity: 'account', unit: 'money', inputs } as const;
  if (missing.length > 0) return { figures, held, missing };
  inputs.push(unrealizedInput(units, context.facts));
  return { figures, held, units, missing };
}

/** What a breach asks for: the lock first, then the orders and positions, then the alert. Pure. */
export function closeWanted(
  answer: ProfitAnswer,
  entity: RuleEntity,
  positions: readonly PositionFacts[],
): readonly WantedAction[] {
  const scope: LockScope = entity === 'account' ? 'account' : `contract:${entity}`;
  const lock: readonly WantedAction[] =
    answer.lockout === 'none' ? [] : [{ type: 'setLock', scope, kind: answer.lockout }];
  const close: readonly WantedAction[] =
    answer.action === 'closeAll'
      ? [{ type: 'cancelAllOrders' }, { type: 'flattenAccount' }]
      : positions.map(({ instrument }) => ({ type: 'closePosition', instrument }));
  return [...lock, ...close, { type: 'alert', severity: answer.severity }];
}

/** One bound for the sum, or one for each position. Pure. */
export function profitWatches(
  facts: AccountFacts,
  scope: 'perPosition' | 'total',
  boundOf: (entity: RuleEntity) => Pick<Watch, 'side' | 'atUnits'>,
): readonly Watch[] {
  if (scope === 'total') {
    return [{ entity: 'account', measure: 'account', ...boundOf('account') }];
  }
  return facts.positions.map(({ instrument: entity }) => ({
    entity,
    measure: 'position',
    ...boundOf(entity),
  }));
}

function unrealizedInput(units: Units, { currency }: AccountFacts): VerdictInput {
  return { name: 'unrealized', value: formatMoney(units, currency) };
}
