/** The last price of each kind that a scenario has quoted. */
import type { InstrumentId } from '../../domain/ids.ts';
import type { Ticks } from '../../domain/instrument.ts';
import type { Side } from '../../domain/position.ts';
import type { Quote } from '../../domain/view.ts';

type Prices = { bidTicks?: Ticks; askTicks?: Ticks; lastTicks?: Ticks };

export class LastPrices {
  private readonly known = new Map<InstrumentId, Prices>();

  note({ instrument, bidTicks, askTicks, lastTicks }: Quote): void {
    this.known.set(instrument, {
      ...this.known.get(instrument),
      ...(bidTicks === undefined ? {} : { bidTicks }),
      ...(askTicks === undefined ? {} : { askTicks }),
      ...(lastTicks === undefined ? {} : { lastTicks }),
    });
  }

  /** What a stop of this side is measured against at the venue: the last trade, else the touch that it would take. */
  reference(instrument: InstrumentId, side: Side): Ticks | undefined {
    const prices = this.known.get(instrument);
    return prices?.lastTicks ?? (side === 'buy' ? prices?.askTicks : prices?.bidTicks);
  }
}
