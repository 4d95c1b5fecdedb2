/**
 * RULE-002, contracts of one instrument: all expiries of a root together, long and short added.
 *
 * Counts are exact (contract-count.ts); the finding reports them rounded up to whole contracts, which keeps
 * the comparison with a whole limit as it is. The entity of a finding is the canonical root.
 */
import { z } from 'zod';
import { addExact, decimalText, mulDiv, mulRatio } from '../domain/arithmetic.ts';
import { RuleId, type InstrumentId } from '../domain/ids.ts';
import { formatLots, type Lots } from '../domain/instrument.ts';
import type { SubmitOrder } from '../domain/order.ts';
import type { RuleFinding, VerdictInput, WantedAction } from '../domain/verdict.ts';
import type { AccountFacts, PositionFacts } from '../domain/view.ts';
import {
  countScale,
  largestPassing,
  touchedInstruments,
  weigh,
  type CountScale,
} from './contract-count.ts';
import { reachableLots } from './exposure.ts';
import { denyFinding, passFinding, unknownFinding } from './findings.ts';
import { canonicalRoot, namesOf } from './instrument-names.ts';
import { commonKeys, inheritedKeys, wholeFrom } from './rule-config.ts';
import type { RuleContext, RuleDefinition } from './rule.ts';

/** Limits by canonical root. Two keys that mean one instrument must agree. */
const InstrumentLimits = z.record(z.string().min(1), wholeFrom(0)).transform((limits, context) => {
  const byRoot: Record<string, number> = {};
  for (const [key, limit] of Object.entries(limits)) {
    const root = canonicalRoot(key);
    const other = byRoot[root];
    if (other !== undefined && other !== limit) {
      const message = `${key} means ${root}, which has another limit here, was ${limit} and ${other}`;
      context.addIssue({ code: 'custom', message });
    }
    byRoot[root] = limit;
  }
  return byRoot;
});

/** `block`, `allowUnlimited`, or `allowWithLimit:` with a whole number, also as a map of that one key. */
const UnknownSymbolAction = z.union([
  z.enum(['block', 'allowUnlimited']).transform((kind) => ({ kind, limit: 0 })),
  z
    .string()
    .regex(/^allowWithLimit:\s*\d{1,9}$/, {
      error: 'block, allowUnlimited or allowWithLimit:<number>',
    })
    .transform((text) => {
      const limit = Number(text.slice('allowWithLimit:'.length)); // tidy-ok: digits only, checked above
      return { kind: 'allowWithLimit' as const, limit };
    }),
  z
    .strictObject({ allowWithLimit: wholeFrom(0) })
    .transform(({ allowWithLimit: limit }) => ({ kind: 'allowWithLimit' as const, limit })),
]);

const keys = z.strictObject({
  ...commonKeys('warning'),
  ...inheritedKeys(),
  defaultLimit: z
    .union([z.null(), wholeFrom(1)])
    .default(3)
    .meta({
      default: 3,
      description:
        'contracts of an instrument without a limit of its own; null: unknownSymbolAction',
    }),
  instrumentLimits: InstrumentLimits.default({}).meta({
    default: '{}',
    values: 'a map from instrument to a whole number: `{ MNQ: 2, ES: 1 }`; 0 blocks the instrument',
    description: 'limits of single instruments, by any of their spellings',
  }),
  enforcement: z
    .enum(['reduceToLimit', 'closePosition'])
    .default('reduceToLimit')
    .describe('cut what is beyond the limit, or close the instrument'),
  unknownSymbolAction: UnknownSymbolAction.default({ kind: 'block', limit: 0 }).meta({
    default: 'block',
    values: '`block`, `allowWithLimit:` with a whole number (`allowWithLimit:1`), `allowUnlimited`',
    description: 'for an instrument without a limit, and for one that is not known at all',
  }),
});
const Config = keys.meta({
  description:
    'The contracts or coins that the account holds in one instrument, all its expiries together, against the limit of that instrument.',
  enforcement:
    'Cuts the instrument to its limit, or closes it (enforcement); what has no limit is closed (unknownSymbolAction: block); raises an alert. Nothing else is touched, no lock.',
  edges: [
    'NQ and MNQ are two instruments. NQ, ENQ and CON.F.US.ENQ.H26 are one.',
    'The gate counts everything that works in the instrument plus the order, at worst; a refusal says how much would still pass (quantityLeft).',
    'An instrument without specification follows unknownSymbolAction even when it has a limit; where both permit something, the smaller one counts.',
    'A limit of 0 blocks the instrument: positions are closed, orders are refused.',
  ],
});
type Config = z.output<typeof Config>;

