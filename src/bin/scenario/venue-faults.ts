import type { OrderId } from '../../domain/ids.ts';
/** The venue settings of a scenario as faults of the paper venue. Matches by ref hold as soon as the ref has an order. */
import { parseMoney } from '../../domain/money.ts';
import { condition } from '../../kernel/assert.ts';
import type { FaultChanges, FaultMatch } from '../../venues/paper/paper-faults.ts';
import type { ProductStatuses } from '../../venues/paper/paper-products.ts';
import type { PaperVenue } from '../../venues/paper/paper-venue.ts';
import type { InstrumentNames } from './instruments.ts';
import { wholeNumber } from './numbers.ts';
import type { VenueSettings } from './step-format.ts';
import { durationMs } from './times.ts';
import { misbehaviour } from './venue-misbehaviour.ts';

type Written = {
  readonly match?:
    | {
        readonly ref?: string | undefined;
        readonly instrument?: string | undefined;
        readonly side?: 'buy' | 'sell' | undefined;
        readonly command?: FaultMatch['command'] | undefined;
      }
    | undefined;
};
type Kind =
  | 'reject'
  | 'status'
  | 'hang'
  | 'loseAck'
  | 'hideFromSearch'
  | 'failQuery'
  | 'cancelRace';
const kinds: readonly Kind[] = [
  'reject',
  'status',
  'hang',
  'loseAck',
  'hideFromSearch',
  'failQuery',
  'cancelRace',
];

export class VenueFaults {
  private readonly venue: PaperVenue;
  private readonly names: InstrumentNames;
  private readonly orderIdOf: (ref: string) => OrderId | undefined;
  /** What stands in the file, per kind. */
  private readonly written = new Map<Kind, readonly Written[]>();
  /** One object per fault for as long as it stands: its counters hang on it. */
  private resolved = new Map<Written, object>();

  constructor(
    venue: PaperVenue,
    names: InstrumentNames,
    orderIdOf: (ref: string) => OrderId | undefined,
  ) {
    this.venue = venue;
    this.names = names;
    this.orderIdOf = orderIdOf;
  }

  /** Settings that are given replace those before. */
  change(settings: VenueSettings): void {
    const changes: { -readonly [Key in keyof FaultChanges]: FaultChanges[Key] } = {};
    if (settings.fillAt !== undefined) changes.fillAt = settings.fillAt;
    if (settings.latency !== undefined) changes.latencyMs = durationMs(settings.latency);
    if (settings.feePerLot !== undefined)
      changes.feePerLotUnits = parseMoney(settings.feePerLot ?? '0', 'USD');
    if (settings.partial !== undefined) {
      changes.partial =
        settings.partial === null ? undefined : { sizes: settings.partial.sizes.map(wholeNumber) };
    }
    for (const flag of ['duplicateEvents', 'reorder', 'nullLists', 'missingAccount'] as const) {
      if (settings[flag] !== undefined) changes[flag] = settings[flag];
    }
    if (settings.products !== undefined) changes.products = this.products(settings.products);
    this.venue.setFaults({ ...changes, ...misbehaviour(settings) });
    for (const kind of kinds) {
      const list = settings[kind];
      if (list !== undefined) this.written.set(kind, list);
    }
    this.bind();
  }

  /** Statuses that are given change; the others stay. */
  private products(given: NonNullable<VenueSettings['products']>): ProductStatuses {
    const named = Object.entries(given).map(
      ([name, status]) => [this.names.get(name).id, status] as const,
    );
    return { ...this.venue.faults.products, ...Object.fromEntries(named) };
  }

  /** Gives the venue every match whose ref is known by now. */
  bind(): void {
    const known = new Map<Written, object>();
    const changes: Record<string, unknown> = {};
    for (const [kind, list] of this.written) {
      const faults: object[] = [];
      for (const fault of list) {
        const made = this.resolved.get(fault) ?? this.resolve(kind, fault);
        if (made === undefined) continue;
        known.set(fault, made);
        faults.push(made);
      }
      changes[kind] = faults;
    }
    this.resolved = known;
    this.venue.setFaults(changes);
  }

  /** Runs something as if the venue answered at once. */
  async withoutLatency<Result>(run: () => Promise<Result>): Promise<Result> {
    const { latencyMs } = this.venue.faults;
    this.venue.setFaults({ latencyMs: 0 });
    try {
      return await run();
    } finally {
      this.venue.setFaults({ latencyMs });
    }
  }

  private resolve(kind: Kind, fault: Written): object | undefined {
    const { match: written, ...rest } = fault as Written & Readonly<Record<string, unknown>>;
    const match: { -readonly [Key in keyof FaultMatch]: FaultMatch[Key] } = {};
    if (written?.ref !== undefined) {
      const orderId = this.orderIdOf(written.ref);
      if (orderId === undefined) return undefined;
      match.orderId = orderId;
    }
    if (written?.instrument !== undefined) match.instrument = this.names.get(written.instrument).id;
    if (written?.side !== undefined) match.side = written.side;
    if (written?.command !== undefined) match.command = written.command;
    return { match, ...values(kind, rest) };
  }
}

function values(kind: Kind, given: Readonly<Record<string, unknown>>): object {
  const forMs = typeof given['for'] === 'string' ? { forMs: durationMs(given['for']) } : {};
  switch (kind) {
    case 'reject':
      return { code: String(given['code']) };
    case 'status':
      return { code: wholeNumber(given['code']) };
    case 'hang':
    case 'hideFromSearch':
      return forMs;
    case 'loseAck':
      return {};
    case 'cancelRace':
      return {
        race: given['race'],
        ...(typeof given['after'] === 'string' ? { afterMs: durationMs(given['after']) } : {}),
      };
    case 'failQuery': {
      const code = given['code'] === undefined ? 'timeout' : wholeNumber(given['code']);
      condition(code === 'timeout' || code > 0, 'a failing query has a code or a timeout');
      return {
        code,
        ...(given['times'] === undefined ? {} : { times: wholeNumber(given['times']) }),
        ...forMs,
      };
    }
  }
}
