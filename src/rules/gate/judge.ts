/**
 * The pre-trade gate: every check in the order of the denial catalogue, the first failing one is the
 * reason, every later one that fails is listed beside it.
 *
 * What only reduces meets the mode, the shape checks and one close per contract in flight, nothing else:
 * no lock, state, limit or stale price ever refuses an exit. Source: trading-controls 2.
 */
import type { Approved } from '../../domain/approved.ts';
import { denialCatalogue, type Denial, type DenialCode } from '../../domain/denial.ts';
import type { OrderId } from '../../domain/ids.ts';
import type { OrderIntent, SubmitOrder } from '../../domain/order.ts';
import type { RuleFinding } from '../../domain/verdict.ts';
import { errorText } from '../../kernel/errors.ts';
import { approve } from '../approve.ts';
import { cappedToPosition, riskEffect, type RiskEffect } from '../exposure.ts';
import { unknownFinding } from '../findings.ts';
import { quantityDenial } from '../order-shape.ts';
import { sizedToCaps } from '../portfolio/checks.ts';
import { generalChecks, portfolioChecks, reduceChecks, technicalChecks } from './checks.ts';
import type { GateCheck, GateContext } from './context.ts';
import { findingDenial, withoutGeneralState } from './general.ts';

export type GateDecision = {
  readonly effect: RiskEffect;
  /** What the rules said of this order, in their order; empty for exits. */
  readonly findings: readonly RuleFinding[];
} & (
  | { readonly approved: Approved<SubmitOrder> }
  /** `alsoFailing`: later checks that fail too, in the order of the catalogue. */
  | { readonly denial: Denial; readonly alsoFailing: readonly Denial[] }
);

/** Judges an intent. Pure: commits nothing, reserves nothing. */
export function judge(wish: OrderIntent, gate: GateContext): GateDecision {
  const capped = wish.capToPosition === true ? cappedToPosition(wish, gate.context.facts) : wish;
  const intent = effectOf(capped, gate) === 'reduce' ? capped : sizedToCaps(capped, gate);
  const effect = effectOf(intent, gate);
  const findings = effect === 'reduce' ? [] : judgeRules(intent, gate);
  const failing = inCatalogueOrder(
    effect === 'reduce'
      ? reduceDenials(intent, gate)
      : increaseDenials(intent, gate, findings, effect),
  );
  const [denial, ...alsoFailing] = failing;
  if (denial !== undefined) return { effect, findings, denial, alsoFailing };
  return { effect, findings, approved: approve(submitOf(intent, gate.orderId)) };
}

/** Everything that refuses what may add risk, in no order. Pure. */
export function increaseDenials(
  intent: OrderIntent,
  gate: GateContext,
  findings: readonly RuleFinding[],
  effect: RiskEffect,
): readonly Denial[] {
  const ask = (check: GateCheck): readonly Denial[] => answerOf(check, intent, gate, effect);
  const failing = [
    ...generalChecks.flatMap(ask),
    ...findings.flatMap((finding) => findingDenial(finding, gate)),
    ...portfolioChecks.flatMap(ask),
    ...technicalChecks.flatMap(ask),
  ];
  return withoutUnasked(withoutGeneralState(failing, gate), gate);
}

/** A check that cannot compute (a price beyond exact numbers) has not said yes, and takes nothing else down. */
function answerOf(
  check: GateCheck,
  intent: OrderIntent,
  gate: GateContext,
  effect: RiskEffect,
): readonly Denial[] {
  try {
    return check(intent, gate, effect);
  } catch (error) {
    return [{ code: 'SCHEMA_INVALID', facts: [{ name: 'unknown', value: errorText(error) }] }];
  }
}

/** The venue is asked only when nothing else stands in the way: a question not asked is no reason beside others. */
function withoutUnasked(failing: readonly Denial[], gate: GateContext): readonly Denial[] {
  if (gate.venueOrders.state !== 'notAsked') return failing;
  const others = failing.filter(({ code }) => code !== 'VENUE_ORDER_EXISTS');
  return others.length === 0 ? failing : others;
}

function reduceDenials(intent: OrderIntent, gate: GateContext): readonly Denial[] {
  const inFlight: Denial[] = gate.exitInFlight
    ? [{ code: 'EXIT_IN_FLIGHT', facts: [{ name: 'instrument', value: intent.instrument }] }]
    : [];
  return [...reduceChecks.flatMap((check) => check(intent, gate, 'reduce')), ...inFlight];
}

/** What the venue is asked for an intent; for a refused one, what it would have been asked. Pure. */
export function submitOf(intent: OrderIntent, orderId: OrderId): SubmitOrder {
  const { accountId, instrument, side, orderType, quantityLots, timeInForce, reduceOnly } = intent;
  return {
    orderId,
    accountId,
    instrument,
    side,
    orderType,
    quantityLots,
    ...(intent.limitTicks === undefined ? {} : { limitTicks: intent.limitTicks }),
    ...(intent.stopTicks === undefined ? {} : { stopTicks: intent.stopTicks }),
    ...(intent.trailTicks === undefined ? {} : { trailTicks: intent.trailTicks }),
    timeInForce,
    reduceOnly,
    ...(intent.bracket === undefined ? {} : { bracket: intent.bracket }),
    ...(intent.ocoGroupId === undefined ? {} : { ocoGroupId: intent.ocoGroupId }),
    ...(intent.parentOrderId === undefined ? {} : { parentOrderId: intent.parentOrderId }),
  };
}

/** A quantity that is none has no effect that could be computed: it is treated as new risk. */
function effectOf(intent: OrderIntent, gate: GateContext): RiskEffect {
  if (quantityDenial(intent) !== undefined) return 'increase';
  return riskEffect(gate.context.facts, intent);
}

/** The rules see a malformed quantity as one lot: would even that be refused? */
export function judgeRules(intent: OrderIntent, gate: GateContext): readonly RuleFinding[] {
  const isSound = quantityDenial(intent) === undefined;
  const order = submitOf(isSound ? intent : { ...intent, quantityLots: 1 }, gate.orderId);
  return gate.rules
    .toSorted((one, other) => one.definition.precedence - other.definition.precedence)
    .flatMap(({ definition, config }) => {
      try {
        const finding = definition.judgeOrder?.(gate.context, config, order);
        return finding === undefined ? [] : [finding];
      } catch (error) {
        // A rule that cannot judge has not said yes.
        const missing = [`${definition.id} failed: ${errorText(error)}`];
        const figures = { entity: 'account', unit: 'contracts', inputs: [], missing } as const;
        return [unknownFinding(definition, figures)];
      }
    });
}

const ranks = new Map<DenialCode, number>(denialCatalogue.map(({ code }, index) => [code, index]));

/** The first is the reason. */
export function inCatalogueOrder(failing: readonly Denial[]): readonly Denial[] {
  return failing.toSorted((one, other) => rank(one) - rank(other));
}

function rank({ code }: Denial): number {
  return ranks.get(code) ?? denialCatalogue.length;
}
