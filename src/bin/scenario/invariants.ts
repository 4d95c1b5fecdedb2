/** What must hold at the end of every scenario, whatever it expects. Source: scenarios 3. */
import type { Stage } from './stage.ts';

/** The first invariant that is broken, in words; undefined when all hold. */
export function brokenInvariant(stage: Stage): string | undefined {
  const { submissions, fills } = stage.venue.ledger();
  for (const [orderId, count] of submissions) {
    if (count > 1)
      return `invariant: an order is submitted once, ${stage.refOf(orderId) ?? orderId} was submitted ${count} times`;
  }
  if (!stage.isUp) return undefined;
  const { journal } = stage.running;
  const { ok, problems } = journal.verify();
  if (!ok) return `invariant: the journal proves itself, ${problems[0] ?? 'it does not'}`;
  if (!isQuiet(stage)) return undefined;
  const lost = fills.find(
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