const rule = { id: RuleId.parse('RULE-002'), code: 'INSTRUMENT_CONTRACTS_MAX' } as const;

export const maxContractsPerInstrument: RuleDefinition<Config> = {
  ...rule,
  key: 'maxContractsPerInstrument',
  title: 'contracts per instrument',
  precedence: 41,
  config: Config,
  triggers: { market: false, position: true, ledger: false },

  evaluate(context, config) {
    const { facts } = context;
    if (!facts.isReconciled) return [unreconciled('account')];
    const roots = new Set(facts.positions.map(({ instrument }) => canonicalRoot(instrument)));
    return [...roots].flatMap((root) => {
      const held = facts.positions.filter((one) => canonicalRoot(one.instrument) === root);
      const finding = judgeHeld(context, config, root, held);
      return finding === undefined ? [] : [finding];
    });
  },

  watches: () => [],

  judgeOrder(context, config, order) {
    const root = canonicalRoot(order.instrument);
    if (!context.facts.isReconciled) return unreconciled(root);
    return judgeNewOrder(context, config, root, order);
  },
};

function unreconciled(entity: InstrumentId | 'account'): RuleFinding {
  const missing = ['reconciliation'];
  return unknownFinding(rule, { entity, unit: 'contracts', inputs: [], missing });
}

/** Whole contracts that are permitted; undefined: as many as anybody likes. */
type Permitted = { readonly limit: number | undefined; readonly isBlocked: boolean };

function permitted(
  context: RuleContext,
  config: Config,
  instruments: readonly InstrumentId[],
): Permitted {
  const named = instruments
    .flatMap((id) => namesOf(id, context.instrumentOf(id)))
    .map((name) => ownLimit(config, canonicalRoot(name)) ?? ownLimit(config, name))
    .find((limit) => limit !== undefined);
  const isKnown = instruments.every((id) => context.instrumentOf(id) !== undefined);
  const configured = named ?? config.defaultLimit ?? undefined;
  if (isKnown && configured !== undefined) {
    return { limit: configured, isBlocked: configured === 0 };
  }
  const { kind, limit } = config.unknownSymbolAction;
  if (kind === 'block') return { limit: 0, isBlocked: true };
  const bounds = [
    ...(kind === 'allowWithLimit' ? [limit] : []),
    ...(named === undefined ? [] : [named]),
  ];
  if (bounds.length === 0) return { limit: undefined, isBlocked: false };
  const least = Math.min(...bounds);
  return { limit: least, isBlocked: least === 0 };
}

function ownLimit({ instrumentLimits }: Config, name: string): number | undefined {
  return Object.hasOwn(instrumentLimits, name) ? instrumentLimits[name] : undefined;
}

/** An instrument without specification counts a lot as a contract. */
function scaleOf(context: RuleContext, ids: readonly InstrumentId[]): CountScale {
  return countScale(ids, (id) => context.instrumentOf(id)?.lot ?? { num: 1, den: 1 });
}

function judgeHeld(
  context: RuleContext,
  config: Config,
  root: InstrumentId,
  held: readonly PositionFacts[],
): RuleFinding | undefined {
  const ids = held.map(({ instrument }) => instrument);
  const { limit, isBlocked } = permitted(context, config, ids);
  if (limit === undefined) return undefined;
  const scale = scaleOf(context, ids);
  const count = held
    .map(({ instrument, openLots }) => Math.abs(weigh(scale, instrument, openLots)))
    .reduce(addExact, 0);
  const figures = figuresOf(context, root, scale, count, limit, held);
  if (count <= limit * scale.den) return passFinding(rule, figures);
  const isClosed = isBlocked || config.enforcement === 'closePosition';
  const excess = addExact(count, -limit * scale.den);
  const wants: readonly WantedAction[] = [
    ...(isClosed ? held.map(closed) : cuts(scale, held, excess)),
    { type: 'alert', severity: config.severity },
  ];
  return denyFinding(rule, { ...figures, wants });
}

