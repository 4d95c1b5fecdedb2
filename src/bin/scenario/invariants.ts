/** What must hold at the end of every scenario, whatever it expects. Source: scenarios 3. */
import type { TurnBatch } from '../../ports/journal.port.ts';
import type { Stage } from './stage.ts';

/** Counts submissions that may be repeated: rows say that they were not processed or not found. Source: execution 2.3. */
export function noteResent(resent: Map<string, number>, { entries }: TurnBatch): void {
  for (const { machine, eventJson } of entries) {
    if (machine !== 'input' || !isResend(eventJson)) continue;
    const { orderId } = JSON.parse(eventJson) as { readonly orderId: string };
    resent.set(orderId, (resent.get(orderId) ?? 0) + 1);
  }
}

function isResend(eventJson: string): boolean {
  return (
    eventJson.startsWith('{"type":"engine.orderSentAgain"') ||
    (eventJson.startsWith('{"type":"engine.sessionRenewed"') &&
      eventJson.includes('"call":"place"'))
  );
}

/** The first invariant that is broken, in words; undefined when all hold. */
export function brokenInvariant(stage: Stage): string | undefined {
  const { submissions, fills } = stage.venue.ledger();
  for (const [orderId, count] of submissions) {
    if (count > 1 + (stage.resent.get(orderId) ?? 0))
      return `invariant: an order is submitted once, ${stage.refOf(orderId) ?? orderId} was submitted ${count} times`;
  }
  if (!stage.isUp) return undefined;
  const { journal } = stage.running;
  const { ok, problems } = journal.verify();
  if (!ok) return `invariant: the journal proves itself, ${problems[0] ?? 'it does not'}`;
  if (!isQuiet(stage)) return undefined;
  // Without a specification no fill can be booked: it is an incident, and the position is what the venue says.
  const bookable = fills.filter(({ instrument }) => stage.names.known.has(instrument));
  const lost = bookable.find(
    ({ accountId, fillId }) => journal.findFill(accountId, fillId) === undefined,
  );
  return lost === undefined
    ? undefined
    : `invariant: every fill of the venue is booked once, ${lost.fillId} is not`;
}

/** Nothing of the venue is withheld or still on its way. */
function isQuiet(stage: Stage): boolean {
  const { link, latencyMs, nullLists, missingAccount, failQuery } = stage.venue.faults;
  return (
    link === 'up' && latencyMs === 0 && !nullLists && !missingAccount && failQuery.length === 0
  );
}
