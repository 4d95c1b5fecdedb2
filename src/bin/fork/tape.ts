/** Recorded events from outside, played to the sandbox as the inputs that they were. */
import type { Engine } from '../../actors/engine.ts';
import type { Fill } from '../../domain/fill.ts';
import type { AccountId, OrderId } from '../../domain/ids.ts';
import type { OperatorCommand } from '../../domain/operator.ts';
import type { OrderIntent } from '../../domain/order.ts';
import type { RuleFinding } from '../../domain/verdict.ts';
import type { ViewedRow } from '../../ports/journal-view.port.ts';
import type { VenueEvent } from '../../ports/venue.port.ts';
import { recordedEvent, type RecordedEvent } from './recorded-past.ts';
import type { WithheldVenue } from './withheld-venue.ts';

/** Order ids of the journal, so that what the venue has said of an order finds the same order. */
export class RecordedIds {
  private next: string | undefined;
  private minted = 0;
  private readonly own: string[];

  /** @param own names that the engine gave to its own orders, in order */
  constructor(own: readonly string[]) {
    this.own = [...own];
  }

  use(id: string): void {
    this.next = id;
  }

  mint(): string {
    const { next } = this;
    this.next = undefined;
    const known = next ?? this.own.shift();
    if (known !== undefined) return known;
    this.minted += 1;
    return `FORK-${this.minted.toString(36)}`;
  }
}

type Play = (row: ViewedRow, event: RecordedEvent) => boolean;

export class Tape {
  readonly notPlayed = new Map<string, number>();
  played = 0;
  private readonly engine: Engine;
  private readonly venue: WithheldVenue;
  private readonly ids: RecordedIds;

  constructor(engine: Engine, venue: WithheldVenue, ids: RecordedIds) {
    this.engine = engine;
    this.venue = venue;
    this.ids = ids;
  }

  /** Only rows that nothing inside has caused are inputs. */
  play(row: ViewedRow): void {
    if (row.causeSeq !== 0) return;
    const event = recordedEvent(row);
    if (isOwn(event.type)) return;
    if (this.playOf(event.type)(row, event)) this.played += 1;
    else this.notPlayed.set(event.type, (this.notPlayed.get(event.type) ?? 0) + 1);
  }

  private playOf(type: string): Play {
    if (type === 'command.submit') return (_, event) => this.submit(event);
    if (type === 'venue.fill') return (_, event) => this.fill(event);
    if (type === 'operator.command') return (_, event) => this.operate(event);
    if (type === 'rule.verdictChanged') return (row, event) => this.verdict(row, event);
    if (type.startsWith('order.')) return (row, event) => this.report(row, event);
    return () => false;
  }

  /** Orders of linked sets are asked for by the sandbox itself. */
  private submit(event: RecordedEvent): boolean {
    const { intentId, ...intent } = event['intent'] as OrderIntent;
    if (intent.source !== 'strategy' && intent.source !== 'operator') return true;
    this.ids.use(intentId);
    this.engine.submit(intent);
    return true;
  }

  private fill(event: RecordedEvent): boolean {
    this.venue.say({ type: 'venue.fill', fill: event['fill'] as Fill });
    return true;
  }

  private operate(event: RecordedEvent): boolean {
    const command = event['command'] as OperatorCommand | undefined;
    if (command === undefined) return false;
    this.engine.operate(command);
    return true;
  }

  private verdict({ account, atMs }: ViewedRow, event: RecordedEvent): boolean {
    const accountId = account as AccountId;
    const runtime = this.engine.world.accounts.get(accountId);
    if (runtime === undefined) return false;
    const finding = event['finding'] as RuleFinding;
    const change = {
      accountId,
      finding,
      viewVersion: runtime.version,
      atMs,
      source: 'worker',
    } as const;
    this.engine.put('venue', { type: 'verdicts', changes: [change], atMs });
    return true;
  }

  private report({ account, actor, seq }: ViewedRow, event: RecordedEvent): boolean {
    const orderId = actor.slice(actor.lastIndexOf('/') + 1) as OrderId;
    const report = {
      type: 'venue.order',
      accountId: account,
      orderId,
      key: `journal:${seq}`,
      event,
    };
    this.venue.say(report as unknown as VenueEvent);
    return true;
  }
}

/** What the sandbox does by itself: its timers, its start, its comparisons with the venue. */
function isOwn(type: string): boolean {
  return own.some((prefix) => type.startsWith(prefix));
}

const own = [
  'actor.created',
  'lock.expiryReached',
  'scheduler.',
  'venue.snapshot',
  'reconciliation.',
  'engine.',
  'account.',
  'alerts.',
  'order.ackTimeout',
  'order.placeAmbiguous',
  'order.watch',
];