function closed({ instrument }: PositionFacts): WantedAction {
  return { type: 'closePosition', instrument };
}

/** The smallest cuts that remove `excess`, the largest position first. */
function cuts(
  scale: CountScale,
  held: readonly PositionFacts[],
  excess: number,
): readonly WantedAction[] {
  const size = ({ instrument, openLots }: PositionFacts): number =>
    Math.abs(weigh(scale, instrument, openLots));
  let left = excess;
  return held
    .toSorted((one, other) => size(other) - size(one))
    .flatMap((position): WantedAction[] => {
      const { instrument, openLots } = position;
      const weight = weigh(scale, instrument, 1);
      if (left <= 0 || weight <= 0) return [];
      const cut = Math.min(mulDiv(left, 1, weight, 'ceil'), Math.abs(openLots));
      left = addExact(left, -cut * weight);
      const keep = Math.sign(openLots) * (Math.abs(openLots) - cut) + 0;
      if (keep === 0) return [closed(position)];
      return [{ type: 'reducePosition', instrument, targetLots: keep }];
    });
}

function figuresOf(
  context: RuleContext,
  root: InstrumentId,
  scale: CountScale,
  count: number,
  limit: number,
  held: readonly PositionFacts[],
) {
  const inputs: VerdictInput[] = [
    { name: 'count', value: decimalText(count, { num: 1, den: scale.den }) },
    ...held.map(({ instrument: id, openLots }) => ({
      name: `position:${id}`,
      value: lotsText(context, id, openLots),
    })),
  ];
  const room = mulRatio(limit, scale.den, { num: 1, den: 1 }) - count;
  return {
    entity: root,
    unit: 'contracts',
    inputs,
    observed: mulDiv(count, 1, scale.den, 'ceil'),
    limit,
    headroom: Math.max(0, mulDiv(room, 1, scale.den, 'floor')),
  } as const;
}

function lotsText(context: RuleContext, id: InstrumentId, lots: Lots): string {
  const instrument = context.instrumentOf(id);
  return instrument === undefined ? String(lots) : formatLots(instrument, lots);
}

/** What the root can come to when everything that works in it fills in the worst way; with `order` when given. */
function countWorst(
  scale: CountScale,
  facts: AccountFacts,
  ids: readonly InstrumentId[],
  order?: SubmitOrder,
): number {
  return ids
    .map((id) => {
      const { highLots, lowLots } = reachableLots(facts, id, order);
      return weigh(scale, id, Math.max(Math.abs(highLots), Math.abs(lowLots)));
    })
    .reduce(addExact, 0);
}

/** Pre-trade: everything that works in the root plus this order, at worst. */
function judgeNewOrder(
  context: RuleContext,
  config: Config,
  root: InstrumentId,
  order: SubmitOrder,
): RuleFinding {
  const { facts } = context;
  const ids = [...new Set([...touchedInstruments(facts), order.instrument])].filter(
    (id) => canonicalRoot(id) === root,
  );
  const held = facts.positions.filter(({ instrument }) => ids.includes(instrument));
  const { limit } = permitted(context, config, ids);
  const scale = scaleOf(context, ids);
  const after = countWorst(scale, facts, ids, order);
  if (limit === undefined) return unlimited(figuresOf(context, root, scale, after, 0, held));
  const figures = figuresOf(context, root, scale, after, limit, held);
  const doesPass = (quantityLots: Lots): boolean =>
    countWorst(scale, facts, ids, { ...order, quantityLots }) <= limit * scale.den;
  if (doesPass(order.quantityLots)) return passFinding(rule, figures);
  const room = largestPassing(order.quantityLots, doesPass);
  const headroom = mulDiv(weigh(scale, order.instrument, room), 1, scale.den, 'floor');
  const left = { name: 'quantityLeft', value: lotsText(context, order.instrument, room) };
  const inputs = [...figures.inputs, left];
  return denyFinding(rule, { ...figures, inputs, headroom, wants: [] });
}

/** A pass without a limit to show. */
function unlimited(figures: ReturnType<typeof figuresOf>): RuleFinding {
  const { limit: _, headroom: _room, ...finding } = passFinding(rule, figures);
  return finding;
}
