/**
 * How often and when new entries may come: spacing, frequency, pauses after losses, cooldowns of a symbol, number of
 * positions. Everything is derived from executions and working orders, so nothing is lost by a restart.
 * Source: trading-controls 2 (checks 11 to 13), REQ-CD1.
 */
import type { Controls } from '../../domain/controls.ts';
import type { Denial, DenialCode } from '../../domain/denial.ts';
import type { OrderIntent } from '../../domain/order.ts';
import type { RuleContext } from '../rule.ts';
import type { PortfolioView } from './notional.ts';
import { isOn } from './switches.ts';
import { entriesOf, mayOpen, resultsOf, type Entry } from './trades.ts';

const hourMs = 3_600_000;
const minuteMs = 60_000;

/** Checks 11 and 12: spacing, frequency, losses in a row. Pure. */
export function frequencyDenials(view: PortfolioView, intent: OrderIntent): readonly Denial[] {
  return [
    ...spacingDenials(view),
    ...countDenials(view, intent),
    ...lossDenials(view),
    ...symbolSpacingDenials(view, intent),
  ];
}

/** An entry at least so long after the last one of the account. */
function spacingDenials({ context, controls }: PortfolioView): readonly Denial[] {
  if (!isOn(controls, 'SPACING')) return [];
  const last = entriesOf(context.facts, context.nowMs).at(-1);
  const gapMs = controls.frequency.spacingSeconds * 1_000;
  return last === undefined ? [] : waitDenial('SPACING', last.atMs + gapMs, context);
}

function symbolSpacingDenials(
  { context, controls }: PortfolioView,
  { instrument }: OrderIntent,
): readonly Denial[] {
  if (!isOn(controls, 'SYMBOL_SPACING')) return [];
  const last = entriesOf(context.facts, context.nowMs).findLast(
    (entry) => entry.instrument === instrument,
  );
  const gapMs = controls.frequency.perSymbolSpacingSeconds * 1_000;
  return last === undefined
    ? []
    : waitDenial('SYMBOL_SPACING', last.atMs + gapMs, context, [
        { name: 'instrument', value: instrument },
      ]);
}

/** As many entries as a window may hold are there. */
function countDenials(view: PortfolioView, intent: OrderIntent): readonly Denial[] {
  const { context, controls } = view;
  const { frequency } = controls;
  const entries = entriesOf(context.facts, context.nowMs);
  const lately = entries.filter(({ atMs }) => atMs > context.nowMs - hourMs);
  const begun = lately.filter(({ isNew }) => isNew);
  const today = entries.filter(({ atMs }) => atMs >= context.facts.dayStartMs);
  return [
    ...(isOn(controls, 'FREQUENCY_HOUR')
      ? countDenial('perHour', lately, frequency.perHour, hourMs)
      : []),
    ...(isOn(controls, 'FREQUENCY_DAY') ? countDenial('perDay', today, frequency.perDay) : []),
    ...(isOn(controls, 'FREQUENCY_NEW') && beginsPosition(view, intent)
      ? countDenial('newPerHour', begun, frequency.newPerHour, hourMs)
      : []),
  ];
}

function countDenial(
  window: string,
  entries: readonly Entry[],
  limit: number,
  windowMs?: number,
): readonly Denial[] {
  if (entries.length < limit) return [];
  const leaving = entries.at(-limit);
  const until =
    windowMs === undefined || leaving === undefined ? [] : untilFact(leaving.atMs + windowMs);
  const facts = [
    { name: 'window', value: window },
    { name: 'entries', value: String(entries.length) },
    { name: 'limit', value: String(limit) },
    { name: 'headroom', value: '0' },
    ...until,
  ];
  return [{ code: 'FREQUENCY_CAP', facts }];
}

/** The latest results were all losses: a pause from the last of them on. */
function lossDenials({ context, controls }: PortfolioView): readonly Denial[] {
  if (!isOn(controls, 'CONSECUTIVE_LOSSES')) return [];
  const { consecutive, minutes } = controls.lossCooldown;
  const results = resultsOf(context.facts);
  const lastOther = results.findLastIndex(({ netUnits }) => netUnits >= 0);
  const row = results.slice(lastOther + 1);
  const last = row.at(-1);
  if (last === undefined || row.length < consecutive) return [];
  return waitDenial('CONSECUTIVE_LOSSES', last.atMs + minutes * minuteMs, context, [
    { name: 'losses', value: String(row.length) },
    { name: 'limit', value: String(consecutive) },
  ]);
}

