/** The whole account after any row: scrub, step, jump to what matters, compare two rows. Source: inspector 3 (Rewind). */
import { useEffect, useState } from 'preact/hooks';
import type { AccountPicture } from '../../protocol-reports.ts';
import { useFetch } from '../data/fetching.ts';
import { countText, dateTimeText } from '../data/format.ts';
import { addressOf, change, type PageProps } from '../data/router.ts';
import { useSelect } from '../data/store.ts';
import { ExportButton } from '../ui/export-button.tsx';
import { useKeys } from '../ui/keyboard.ts';
import { Empty, PageHead, Pending } from '../ui/parts.tsx';
import { Badge } from '../ui/status.tsx';
import { PastBanner } from './actor.tsx';
import { RewindDiff } from './rewind-diff.tsx';
import { PictureView } from './rewind-picture.tsx';

const playMs = 700;

export function RewindPage({ query }: PageProps) {
  const accounts = useSelect((context) => context.hello?.accounts ?? none);
  const account = query['account'] ?? accounts[0] ?? '';
  if (account === '') return <Empty>No account has a row yet.</Empty>;
  return (
    <>
      <PageHead title="Rewind" note={account}>
        <AccountChoice account={account} accounts={accounts} />
        <RewindTools account={account} at={query['at']} />
      </PageHead>
      <Rewound account={account} query={query} />
    </>
  );
}

/** What may be made of the moment that is shown. */
function RewindTools({ account, at }: { account: string; at: string | undefined }) {
  const role = useSelect((context) => context.hello?.role);
  const headSeq = useSelect((context) => context.headSeq);
  return (
    <>
      {role !== 'viewer' && <a href={addressOf('fork', { at: at ?? headSeq })}>Fork here</a>}
      <ExportButton of={{ account }} />
    </>
  );
}

const none: readonly string[] = [];

function move(seq: number | undefined): void {
  if (seq !== undefined) change({ at: seq });
}

function Rewound({ account, query }: PageProps & { account: string }) {
  const headSeq = useSelect((context) => context.headSeq);
  // Without a row in the address it is the newest one of the moment the page was opened.
  const [first] = useState(headSeq);
  const at = query['at'] === undefined ? first : Number(query['at']);
  const fetched = useFetch<AccountPicture>('rewind', { account, at });
  const picture = fetched.data?.account === account ? fetched.data : undefined;
  const [isPlaying, setIsPlaying] = useState(false);
  useRewindKeys(query, picture, () => setIsPlaying(!isPlaying));
  usePlay(isPlaying, picture, () => setIsPlaying(false));
  const { b } = query;
  return (
    <>
      {picture !== undefined && <PastBanner seq={picture.seq} text={dateTimeText(picture.atMs)} />}
      <Scrubber
        at={picture?.seq ?? at}
        headSeq={headSeq}
        picture={picture}
        isPlaying={isPlaying}
        onPlay={() => setIsPlaying(!isPlaying)}
      />
      <Pending {...fetched} isLoading={picture === undefined && fetched.isLoading} />
      {b !== undefined && picture !== undefined && (
        <RewindDiff account={account} a={Number(b)} b={picture.seq} />
      )}
      {picture !== undefined && <PictureView picture={picture} />}
    </>
  );
}

function useRewindKeys(
  query: PageProps['query'],
  picture: AccountPicture | undefined,
  play: () => void,
): void {
  useKeys({
    '[': () => move(picture?.previousSeq),
    ']': () => move(picture?.nextSeq),
    h: () => move(picture?.previousSeq),
    l: () => move(picture?.nextSeq),
    '{': () => move(picture?.previousAnomalySeq),
    '}': () => move(picture?.nextAnomalySeq),
    ' ': play,
    f: () => change({ at: undefined, b: undefined }),
    d: () => change({ b: query['b'] === undefined ? picture?.previousSeq : undefined }),
  });
}

function usePlay(isPlaying: boolean, picture: AccountPicture | undefined, stop: () => void): void {
  useEffect(() => {
    if (!isPlaying || picture === undefined) return;
    const { nextSeq } = picture;
    const timer = setTimeout(() => (nextSeq === undefined ? stop() : move(nextSeq)), playMs);
    return () => clearTimeout(timer);
  }, [isPlaying, picture?.seq]);
}

function AccountChoice({ account, accounts }: { account: string; accounts: readonly string[] }) {
  if (accounts.length < 2) return null;
  return (
    <select
      aria-label="Account"
      value={account}
      onChange={({ currentTarget }) => change({ account: currentTarget.value })}
    >
      {accounts.map((one) => (
        <option key={one} value={one}>
          {one}
        </option>
      ))}
    </select>
  );
}

function moveButton(text: string, name: string, seq: number | undefined) {
  return (
    <button
      type="button"
      class="quiet"
      disabled={seq === undefined}
      aria-label={name}
      title={name}
      onClick={() => move(seq)}
    >
      {text}
    </button>
  );
}

function Scrubber({
  at,
  headSeq,
  picture,
  isPlaying,
  onPlay,
}: {
  at: number;
  headSeq: number;
  picture: AccountPicture | undefined;
  isPlaying: boolean;
  onPlay: () => void;
}) {
  return (
    <section class="scrubber" aria-label="Row of the journal">
      <input
        type="range"
        data-filter
        min={1}
        max={Math.max(1, headSeq)}
        value={at}
        aria-label="Row"
        aria-valuetext={`row ${at} of ${headSeq}`}
        onInput={({ currentTarget }) => move(Number(currentTarget.value))}
      />
      <div class="scrub-tools">
        {moveButton('« {', 'previous anomaly', picture?.previousAnomalySeq)}
        {moveButton('‹ [', 'previous row of the account', picture?.previousSeq)}
        <button type="button" class="primary" onClick={onPlay} aria-pressed={isPlaying}>
          {isPlaying ? '❚❚ pause' : '▶ play'}
        </button>
        {moveButton('] ›', 'next row of the account', picture?.nextSeq)}
        {moveButton('} »', 'next anomaly', picture?.nextAnomalySeq)}
        <span class="mono">
          row {countText(at)} of {countText(headSeq)}
        </span>
        {picture !== undefined && <Badge word={picture.tradingState} />}
        <a href={addressOf('why', { seq: at })}>why</a>
        {picture?.previousSeq !== undefined && (
          <button type="button" class="quiet" onClick={() => change({ b: picture.previousSeq })}>
            compare
          </button>
        )}
      </div>
    </section>
  );
}
