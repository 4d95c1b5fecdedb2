/**
 * RULE-011, instruments that may not be traded.
 *
 * Every matching instrument that the account knows (positions, working orders, trades of the day) gets a
 * symbol lock; what is open in it is closed. Under such a lock this rule itself closes what a fill adds, so
 * that an instrument which is opened again and again is closed at a pace instead of without end.
 *
 * Remembered of an instrument: `closes`, the times of its last closes; `isClosing` while one goes on;
 * `keptLots`, the signed position that stays where positions are not closed.
 */
import { z } from 'zod';
import { decimalText, mulRatio } from '../domain/arithmetic.ts';
import { FlagValue } from '../domain/config-values.ts';
import { RuleId, type InstrumentId } from '../domain/ids.ts';
import { formatLots, type Lots } from '../domain/instrument.ts';
import type { RuleFinding, RuleMemory, VerdictInput, WantedAction } from '../domain/verdict.ts';
import { memoryKey, type AccountFacts, type WorkingOrderFacts } from '../domain/view.ts';
import { limits } from '../kernel/limits.ts';
import { isExitSide, openLotsOf, worstCase } from './exposure.ts';
import { denyFinding, passFinding, unknownFinding } from './findings.ts';
import { isMeant, isPattern } from './instrument-names.ts';
import { commonKeys, inheritedKeys, wholeBetween } from './rule-config.ts';
import type { RuleContext, RuleDefinition } from './rule.ts';

/** Closes are counted over this long. Source: rules 3 (RULE-011). */
const reappearWindowMs = 60_000;

const Pattern = z.string().refine(isPattern, {
  error: 'a pattern of up to 64 characters; * ? [a-f] [!a-f] are wildcards, sets are closed',
});

const keys = z.strictObject({
  ...commonKeys('warning'),
  ...inheritedKeys(),
  enabled: FlagValue.default(false).describe(
    'false takes the rule out of evaluation: nothing is judged, nothing is enforced',
  ),
  blockedSymbols: z
    .array(Pattern)
    .max(limits.instrumentsMax)
    .default([])
    .describe('names or patterns with `*`, `?` and `[]`, any case: `ES`, `ES*`, `M[EN]*`'),
  action: z
    .enum(['close', 'cancelOrder'])
    .default('close')
    .describe('close ends orders and positions; cancelOrder ends orders, positions stay'),
  closeExisting: FlagValue.default(true).describe(
    'false: a position that is open when the block meets it stays, nothing may be added to it',
  ),
  reappearLimit: wholeBetween(1, 100)
    .default(5)
    .describe(
      'closes of one instrument within 60 s; from then on a critical alert and one close per 30 s',
    ),
});
const Config = keys.meta({
  description: 'Instruments that may not be traded, by name or pattern.',
  enforcement:
    'Locks the instrument until the configuration permits it again, cancels its orders, closes its position, raises an alert. Other instruments are not affected.',
  edges: [
    'ES means ES and all its contracts, not MES. ES* means ES and ESM6, not MES. NQ means ENQ and CON.F.US.ENQ.H26 too.',
    'An empty list blocks nothing; the pattern * blocks everything.',
    'A position that shows up again is closed again, at most reappearLimit times a minute without a pause.',
    'Where a position stays (closeExisting false, action cancelOrder), its protective orders stay as well, and what a fill adds to it is closed.',
  ],
});
type Config = z.output<typeof Config>;

const rule = { id: RuleId.parse('RULE-011'), code: 'SYMBOL_BLOCKED' } as const;

export const symbolBlocks: RuleDefinition<Config> = {
  ...rule,
  key: 'symbolBlocks',
  title: 'blocked symbols',
  precedence: 42,
  config: Config,
  triggers: { market: false, position: true, ledger: true },

  evaluate(context, config) {
    if (config.blockedSymbols.length === 0) return [];
    if (!context.facts.isReconciled) {
      const missing = ['reconciliation'];
      const figures = { entity: 'account', unit: 'contracts', inputs: [] } as const;
      return [unknownFinding(rule, { ...figures, missing })];
    }
    return knownInstruments(context.facts).flatMap((id) => {
      const pattern = patternOf(context, config, id);
      return pattern === undefined ? forgotten(context, id) : [judge(context, config, id, pattern)];
    });
  },

  watches: () => [],

  keepsLock: (context, config, scope) =>
    patternOf(context, config, scope.slice(scope.indexOf(':') + 1) as InstrumentId) !== undefined,

  judgeOrder(context, config, order) {
    const { instrument } = order;
    const pattern = patternOf(context, config, instrument);
    if (pattern === undefined) return passFinding(rule, nothing(instrument, []));
    const lot = context.instrumentOf(instrument)?.lot ?? { num: 1, den: 1 };
    const observed = mulRatio(order.quantityLots, 1, lot, 'ceil');
    const inputs = [{ name: 'pattern', value: pattern }];
    return denyFinding(rule, { ...nothing(instrument, inputs), observed, wants: [] });
  },
};

