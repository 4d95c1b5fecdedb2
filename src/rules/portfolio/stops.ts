/**
 * Losses as shares of the net asset value: of the day, of the week, and from the high-water mark. Watched like account
 * rules, so that the market alone can reach them; the gate asks them too. Source: trading-controls 2 (6 to 8), REQ-DD1.
 *
 * Daily and weekly stop refuse new risk while the loss is there. The drawdown halts the account: it is latched, and
 * only a person who re-arms the account ends it. From then on the mark is what the account had at that moment.
 */
import { z } from 'zod';
import { addExact, mulDiv, quotientText } from '../../domain/arithmetic.ts';
import { isConfirmed, takeReading, type Confirmation } from '../../domain/confirmation.ts';
import type { Controls } from '../../domain/controls.ts';
import type { DenialCode } from '../../domain/denial.ts';
import { drawdownFloor, drawdownUnits, raisePeak } from '../../domain/drawdown.ts';
import type { RuleId } from '../../domain/ids.ts';
import { formatMoney, type Units } from '../../domain/money.ts';
import type { PortfolioFacts } from '../../domain/portfolio.ts';
import type { RuleFinding, RuleMemory, VerdictInput } from '../../domain/verdict.ts';
import { memoryKey, type AccountFacts } from '../../domain/view.ts';
import { denyFinding, gateFinding, passFinding, unknownFinding } from '../findings.ts';
import { bestTicks, openProfit, sumProfits } from '../marks.ts';
import type { RuleContext, RuleDefinition } from '../rule.ts';
import { isOn } from './switches.ts';

const million = 1_000_000;
const figures = { entity: 'account', unit: 'money' } as const;

const StopConfig = z.strictObject({
  /** Parts per million; below 0 for the stops, above for the drawdown. */
  limitPpm: z.int(),
  quoteMaxAgeSeconds: z.int(),
  basis: z.enum(['rolling', 'session']),
  confirmations: z.int(),
});
type StopConfig = z.output<typeof StopConfig>;

type Source = { readonly id: RuleId; readonly code: DenialCode };

/** What is judged: the account's own money, or what is missing to know it. */
type KnownEquity = {
  readonly portfolio: PortfolioFacts;
  readonly openUnits: Units;
  readonly equityUnits: Units;
  readonly inputs: readonly VerdictInput[];
  /** When the youngest price was received; 0 without a position. */
  readonly markedAtMs: number;
};
type Equity = KnownEquity | { readonly missing: readonly string[] };

function equityOf(context: RuleContext, { quoteMaxAgeSeconds }: StopConfig): Equity {
  const { facts, marks } = context;
  const { portfolio } = facts;
  if (!facts.isReconciled) return { missing: ['reconciliation'] };
  if (portfolio === undefined) return { missing: ['balance'] };
  const reading = { markPrice: 'exitSide', quoteMaxAgeSeconds } as const;
  const open = sumProfits(facts.positions.map((held) => openProfit(context, held, reading)));
  if (open.missing.length > 0) return { missing: open.missing };
  const equityUnits = addExact(portfolio.balanceUnits, open.units);
  const inputs = [
    { name: 'equity', value: formatMoney(equityUnits, facts.currency) },
    ...open.inputs,
  ];
  const times = facts.positions.map(({ instrument }) => marks(instrument)?.receivedAtMs ?? 0);
  const markedAtMs = Math.max(0, ...times);
  return { portfolio, openUnits: open.units, equityUnits, inputs, markedAtMs };
}

/** The realized result of the period, and what the account had before it. */
type Period = (facts: AccountFacts, portfolio: PortfolioFacts) => Units;

const ofDay: Period = ({ realizedUnits, feesUnits }) => addExact(realizedUnits, -feesUnits);
const ofWeek: Period = (_, { weekNetUnits }) => weekNetUnits;

function lossStop(name: {
  readonly source: Source;
  readonly key: string;
  readonly title: string;
  readonly precedence: number;
  readonly period: Period;
}): RuleDefinition<StopConfig> {
  const { source, period } = name;
  const judge = (context: RuleContext, config: StopConfig): RuleFinding => {
    const { facts } = context;
    const equity = equityOf(context, config);
    if ('missing' in equity) {
      return unknownFinding(source, { ...figures, inputs: [], missing: equity.missing });
    }
    const { portfolio, openUnits, inputs } = equity;
    const net = period(facts, portfolio);
    const limit = limitOf(portfolio, net, config);
    const observed = addExact(net, openUnits);
    const headroom = Math.max(0, addExact(observed, -limit));
    const said = { ...figures, inputs, observed, limit, headroom };
    const wants = [{ type: 'alert', severity: 'critical' }] as const;
    return observed <= limit ? denyFinding(source, { ...said, wants }) : passFinding(source, said);
  };
  return {
    ...source,
    key: name.key,
    title: name.title,
    precedence: name.precedence,
    config: StopConfig,
    triggers: { market: true, position: true, ledger: true },
    evaluate: (context, config) => [judge(context, config)],
    watches: ({ facts }, config) => {
      if (facts.portfolio === undefined) return [];
      const net = period(facts, facts.portfolio);
      const atUnits = addExact(limitOf(facts.portfolio, net, config), -net);
      return [{ entity: 'account', measure: 'account', side: 'worst', atUnits }];
    },
    markAges: ({ quoteMaxAgeSeconds }) => [quoteMaxAgeSeconds * 1_000],
    judgeOrder(context, config, order) {
      const finding = judge(context, config);
      return gateFinding([finding], order.instrument, finding);
    },
  };
}

