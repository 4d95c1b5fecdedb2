import { addExact } from '../../domain/arithmetic.ts';
/** The venue of a vector: it says what the case says and answers nothing by itself. */
import type { Fill } from '../../domain/fill.ts';
import type { Instrument, Lots } from '../../domain/instrument.ts';
import type { Units } from '../../domain/money.ts';
import { applyFill, emptyBook, netRealizedUnits } from '../../domain/position.ts';
import { invariant } from '../../kernel/assert.ts';
import type { VenueEvent, VenueOrder, VenuePort, VenueSnapshot } from '../../ports/venue.port.ts';

export class VectorVenue implements VenuePort {
  readonly id = 'vector';
  /** Everything that the venue has executed, told or not. */
  readonly fills: Fill[] = [];
  /** How often the engine has asked what became of an order. */
  queries = 0;
  /** The time of its pictures. */
  nowMs: () => number = () => 0;
  /** Set: the position, whatever the executions make. */
  lots: Lots | undefined;
  /** Set: the balance, whatever the executions make. */
  balanceUnits: Units | undefined;
  private readonly instrument: Instrument;
  private readonly startUnits: Units;
  private sink: ((event: VenueEvent) => void) | undefined;

  constructor(instrument: Instrument, startUnits: Units) {
    this.instrument = instrument;
    this.startUnits = startUnits;
  }

  connect(sink: (event: VenueEvent) => void): void {
    this.sink = sink;
  }

  tell(event: VenueEvent): void {
    invariant(this.sink !== undefined, 'a venue speaks after it is connected');
    this.sink(event);
  }

  snapshot(): Promise<VenueSnapshot> {
    const { instrument, fills, startUnits } = this;
    const book = fills.reduce(
      (before, fill) => applyFill(before, instrument, fill).book,
      emptyBook,
    );
    const { costUnits } = book;
    const openLots = this.lots ?? book.openLots;
    const balanceUnits = this.balanceUnits ?? addExact(startUnits, netRealizedUnits(book));
    const positions = openLots === 0 ? [] : [{ instrument: instrument.id, openLots, costUnits }];
    return Promise.resolve({ asOfMs: this.nowMs(), balanceUnits, orders: [], positions, fills });
  }

  /** Nothing works there but what the case says, and that the engine knows. */
  openOrders(): readonly VenueOrder[] {
    return [];
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
