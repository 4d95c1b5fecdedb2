/** A paper venue on a simulated clock, with everything it says written down. */
import { AccountId, OrderId, type InstrumentId } from '../../src/domain/ids.ts';
import { createInstrument, type Instrument } from '../../src/domain/instrument.ts';
import type { SubmitOrder } from '../../src/domain/order.ts';
import type { Quote } from '../../src/domain/view.ts';
import { SimulatedClock } from '../../src/kernel/clock.ts';
import { createRandom } from '../../src/kernel/random.ts';
import type { VenueEvent } from '../../src/ports/venue.port.ts';
import { approve } from '../../src/rules/approve.ts';
import {
  createPaperVenue,
  type PaperVenue,
  type PaperVenueOptions,
} from '../../src/venues/paper/paper-venue.ts';

export const paperStartMs = 1_772_461_800_000;
export const paperAccount = AccountId.parse('A1');

/** MNQ: tick 0.25, 2 USD a point, so 0.50 a tick and lot; 0.37 a lot and side. */
export const mnq = createInstrument({
  id: 'MNQ',
  kind: 'future',
  settlementCurrency: 'USD',
  tickSize: '0.25',
  multiplier: '2',
  feePerContract: '0.37',
  calendar: 'futures',
});

export const coin = createInstrument({
  id: 'BTC-PERP-COINM',
  kind: 'perpetual',
  payoff: 'inverse',
  settlementCurrency: 'BTC',
  tickSize: '0.1',
  multiplier: '100',
  feePpm: 500,
  calendar: 'continuous',
});

export const paperInstruments: ReadonlyMap<InstrumentId, Instrument> = new Map(
  [mnq, coin].map((instrument) => [instrument.id, instrument]),
);

export type PaperBench = {
  readonly clock: SimulatedClock;
  readonly venue: PaperVenue;
  readonly events: VenueEvent[];
  /** `order.placeAccepted`, `fill 2@100`, …: what was said since the last call. */
  readonly said: () => readonly string[];
  readonly quote: (prices: Pick<Quote, 'bidTicks' | 'askTicks' | 'lastTicks'>) => void;
  readonly submit: (order: Partial<Omit<SubmitOrder, 'orderId'>> & { readonly id: string }) => void;
  readonly cancel: (id: string) => void;
};

export function orderId(id: string): OrderId {
  return OrderId.parse(id);
}

export function createPaperBench(
  options: PaperVenueOptions = {},
  directory?: string,
  startMs = paperStartMs,
): PaperBench {
  const clock = new SimulatedClock(startMs);
  const venue = createPaperVenue({
    clock,
    random: createRandom('paper'),
    instruments: paperInstruments,
    options,
    ...(directory === undefined ? {} : { directory }),
  });
  const events: VenueEvent[] = [];
  venue.connect((event) => events.push(event));
  let told = 0;
  return {
    clock,
    venue,
    events,
    said() {
      const since = events.slice(told);
      told = events.length;
      return since.map(paperText);
    },
    quote(prices) {
      const nowMs = clock.nowMs();
      venue.onQuote({ instrument: mnq.id, ...prices, venueTimeMs: nowMs, receivedAtMs: nowMs });
    },
    submit({ id, ...order }) {
      venue.submit(
        approve({
          accountId: paperAccount,
          instrument: mnq.id,
          side: 'buy',
          orderType: 'market',
          quantityLots: 1,
          timeInForce: 'gtc',
          reduceOnly: false,
          ...order,
          orderId: orderId(id),
        }),
      );
    },
    cancel: (id) =>
      venue.cancel({ orderId: orderId(id), accountId: paperAccount, instrument: mnq.id }),
  };
}

function paperText(event: VenueEvent): string {
  switch (event.type) {
    case 'venue.order': {
      const reason = 'reason' in event.event ? `: ${event.event.reason}` : '';
      return `${event.orderId} ${event.event.type.replace('order.', '')}${reason}`;
    }
    case 'venue.fill':
      return `${event.fill.orderId ?? 'external'} fill ${event.fill.side} ${event.fill.lots}@${event.fill.ticks}`;
    case 'venue.permission':
      return `permission ${event.canTrade}`;
    case 'venue.fillVoided':
      return `voided ${event.fill.fillId}`;
    case 'venue.position':
      return `position ${event.openLots}`;
    case 'venue.balance':
      return `balance ${event.balanceUnits}`;
    case 'venue.visibility':
      return `visible ${event.isVisible}`;
    case 'venue.call':
      return `${event.call} failed: ${event.reason}`;
    case 'venue.product':
      return `product ${event.instrument} ${event.status}`;
    case 'venue.link':
      return `link ${event.status} ${event.reason}`;
  }
}
