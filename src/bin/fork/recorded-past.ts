/** What the journal says of the time before a fork: timers that ran, prices that were named, and the states then. */
import { applyContextDiff } from '../../domain/context-diff.ts';
import type { Fill } from '../../domain/fill.ts';
import type { InstrumentId } from '../../domain/ids.ts';
import { parseTicks, type Instrument } from '../../domain/instrument.ts';
import type { OrderIntent } from '../../domain/order.ts';
import type { Recorded } from '../../domain/recorded.ts';
import type { RuleFinding } from '../../domain/verdict.ts';
import type { Quote } from '../../domain/view.ts';
import type { ViewedRow } from '../../ports/journal-view.port.ts';
import type { TimerRow } from '../../ports/journal.port.ts';
import { ActorReplay } from '../replay-actors.ts';

export type RecordedState = {
  readonly account: string;
  readonly machine: string;
  readonly stateJson: string;
  readonly context: Readonly<Record<string, unknown>>;
};

export type RecordedEvent = { readonly type: string; readonly [field: string]: unknown };

export function recordedEvent({ eventJson }: Pick<ViewedRow, 'eventJson'>): RecordedEvent {
  return JSON.parse(eventJson) as RecordedEvent;
}

/** The states of every actor, row by row. */
export class RecordedStates {
  readonly actors = new Map<string, RecordedState>();

  take({ actor, account, machine, toState: stateJson, contextDiffJson }: ViewedRow): void {
    if (machine === 'input') return;
    const context = applyContextDiff(this.actors.get(actor)?.context ?? {}, contextDiffJson);
    this.actors.set(actor, { account, machine, stateJson, context });
  }
}

/**
 * Timers are deleted when they have fired, so those of the past are found by running the machines again: what they
 * armed, but for what they took back and what has come.
 */
export class RecordedTimers {
  private readonly replay = new ActorReplay();
  private readonly timers = new Map<string, TimerRow>();

  take(row: ViewedRow): void {
    const { type } = recordedEvent(row);
    for (const [key, { owner, event, dueAtMs }] of this.timers)
      if (owner === row.actor && event === type && dueAtMs <= row.atMs) this.timers.delete(key);
    this.replay.take(row, (recorded) => {
      for (const one of recorded) this.note(row.actor, one);
    });
  }

  rows(): readonly TimerRow[] {
    return [...this.timers.values()];
  }

  private note(owner: string, one: Recorded): void {
    if (one.type === 'timer.delete') this.timers.delete(`${owner}|${one.timer}`);
    if (one.type !== 'timer.put') return;
    const { timer: name, dueAtMs, event } = one;
    this.timers.set(`${owner}|${name}`, { owner, name, dueAtMs, event });
  }
}

/** Prices that a row names: of an execution, and those on which a verdict rests. There is no other tape in a journal. */
export function quotesOf(
  row: ViewedRow,
  instruments: ReadonlyMap<InstrumentId, Instrument>,
  fillsAhead: ReadonlyMap<string, Fill> = new Map(),
): readonly Quote[] {
  const { intent, finding, ...event } = recordedEvent(row) as {
    readonly fill?: Fill;
    readonly intent?: OrderIntent;
    readonly finding?: RuleFinding;
  };
  // A market order was judged at the price that it then found.
  const found = intent?.orderType === 'market' ? fillsAhead.get(intent.intentId) : undefined;
  const fill = event.fill ?? found;
  const marks = (finding?.inputs ?? []).flatMap(({ name, value }) => {
    const instrument = instruments.get(name.slice(markPrefix.length) as InstrumentId);
    if (!name.startsWith(markPrefix) || instrument === undefined) return [];
    const ticks = parseTicks(instrument, value);
    return ticks === undefined ? [] : [quoteAt(instrument.id, ticks, row.atMs)];
  });
  return fill === undefined ? marks : [quoteAt(fill.instrument, fill.ticks, row.atMs), ...marks];
}

const markPrefix = 'mark:';

function quoteAt(instrument: InstrumentId, ticks: number, atMs: number): Quote {
  return {
    instrument,
    bidTicks: ticks,
    askTicks: ticks,
    lastTicks: ticks,
    venueTimeMs: atMs,
    receivedAtMs: atMs,
  };
}
