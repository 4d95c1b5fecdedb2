/** Why a decision fell: cause after cause with the numbers, and the smallest change that gives another verdict. */
import type { FaultsReport, WhyReport, WhyStep } from '../../protocol-reports.ts';
import type { RowsPage } from '../../protocol.ts';
import { useFetch } from '../data/fetching.ts';
import { agoText, dateTimeText, durationText, nameInAccount, timeText } from '../data/format.ts';
import { addressOf, change, go, type PageProps } from '../data/router.ts';
import { useEngineNow } from '../data/store.ts';
import { useAnomalyKeys } from '../ui/anomaly-keys.ts';
import { useKeys } from '../ui/keyboard.ts';
import { ActorLink, Empty, Facts, PageHead, Panel, Pending } from '../ui/parts.tsx';
import { Badge } from '../ui/status.tsx';

export function WhyPage({ query }: PageProps) {
  const { seq, order, lock, denial } = query;
  const subject = seq ?? order ?? lock ?? denial;
  const fetched = useFetch<WhyReport>(
    'why',
    subject === undefined ? undefined : { seq, order, lock, denial },
  );
  const step = (by: number): void => {
    if (seq !== undefined) change({ seq: Math.max(1, Number(seq) + by) });
  };
  useKeys({ '[': () => step(-1), ']': () => step(1) });
  useAnomalyKeys(Number(seq ?? 0), {}, (to) =>
    change({ seq: to, order: undefined, lock: undefined, denial: undefined }),
  );
  return (
    <>
      <PageHead title="Why">
        <SubjectField />
        {seq !== undefined && (
          <span class="links">
            <a href={addressOf('timeline', { seq })}>timeline</a>
            <a href={addressOf('journal', { seq })}>row</a>
          </span>
        )}
      </PageHead>
      {subject === undefined ? (
        <Suggestions />
      ) : (
        <>
          <Pending {...fetched} isLoading={fetched.data === undefined && fetched.isLoading} />
          {fetched.data !== undefined && fetched.problem === '' && <Report report={fetched.data} />}
        </>
      )}
    </>
  );
}

function SubjectField() {
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const field = event.currentTarget.elements.namedItem('subject');
        const text = field instanceof HTMLInputElement ? field.value.trim() : '';
        if (/^#?\d+$/u.test(text)) go('why', { seq: text.replace('#', '') });
        else if (text.includes('/lock/')) go('why', { lock: text });
        else if (text.startsWith('account/')) go('why', { order: text });
        else if (text !== '') go('why', { denial: text });
      }}
    >
      <input
        type="search"
        name="subject"
        data-filter
        aria-label="Row number, actor path or intent"
        placeholder="row, actor or intent  ( / )"
      />
      <button type="submit" class="quiet">
        Explain
      </button>
    </form>
  );
}

function Report({ report }: { report: WhyReport }) {
  const { subject, verdict, chain, counterfactual } = report;
  return (
    <>
      <section class="verdict" aria-label="Verdict">
        <p class="subject">{subject}</p>
        <p class="sentence">{verdict}</p>
        {counterfactual !== undefined && (
          <p class="counterfactual">
            <Badge word="what would have changed it" tone="info" /> {counterfactual}
            <small>
              {report.counterfactualBy === 'rule'
                ? ' The rule itself has judged it again.'
                : ' Worked out from the figures of the verdict.'}
            </small>
          </p>
        )}
      </section>
      <h2>Cause after cause</h2>
      <ol class="chain">
        {chain.map((step, index) => (
          <ChainStep
            key={step.seq}
            step={step}
            sinceFirstMs={step.atMs - (chain[0]?.atMs ?? step.atMs)}
            isLast={index === chain.length - 1}
          />
        ))}
      </ol>
    </>
  );
}

function ChainStep({
  step,
  sinceFirstMs,
  isLast,
}: {
  step: WhyStep;
  sinceFirstMs: number;
  isLast: boolean;
}) {
  const { seq, atMs, title, actor, facts } = step;
  return (
    <li class={isLast ? 'last' : ''}>
      <div class="step-head">
        <a class="mono" href={addressOf('why', { seq })}>
          #{seq}
        </a>
        <strong class="mono">{title}</strong>
        {actor === '' ? (
          <span class="muted">input</span>
        ) : (
          <ActorLink id={actor} text={nameInAccount(actor)} at={seq} />
        )}
        <small>
          {timeText(atMs)}
          {sinceFirstMs > 0 && `, ${durationText(sinceFirstMs)} later`}
        </small>
      </div>
      <Facts
        facts={facts.map(({ name, value, ageMs }) => [
          name,
          <>
            <span class={name === 'verdict' ? '' : 'mono text'}>
              {name === 'verdict' ? <Badge word={value} /> : factText(name, value)}
            </span>
            {ageMs !== undefined && <small> {durationText(ageMs)} old</small>}
          </>,
        ])}
      />
    </li>
  );
}

/** A time in ms as a time. */
function factText(name: string, value: string): string {
  return /AtMs$|^atMs$|\.atMs$/u.test(name) && /^\d{13}$/u.test(value)
    ? `${dateTimeText(Number(value))} UTC`
    : value;
}

/** What people ask about: the newest refusals, and the newest rows that matter. */
function Suggestions() {
  const faults = useFetch<FaultsReport>('faults', {});
  const rows = useFetch<RowsPage>('rows', { importance: 'anomaly', limit: 25 });
  const nowMs = useEngineNow();
  const denials = faults.data?.denials.slice(0, 25) ?? [];
  return (
    <div class="split even">
      <Panel title="Newest refusals">
        <Pending {...faults} />
        {denials.length === 0 && !faults.isLoading && <Empty>Nothing was refused.</Empty>}
        <ul class="list">
          {denials.map(({ causeSeq, code, text, atMs }) => (
            <li key={`${causeSeq} ${text}`}>
              <a href={addressOf('why', { seq: causeSeq })}>
                <Badge word={code} tone="bad" />
              </a>{' '}
              <span class="text">{text.replace(`${code}: `, '')}</span>{' '}
              <small>{agoText(atMs, nowMs)}</small>
            </li>
          ))}
        </ul>
      </Panel>
      <Panel title="Newest rows that matter">
        <Pending {...rows} />
        {rows.data?.rows.length === 0 && <Empty>Nothing out of the ordinary yet.</Empty>}
        <ul class="list">
          {rows.data?.rows.map(({ seq, event, actor, to, atMs }) => (
            <li key={seq}>
              <a class="mono" href={addressOf('why', { seq })}>
                #{seq} {event}
              </a>{' '}
              {nameInAccount(actor)} <span class="muted">{to}</span>{' '}
              <small>{agoText(atMs, nowMs)}</small>
            </li>
          ))}
        </ul>
      </Panel>
    </div>
  );
}
