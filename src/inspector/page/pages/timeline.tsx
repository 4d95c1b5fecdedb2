/** Everything that one input caused, as a sequence diagram with the same as a table. Source: inspector 3 (Timeline). */
import { useMemo } from 'preact/hooks';
import type { RowsPage, RowSummary } from '../../protocol.ts';
import { useFetch, useThrottled } from '../data/fetching.ts';
import { countText, nameInAccount, timeText } from '../data/format.ts';
import { addressOf, change, go, type PageProps } from '../data/router.ts';
import { useSelect } from '../data/store.ts';
import { useAnomalyKeys } from '../ui/anomaly-keys.ts';
import { ExportButton } from '../ui/export-button.tsx';
import { useKeys } from '../ui/keyboard.ts';
import { ActorLink, Empty, PageHead, Panel, Pending, SeqLink } from '../ui/parts.tsx';
import { Badge } from '../ui/status.tsx';
import { RowsTable } from '../ui/table.tsx';
import { ImportanceMark } from './journal.tsx';
import { SequenceDiagram } from './timeline-diagram.tsx';
import { Brush, Gantt } from './timeline-gantt.tsx';

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
  const { rows, from, to } = useShownRows(query, all);
  useTimelineKeys(query, all, rows, shown);
  useAnomalyKeys(shown ?? 0, {}, (found) => change({ seq: found, from: undefined, to: undefined }));
  const isFollowing = seq === undefined;
  return (
    <>
      <PageHead title="Timeline" note={noteOf(shown, all.length)}>
        <TimelineTools isFollowing={isFollowing} shown={shown ?? 0} query={query} />
        <ExportCorrelation row={all[0]} />
      </PageHead>
      <Pending {...fetched} isLoading={fetched.data === undefined && fetched.isLoading} />
      <Newer isFollowing={isFollowing} last={all.at(-1)?.seq} />
      {all.length > 1 && <Brush all={all} from={from} to={to} />}
      {fetched.data !== undefined && rows.length === 0 && <Empty>No step matches.</Empty>}
      <Pictures query={query} rows={rows} hold={isFollowing ? shown : undefined} />
    </>
  );
}

function ExportCorrelation({ row }: { row: RowSummary | undefined }) {
  return row === undefined ? null : <ExportButton of={{ correlation: row.correlationSeq }} />;
}

function useShownRows(query: PageProps['query'], all: readonly RowSummary[]) {
  const show = query['show'] ?? '';
  const [from, to] = stretchOf(query, all.length);
  const rows = useMemo(
    () =>
      all
        .slice(from, to + 1)
        .filter((row) => isShown(row, show))
        .slice(0, stepsMax),
    [all, show, from, to],
  );
  return { rows, from, to };
}

/** Who moves in the picture reads it: what is followed is held from then on, and nothing jumps away. */
function Pictures({
  query,
  rows,
  hold,
}: PageProps & { rows: readonly RowSummary[]; hold: number | undefined }) {
  const chosen = Number(query['seq'] ?? 0);
  const onMove = (): void => {
    if (hold !== undefined) change({ seq: hold });
  };
  if (rows.length === 0) return null;
  return (
    <div onWheel={onMove} onPointerDown={onMove}>
      <Panel isFlush>
        {query['view'] === 'times' ? (
          <Gantt
            rows={rows}
            chosen={chosen}
            isCompressed={query['gaps'] !== 'whole'}
            query={query}
          />
        ) : (
          <SequenceDiagram rows={rows} chosen={chosen} />
        )}
      </Panel>
      <Steps rows={rows} chosen={chosen} />
    </div>
  );
}

/** The first and the last step that are shown, by their place among all. */
function stretchOf(query: PageProps['query'], count: number): readonly [from: number, to: number] {
  const last = Math.max(0, count - 1);
  const from = Math.min(Number(query['from'] ?? 0), last);
  return [from, Math.max(from, Math.min(Number(query['to'] ?? last), last))];
}

function isShown({ importance }: RowSummary, show: string): boolean {
  if (show === 'anomaly') return importance === 'anomaly';
  return show === 'decision' ? importance !== 'normal' : true;
}

/** While one reads, what is new is only counted: nothing moves under the eyes. */
function Newer({ isFollowing, last }: { isFollowing: boolean; last: number | undefined }) {
  const head = useThrottled(
    useSelect(({ headSeq }) => headSeq),
    followMs,
  );
  if (isFollowing || last === undefined || head <= last) return null;
  return (
    <p class="newer">
      <Badge word="held still" tone="info" /> {countText(head - last)} newer rows{' '}
      <button
        type="button"
        class="quiet"
        onClick={() => change({ seq: undefined, from: undefined, to: undefined })}
      >
        ▶ follow
      </button>
    </p>
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
      <select
        aria-label="Steps that are shown"
        value={query['show'] ?? ''}
        onChange={({ currentTarget }) => change({ show: currentTarget.value })}
      >
        <option value="">every step</option>
        <option value="decision">decisions and failures</option>
        <option value="anomaly">only failures</option>
      </select>
      <select
        aria-label="Picture"
        value={query['view'] ?? 'sequence'}
        onChange={({ currentTarget }) => change({ view: currentTarget.value })}
      >
        <option value="sequence">sequence</option>
        <option value="times">times</option>
      </select>
      {query['view'] === 'times' && (
        <label class="check">
          <input
            type="checkbox"
            checked={query['gaps'] === 'whole'}
            onChange={({ currentTarget }) =>
              change({ gaps: currentTarget.checked ? 'whole' : undefined })
            }
          />
          idle time as long as it was
        </label>
      )}
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
      <RowsTable label="Steps" heads={['Row', 'Time', 'Actor', 'Event', 'Step to', 'Cause']}>
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
      </RowsTable>
    </Panel>
  );
}
