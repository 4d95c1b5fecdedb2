/** What went wrong and how the last start went. Source: inspector 3 (Faults and recovery). */
import type { ComponentChildren } from 'preact';
import type { FaultsReport } from '../../protocol-reports.ts';
import { useFetch, useThrottled } from '../data/fetching.ts';
import { countText, dateTimeText, nameInAccount } from '../data/format.ts';
import { type PageProps } from '../data/router.ts';
import { useSelect } from '../data/store.ts';
import { ActionButton, pausingOf } from '../ui/actions.tsx';
import { ActorLink, PageHead, Panel, Pending, SeqLink, Tabs } from '../ui/parts.tsx';
import { Badge, Figure, type Tone } from '../ui/status.tsx';
import { RowsTable } from '../ui/table.tsx';
import { Drills } from './drills.tsx';

const refreshMs = 2_000;
const shownMax = 110;

export function FaultsPage({ query }: PageProps) {
  const version = useThrottled(
    useSelect((context) => context.headSeq),
    refreshMs,
  );
  const fetched = useFetch<FaultsReport>('faults', {}, version);
  const { data } = fetched;
  return (
    <>
      <PageHead title="Faults and recovery" />
      <Pending {...fetched} isLoading={data === undefined && fetched.isLoading} />
      {data !== undefined && <Report report={data} tab={query['tab'] ?? 'open'} />}
    </>
  );
}

function bad(count: number): Tone {
  return count > 0 ? 'crit' : 'off';
}

function Report({ report, tab }: { report: FaultsReport; tab: string }) {
  const { quarantines, effectsInDoubt, poisons, crashes, deadLetters, incidents, denials, alerts } =
    report;
  const { epoch, wasClean, actors, inDoubt, milliseconds } = report.recovery;
  return (
    <>
      <dl class="figures">
        <Figure
          name="Last start"
          value={wasClean ? 'after a clean stop' : 'recovered from a crash'}
          note={`epoch ${epoch}`}
          tone={wasClean ? 'ok' : 'warn'}
        />
        {milliseconds !== undefined && (
          <>
            <Figure
              name="Restored"
              value={`${countText(actors ?? 0)} actors`}
              note={`${milliseconds} ms`}
            />
            <Figure
              name="In doubt at the start"
              value={inDoubt ?? 0}
              note={`${effectsInDoubt.length} still open`}
            />
          </>
        )}
        <Figure name="Quarantine" value={quarantines.length} tone={bad(quarantines.length)} />
        <Figure
          name="Effects in doubt"
          value={effectsInDoubt.length}
          tone={effectsInDoubt.length > 0 ? 'warn' : 'off'}
        />
        <Figure name="Poison" value={poisons.length} tone={bad(poisons.length)} />
        <Figure name="Crashes" value={crashes.length} tone={bad(crashes.length)} />
      </dl>
      <Tabs
        page="faults"
        query={{}}
        name="Kinds of faults"
        chosen={tab}
        tabs={[
          ['open', 'Open', quarantines.length + effectsInDoubt.length],
          ['crashes', 'Crashes and poison', crashes.length + poisons.length],
          ['letters', 'Dead letters', deadLetters.length],
          ['incidents', 'Incidents', incidents.length],
          ['denials', 'Refusals', denials.length],
          ['alerts', 'Alerts', alerts.length],
          ['drills', 'Drills'],
        ]}
      />
      <Tab report={report} tab={tab} />
    </>
  );
}