/** The loss that stops, as an amount: a share of what the account had when the period began. */
function limitOf({ balanceUnits }: PortfolioFacts, net: Units, { limitPpm }: StopConfig): Units {
  const before = Math.max(0, addExact(balanceUnits, -net));
  return mulDiv(before, limitPpm, million, 'ceil');
}

const daily = { id: 'STOP-DAILY' as RuleId, code: 'DAILY_STOP' } as const;
const weekly = { id: 'STOP-WEEKLY' as RuleId, code: 'WEEKLY_STOP' } as const;
const drawdown = { id: 'STOP-DRAWDOWN' as RuleId, code: 'DRAWDOWN_MAX' } as const;

/** Name of the cause that halts an account for its drawdown. Source: execution 10. */
export const drawdownCause = 'drawdown';
/** The control whose findings carry equity marks. */
export const drawdownStopId = drawdown.id;

const dailyStop = lossStop({
  source: daily,
  key: 'dailyStop',
  title: 'daily stop',
  precedence: 200,
  period: ofDay,
});
const weeklyStop = lossStop({
  source: weekly,
  key: 'weeklyStop',
  title: 'weekly stop',
  precedence: 210,
  period: ofWeek,
});

const drawdownStop: RuleDefinition<StopConfig> = {
  ...drawdown,
  key: 'drawdownStop',
  title: 'maximum drawdown',
  precedence: 220,
  config: StopConfig,
  triggers: { market: true, position: true, ledger: true },
  evaluate: (context, config) => [judgeDrawdown(context, config)],
  watches({ facts }, config) {
    const { portfolio } = facts;
    const peak = portfolio === undefined ? undefined : peakOf(portfolio, config);
    if (portfolio === undefined || peak === undefined || isLatched(facts)) return [];
    const from = (atUnits: Units): Units => addExact(atUnits, -portfolio.balanceUnits);
    const account = { entity: 'account', measure: 'account' } as const;
    return [
      { ...account, side: 'worst', atUnits: from(drawdownFloor(peak, config.limitPpm)) },
      { ...account, side: 'best', atUnits: from(nextMark(peak)) },
    ];
  },
  markAges: ({ quoteMaxAgeSeconds }) => [quoteMaxAgeSeconds * 1_000],
  judgeOrder(context, config, order) {
    const finding = judgeDrawdown(context, config);
    return gateFinding([finding], order.instrument, finding);
  },
};

function judgeDrawdown(context: RuleContext, config: StopConfig): RuleFinding {
  const { facts } = context;
  const memory = facts.memory[memoryKey(drawdown.id, 'account')] ?? {};
  const isHalted = facts.portfolio?.isDrawdownLatched === true;
  // Latched is latched, whatever is known of the market now; once it was seen halted, its end is a person's doing.
  if (memory['isLatched'] === true && (isHalted || memory['isHaltSeen'] !== true))
    return latched(memory, isHalted);
  const equity = equityOf(context, config);
  if ('missing' in equity) {
    return unknownFinding(drawdown, { ...figures, inputs: [], missing: equity.missing });
  }
  return memory['isLatched'] === true
    ? rearmed(equity.equityUnits, config)
    : judgeFall(context, config, equity, memory);
}

function latched(memory: RuleMemory, isHalted: boolean): RuleFinding {
  const inputs = [{ name: 'latched', value: drawdownCause }];
  const [observed, limit] = [numberOf(memory, 'observed'), numberOf(memory, 'limit')];
  const wants = isHalted ? [] : wanted;
  return {
    ...denyFinding(drawdown, { ...figures, inputs, observed, limit, headroom: 0, wants }),
    remember: isHalted ? { ...memory, isHaltSeen: true } : memory,
  };
}

function judgeFall(
  context: RuleContext,
  config: StopConfig,
  equity: KnownEquity,
  memory: RuleMemory,
): RuleFinding {
  const { facts } = context;
  const { portfolio, equityUnits } = equity;
  const peak = raisePeak(peakOf(portfolio, config), equityUnits);
  const observed = drawdownUnits(peak, equityUnits);
  const floor = drawdownFloor(peak, config.limitPpm);
  const limit = drawdownUnits(peak, floor);
  const inputs = [
    ...equity.inputs,
    { name: 'highWater', value: formatMoney(peak, facts.currency) },
    { name: 'drawdown_pct', value: peak > 0 ? quotientText([observed, 100], [peak], 2) : 'all' },
  ];
  const reading = takeReading(confirmationOf(memory), {
    isBeyond: peak > 0 ? equityUnits <= floor : equityUnits < peak,
    atMs: equity.markedAtMs,
  });
  // What is realized is no reading of the market: it needs nobody's confirmation.
  const needed = facts.positions.length === 0 ? 1 : config.confirmations;
  if (isConfirmed(reading, needed)) {
    const said = { ...figures, inputs, observed, limit, headroom: 0, wants: wanted };
    return { ...denyFinding(drawdown, said), remember: { isLatched: true, observed, limit } };
  }
  const headroom = Math.max(0, addExact(equityUnits, -floor));
  const mark = markToRemember(portfolio, bestEquity(context, equity, config), memory);
  return {
    ...passFinding(drawdown, { ...figures, inputs, observed, limit, headroom }),
    remember: { ...mark, ...(reading.seen === 0 ? {} : reading) },
  };
}

