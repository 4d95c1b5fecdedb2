/** The machines of this program against what the journal tells. Source: inspector 3 (Replay, version diff). */
import type { Divergence, VersionDiffReport } from '../../tool-reports.ts';
import { useFetch } from '../data/fetching.ts';
import { countText, nameInAccount } from '../data/format.ts';
import { addressOf } from '../data/router.ts';
import { ActorLink, Empty, PageHead, Panel, Pending, SeqLink } from '../ui/parts.tsx';
import { Badge, Figure } from '../ui/status.tsx';
import { RowsTable } from '../ui/table.tsx';

const shownMax = 110;

export function VersionsPage() {
  const fetched = useFetch<VersionDiffReport>('version-diff', {});
  const { data } = fetched;
  return (
    <>
      <PageHead
        title="Version diff"
        note="recorded events, run again by the machines of this program"
      >
        <a href="/machines">machines</a>
      </PageHead>
      {fetched.isLoading && <Empty>The rows are run again …</Empty>}
      <Pending {...fetched} isLoading={false} />
      {data !== undefined && <Report report={data} />}
    </>
  );
}

function Report({ report }: { report: VersionDiffReport }) {
  const { rows, actors, isCut, machines, divergences } = report;
  return (
    <>
      <dl class="figures">
        <Figure
          name="Actors that went another way"
          value={countText(divergences.length)}
          tone={divergences.length > 0 ? 'crit' : 'ok'}
        />
        <Figure name="Actors" value={countText(actors)} />
        <Figure
          name="Rows run again"
          value={countText(rows)}
          note={isCut ? 'there are more: see the command line' : 'all'}
        />
      </dl>
      <Divergences divergences={divergences} />
      <Panel title="Machines" note={`${machines.length}`} isFlush>
        <RowsTable label="Machines" heads={['Machine', 'Recorded with', 'Now', 'So it is']}>
          {machines.map(({ machine, recorded, present }) => (
            <tr key={machine}>
              <th scope="row">
                <a href={addressOf('machines', { id: machine })}>{machine}</a>
              </th>
              <td>{recorded.join(', ')}</td>
              <td>{present === '' ? 'not there' : present}</td>
              <td>
                {recorded.every((one) => one === present) ? (
                  <Badge word="same version" tone="ok" />
                ) : (
                  <Badge word="another version" tone="warn" />
                )}
              </td>
            </tr>
          ))}
        </RowsTable>
      </Panel>
    </>
  );
}

const problems: Readonly<Record<Divergence['problem'], string>> = {
  state: 'other state',
  context: 'other figures',
  unhandled: 'not taken',
  crash: 'it throws',
  machine: 'no such machine',
};

function Divergences({ divergences }: { divergences: readonly Divergence[] }) {
  const note =
    divergences.length > shownMax
      ? `first ${shownMax} of ${countText(divergences.length)}`
      : `${divergences.length}`;
  return (
    <Panel title="First difference of each actor" note={note} isFlush>
      {divergences.length === 0 ? (
        <p class="empty">Every actor does today what the journal tells.</p>
      ) : (
        <RowsTable
          label="First difference of each actor"
          heads={['Row', 'Actor', 'Event', 'What differs', 'Now', 'In the journal']}
        >
          {divergences.slice(0, shownMax).map((one) => (
            <tr key={one.actor}>
              <td>
                <SeqLink seq={one.seq} />
              </td>
              <th scope="row">
                <ActorLink id={one.actor} text={nameInAccount(one.actor)} at={one.seq} />
              </th>
              <td class="mono">{one.event}</td>
              <td>
                <Badge word={problems[one.problem]} tone="bad" />
              </td>
              <td class="mono text">{one.actual}</td>
              <td class="mono text">{one.expected}</td>
            </tr>
          ))}
        </RowsTable>
      )}
    </Panel>
  );
}
