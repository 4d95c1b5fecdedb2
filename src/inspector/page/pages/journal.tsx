/** The journal: search, filter, follow. Source: inspector 3 (Journal). */
import { useState } from 'preact/hooks';
import type { RowDetail, RowsPage, RowSummary } from '../../protocol.ts';
import { useFetch, useThrottled } from '../data/fetching.ts';
import { countText, nameInAccount, timeText } from '../data/format.ts';
import { addressOf, change, type PageProps } from '../data/router.ts';
import { useSelect } from '../data/store.ts';
import { useFeed } from '../data/stream.ts';
import { useAnomalyKeys } from '../ui/anomaly-keys.ts';
import { useKeys } from '../ui/keyboard.ts';
import { ActorLink, Empty, Facts, PageHead, Panel, Pending, SeqLink } from '../ui/parts.tsx';
import { Badge } from '../ui/status.tsx';
import { RowsTable } from '../ui/table.tsx';
import { ValueTree } from '../ui/value-tree.tsx';

const pageRows = 100;
const followMs = 500;

export function JournalPage({ query }: PageProps) {
  useFeed('tail');
  const { q, type, account, actor, importance, before, seq } = query;
  const isFollowing = isFollowed(query);
  const head = useSelect(({ headSeq }) => (isFollowing ? headSeq : 0));
  const version = useThrottled(head, followMs);
  const wish = { q, type, account, actor, importance, before, limit: pageRows };
  const fetched = useFetch<RowsPage>('rows', wish, version);
  const rows = fetched.data?.rows ?? [];
  const move = useMove(rows, seq);
  useAnomalyKeys(Number(seq ?? 0), { account, actor }, (to) =>
    change({ seq: to, before: undefined }),
  );
  useKeys({
    j: () => move(1),
    ArrowDown: () => move(1),
    k: () => move(-1),
    ArrowUp: () => move(-1),
    f: () => change({ follow: isFollowing ? '0' : undefined, seq: undefined, before: undefined }),
  });
  return (
    <>
      <PageHead
        title="Journal"
        note={isFollowing ? 'following the newest, newest first' : 'newest first'}
      >
        <Filters query={query} isFollowing={isFollowing} />
      </PageHead>
      <Pending {...fetched} isLoading={fetched.data === undefined && fetched.isLoading} />
      <div class={seq === undefined ? '' : 'split'}>
        <Panel isFlush>
          {fetched.data !== undefined && rows.length === 0 && <Empty>No row matches.</Empty>}
          <RowTable rows={rows} query={query} chosen={Number(seq ?? 0)} />
          <Pager query={query} next={fetched.data?.next} />
        </Panel>
        {seq !== undefined && <RowPanel seq={Number(seq)} />}
      </div>
    </>
  );
}

/** A page of the past and a chosen row stand still. */
function isFollowed({ follow, before, seq }: PageProps['query']): boolean {
  return follow !== '0' && before === undefined && seq === undefined;
}

function Pager({ query, next }: PageProps & { next: number | undefined }) {
  const { before } = query;
  return (
    <p class="pager">
      {before !== undefined && (
        <a href={addressOf('journal', { ...query, before: undefined, seq: undefined })}>newest</a>
      )}
      {next !== undefined && (
        <a href={addressOf('journal', { ...query, before: next, seq: undefined })}>older</a>
      )}
    </p>
  );
}

function useMove(rows: readonly RowSummary[], seq: string | undefined): (step: number) => void {
  return (step) => {
    const index = rows.findIndex((row) => String(row.seq) === seq);
    const next = rows[index === -1 ? 0 : index + step];
    if (next !== undefined) change({ seq: next.seq });
  };
}