function Tab({ report, tab }: { report: FaultsReport; tab: string }) {
  switch (tab) {
    case 'crashes':
      return <Crashes report={report} />;
    case 'letters':
      return (
        <Listing
          title="Dead letters"
          heads={['Time', 'From', 'To', 'Event', 'Reason']}
          rows={report.deadLetters.map(({ atMs, from, to, event, reason }) => [
            dateTimeText(atMs),
            <ActorLink key="from" id={from} text={nameInAccount(from)} />,
            <ActorLink key="to" id={to} text={nameInAccount(to)} />,
            <span key="event" class="mono text">
              {event}
            </span>,
            reason,
          ])}
        />
      );
    case 'drills':
      return <Drills />;
    case 'incidents':
      return <Coded title="Incidents" rows={report.incidents} tone="bad" />;
    case 'denials':
      return <Coded title="Refusals" rows={report.denials} tone="bad" />;
    case 'alerts':
      return (
        <Listing
          title="Alerts"
          heads={['Time', 'Account', 'Severity', 'Code', 'Text', 'Delivery']}
          rows={report.alerts.map(({ atMs, account, severity, code, text, state }) => [
            dateTimeText(atMs),
            account,
            <Badge key="severity" word={severity} tone={severity === 'info' ? 'info' : 'bad'} />,
            <span key="code" class="mono">
              {code}
            </span>,
            text,
            state,
          ])}
        />
      );
    default:
      return <Open report={report} />;
  }
}

function Open({ report }: { report: FaultsReport }) {
  return (
    <>
      <Listing
        title="Quarantine"
        heads={['Actor', 'Since', 'Reason', 'Last good row', '']}
        rows={report.quarantines.map(({ actor, atMs, reason, lastGoodSeq }) => [
          <ActorLink key="actor" id={actor} text={actor} />,
          dateTimeText(atMs),
          reason,
          <SeqLink key="seq" seq={lastGoodSeq} />,
          <ActionButton
            key="resume"
            action={pausingOf('resume', actor.split('/')[1] ?? '', actor)}
            label="Resume"
          />,
        ])}
      />
      <Listing
        title="Effects in doubt"
        heads={['Effect', 'Kind', 'Account', 'State', 'Row']}
        rows={report.effectsInDoubt.map(({ id, kind, account, state, causeSeq }) => [
          <span key="id" class="mono">
            {id}
          </span>,
          kind,
          account,
          <Badge key="state" word={state} tone="warn" />,
          <SeqLink key="seq" seq={causeSeq} />,
        ])}
      />
    </>
  );
}

function Crashes({ report }: { report: FaultsReport }) {
  return (
    <>
      <Listing
        title="Crashes"
        heads={['Time', 'Actor', 'Kind', 'Message']}
        rows={report.crashes.map(({ atMs, actor, kind, message }) => [
          dateTimeText(atMs),
          <ActorLink key="actor" id={actor} text={actor} />,
          <Badge key="kind" word={kind} tone="crit" />,
          message,
        ])}
      />
      <Listing
        title="Poison"
        heads={['Row', 'Actor', 'Event', 'Stack']}
        rows={report.poisons.map(({ seq, actor, event, stack }) => [
          <SeqLink key="seq" seq={seq} />,
          <ActorLink key="actor" id={actor} text={actor} />,
          <span key="event" class="mono text">
            {event}
          </span>,
          <details key="stack">
            <summary>stack</summary>
            <pre>{stack}</pre>
          </details>,
        ])}
      />
    </>
  );
}

function Coded({
  title,
  rows,
  tone,
}: {
  title: string;
  rows: FaultsReport['incidents'];
  tone: Tone;
}) {
  return (
    <Listing
      title={title}
      heads={['Time', 'Account', 'Code', 'Text', 'Row']}
      rows={rows.map(({ atMs, account, code, text, causeSeq }) => [
        dateTimeText(atMs),
        account,
        <Badge key="code" word={code} tone={tone} />,
        <span key="text" class="text">
          {text}
        </span>,
        <SeqLink key="seq" seq={causeSeq} />,
      ])}
    />
  );
}

export function Listing({
  title,
  heads,
  rows,
}: {
  title: string;
  heads: readonly string[];
  rows: readonly (readonly ComponentChildren[])[];
}) {
  const note =
    rows.length > shownMax ? `newest ${shownMax} of ${countText(rows.length)}` : `${rows.length}`;
  return (
    <Panel title={title} note={note} isFlush>
      {rows.length === 0 ? (
        <p class="empty">none</p>
      ) : (
        <RowsTable label={title} heads={heads}>
          {rows.slice(0, shownMax).map((cells, index) => (
            <tr key={index}>
              {cells.map((cell, column) => (
                <td key={heads[column]}>{cell}</td>
              ))}
            </tr>
          ))}
        </RowsTable>
      )}
    </Panel>
  );
}
