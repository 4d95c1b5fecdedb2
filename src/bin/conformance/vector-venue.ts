/** The venue of a vector: it says what the case says and answers nothing by itself. */
import type { Fill } from '../../domain/fill.ts';
import type { Instrument } from '../../domain/instrument.ts';
import { applyFill, emptyBook } from '../../domain/position.ts';
import { invariant } from '../../kernel/assert.ts';
import type { VenueEvent, VenuePort, VenueSnapshot } from '../../ports/venue.port.ts';

export class VectorVenue implements VenuePort {
  readonly id = 'vector';
  /** Everything that the venue has executed, told or not. */
  readonly fills: Fill[] = [];
  /** How often the engine has asked what became of an order. */
  queries = 0;
  private readonly instrument: Instrument;
  private readonly balanceUnits: number;
  private sink: ((event: VenueEvent) => void) | undefined;

  constructor(instrument: Instrument, balanceUnits: number) {
    this.instrument = instrument;
    this.balanceUnits = balanceUnits;
  }

  connect(sink: (event: VenueEvent) => void): void {
    this.sink = sink;
  }

  tell(event: VenueEvent): void {
    invariant(this.sink !== undefined, 'a venue speaks after it is connected');
    this.sink(event);
  }

  snapshot(): Promise<VenueSnapshot> {
    const { instrument, fills, balanceUnits } = this;
    const book = fills.reduce(
      (before, fill) => applyFill(before, instrument, fill).book,
      emptyBook,
    );
    const { openLots, costUnits } = book;
    const positions = openLots === 0 ? [] : [{ instrument: instrument.id, openLots, costUnits }];
    return Promise.resolve({ asOfMs: 0, balanceUnits, orders: [], positions, fills });
  }

  submit(): void {
    // The case says what becomes of it.
  }
  cancel(): void {
    // The case says what becomes of it.
  }
  modify(): void {
    // The case says what becomes of it.
  }
  /** The venue of a vector knows no more than the case has said: it stays silent. */
  query(): void {
    this.queries += 1;
  }
  close(): void {
    this.sink = undefined;
  }
}
