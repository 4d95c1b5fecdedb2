/** The chart of an actor with what is active in it, and what could happen next. */
import type { ActorDetail, NextTransition } from '../../protocol.ts';
import { ChartDrawing } from '../chart/chart-drawing.tsx';
import { MatrixTables, TransitionTable } from '../chart/chart-tables.tsx';
import { pathsOfText, useMachine, type Lit, type MachineView } from '../chart/machine-view.ts';
import { untilText } from '../data/format.ts';
import { addressOf, type Query } from '../data/router.ts';
import { useEngineNow } from '../data/store.ts';
import { Empty, Panel, SeqLink } from '../ui/parts.tsx';
import { Badge } from '../ui/status.tsx';
import { ValueTree } from '../ui/value-tree.tsx';

const views: readonly (readonly [id: string, title: string])[] = [
  ['drawing', 'Drawing'],
  ['table', 'Table'],
  ['matrix', 'States × events'],
];

export function ActorChart({ detail, query }: { detail: ActorDetail; query: Query }) {
  const machine = useMachine(detail.machine.id);
  const { view = 'drawing' } = query;
  const active = new Set(detail.active);
  const { lastRow } = detail;
  const lit: Lit = {
    active,
    left: pathsOfText(lastRow?.from ?? ''),
    event: lastRow?.event ?? '',
    step: detail.seq,
  };
  const title = `${detail.machine.id} ${detail.machine.version}`;
  return (
    <div class="split">
      <Panel
        title={<ViewLinks page="actor" query={query} view={String(view)} />}
        note={`machine ${title}`}
      >
        <ChartView machine={machine} view={String(view)} lit={lit} />
      </Panel>
      <div class="stack">
        <LastStep detail={detail} />
        <NextSteps detail={detail} />
      </div>
    </div>
  );
}

function ChartView({
  machine,
  view,
  lit,
}: {
  machine: MachineView | undefined;
  view: string;
  lit: Lit;
}) {
  if (machine === undefined) return <Empty>Reading …</Empty>;
  const { chart, matrix, layout } = machine;
  if (view === 'matrix') return <MatrixTables matrix={matrix} />;
  if (view === 'table' || layout === undefined)
    return <TransitionTable chart={chart} active={lit.active} />;
  return <ChartDrawing title={chart.id} layout={layout} lit={lit} />;
}

export function ViewLinks({ page, query, view }: { page: string; query: Query; view: string }) {
  return (
    <span class="view-links">
      {views.map(([id, text]) => (
        <a
          key={id}
          href={addressOf(page, { ...query, view: id })}
          aria-current={id === view ? 'true' : undefined}
        >
          {text}
        </a>
      ))}
    </span>
  );
}

function LastStep({ detail }: { detail: ActorDetail }) {
  const { lastRow } = detail;
  if (lastRow === undefined) return null;
  const { event, from, to, body, seq } = lastRow;
  return (
    <Panel title="Last step" note={`row ${seq}`}>
      <p>
        <strong class="mono">{event}</strong>
        <br />
        {from === to ? (
          <span class="muted">stayed in {to}</span>
        ) : (
          <>
            <span class="muted">{from === '' ? 'nothing' : from}</span> → <strong>{to}</strong>
          </>
        )}
      </p>
      <Guards detail={detail} />
      <details>
        <summary>Event</summary>
        <ValueTree value={body} />
      </details>
    </Panel>
  );
}

/** What the guards of the step said, in the order in which they were asked. */
function Guards({ detail }: { detail: ActorDetail }) {
  if (detail.guards.length === 0) return null;
  return (
    <ul class="guards" aria-label="Guards of this step">
      {detail.guards.map(({ source, guard, targets, isMet }, index) => (
        <li key={index}>
          <Badge word={isMet ? 'met' : 'not met'} tone={isMet ? 'ok' : 'off'} />{' '}
          <span class="mono">{guard}</span>{' '}
          <span class="muted">
            {source === '' ? '' : `in ${source} `}
            {targets.length === 0 ? 'stays' : `→ ${targets.join(', ')}`}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** What could happen from here; a guard that comes first decides whether the next one is asked at all. */
function NextSteps({ detail }: { detail: ActorDetail }) {
  const engineNowMs = useEngineNow();
  const byEvent = new Map<string, NextTransition[]>();
  for (const next of detail.next)
    byEvent.set(next.event, [...(byEvent.get(next.event) ?? []), next]);
  const nowMs = detail.isPast ? (detail.lastRow?.atMs ?? engineNowMs) : engineNowMs;
  const timerOf = (event: string): ActorDetail['timers'][number] | undefined =>
    detail.timers.find((timer) => timer.event === event);
  return (
    <Panel title="What could come next" note={`${byEvent.size} events`}>
      <ul class="next" tabIndex={0} aria-label="What could come next">
        {[...byEvent].map(([event, steps]) => {
          const timer = timerOf(event);
          return (
            <li key={event}>
              <span class="mono">{event}</span>
              {timer !== undefined && (
                <>
                  {' '}
                  <Badge word={untilText(timer.dueAtMs, nowMs)} tone="info" />
                  <SetBy id={detail.summary.id} seq={timer.setBySeq} />
                </>
              )}
              <ol>
                {steps.map((step, index) => (
                  <li key={index}>
                    <NextText
                      step={step}
                      isLastOfMany={index > 0 && step.guard === undefined}
                      isPassedOver={steps
                        .slice(0, index)
                        .some(
                          ({ source, now, guard }) =>
                            source === step.source && (now === 'met' || guard === undefined),
                        )}
                    />
                  </li>
                ))}
              </ol>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}

/** The transition that scheduled what is due. */
function SetBy({ id, seq }: { id: string; seq: number | undefined }) {
  if (seq === undefined) return null;
  return (
    <small>
      {' '}
      set by{' '}
      <a href={addressOf('actor', { id, at: seq })} title="the transition that scheduled it">
        row {seq}
      </a>
    </small>
  );
}

function NextText({
  step,
  isLastOfMany,
  isPassedOver,
}: {
  step: NextTransition;
  isLastOfMany: boolean;
  /** One that is tried before it is taken whatever the event holds. */
  isPassedOver: boolean;
}) {
  const { guard, targets } = step;
  const target = targets.length === 0 ? 'stays' : `→ ${targets.join(', ')}`;
  if (guard === undefined)
    return (
      <>
        {target}
        {isLastOfMany && <span class="muted"> otherwise</span>}
        {isPassedOver && <span class="muted"> (not now: an earlier one is taken)</span>}
      </>
    );
  return (
    <>
      {target} <span class="muted">only if</span> <span class="mono">{guard}</span>{' '}
      <GuardNow step={step} isPassedOver={isPassedOver} />
    </>
  );
}

/** Whether it is blocked now, and what its guard said last. */
function GuardNow({ step, isPassedOver }: { step: NextTransition; isPassedOver: boolean }) {
  const { now, lastAsked } = step;
  return (
    <>
      {isPassedOver ? (
        <Badge word="not reached" tone="off" />
      ) : now === 'notMet' ? (
        <Badge word="blocked: not met" tone="bad" />
      ) : now === 'met' ? (
        <Badge word="open: met" tone="ok" />
      ) : now === 'needsEvent' ? (
        <Badge word="the event decides" tone="off" />
      ) : null}
      {lastAsked !== undefined && (
        <small>
          {' '}
          last {lastAsked.isMet ? 'met' : 'not met'} at row <SeqLink seq={lastAsked.seq} />
        </small>
      )}
    </>
  );
}
