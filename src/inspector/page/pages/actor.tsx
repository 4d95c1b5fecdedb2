/** One actor, now or after any row: its chart, its data, its history, and what stands around it. Source: inspector 3, 4. */
import type { ActorDetail } from '../../protocol.ts';
import { useFetch, useThrottled } from '../data/fetching.ts';
import { countText, dateTimeText, shortName } from '../data/format.ts';
import { addressOf, change, type PageProps, type Query } from '../data/router.ts';
import { useSelect } from '../data/store.ts';
import { useFeed } from '../data/stream.ts';
import { ActionButton, cancelOf, haltOf, pausingOf } from '../ui/actions.tsx';
import { useAnomalyKeys } from '../ui/anomaly-keys.ts';
import { ExportButton } from '../ui/export-button.tsx';
import { useKeys } from '../ui/keyboard.ts';
import { Facts, PageHead, Pending, SeqLink, Tabs } from '../ui/parts.tsx';
import { Badge } from '../ui/status.tsx';
import {
  ActorEffects,
  ActorMailbox,
  ActorSource,
  ActorSupervision,
  ActorTimers,
} from './actor-around.tsx';
import { ActorChart } from './actor-chart.tsx';
import { ActorContext } from './actor-context.tsx';
import { ActorHistory } from './actor-history.tsx';

const followMs = 300;

export function ActorPage({ query }: PageProps) {
  useFeed('index');
  const { id = '', tab = 'chart' } = query;
  const at = query['at'] === undefined ? undefined : Number(query['at']);
  // What is held still does not follow the engine.
  const seq = useSelect(({ actors }) => (at === undefined ? (actors.get(id)?.lastSeq ?? 0) : 0));
  const version = useThrottled(seq, followMs);
  const fetched = useFetch<ActorDetail>('actor', { id, at }, version);
  const detail = fetched.data?.summary.id === id ? fetched.data : undefined;
  useActorKeys(query, detail, at);
  useAnomalyKeys(detail?.seq ?? 0, { actor: id, account: accountOf(id) }, move);
  return (
    <>
      <ActorHead id={id} detail={detail} query={query} at={at} />
      <Pending {...fetched} isLoading={detail === undefined && fetched.isLoading} />
      {detail !== undefined && (
        <>
          <ActorTabs query={query} detail={detail} tab={tab} />
          <ActorTab detail={detail} query={query} tab={tab} />
        </>
      )}
    </>
  );
}

/** `account/A1/order/…` is of A1. */
function accountOf(id: string): string {
  return id.split('/')[1] ?? '';
}

function move(seq: number | undefined): void {
  if (seq !== undefined) change({ at: seq });
}

function useActorKeys(query: Query, detail: ActorDetail | undefined, at: number | undefined): void {
  useKeys({
    '[': () => move(detail?.previousSeq),
    ']': () => move(detail?.nextSeq),
    f: () => change({ at: at === undefined ? detail?.seq : undefined }),
    d: () =>
      change(
        query['tab'] === 'context' && query['b'] !== undefined
          ? { b: undefined }
          : { tab: 'context', b: detail?.previousSeq },
      ),
  });
}

function ActorHead({
  id,
  detail,
  query,
  at,
}: {
  id: string;
  detail: ActorDetail | undefined;
  query: Query;
  at: number | undefined;
}) {
  return (
    <>
      <PageHead title={<span class="path">{id}</span>} note={detail?.summary.kind}>
        <Stepper detail={detail} query={query} at={at} />
        <ExportButton of={{ actor: id }} />
        {detail !== undefined && !detail.isPast && <ActorActions detail={detail} />}
      </PageHead>
      {detail?.isPast === true && (
        <PastBanner seq={detail.seq} text={dateTimeText(detail.lastRow?.atMs ?? 0)} />
      )}
      {detail !== undefined && <ActorFacts detail={detail} />}
    </>
  );
}