function Filters({ query, isFollowing }: PageProps & { isFollowing: boolean }) {
  return (
    <>
      <Field name="q" label="Text in actor, event or state" query={query} isFirst />
      <Field name="type" label="Event begins with" query={query} />
      <Field name="actor" label="Actor" query={query} />
      <select
        aria-label="Importance"
        value={query['importance'] ?? ''}
        onChange={({ currentTarget }) => change({ importance: currentTarget.value })}
      >
        <option value="">every row</option>
        <option value="decision">decisions and anomalies</option>
        <option value="anomaly">anomalies</option>
      </select>
      <button
        type="button"
        class="quiet"
        aria-pressed={isFollowing}
        onClick={() =>
          change({ follow: isFollowing ? '0' : undefined, seq: undefined, before: undefined })
        }
      >
        {isFollowing ? '❚❚ hold' : '▶ follow'}
      </button>
    </>
  );
}

function Field({
  name,
  label,
  query,
  isFirst = false,
}: PageProps & { name: string; label: string; isFirst?: boolean }) {
  const [text, setText] = useState(query[name] ?? '');
  const apply = (): void => change({ [name]: text.trim(), before: undefined });
  return (
    <input
      type="search"
      {...(isFirst ? { 'data-filter': true } : {})}
      aria-label={label}
      placeholder={isFirst ? 'text  ( / )' : name}
      value={text}
      onInput={({ currentTarget }) => setText(currentTarget.value)}
      onBlur={apply}
      onKeyDown={({ key }) => {
        if (key === 'Enter') apply();
      }}
    />
  );
}

function RowTable({
  rows,
  query,
  chosen,
}: PageProps & { rows: readonly RowSummary[]; chosen: number }) {
  return (
    <RowsTable label="Rows" heads={['Row', 'Time', 'Event', 'Actor', 'Step to', 'Cause']}>
      {rows.map((row) => (
        <tr key={row.seq} class={`${row.importance}${row.seq === chosen ? ' on' : ''}`}>
          <td>
            <a class="mono" href={addressOf('journal', { ...query, seq: row.seq })}>
              {row.seq}
            </a>
          </td>
          <td class="mono">{timeText(row.atMs)}</td>
          <td class="mono">
            {row.importance === 'normal' ? '' : <ImportanceMark importance={row.importance} />}
            {row.event}
          </td>
          <td>
            <ActorLink id={row.actor} text={nameInAccount(row.actor)} at={row.seq} />
          </td>
          <td>{row.from === row.to ? <span class="muted">{row.to}</span> : row.to}</td>
          <td>{row.causeSeq > 0 ? <SeqLink seq={row.causeSeq} /> : ''}</td>
        </tr>
      ))}
    </RowsTable>
  );
}

export function ImportanceMark({ importance }: { importance: 'anomaly' | 'decision' }) {
  const isAnomaly = importance === 'anomaly';
  return (
    <span class={isAnomaly ? 'mark bad' : 'mark info'}>
      <span aria-hidden="true">{isAnomaly ? '■' : '◆'} </span>
      <span class="unseen">{importance} </span>
    </span>
  );
}

function RowPanel({ seq }: { seq: number }) {
  const { data, problem, isLoading } = useFetch<RowDetail>('row', { seq });
  if (data === undefined) return <Pending problem={problem} isLoading={isLoading} />;
  return (
    <div class="stack">
      <Panel title={`Row ${countText(data.seq)}`}>
        <Facts
          facts={[
            [
              'Event',
              <span key="event" class="mono">
                {data.event}
              </span>,
            ],
            ['Importance', <Badge key="importance" word={data.importance} />],
            ['Actor', <ActorLink key="actor" id={data.actor} text={data.actor} at={seq} />],
            ['Cause', data.causeSeq > 0 ? <SeqLink key="cause" seq={data.causeSeq} /> : 'none'],
            ['Epoch', data.epoch],
            [
              'Hash',
              <span key="hash" class="mono text">
                {data.hash}
              </span>,
            ],
          ]}
        />
        <p class="links">
          <a href={addressOf('why', { seq })}>why</a>
          <a href={addressOf('timeline', { seq })}>timeline</a>
          <a href={addressOf('rewind', { account: data.account, at: seq })}>rewind</a>
        </p>
      </Panel>
      <Panel title="Event">
        <ValueTree value={data.body} />
      </Panel>
      <Panel title="What it changed">
        <ValueTree value={data.contextDiff} />
      </Panel>
    </div>
  );
}
