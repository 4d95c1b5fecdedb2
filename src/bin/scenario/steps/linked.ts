/** Orders that belong together: brackets, OCO links, children and groups. */
import type { InstrumentId } from '../../../domain/ids.ts';
import type { OrderIntent } from '../../../domain/order.ts';
import type { GroupLegInput } from '../../../machines/group.context.ts';
import { numbersOnGrid } from '../../../rules/order-shape.ts';
import type { Stage } from '../stage.ts';
import type { Body, Step } from '../step-format.ts';

function distance(text: string | null | undefined): number | undefined {
  return text === undefined || text === null ? undefined : Number(text);
}

/** Links to other orders by their refs; a ref that was denied links to nothing that could fill. */
export function linksOf(
  stage: Stage,
  { bracket, linkedTo, parent }: Body<'submit'>,
): Pick<OrderIntent, 'bracket' | 'ocoGroupId' | 'parentOrderId'> {
  const stopTicks = distance(bracket?.stopTicks);
  const targetTicks = distance(bracket?.targetTicks);
  const parentOrderId = parent === undefined ? undefined : stage.orderIdOf(parent);
  return {
    ...(bracket === undefined
      ? {}
      : {
          bracket: {
            ...(stopTicks === undefined ? {} : { stopTicks }),
            ...(targetTicks === undefined ? {} : { targetTicks }),
          },
        }),
    ...(linkedTo === undefined ? {} : { ocoGroupId: stage.ocoGroupOf(linkedTo) }),
    ...(parentOrderId === undefined ? {} : { parentOrderId }),
  };
}

export function playGroup(stage: Stage, step: Extract<Step, { action: 'group' }>): void {
  const { ref, legs } = step.body;
  const refs = legs.map((leg) => leg.ref);
  stage.submitGroup(ref, refs, {
    accountId: stage.accountOf(step),
    legs: legs.map((leg) => legOf(stage, leg)),
    source: 'operator',
    by: 'trader',
    maxAgeMs: stage.settings.intentMaxAgeMs,
  });
}

function legOf(stage: Stage, leg: Body<'group'>['legs'][number]): GroupLegInput {
  const instrument = stage.names.find(leg.instrument);
  const written = {
    quantity: leg.quantity ?? 'NaN',
    ...(leg.limitPrice === undefined ? {} : { limitPrice: leg.limitPrice ?? 'NaN' }),
  };
  const numbers =
    instrument === undefined ? undefined : numbersOnGrid(instrument, leg.side, written);
  return {
    legId: leg.ref,
    instrument: instrument?.id ?? (leg.instrument as InstrumentId),
    side: leg.side,
    quantityLots: numbers?.quantityLots ?? Number(written.quantity),
    orderType: leg.type,
    ...(numbers?.limitTicks === undefined ? {} : { limitTicks: numbers.limitTicks }),
    ...(leg.priority === undefined ? {} : { priority: Number(leg.priority) }),
  };
}
