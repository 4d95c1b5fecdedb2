/** What stands around an actor now: timers, effects, waiting messages, crashes; and what it is made from. */
import type { ActorDetail } from '../../protocol.ts';
import { dateTimeText, durationText, untilText } from '../data/format.ts';
import { addressOf } from '../data/router.ts';
import { useEngineNow } from '../data/store.ts';
import { ActorLink, Empty, Facts, Panel, SeqLink } from '../ui/parts.tsx';
import { Badge } from '../ui/status.tsx';
import { RowsTable } from '../ui/table.tsx';

type Props = { detail: ActorDetail };

const ofThePast = 'Of the past only the state and the data are kept; see the journal for the rest.';

export function ActorTimers({ detail }: Props) {
  const engineNowMs = useEngineNow();
  const nowMs = detail.isPast ? (detail.lastRow?.atMs ?? engineNowMs) : engineNowMs;
  const { id } = detail.summary;
  if (!detail.areTimersKnown)
    return <Empty>Which timers were set then cannot be worked out any more.</Empty>;
  if (detail.timers.length === 0)
    return <Empty>{detail.isPast ? 'No timer was set.' : 'No timer is set.'}</Empty>;
  return (
    <Panel title="Timers" isFlush>
      <RowsTable label="Timers" heads={['Timer', 'Due', 'At (UTC)', 'Sends', 'Set by']}>
        {detail.timers.map(({ name, dueAtMs, event, setBySeq }) => (
          <tr key={name}>
            <th scope="row" class="mono">
              {name}
            </th>
            <td>
              <strong>{untilText(dueAtMs, nowMs)}</strong>
            </td>
            <td class="mono">{dateTimeText(dueAtMs)}</td>
            <td class="mono">{event}</td>
            <td>
              {setBySeq === undefined ? (
                <span class="muted">not known</span>
              ) : (
                <a href={addressOf('actor', { id, at: setBySeq })}>row {setBySeq}</a>
              )}
            </td>
          </tr>
        ))}
      </RowsTable>
    </Panel>
  );
}

export function ActorEffects({ detail }: Props) {
  if (detail.effects.length === 0)
    return <Empty>{detail.isPast ? ofThePast : 'It asked for nothing outside yet.'}</Empty>;
  return (
    <Panel title="Effects" isFlush>
      <RowsTable label="Effects" heads={['Effect', 'Kind', 'State', 'Row']}>
        {detail.effects.map(({ id, kind, state, causeSeq }) => (
          <tr key={id}>
            <th scope="row" class="mono">
              {id}
            </th>
            <td>{kind}</td>
            <td>
              <Badge
                word={state}
                tone={state === 'DONE' ? 'ok' : state === 'UNKNOWN' ? 'warn' : 'info'}
              />
            </td>
            <td>
              <SeqLink seq={causeSeq} />
            </td>
          </tr>
        ))}
      </RowsTable>
    </Panel>
  );
}

export function ActorMailbox({ detail }: Props) {
  if (detail.mailbox.length === 0)
    return (
      <Empty>
        {detail.isPast ? ofThePast : 'No message waits: every one is handled within its turn.'}
      </Empty>
    );
  return (
    <Panel title="Mailbox" note={`${detail.mailbox.length} wait, oldest first`}>
      <ol>
        {detail.mailbox.map(({ event }, index) => (
          <li key={index} class="mono">
            {event}
          </li>
        ))}
      </ol>
    </Panel>
  );
}

export function ActorSupervision({ detail }: Props) {
  const { summary, crashes, restart } = detail;
  const nowMs = useEngineNow();
  return (
    <>
      <Facts
        facts={[
          [
            'Supervisor',
            summary.parent === '' ? (
              'the engine'
            ) : (
              <ActorLink key="up" id={accountOf(summary.parent)} text={summary.parent} />
            ),
          ],
          ['Status', <Badge key="status" word={summary.status} />],
          ['Restarts', summary.restarts],
          ...(restart === undefined ? [] : [['Restart', restartText(restart, nowMs)] as const]),
          ...(summary.alarm === undefined ? [] : [['Alarm', summary.alarm] as const]),
        ]}
      />
      {crashes.length === 0 ? (
        <Empty>{detail.isPast ? ofThePast : 'It never crashed.'}</Empty>
      ) : (
        <Panel title="Crashes">
          {crashes.map(({ atMs, kind, message, stack, event }, index) => (
            <details key={index}>
              <summary>
                <Badge word={kind} tone="crit" /> {dateTimeText(atMs)} {message}
              </summary>
              <pre>{event}</pre>
              <pre>{stack}</pre>
            </details>
          ))}
        </Panel>
      )}
    </>
  );
}

/** The wait before a restart doubles with each crash, and varies by a fifth. */
function restartText(
  { earliestMs, latestMs }: NonNullable<ActorDetail['restart']>,
  nowMs: number,
): string {
  if (nowMs > latestMs) return 'due';
  return nowMs >= earliestMs
    ? `due within ${durationText(latestMs - nowMs)}`
    : `${untilText(earliestMs, nowMs)} to ${durationText(latestMs - nowMs)}`;
}

/** Groups are no actors: the account supervises what is in them. */
function accountOf(parent: string): string {
  return parent.split('/').slice(0, 2).join('/');
}

export function ActorSource({ detail }: Props) {
  const { id, version, hash } = detail.machine;
  return (
    <Panel title="Machine">
      <Facts
        facts={[
          [
            'Machine',
            <a key="id" href={addressOf('machines', { id })}>
              {id}
            </a>,
          ],
          ['Version', version],
          [
            'Hash',
            <span key="hash" class="mono text">
              {hash}
            </span>,
          ],
        ]}
      />
    </Panel>
  );
}
