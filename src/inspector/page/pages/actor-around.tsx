/** What stands around an actor now: timers, effects, waiting messages, crashes; and what it is made from. */
import type { ActorDetail } from '../../protocol.ts';
import { dateTimeText, untilText } from '../data/format.ts';
import { addressOf } from '../data/router.ts';
import { useEngineNow } from '../data/store.ts';
import { ActorLink, Empty, Facts, Panel, SeqLink, TableFrame } from '../ui/parts.tsx';
import { Badge } from '../ui/status.tsx';

type Props = { detail: ActorDetail };

const ofThePast = 'Of the past only the state and the data are kept; see the journal for the rest.';

export function ActorTimers({ detail }: Props) {
  const nowMs = useEngineNow();
  if (detail.timers.length === 0)
    return <Empty>{detail.isPast ? ofThePast : 'No timer is set.'}</Empty>;
  return (
    <Panel title="Timers" isFlush>
      <TableFrame label="Timers">
        <table class="rows">
          <thead>
            <tr>
              <th scope="col">Timer</th>
              <th scope="col">Due</th>
              <th scope="col">At (UTC)</th>
              <th scope="col">Sends</th>
            </tr>
          </thead>
          <tbody>
            {detail.timers.map(({ name, dueAtMs, event }) => (
              <tr key={name}>
                <th scope="row" class="mono">
                  {name}
                </th>
                <td>
                  <strong>{untilText(dueAtMs, nowMs)}</strong>
                </td>
                <td class="mono">{dateTimeText(dueAtMs)}</td>
                <td class="mono">{event}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableFrame>
    </Panel>
  );
}

export function ActorEffects({ detail }: Props) {
  if (detail.effects.length === 0)
    return <Empty>{detail.isPast ? ofThePast : 'It asked for nothing outside yet.'}</Empty>;
  return (
    <Panel title="Effects" isFlush>
      <TableFrame label="Effects">
        <table class="rows">
          <thead>
            <tr>
              <th scope="col">Effect</th>
              <th scope="col">Kind</th>
              <th scope="col">State</th>
              <th scope="col">Row</th>
            </tr>
          </thead>
          <tbody>
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
          </tbody>
        </table>
      </TableFrame>
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
  const { summary, crashes } = detail;
  const supervisor = summary.parent === '' ? 'the engine' : summary.parent;
  return (
    <>
      <Facts
        facts={[
          ['Supervisor', <ActorLink key="up" id={accountOf(summary.parent)} text={supervisor} />],
          ['Status', <Badge key="status" word={summary.status} />],
          ['Restarts', summary.restarts],
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
