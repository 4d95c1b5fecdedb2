/** The strategies that can be named in the configuration and on the command line. */
import type { Strategy } from '../ports/strategy.port.ts';
import { createReckless } from './reckless.ts';
import type { InstrumentLookup } from './signal.ts';
import { createVwapReversion } from './vwap-reversion.ts';

/** `none`: nobody trades. */
export const traderNames = ['vwap', 'reckless', 'none'] as const;
export type TraderName = (typeof traderNames)[number];

/** A fresh strategy for one account; undefined for `none`. */
export function createStrategy(
  name: TraderName,
  instrumentOf: InstrumentLookup,
): Strategy | undefined {
  switch (name) {
    case 'vwap':
      return createVwapReversion(instrumentOf);
    case 'reckless':
      return createReckless(instrumentOf);
    case 'none':
      return undefined;
  }
}