/** An instrument is booked by its root; a contract that has a specification of its own has a lock of its own. */
function scopeOf(id: InstrumentId): `symbol:${string}` {
  return `symbol:${id}`;
}

/** The first pattern that means an instrument, or undefined. */
function patternOf(
  { instrumentOf }: Pick<RuleContext, 'instrumentOf'>,
  { blockedSymbols }: Config,
  id: InstrumentId,
): string | undefined {
  return blockedSymbols.find((pattern) => isMeant(pattern, id, instrumentOf(id)));
}

/** Instruments that the account has or had something to do with today, and those the rule remembers. */
function knownInstruments(facts: AccountFacts): readonly InstrumentId[] {
  const prefix = memoryKey(rule.id, '');
  const remembered = Object.keys(facts.memory)
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length) as InstrumentId);
  const touched = [...facts.positions, ...facts.workingOrders, ...facts.trades];
  return [...new Set([...touched.map(({ instrument }) => instrument), ...remembered])].toSorted();
}

/** What was blocked once and is not any more leaves nothing behind. */
function forgotten({ facts }: RuleContext, id: InstrumentId): readonly RuleFinding[] {
  if (memoryOf(facts, id) === undefined) return [];
  return [{ ...passFinding(rule, nothing(id, [])), remember: {} }];
}

/** Everything that one judgement of one blocked instrument rests on. */
type Blocked = {
  readonly context: RuleContext;
  readonly config: Config;
  readonly id: InstrumentId;
  readonly openLots: Lots;
  /** Signed quantity that may stay. */
  readonly keptLots: Lots;
  /** Times of the closes within the window, oldest first. */
  readonly closes: readonly number[];
  readonly isClosing: boolean;
  readonly hasLock: boolean;
};

function judge(
  context: RuleContext,
  config: Config,
  id: InstrumentId,
  pattern: string,
): RuleFinding {
  const blocked = blockedOf(context, config, id);
  const next = step(blocked);
  const figures = figuresOf(blocked, pattern);
  const lock = { type: 'setLock', scope: scopeOf(id), kind: 'permanent' } as const;
  const wants: readonly WantedAction[] = [
    ...(blocked.hasLock ? [] : [lock]),
    ...ordersToCancel(blocked),
    ...next.wants,
  ];
  const due = next.dueAtMs === undefined ? {} : { dueAtMs: next.dueAtMs };
  const remember = { remember: next.memory };
  // Everything is done: the lock stands, and no more is open or works than may.
  if (wants.length === 0 && !next.isPaced)
    return { ...passFinding(rule, figures), ...remember, ...due };
  const severity = next.isPaced ? 'critical' : config.severity;
  const alert = { type: 'alert', severity } as const;
  return { ...denyFinding(rule, { ...figures, wants: [...wants, alert] }), ...remember, ...due };
}

function blockedOf(context: RuleContext, config: Config, id: InstrumentId): Blocked {
  const { facts, nowMs } = context;
  const hasLock = (facts.locks ?? []).some(
    ({ source, scope }) => source === rule.id && scope === scopeOf(id),
  );
  // Without the lock the block is new: what is remembered belongs to an earlier one.
  const memory = (hasLock ? memoryOf(facts, id) : undefined) ?? {};
  const openLots = openLotsOf(facts, id);
  const closes = String(memory['closes'] ?? '')
    .split(' ')
    .filter((text) => text !== '')
    .map((text) => Number(text)) // tidy-ok: instants that this rule has written itself
    .filter((atMs) => atMs > nowMs - reappearWindowMs);
  return {
    context,
    config,
    id,
    openLots,
    keptLots: keptOf(config, openLots, memory['keptLots']),
    closes,
    isClosing: memory['isClosing'] === true,
    hasLock,
  };
}

