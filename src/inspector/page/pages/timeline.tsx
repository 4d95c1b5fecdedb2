/** Everything that one input caused, as a sequence diagram with the same as a table. Source: inspector 3 (Timeline). */
import { useMemo } from 'preact/hooks';
import type { RowsPage, RowSummary } from '../../protocol.ts';
import { useFetch, useThrottled } from '../data/fetching.ts';
import { countText, nameInAccount, timeText } from '../data/format.ts';
import { addressOf, change, go, type PageProps } from '../data/router.ts';
import { useSelect } from '../data/store.ts';
import { useKeys } from '../ui/keyboard.ts';
import { ActorLink, Empty, PageHead, Panel, Pending, SeqLink, TableFrame } from '../ui/parts.tsx';
import { ImportanceMark } from './journal.tsx';
import { SequenceDiagram } from './timeline-diagram.tsx';

const followMs = 1_000;
const stepsMax = 110;

export function TimelinePage({ query }: PageProps) {
  const { seq } = query;
  const shown = useShown(seq);
  const fetched = useFetch<{ readonly rows: readonly RowSummary[] }>(
    'correlation',
    shown === undefined ? undefined : { seq: shown },
  );
  const all = fetched.data?.rows ?? noRows;
  const onlyMarked = query['marked'] === '1';
  const rows = useMemo(
    () => all.filter(({ importance }) => !onlyMarked || importance !== 'normal').slice(0, stepsMax),
    [all, onlyMarked],
  );
  const chosen = Number(seq ?? 0);
  useTimelineKeys(query, all, rows, shown);
  return (
    <>
      <PageHead title="Timeline" note={noteOf(shown, all.length)}>
        <TimelineTools isFollowing={seq === undefined} shown={shown ?? 0} query={query} />
      </PageHead>
      <Pending {...fetched} isLoading={fetched.data === undefined && fetched.isLoading} />
      {fetched.data !== undefined && rows.length === 0 && <Empty>No step matches.</Empty>}
      {rows.length > 0 && (
        <>
          <Panel isFlush>
            <SequenceDiagram rows={rows} chosen={chosen} />
          </Panel>
          <Steps rows={rows} chosen={chosen} />
        </>
      )}
    </>
  );
}

const noRows: readonly RowSummary[] = [];

function noteOf(shown: number | undefined, count: number): string {
  return shown === undefined
    ? 'nothing yet'
    : `correlation of row ${shown}, ${countText(count)} steps`;
}

/** Without a row it follows the newest one that decided something; a chosen row is never left by itself. */
function useShown(seq: string | undefined): number | undefined {
  const version = useThrottled(
    useSelect(({ headSeq }) => (seq === undefined ? headSeq : 0)),
    followMs,
  );
  const newest = useFetch<RowsPage>(
    'rows',
    seq === undefined ? { importance: 'decision', limit: 1 } : undefined,
    version,
  );
  return seq === undefined ? newest.data?.rows[0]?.seq : Number(seq);
}

function useTimelineKeys(
  query: PageProps['query'],
  all: readonly RowSummary[],
  rows: readonly RowSummary[],
  shown: number | undefined,
): void {
  const { seq } = query;
  const step = (by: number): void => {
    const index = rows.findIndex((row) => String(row.seq) === seq);
    const next = rows[index + by];
    if (next !== undefined) change({ seq: next.seq });
  };
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    '[': () => go('timeline', { ...query, seq: Math.max(1, (all[0]?.seq ?? 1) - 1) }),
    ']': () => go('timeline', { ...query, seq: (all.at(-1)?.seq ?? 1) + 1 }),
    f: () => change({ seq: seq === undefined ? shown : undefined }),
  });
}

function TimelineTools({
  isFollowing,
  shown,
  query,
}: PageProps & { isFollowing: boolean; shown: number }) {
  return (
    <>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const field = event.currentTarget.elements.namedItem('row');
          if (field instanceof HTMLInputElement && field.value !== '') change({ seq: field.value });
        }}
      >
        <input
          type="number"
          min={1}
          name="row"
          data-filter
          aria-label="Row"
          placeholder="row  ( / )"
        />
      </form>
      <label class="check">
        <input
          type="checkbox"
          checked={query['marked'] === '1'}
          onChange={({ currentTarget }) =>
            change({ marked: currentTarget.checked ? '1' : undefined })
          }
        />
        only what matters
      </label>
      <button
        type="button"
        class="quiet"
        aria-pressed={isFollowing}
        onClick={() => change({ seq: isFollowing ? shown : undefined })}
      >
        {isFollowing ? '❚❚ hold' : '▶ follow'}
      </button>
      {shown > 0 && <a href={addressOf('why', { seq: shown })}>why</a>}
    </>
  );
}

function Steps({ rows, chosen }: { rows: readonly RowSummary[]; chosen: number }) {
  return (
    <Panel title="Steps" isFlush>
      <TableFrame label="Steps">
        <table class="rows">
          <thead>
            <tr>
              <th scope="col">Row</th>
              <th scope="col">Time</th>
              <th scope="col">Actor</th>
              <th scope="col">Event</th>
              <th scope="col">Step to</th>
              <th scope="col">Cause</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.seq} class={row.seq === chosen ? 'on' : ''}>
                <td>
                  <SeqLink seq={row.seq} />
                </td>
                <td class="mono">{timeText(row.atMs)}</td>
                <td>
                  <ActorLink id={row.actor} text={nameInAccount(row.actor)} at={row.seq} />
                </td>
                <td class="mono">
                  {row.importance !== 'normal' && <ImportanceMark importance={row.importance} />}
                  {row.event}
                </td>
                <td>{row.to}</td>
                <td>{row.causeSeq > 0 ? <SeqLink seq={row.causeSeq} /> : ''}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableFrame>
    </Panel>
  );
}
