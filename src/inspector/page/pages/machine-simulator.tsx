/**
 * A machine run by hand: click an event and see where it goes and what it would ask for. Nothing of it reaches the
 * engine. Start data and events are taken from the newest rows of the journal where there are any.
 */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { SimulateReport } from '../../protocol-reports.ts';
import type { RowDetail, RowsPage } from '../../protocol.ts';
import { ActiveStates } from '../chart/chart-tables.tsx';
import { nothingLit, type Lit, type MachineView } from '../chart/machine-view.ts';
import { get, post } from '../data/api.ts';
import { Panel } from '../ui/parts.tsx';
import { Badge } from '../ui/status.tsx';
import { ValueTree } from '../ui/value-tree.tsx';

type Body = Readonly<Record<string, unknown>>;

export function Simulator({
  machine,
  links,
  children,
}: {
  machine: MachineView;
  links: ComponentChildren;
  children: (lit: Lit) => ComponentChildren;
}) {
  const { id, version } = machine.chart;
  const [input, setInput] = useState<string>();
  const [events, setEvents] = useState<readonly Body[]>([]);
  const { report, before, problem } = useReport(id, input, events);
  useEffect(() => {
    void sampleInput(id).then((body) => setInput(JSON.stringify(body)));
  }, [id]);
  const lit: Lit =
    report === undefined
      ? nothingLit
      : {
          active: new Set(report.active),
          left: new Set(before),
          event: typeOf(events.at(-1)),
          step: events.length,
        };
  return (
    <div class="split">
      <Panel title={links} note={`${id} ${version}`}>
        {children(lit)}
      </Panel>
      <div class="stack">
        <Panel title="Run by hand" note={`${events.length} events`}>
          {problem !== '' && (
            <p class="problem" role="alert">
              {problem}
            </p>
          )}
          {report !== undefined && <Outcome report={report} last={events.at(-1)} />}
          <h3>Send an event</h3>
          <EventButtons
            possible={report?.possible ?? machine.chart.events}
            onSend={(event) => setEvents([...events, event])}
          />
          <TakeBack events={events} onChange={setEvents} />
          <InputField value={input ?? '{}'} onChange={setInput} />
        </Panel>
        {report !== undefined && (
          <Panel title="Context">
            <ValueTree value={report.context} />
          </Panel>
        )}
      </div>
    </div>
  );
}

function TakeBack({
  events,
  onChange,
}: {
  events: readonly Body[];
  onChange: (events: readonly Body[]) => void;
}) {
  const isFirst = events.length === 0;
  return (
    <div class="steps">
      <button
        type="button"
        class="quiet"
        disabled={isFirst}
        onClick={() => onChange(events.slice(0, -1))}
      >
        Take back
      </button>
      <button type="button" class="quiet" disabled={isFirst} onClick={() => onChange([])}>
        From the start
      </button>
    </div>
  );
}

type Run = {
  readonly report: SimulateReport | undefined;
  /** States before the last event. */
  readonly before: readonly string[];
  readonly problem: string;
};

function useReport(machine: string, input: string | undefined, events: readonly Body[]): Run {
  const [shown, setRun] = useState<Run>({ report: undefined, before: [], problem: '' });
  useEffect(() => {
    if (input === undefined) return;
    let isGone = false;
    const run = async (): Promise<void> => {
      try {
        const report = await simulate(machine, input, events);
        if (!isGone)
          setRun((known) => ({ report, before: known.report?.active ?? [], problem: '' }));
      } catch (error) {
        if (!isGone) setRun((known) => ({ ...known, problem: String(error) }));
      }
    };
    void run();
    return () => {
      isGone = true;
    };
  }, [machine, input, events]);
  return shown;
}

async function simulate(
  machine: string,
  input: string,
  events: readonly Body[],
): Promise<SimulateReport> {
  const body = { machine, events, input: JSON.parse(input) as Body };
  return post<SimulateReport>('machine/simulate', body);
}