/** A position that may stay can only shrink: what was closed once does not come back. */
function keptOf(config: Config, openLots: Lots, kept: string | number | boolean | undefined): Lots {
  if (config.action === 'close' && config.closeExisting) return 0;
  if (typeof kept !== 'number') return openLots;
  if (Math.sign(kept) !== Math.sign(openLots)) return 0;
  return Math.sign(kept) * Math.min(Math.abs(kept), Math.abs(openLots)) + 0;
}

type Step = {
  readonly wants: readonly WantedAction[];
  readonly memory: RuleMemory;
  readonly isPaced: boolean;
  readonly dueAtMs?: number;
};

/** What is to be done about the position: nothing, a close, or a close when the pace permits it. */
function step(blocked: Blocked): Step {
  const { context, config, id, openLots, keptLots, closes, isClosing } = blocked;
  const { nowMs } = context;
  if (openLots === keptLots) {
    return { wants: [], memory: memoryText(blocked, closes, false), isPaced: false };
  }
  const wants: readonly WantedAction[] =
    keptLots === 0
      ? [{ type: 'closePosition', instrument: id }]
      : [{ type: 'reducePosition', instrument: id, targetLots: keptLots }];
  if (isClosing) return { wants, memory: memoryText(blocked, closes, true), isPaced: false };
  const lastMs = closes.at(-1) ?? -Infinity;
  const isPaced = closes.length >= config.reappearLimit;
  const dueAtMs = lastMs + limits.exitPacedDurationMs;
  if (isPaced && nowMs < dueAtMs) {
    // The alert alone; the close follows when the pace permits it.
    return { wants: [], memory: memoryText(blocked, closes, false), isPaced, dueAtMs };
  }
  const memory = memoryText(blocked, [...closes, nowMs], true);
  return { wants, memory, isPaced };
}

/** Nothing to remember is an empty memory. */
function memoryText(
  { config, keptLots }: Blocked,
  closes: readonly number[],
  isClosing: boolean,
): RuleMemory {
  const doesKeep = config.action !== 'close' || !config.closeExisting;
  return {
    ...(closes.length === 0 ? {} : { closes: closes.join(' ') }),
    ...(isClosing ? { isClosing } : {}),
    ...(doesKeep ? { keptLots } : {}),
  };
}

function memoryOf(facts: AccountFacts, id: InstrumentId): RuleMemory | undefined {
  return facts.memory[memoryKey(rule.id, id)];
}

/**
 * A close cancels the orders of its instrument itself, protection last. Beside a position that stays only
 * what could add to it goes.
 */
function ordersToCancel(blocked: Blocked): readonly WantedAction[] {
  const { context, id, openLots, keptLots } = blocked;
  const working = context.facts.workingOrders.filter(({ instrument }) => instrument === id);
  if (openLots === 0) {
    const isLeft = working.some(({ purpose }) => purpose !== 'exit');
    return isLeft ? [{ type: 'cancelOrdersBySymbol', instrument: id }] : [];
  }
  if (keptLots === 0) return [];
  return beyondPosition(working, openLots).map(({ orderId }) => ({ type: 'cancelOrder', orderId }));
}

/** Orders that could add to a position or turn it round; exits of up to its size stay, in their order. */
function beyondPosition(
  working: readonly WorkingOrderFacts[],
  openLots: Lots,
): readonly WorkingOrderFacts[] {
  let room = Math.abs(openLots);
  return working.filter(({ side, leavesLots, purpose, reduceOnly }) => {
    if (!isExitSide(side, openLots)) return true;
    if (purpose !== 'entry' || reduceOnly) return false;
    if (leavesLots > room) return true;
    room -= leavesLots;
    return false;
  });
}

function figuresOf({ context, id, openLots }: Blocked, pattern: string) {
  const instrument = context.instrumentOf(id);
  const { longLots, shortLots } = worstCase(context.facts, id);
  const lot = instrument?.lot ?? { num: 1, den: 1 };
  const text = instrument === undefined ? String(openLots) : formatLots(instrument, openLots);
  const inputs: VerdictInput[] = [
    { name: 'pattern', value: pattern },
    { name: `position:${id}`, value: text },
    { name: 'reach', value: decimalText(Math.max(longLots, shortLots), lot) },
  ];
  const observed = mulRatio(Math.max(longLots, shortLots), 1, lot, 'ceil');
  return { ...nothing(id, inputs), observed };
}

/** Figures of an instrument in which nothing may be: a limit of no contract. */
function nothing(entity: InstrumentId, inputs: readonly VerdictInput[]) {
  return { entity, unit: 'contracts', inputs, observed: 0, limit: 0, headroom: 0 } as const;
}
