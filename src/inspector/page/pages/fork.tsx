/**
 * What would have happened: a sandbox that goes on from a row of the past, with what came from outside then and with what is
 * injected here. Nothing of it leaves. Source: inspector 3 (Rewind, Fork), 13 case 12.
 */
import { useState } from 'preact/hooks';
import type { ForkReport } from '../../tool-reports.ts';
import { post } from '../data/api.ts';
import { countText, dateTimeText, nameInAccount } from '../data/format.ts';
import { addressOf, change, type PageProps } from '../data/router.ts';
import { ActorLink, Facts, PageHead, Panel, Pending, SeqLink } from '../ui/parts.tsx';
import { Badge, Figure } from '../ui/status.tsx';
import { RowsTable } from '../ui/table.tsx';
import { InjectPanel, type Injected } from './fork-inject.tsx';

const shownMax = 110;

export function ForkPage({ query }: PageProps) {
  const at = Number(query['at'] ?? 0);
  const [injected, setInjected] = useState<readonly Injected[]>([]);
  const [report, setReport] = useState<ForkReport>();
  const [problem, setProblem] = useState('');
  const [isRunning, setIsRunning] = useState(false);
  const run = async (): Promise<void> => {
    setIsRunning(true);
    setProblem('');
    try {
      setReport(await post<ForkReport>('fork', { at, inject: injected }));
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setIsRunning(false);
    }
  };
  return (
    <>
      <PageHead title="Fork" note="a sandbox: nothing leaves it">
        <label class="inline">
          after row{' '}
          <input
            type="number"
            min={1}
            value={at === 0 ? '' : at}
            onChange={({ currentTarget }) => change({ at: currentTarget.value })}
          />
        </label>
        <a href={addressOf('rewind', { at })}>the account then</a>
        <button
          type="button"
          class="primary"
          disabled={isRunning || at < 1}
          onClick={() => void run()}
        >
          {isRunning ? 'Running …' : 'Run the sandbox'}
        </button>
      </PageHead>
      <div class="split">
        <div class="stack" aria-live="polite">
          <Pending problem={problem} isLoading={false} />
          {report === undefined ? <Explained /> : <Report report={report} />}
        </div>
        <InjectPanel injected={injected} onChange={setInjected} />
      </div>
    </>
  );
}

function Explained() {
  return (
    <Panel title="What happens">
      <p>
        An engine of its own begins with every account as it was after the row, hears again what
        came from outside behind it, together with the events beside, and is compared with what
        really happened.
      </p>
      <p class="muted">
        Its venue hands nothing on and counts what wanted to leave. Its journal is thrown away.
      </p>
    </Panel>
  );
}

function Report({ report }: { report: ForkReport }) {
  const { actors, withheld, firstDivergence, notes } = report;
  const others = actors.filter(({ isSame, difference }) => !isSame || difference !== undefined);
  const left = withheld.reduce((sum, { count }) => sum + count, 0);
  return (
    <>
      <dl class="figures">
        <Figure
          name="Ended in another state"
          value={countText(actors.filter(({ isSame }) => !isSame).length)}
          note={`of ${countText(actors.length)} actors`}
          tone={actors.every(({ isSame }) => isSame) ? 'ok' : 'warn'}
        />
        <Figure name="Withheld" value={countText(left)} note="nothing left the sandbox" />
        <Figure
          name="Played"
          value={countText(report.played)}
          note={`${report.injected} injected`}
        />
        <Figure name="Steps" value={countText(report.steps)} />
      </dl>
      <Panel title="First difference" note={`row ${report.at} to row ${report.toSeq}`}>
        {firstDivergence === undefined ? (
          <p>Every actor went the way that the journal tells.</p>
        ) : (
          <Facts
            facts={[
              [
                'Row',
                firstDivergence.seq === 0 ? (
                  'only in the sandbox'
                ) : (
                  <SeqLink seq={firstDivergence.seq} />
                ),
              ],
              [
                'Actor',
                <ActorLink
                  key="actor"
                  id={firstDivergence.actor}
                  text={nameInAccount(firstDivergence.actor)}
                />,
              ],
              [
                'Event',
                <span key="event" class="mono">
                  {firstDivergence.event}
                </span>,
              ],
              ['Sandbox', <State key="sandbox" state={firstDivergence.sandbox} />],
              ['Journal', <State key="journal" state={firstDivergence.journal} />],
            ]}
          />
        )}
      </Panel>
      <Ends ends={others} />
      <Panel title="Read it with care" note={`until ${dateTimeText(report.atMs)}`}>
        <ul>
          {withheld.length > 0 && (
            <li>withheld: {withheld.map(({ kind, count }) => `${count} × ${kind}`).join(', ')}</li>
          )}
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      </Panel>
    </>
  );
}

function Ends({ ends }: { ends: ForkReport['actors'] }) {
  return (
    <Panel title="Actors that ended otherwise" note={`${ends.length}`} isFlush>
      {ends.length === 0 ? (
        <p class="empty">none</p>
      ) : (
        <RowsTable
          label="Actors that ended otherwise"
          heads={['Actor', 'What differs', 'Sandbox', 'Journal']}
        >
          {ends.slice(0, shownMax).map(({ actor, isSame, sandbox, journal, difference }) => (
            <tr key={actor}>
              <th scope="row">
                <ActorLink id={actor} text={nameInAccount(actor)} />
              </th>
              <td>
                <Badge
                  word={isSame ? 'other figures' : 'other state'}
                  tone={isSame ? 'info' : 'bad'}
                />
              </td>
              {isSame ? (
                <td colSpan={2} class="mono text">
                  {difference}
                </td>
              ) : (
                <>
                  <td>
                    <State state={sandbox} />
                  </td>
                  <td>
                    <State state={journal} />
                  </td>
                </>
              )}
            </tr>
          ))}
        </RowsTable>
      )}
    </Panel>
  );
}

function State({ state }: { state: string }) {
  return state === '' ? (
    <span class="muted">not there</span>
  ) : (
    <span class="mono text">{stateText(state)}</span>
  );
}

/** `"armed"` → armed; regions beside each other: `execution filled · request none`. */
function stateText(json: string): string {
  const value = JSON.parse(json) as unknown;
  if (typeof value === 'string') return value;
  return Object.entries(value as Readonly<Record<string, unknown>>)
    .map(
      ([region, state]) => `${region} ${typeof state === 'string' ? state : JSON.stringify(state)}`,
    )
    .join(' · ');
}
