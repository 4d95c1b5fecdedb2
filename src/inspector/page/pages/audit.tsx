/** Who did what, as which role, why, and with which outcome; and how far the chain of hashes is proven. */
import type { AuditReport } from '../../protocol-reports.ts';
import { useFetch, useThrottled } from '../data/fetching.ts';
import { countText, dateTimeText } from '../data/format.ts';
import { addressOf, type PageProps } from '../data/router.ts';
import { useSelect } from '../data/store.ts';
import { PageHead, Pending, SeqLink } from '../ui/parts.tsx';
import { Badge, Figure } from '../ui/status.tsx';
import { Leaf } from '../ui/value-tree.tsx';
import { Listing } from './faults.tsx';

const refreshMs = 1_500;

export function AuditPage({ query }: PageProps) {
  const { before } = query;
  const version = useThrottled(
    useSelect((context) => context.headSeq),
    refreshMs,
  );
  const fetched = useFetch<AuditReport>('audit', { before }, version);
  const { data } = fetched;
  return (
    <>
      <PageHead title="Audit" note="what people asked for, also what was refused" />
      <Pending {...fetched} isLoading={data === undefined && fetched.isLoading} />
      {data !== undefined && (
        <>
          <dl class="figures">
            <Figure
              name="Chain of hashes"
              value={
                data.chain.isProven ? `verified to row ${countText(data.chain.upToSeq)}` : 'broken'
              }
              tone={data.chain.isProven ? 'ok' : 'crit'}
            />
            <Figure
              name="Head"
              value={<span class="mono text">{data.chain.headHash.slice(0, 16)}…</span>}
            />
          </dl>
          <Listing
            title="Actions"
            heads={[
              'Row',
              'Time',
              'Who',
              'Role',
              'Verb',
              'Target',
              'Reason',
              'Outcome',
              'State',
              'Hash',
            ]}
            rows={data.rows.map((row) => [
              <SeqLink key="seq" seq={row.seq} />,
              dateTimeText(row.atMs),
              <PersonText key="by" value={row.by} />,
              row.role,
              <strong key="verb">{row.verb}</strong>,
              row.target,
              row.reason,
              <span key="outcome">
                <Badge word={row.outcome} /> {row.text}
              </span>,
              <StateChange key="state" before={row.beforeHash} after={row.afterHash} />,
              <span key="hash" class="mono" title={row.hash}>
                {row.hash.slice(0, 10)}
              </span>,
            ])}
          />
          {data.next !== undefined && (
            <p class="pager">
              <a href={addressOf('audit', { before: data.next })}>older</a>
            </p>
          )}
        </>
      )}
    </>
  );
}

/** A name as text; what the reader may not see as a ▒ with its class. */
function PersonText({ value }: { value: AuditReport['rows'][number]['by'] }) {
  return typeof value === 'string' ? <>{value}</> : <Leaf value={value} />;
}

/** Whether what the command is about was another afterwards. */
function StateChange({ before, after }: { before: string; after: string }) {
  if (before === '') return <span class="muted">–</span>;
  const title = `before ${before}\nafter ${after}`;
  return (
    <span class="mono" title={title}>
      {before === after ? 'unchanged' : `${before.slice(0, 6)} → ${after.slice(0, 6)}`}
    </span>
  );
}
