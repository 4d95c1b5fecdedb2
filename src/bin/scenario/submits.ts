/** What became of the submits of a scenario, as the journal says it: the answer itself may be lost in a crash. */
import type { Denial } from '../../domain/denial.ts';
import type { OrderId } from '../../domain/ids.ts';
import type { OrderIntent } from '../../domain/order.ts';
import type { TurnBatch } from '../../ports/journal.port.ts';

/** What became of a submit of the scenario. */
export type RefOutcome =
  /** `denial`: a change or a cancel of the order was refused; the order stays. */
  { readonly orderId: OrderId; readonly denial?: Denial } | { readonly denial: Denial };

/** What a scenario knows of its submits, by ref. */
export type Submits = {
  readonly refs: Map<string, RefOutcome>;
  /** What each ref has asked for, whatever became of it. */
  readonly wishes: Map<string, OrderIntent>;
  /** Submits on their way into the journal, oldest first. */
  readonly pendingRefs: string[];
  /** Order groups by ref, in the order in which they were asked for; empty until the journal names one. */
  readonly groupIds: Map<string, string>;
};

/** Which order a ref has become, or why it has not. */
export function noteSubmits(
  batch: TurnBatch,
  { refs, wishes, pendingRefs, groupIds }: Submits,
): void {
  noteGroups(batch, groupIds);
  for (const { machine, eventJson } of batch.entries) {
    if (machine !== 'input' || !eventJson.startsWith('{"type":"command.submit"')) continue;
    const { intent } = JSON.parse(eventJson) as { intent: OrderIntent & { legId?: string } };
    const ref = intent.legId ?? pendingRefs.shift();
    if (ref === undefined) continue;
    wishes.set(ref, intent);
    // An intent's order has its id; a denial replaces this below.
    refs.set(ref, { orderId: intent.intentId as string as OrderId });
  }
  for (const { intentId, code, causeSeq } of batch.denials ?? []) {
    const orderId = intentId as OrderId;
    for (const [ref, outcome] of refs) {
      if (!('orderId' in outcome) || outcome.orderId !== orderId) continue;
      refs.set(ref, {
        ...(isOfRequest(batch, causeSeq) ? { orderId } : {}),
        denial: { code: code as Denial['code'], facts: [] },
      });
      break;
    }
  }
}

/** Which group a ref has become: the oldest that waits for its name. */
function noteGroups({ entries }: TurnBatch, groupIds: Map<string, string>): void {
  for (const { machine, eventJson } of entries) {
    if (machine !== 'input' || !eventJson.startsWith('{"type":"command.group"')) continue;
    const ref = [...groupIds.keys()].find((one) => groupIds.get(one) === '');
    const { groupId } = JSON.parse(eventJson) as { readonly groupId: string };
    if (ref !== undefined) groupIds.set(ref, groupId);
  }
}

/** The refusal is of a change or a cancel, not of the order itself. */
function isOfRequest({ entries }: TurnBatch, causeSeq: number): boolean {
  const cause = entries.find(({ seq }) => seq === causeSeq);
  // A change that has waited is refused in a step of its order.
  if (cause?.machine === 'order') return true;
  return cause !== undefined && /^\{"type":"command\.(?:modify|cancel)"/u.test(cause.eventJson);
}
