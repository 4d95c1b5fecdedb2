/** Checks 9 to 13 of the gate, in its words; 6 to 8 are watched like rules (see stops.ts). Source: trading-controls 2. */
import type { OrderIntent } from '../../domain/order.ts';
import type { GateCheck, GateContext } from '../gate/context.ts';
import { shapeDenial } from '../order-shape.ts';
import { capDenials, sizeDenials, strategyDenials } from './caps.ts';
import { fundsDenials, shortDenials } from './funds.ts';
import type { PortfolioView } from './notional.ts';
import { frequencyDenials, positionDenials } from './pacing.ts';

/** What the checks look at, from what the gate looks at. */
function viewOf({ context, controls, quoteMaxAgeMs }: GateContext): PortfolioView {
  return { context, controls, quoteMaxAgeMs };
}

/** A malformed quantity or price is not counted with: the shape checks refuse it. */
function onShape(
  check: (view: PortfolioView, intent: OrderIntent) => ReturnType<GateCheck>,
): GateCheck {
  return (intent, gate) => (shapeDenial(intent) === undefined ? check(viewOf(gate), intent) : []);
}

export const strategyBudget: GateCheck = onShape(strategyDenials);
export const exposureCaps: GateCheck = onShape(capDenials);
export const entryFrequency: GateCheck = onShape(frequencyDenials);
export const positionLimits: GateCheck = onShape(positionDenials);
export const positionSize: GateCheck = onShape(sizeDenials);
export const shorting: GateCheck = onShape(shortDenials);
export const funds: GateCheck = onShape(fundsDenials);

/**
 * The intent cut to what the caps permit, where the account asks for that; as it is where nothing is to be cut, or
 * nothing would be left. A cut order meets every check as any other, the smallest size included.
 * Source: trading-controls REQ-E1 (`onExceed: degrade`).
 */
export function sizedToCaps(intent: OrderIntent, gate: GateContext): OrderIntent {
  const view = viewOf(gate);
  if (view.controls.caps.onExceed !== 'degrade' || shapeDenial(intent) !== undefined) return intent;
  const fits = (quantityLots: number): boolean =>
    capDenials(view, { ...intent, quantityLots }).length === 0;
  if (fits(intent.quantityLots) || !fits(1)) return intent;
  // What is at stake grows with the quantity: the largest that fits is found by halving.
  let [low, high] = [1, intent.quantityLots];
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2);
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return { ...intent, quantityLots: low };
}