const wanted = [
  { type: 'halt', cause: drawdownCause },
  { type: 'alert', severity: 'critical' },
] as const;

function rearmed(equityUnits: Units, { limitPpm }: StopConfig): RuleFinding {
  const limit = drawdownUnits(equityUnits, drawdownFloor(equityUnits, limitPpm));
  const said = { ...figures, inputs: [], observed: 0, limit, headroom: limit };
  return { ...passFinding(drawdown, said), remember: { rebaseUnits: equityUnits } };
}

function isLatched({ memory }: AccountFacts): boolean {
  return memory[memoryKey(drawdown.id, 'account')]?.['isLatched'] === true;
}

function peakOf(portfolio: PortfolioFacts, { basis }: StopConfig): Units | undefined {
  return basis === 'session' ? portfolio.highWaterOfDayUnits : portfolio.highWaterUnits;
}

/** A new mark is a basis point above the last: less would be a row of the journal for every tick of a trend. */
function nextMark(peak: Units): Units {
  return addExact(peak, Math.max(1, mulDiv(Math.max(0, peak), 1, 10_000, 'floor')));
}

/** What the ledger shall take for a mark: what is higher than both of its marks by enough to be worth a row. */
function markToRemember(
  { highWaterUnits, highWaterOfDayUnits }: PortfolioFacts,
  equityUnits: Units,
  memory: RuleMemory,
): RuleMemory {
  const isNews = [highWaterUnits, highWaterOfDayUnits].some(
    (mark) => mark === undefined || equityUnits >= nextMark(mark),
  );
  if (isNews) return { markUnits: equityUnits };
  const before = memory['markUnits'];
  return before === undefined ? {} : { markUnits: before };
}

/**
 * The highest equity since the last evaluation. Where several instruments are held their best prices may not have
 * coincided: there only the present counts.
 */
function bestEquity(
  { facts, marks, instrumentOf, nowMs }: RuleContext,
  { portfolio, equityUnits }: KnownEquity,
  { quoteMaxAgeSeconds }: StopConfig,
): Units {
  const [held, ...others] = facts.positions;
  const mark = held === undefined ? undefined : marks(held.instrument);
  if (held === undefined || mark === undefined || others.length > 0) return equityUnits;
  const best = bestTicks(mark, held.openLots > 0, 'exitSide');
  if (best === undefined) return equityUnits;
  const atBest = { bidTicks: best, askTicks: best, receivedAtMs: mark.receivedAtMs };
  const context = { facts, marks: () => atBest, instrumentOf, nowMs };
  const profit = openProfit(context, held, { markPrice: 'exitSide', quoteMaxAgeSeconds });
  return profit.isKnown
    ? Math.max(equityUnits, addExact(portfolio.balanceUnits, profit.units))
    : equityUnits;
}

function confirmationOf(memory: RuleMemory): Confirmation {
  return { seen: numberOf(memory, 'seen'), lastMs: numberOf(memory, 'lastMs') };
}

function numberOf(memory: RuleMemory, name: string): number {
  const value = memory[name];
  return typeof value === 'number' ? value : 0;
}

/** Controls that are watched like rules; not among the thirteen. */
export const watchedControls: readonly RuleDefinition[] = [dailyStop, weeklyStop, drawdownStop];

/** The watched controls that are in force, with their settings. */
export function watchedOf(
  controls: Controls,
  quoteMaxAgeMs: number,
): readonly { readonly definition: RuleDefinition; readonly config: unknown }[] {
  const { stops } = controls;
  const common = {
    quoteMaxAgeSeconds: Math.max(1, Math.floor(quoteMaxAgeMs / 1_000)),
    basis: stops.drawdownBasis,
    confirmations: stops.confirmations,
  };
  const on = (
    check: 'DAILY_STOP' | 'WEEKLY_STOP' | 'DRAWDOWN_MAX',
    definition: RuleDefinition,
    limitPpm: number,
  ) => (isOn(controls, check) ? [{ definition, config: { ...common, limitPpm } }] : []);
  return [
    ...on('DAILY_STOP', dailyStop, stops.dailyPct),
    ...on('WEEKLY_STOP', weeklyStop, stops.weeklyPct),
    ...on('DRAWDOWN_MAX', drawdownStop, stops.maxDrawdownPct),
  ];
}