/** Not offered beside a picture of the past. */
function ActorActions({ detail }: { detail: ActorDetail }) {
  const { id, account, kind, state, status } = detail.summary;
  const isDown = status === 'quarantined';
  return (
    <>
      {kind === 'order' && !isClosedOrder(state) && (
        <ActionButton action={cancelOf(account, shortName(id))} label="Cancel order" />
      )}
      {kind === 'account' && <ActionButton action={haltOf(account)} label="Halt" kind="danger" />}
      <ActionButton
        action={pausingOf(isDown ? 'resume' : 'pause', account, id)}
        label={isDown ? 'Resume' : 'Pause'}
        kind={isDown ? 'quiet' : 'danger'}
      />
    </>
  );
}

function ActorFacts({ detail }: { detail: ActorDetail }) {
  const { summary, seq, lastRow } = detail;
  const { id, account, status, steps } = summary;
  return (
    <Facts
      facts={[
        ['Status', <Badge key="status" word={status} />],
        ['After row', <SeqLink key="row" seq={seq} />],
        ['Step', countText(steps)],
        [
          'Last event',
          <span key="event" class="mono">
            {lastRow?.event ?? summary.lastEvent}
          </span>,
        ],
        ['At', dateTimeText(lastRow?.atMs ?? summary.lastAtMs)],
        [
          'See also',
          <span key="links" class="links">
            <a href={addressOf('why', { seq })}>why</a>
            <a href={addressOf('timeline', { seq })}>timeline</a>
            <a href={addressOf('rewind', { account, at: seq })}>rewind</a>
            <a href={addressOf('blast', { id })}>blast radius</a>
          </span>,
        ],
      ]}
    />
  );
}

function isClosedOrder(state: string): boolean {
  return /execution:(?:none|filled|canceled|rejected|denied|expired|failed)/u.test(state);
}

/** Nobody mistakes the past for now. */
export function PastBanner({ seq, text }: { seq: number; text: string }) {
  return (
    <p class="past-banner" role="status">
      <span aria-hidden="true">◀ </span>
      <strong>VIEWING PAST — read only</strong> after row {countText(seq)}, {text} UTC
    </p>
  );
}

function Stepper({
  detail,
  query,
  at,
}: {
  detail: ActorDetail | undefined;
  query: Query;
  at: number | undefined;
}) {
  const link = (text: string, name: string, seq: number | undefined) => (
    <a
      class={`button${seq === undefined ? ' off' : ''}`}
      aria-disabled={seq === undefined}
      aria-label={name}
      title={name}
      href={addressOf('actor', { ...query, at: seq ?? at })}
    >
      {text}
    </a>
  );
  return (
    <span class="stepper">
      {link('[', 'previous transition', detail?.previousSeq)}
      {link(']', 'next transition', detail?.nextSeq)}
      <a
        class="button"
        aria-label={at === undefined ? 'hold still' : 'follow the newest'}
        href={addressOf('actor', { ...query, at: at === undefined ? detail?.seq : undefined })}
      >
        {at === undefined ? '❚❚ hold' : '▶ follow'}
      </a>
    </span>
  );
}

function ActorTabs({ query, detail, tab }: { query: Query; detail: ActorDetail; tab: string }) {
  const { timers, effects, mailbox, crashes } = detail;
  return (
    <Tabs
      page="actor"
      query={query}
      name="Parts of the actor"
      chosen={tab}
      tabs={[
        ['chart', 'Chart'],
        ['context', 'Context'],
        ['history', 'History', detail.summary.steps],
        ['timers', 'Timers', timers.length],
        ['effects', 'Effects', effects.length],
        ['mailbox', 'Mailbox', mailbox.length],
        ['supervision', 'Supervision', crashes.length],
        ['source', 'Source'],
      ]}
    />
  );
}

function ActorTab({ detail, query, tab }: { detail: ActorDetail; query: Query; tab: string }) {
  switch (tab) {
    case 'context':
      return <ActorContext detail={detail} query={query} />;
    case 'history':
      return <ActorHistory detail={detail} query={query} />;
    case 'timers':
      return <ActorTimers detail={detail} />;
    case 'effects':
      return <ActorEffects detail={detail} />;
    case 'mailbox':
      return <ActorMailbox detail={detail} />;
    case 'supervision':
      return <ActorSupervision detail={detail} />;
    case 'source':
      return <ActorSource detail={detail} />;
    default:
      return <ActorChart detail={detail} query={query} />;
  }
}