/** Signals that say they take risk off. Source: trading-controls 7, exits. */
const bypassing: ReadonlySet<string> = new Set(['purge', 'trim']);

/** Part of check 13: number of positions and the cooldown of the symbol. Pure. */
export function positionDenials(view: PortfolioView, intent: OrderIntent): readonly Denial[] {
  return [...positionsMaxDenials(view, intent), ...cooldownDenials(view, intent)];
}

function positionsMaxDenials(view: PortfolioView, intent: OrderIntent): readonly Denial[] {
  const { context, controls } = view;
  if (!isOn(controls, 'POSITIONS_MAX') || !beginsPosition(view, intent)) return [];
  const { positions, workingOrders } = context.facts;
  const held = new Set([
    ...positions.map(({ instrument }) => instrument),
    ...workingOrders.filter(mayOpen).map(({ instrument }) => instrument),
  ]);
  const limit = controls.caps.maxOpenPositions;
  if (held.size < limit) return [];
  const facts = [
    { name: 'positions', value: String(held.size) },
    { name: 'limit', value: String(limit) },
    { name: 'headroom', value: '0' },
  ];
  return [{ code: 'POSITIONS_MAX', facts }];
}

/** Neither a position nor an order that may open one is there. */
function beginsPosition({ context }: PortfolioView, { instrument }: OrderIntent): boolean {
  const { positions, workingOrders } = context.facts;
  const isHere = (one: { readonly instrument: string }): boolean => one.instrument === instrument;
  return !positions.some(isHere) && !workingOrders.filter(mayOpen).some(isHere);
}

/** The longest of the cooldowns that run counts. */
function cooldownDenials(view: PortfolioView, intent: OrderIntent): readonly Denial[] {
  const { context, controls } = view;
  if (bypassing.has(intent.signal?.type.toLowerCase() ?? '')) return [];
  const ends = cooldownsOf(context, controls, intent);
  const longest = ends.toSorted((one, other) => other.untilMs - one.untilMs)[0];
  if (longest === undefined) return [];
  return waitDenial('COOLDOWN_ACTIVE', longest.untilMs, context, [
    { name: 'instrument', value: intent.instrument },
    { name: 'after', value: longest.after },
  ]);
}

type Cooldown = { readonly after: string; readonly untilMs: number };

function cooldownsOf(
  { facts }: RuleContext,
  controls: Controls,
  { instrument }: OrderIntent,
): readonly Cooldown[] {
  const { cooldowns } = controls;
  const found: Cooldown[] = [];
  const trades = facts.portfolio?.trades ?? [];
  const opened = trades.findLast((one) => one.instrument === instrument && one.openedLots > 0);
  if (opened !== undefined && isOn(controls, 'COOLDOWN_FILL')) {
    found.push({ after: 'fill', untilMs: opened.atMs + cooldowns.afterFill * minuteMs });
  }
  for (const { instrument: of, atMs, netUnits, isStop } of resultsOf(facts)) {
    if (of !== instrument || netUnits === 0) continue;
    const [after, check, minutes] =
      netUnits > 0
        ? (['win', 'COOLDOWN_WIN', cooldowns.win] as const)
        : isStop
          ? (['stopOut', 'COOLDOWN_STOP_OUT', cooldowns.stopOut] as const)
          : (['loss', 'COOLDOWN_LOSS', cooldowns.loss] as const);
    if (isOn(controls, check)) found.push({ after, untilMs: atMs + minutes * minuteMs });
  }
  return found;
}

/** Denied until then; at that instant it is over. */
function waitDenial(
  code: DenialCode,
  untilMs: number,
  { nowMs }: RuleContext,
  facts: Denial['facts'] = [],
): readonly Denial[] {
  return nowMs >= untilMs ? [] : [{ code, facts: [...facts, ...untilFact(untilMs)] }];
}

function untilFact(untilMs: number): Denial['facts'] {
  return [{ name: 'until', value: new Date(untilMs).toISOString() }];
}
