/** What hangs on an actor, as a page and before an action. */
import type { BlastReport } from '../../protocol-reports.ts';
import { nameInAccount } from '../data/format.ts';
import { ActorLink, Facts } from '../ui/parts.tsx';
import { Badge } from '../ui/status.tsx';

const shownMax = 100;

export function BlastView({ report, isShort = false }: { report: BlastReport; isShort?: boolean }) {
  const { dependents, inFlight, unprotected } = report;
  return (
    <section class="blast" aria-label="Blast radius">
      <Facts
        facts={[
          ['In flight', inFlight.length === 0 ? 'nothing' : `${inFlight.length} order(s)`],
          [
            'Unprotected',
            unprotected.length === 0 ? (
              'nothing'
            ) : (
              <>
                <Badge word={`${unprotected.length}`} tone="warn" />{' '}
                {unprotected
                  .map(({ instrument, quantity }) => `${quantity} ${instrument}`)
                  .join(', ')}
              </>
            ),
          ],
          ['Depends on it', `${dependents.length} actor(s)`],
          ['As of row', report.seq],
        ]}
      />
      {inFlight.length > 0 && (
        <ul>
          {inFlight.slice(0, isShort ? 5 : 200).map(({ orderId, text }) => (
            <li key={orderId}>
              <span class="mono">{orderId}</span> {text}
            </li>
          ))}
        </ul>
      )}
      {!isShort && (
        <>
          <Facts
            facts={[
              ['If it restarts', report.ifRestarted],
              ['If it is paused', report.ifPaused],
              ['If it dies', report.ifItDies],
            ]}
          />
          <h2>Depends on it</h2>
          <ul class="many">
            {dependents.slice(0, shownMax).map((id) => (
              <li key={id}>
                <ActorLink id={id} text={nameInAccount(id)} />
              </li>
            ))}
          </ul>
          {dependents.length > shownMax && (
            <p class="muted">and {dependents.length - shownMax} more</p>
          )}
        </>
      )}
    </section>
  );
}
