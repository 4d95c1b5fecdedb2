/** Every step of an actor, newest first. */
import type { ActorDetail, RowsPage } from '../../protocol.ts';
import { useFetch } from '../data/fetching.ts';
import { timeText } from '../data/format.ts';
import { addressOf, type Query } from '../data/router.ts';
import { Panel, Pending, SeqLink } from '../ui/parts.tsx';
import { RowsTable } from '../ui/table.tsx';

const pageRows = 100;

export function ActorHistory({ detail, query }: { detail: ActorDetail; query: Query }) {
  const { id } = detail.summary;
  const before = query['before'];
  const page = useFetch<RowsPage>('actor/history', { id, before, limit: pageRows }, detail.seq);
  return (
    <Panel title="History" note="newest first" isFlush>
      <Pending {...page} isLoading={page.data === undefined && page.isLoading} />
      <RowsTable
        label="Steps of the actor"
        heads={['Row', 'Step', 'Time', 'Event', 'From', 'To', 'Caused by', 'Chart']}
      >
        {page.data?.rows.map((row) => (
          <tr key={row.seq} class={row.seq === detail.seq ? 'on' : ''}>
            <td>
              <SeqLink seq={row.seq} />
            </td>
            <td class="number">{row.actorSeq}</td>
            <td class="mono">{timeText(row.atMs)}</td>
            <td class="mono">{row.event}</td>
            <td class="muted">{row.from === row.to ? '' : row.from}</td>
            <td>{row.from === row.to ? <span class="muted">stayed</span> : row.to}</td>
            <td>{row.causeSeq > 0 ? <SeqLink seq={row.causeSeq} /> : ''}</td>
            <td>
              <a
                href={addressOf('actor', { id, at: row.seq })}
                aria-label={`show the chart after row ${row.seq}`}
              >
                show
              </a>
            </td>
          </tr>
        ))}
      </RowsTable>
      <p class="pager">
        {before !== undefined && (
          <a href={addressOf('actor', { ...query, before: undefined })}>newest</a>
        )}
        {page.data?.next !== undefined && (
          <a href={addressOf('actor', { ...query, before: page.data.next })}>older</a>
        )}
      </p>
    </Panel>
  );
}