/** What the newest actor of this machine began with; without one, next to nothing. */
async function sampleInput(machine: string): Promise<Body> {
  try {
    const { rows } = await get<RowsPage>('rows', { type: 'actor.created', limit: 200 });
    const found = rows.find((row) => row.machine === machine);
    if (found === undefined) return {};
    const { body } = await get<RowDetail>('row', { seq: found.seq });
    return ((body as Body)['input'] ?? {}) as Body;
  } catch {
    return {};
  }
}

/** The newest event of this type as the journal has it. */
async function sampleEvent(type: string): Promise<Body> {
  try {
    const { rows } = await get<RowsPage>('rows', { type, limit: 1 });
    const [row] = rows;
    if (row === undefined) return { type, atMs: 0 };
    return (await get<RowDetail>('row', { seq: row.seq })).body as Body;
  } catch {
    return { type, atMs: 0 };
  }
}

function Outcome({ report, last }: { report: SimulateReport; last: Body | undefined }) {
  return (
    <>
      <p>
        <ActiveStates active={report.active} />
      </p>
      {last !== undefined && (
        <p>
          {report.isHandled ? (
            <Badge word="taken" tone="ok" />
          ) : (
            <Badge word="not taken" tone="warn" />
          )}{' '}
          <span class="mono">{String(last['type'])}</span>
        </p>
      )}
      {report.recorded.length > 0 && (
        <>
          <h3>It asked for</h3>
          <ul class="plain-list">
            {report.recorded.map((record, index) => (
              <li key={index}>
                <details>
                  <summary class="mono">{recordText(record)}</summary>
                  <ValueTree value={record} />
                </details>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

/** `message → account: account.lockStarted`, `timer.put expiry` */
function recordText(record: unknown): string {
  if (typeof record !== 'object' || record === null) return String(record);
  const { type, to, event, timer, code, kind } = record as Readonly<Record<string, unknown>>;
  const name = typeof event === 'object' ? typeOf(event as Body) : (timer ?? code ?? kind);
  const target = typeof to === 'string' ? ` → ${to}:` : '';
  return `${String(type)}${target} ${typeof name === 'string' ? name : ''}`;
}

function typeOf(event: Body | undefined): string {
  const type = event?.['type'];
  return typeof type === 'string' ? type : '';
}

function EventButtons({
  possible,
  onSend,
}: {
  possible: readonly string[];
  onSend: (event: Body) => void;
}) {
  const [draft, setDraft] = useState<string>();
  const [problem, setProblem] = useState('');
  const send = (): void => {
    try {
      onSend(JSON.parse(draft ?? '{}') as Body);
      setDraft(undefined);
      setProblem('');
    } catch {
      setProblem('This is no JSON.');
    }
  };
  return (
    <>
      <ul class="events">
        {possible.map((type) => (
          <li key={type}>
            <button
              type="button"
              class="quiet mono"
              onClick={() => void sampleEvent(type).then(onSend)}
            >
              {type}
            </button>
            <button
              type="button"
              class="plain"
              aria-label={`Edit ${type} before it is sent`}
              onClick={() =>
                void sampleEvent(type).then((body) => setDraft(JSON.stringify(body, undefined, 2)))
              }
            >
              ✎
            </button>
          </li>
        ))}
      </ul>
      {draft !== undefined && (
        <label class="field">
          Event
          <textarea
            rows={8}
            value={draft}
            onInput={({ currentTarget }) => setDraft(currentTarget.value)}
          />
          <button type="button" class="primary" onClick={send}>
            Send
          </button>
          {problem !== '' && <span class="problem">{problem}</span>}
        </label>
      )}
    </>
  );
}

function InputField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <details>
      <summary>Start data</summary>
      <label class="field">
        As JSON
        <textarea
          rows={5}
          value={value}
          onChange={({ currentTarget }) => {
            try {
              onChange(JSON.stringify(JSON.parse(currentTarget.value)));
            } catch {
              currentTarget.value = value;
            }
          }}
        />
      </label>
    </details>
  );
}
