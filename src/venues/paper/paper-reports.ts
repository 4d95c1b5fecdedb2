/** What the venue says, in which order and when: collected while it works, delivered after its book is written. */
import type { AccountId, OrderId } from '../../domain/ids.ts';
import type { OrderVenueEvent } from '../../domain/order-event.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { VenueEvent } from '../../ports/venue.port.ts';
import { createDelayLine, type DelayLine } from './delay-line.ts';
import type { FaultSwitch } from './paper-faults.ts';
import type { PaperOrder } from './paper-order.ts';

/** answer: to a command of ours; stream: unasked; query: to a question; link: about the connection itself. */
export type Channel = 'answer' | 'stream' | 'query' | 'link';

/** A report without the fields that every report has. */
export type Told = OrderVenueEvent extends infer Event
  ? Event extends OrderVenueEvent
    ? Omit<Event, 'atMs' | 'origin' | 'venueOrderId' | 'version'>
    : never
  : never;

export interface Reporter {
  connect(sink: (event: VenueEvent) => void): void;
  /** Adds an event to this entry. `extraMs` delays it beyond the latency. */
  say(event: VenueEvent, channel: Channel, extraMs?: number): void;
  /** Adds a report of an order that the venue has. */
  tell(order: PaperOrder, told: Told, channel: Exclude<Channel, 'link'>, extraMs?: number): void;
  /** Adds a report of an order that the venue does not have. */
  tellUnknown(
    about: { readonly accountId: AccountId; readonly orderId: OrderId },
    told: Told,
    channel: 'answer' | 'query',
    extraMs?: number,
  ): void;
  /** Delivers what this entry has said. */
  flush(): void;
  close(): void;
}

type Said = { readonly event: VenueEvent; readonly channel: Channel; readonly extraMs: number };

/** @param venueClock the time that reports carry; `clock` is the time they take */
export function createReporter(
  clock: Clock,
  venueClock: Pick<Clock, 'nowMs'>,
  faults: FaultSwitch,
  epoch: number,
): Reporter {
  const line = createDelayLine(clock);
  let sink: ((event: VenueEvent) => void) | undefined;
  let said: Said[] = [];
  let questions = 0;

  const say = (event: VenueEvent, channel: Channel, extraMs = 0): void => {
    if (canPass(channel, faults.now.link)) said.push({ event, channel, extraMs });
  };

  return {
    connect(to) {
      sink = to;
    },
    say,
    tell(order, told, channel, extraMs) {
      let key: string;
      if (channel === 'query') {
        questions += 1;
        key = `${order.venueOrderId}:q${epoch}.${questions}`;
      } else {
        order.reports += 1;
        key = `${order.venueOrderId}:${order.reports}`;
      }
      const event = {
        ...told,
        atMs: venueClock.nowMs(),
        origin: channel,
        venueOrderId: order.venueOrderId,
        version: { updatedAtMs: order.updatedAtMs, cumulativeLots: order.filledLots },
      } as OrderVenueEvent;
      // An order placed elsewhere has no id of ours: it is told under the id that the venue gave it.
      const orderId = order.orderId ?? (order.venueOrderId as string as OrderId);
      say(
        { type: 'venue.order', key, accountId: order.accountId, orderId, event },
        channel,
        extraMs,
      );
    },
    tellUnknown({ accountId, orderId }, told, channel, extraMs) {
      questions += 1;
      const event = { ...told, atMs: venueClock.nowMs(), origin: channel } as OrderVenueEvent;
      const key = `${orderId}:${channel}${epoch}.${questions}`;
      say({ type: 'venue.order', key, accountId, orderId, event }, channel, extraMs);
    },
    flush() {
      if (said.length === 0) return;
      const now = said;
      said = [];
      const { reorder, dropPpm } = faults.now;
      for (const one of reorder ? swapped(now) : now) {
        const isLosable = one.channel === 'stream' || one.channel === 'query';
        if (isLosable && faults.happens(dropPpm)) faults.note('drop');
        else put(one, faults, line, () => sink?.(one.event));
      }
    },
    close() {
      sink = undefined;
      line.clear();
    },
  };
}

/** On the line, once or more often, in time or late. */
function put(
  { channel, extraMs }: Said,
  faults: FaultSwitch,
  line: DelayLine,
  hear: () => void,
): void {
  const { duplicateEvents, latencyMs, jitterMs, repeat } = faults.now;
  // What is said of the connection itself is not on it.
  const isOnIt = channel !== 'link';
  const lateMs = isOnIt ? faults.upTo(jitterMs) : 0;
  const delayMs = latencyMs + extraMs + lateMs;
  if (lateMs > 0) faults.note('jitter');
  if (duplicateEvents) faults.note('duplicate');
  for (let time = 0; time < (duplicateEvents ? 2 : 1); time += 1) line.push(delayMs, hear);
  if (repeat === undefined || !isOnIt || !faults.happens(repeat.chancePpm)) return;
  faults.note('repeat');
  line.push(delayMs + faults.upTo(repeat.withinMs), hear);
}

function canPass(channel: Channel, link: string): boolean {
  if (channel === 'link' || link === 'up') return true;
  return link !== 'downAll' && channel !== 'stream';
}

/** Each pair of one instant swapped. Events about the connection stay where they are. */
function swapped(events: readonly Said[]): readonly Said[] {
  const result = [...events];
  for (let index = 0; index + 1 < result.length; index += 2) {
    const [first, second] = [result[index], result[index + 1]];
    if (first === undefined || second === undefined) break;
    if (first.channel === 'link' || second.channel === 'link' || first.extraMs !== second.extraMs)
      continue;
    result[index] = second;
    result[index + 1] = first;
  }
  return result;
}
