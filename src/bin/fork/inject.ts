/** Events that did not happen, made into inputs of a sandbox. */
import type { Engine } from '../../actors/engine.ts';
import type { AccountId, FillId, InstrumentId, OrderId } from '../../domain/ids.ts';
import { parseTicks, type Instrument } from '../../domain/instrument.ts';
import type { ForkEvent } from '../../inspector/tool-reports.ts';
import { exitCodes, OperatorError } from '../../kernel/errors.ts';
import type { VenueEvent } from '../../ports/venue.port.ts';
import { parseOperatorRequest } from '../operator-request.ts';
import type { WithheldVenue } from './withheld-venue.ts';

export type InjectInto = {
  readonly engine: Engine;
  readonly venue: WithheldVenue;
  readonly instruments: ReadonlyMap<InstrumentId, Instrument>;
  readonly nowMs: number;
  readonly quote: (instrument: InstrumentId, ticks: number) => Promise<void>;
};

/** @param index of the event: ids of what it makes end with it. @throws OperatorError FORK_EVENT_INVALID */
export async function inject(into: InjectInto, event: ForkEvent, index: number): Promise<void> {
  switch (event.type) {
    case 'quote': {
      const { id, ticks } = priced(into, event);
      await into.quote(id, ticks);
      return;
    }
    case 'submit':
      submit(into, event);
      return;
    case 'fill':
      into.venue.say(fillOf(into, event, index));
      return;
    case 'report': {
      const { account, orderId, event: told } = event;
      const origin = { origin: 'answer', atMs: into.nowMs, ...told };
      const report = { accountId: account, orderId, key: `injected:${index}`, event: origin };
      into.venue.say({ type: 'venue.order', ...report } as unknown as VenueEvent);
      return;
    }
    case 'operate': {
      const request = {
        requestId: `injected-${index}`,
        role: 'admin',
        by: 'sandbox',
        ...event.request,
      };
      into.engine.operate(parseOperatorRequest(request, 'api'));
    }
  }
}

function submit(
  { engine, instruments, nowMs }: InjectInto,
  event: Extract<ForkEvent, { type: 'submit' }>,
) {
  const { account, instrument, side, lots, reduceOnly } = event;
  expectInstrument(instruments, instrument);
  engine.submit({
    accountId: account as AccountId,
    instrument: instrument as InstrumentId,
    side,
    orderType: 'market',
    quantityLots: lots,
    timeInForce: 'day',
    reduceOnly,
    purpose: reduceOnly ? 'exit' : 'entry',
    source: 'operator',
    by: 'sandbox',
    maxAgeMs: 60_000,
    atMs: nowMs,
  });
}

function fillOf(
  into: InjectInto,
  event: Extract<ForkEvent, { type: 'fill' }>,
  index: number,
): Extract<VenueEvent, { type: 'venue.fill' }> {
  const { id, ticks } = priced(into, event);
  const { account, orderId, side, lots } = event;
  return {
    type: 'venue.fill',
    fill: {
      fillId: `injected-${index}` as FillId,
      accountId: account as AccountId,
      orderId: orderId as OrderId,
      instrument: id,
      side,
      lots,
      ticks,
      feeUnits: 0,
      venueTimeMs: into.nowMs,
    },
  };
}

function priced(
  { instruments }: InjectInto,
  { instrument: name, price }: { readonly instrument: string; readonly price: string },
): { readonly id: InstrumentId; readonly ticks: number } {
  const instrument = expectInstrument(instruments, name);
  const ticks = parseTicks(instrument, price);
  if (ticks === undefined)
    throw invalid(
      `price is on the grid of ${name}, was ${price}`,
      'Name a price that the venue has.',
    );
  return { id: instrument.id, ticks };
}

function expectInstrument(
  instruments: ReadonlyMap<InstrumentId, Instrument>,
  name: string,
): Instrument {
  const instrument = instruments.get(name as InstrumentId);
  if (instrument !== undefined) return instrument;
  throw invalid(
    `there is no instrument ${name}`,
    `Name one of ${[...instruments.keys()].join(', ')}.`,
  );
}

function invalid(message: string, remedy: string): OperatorError {
  return new OperatorError({
    code: 'FORK_EVENT_INVALID',
    exitCode: exitCodes.usage,
    message,
    remedy,
  });
}
