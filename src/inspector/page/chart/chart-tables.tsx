/** The same as the drawing, as tables: every transition with guard and actions, and states × events. */
import type { MatrixCell, MatrixRegion } from '../../chart-matrix.ts';
import type { Chart } from '../../chart.ts';
import { TableFrame } from '../ui/parts.tsx';
import { Badge } from '../ui/status.tsx';

export function TransitionTable({ chart, active }: { chart: Chart; active?: ReadonlySet<string> }) {
  const isOn = (source: string): boolean =>
    active !== undefined && (source === '' || active.has(source));
  return (
    <TableFrame label={`Transitions of ${chart.id}`}>
      <table class="transitions">
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Event</th>
            <th scope="col">Only if</th>
            <th scope="col">Moves to</th>
            <th scope="col">Actions</th>
          </tr>
        </thead>
        <tbody>
          {chart.edges.map(({ source, event, guard, targets, actions }, index) => (
            <tr key={index} class={isOn(source) ? 'on' : ''}>
              <th scope="row" class="mono">
                {isOn(source) && (
                  <span aria-hidden="true" class="shape">
                    ●{' '}
                  </span>
                )}
                {source === '' ? 'any' : source}
                {isOn(source) && <span class="unseen"> (active)</span>}
              </th>
              <td class="mono">{event}</td>
              <td class="mono">{guard ?? ''}</td>
              <td class="mono">
                {targets.length > 0 ? targets.join(', ') : actions.length > 0 ? 'stays' : 'ignored'}
              </td>
              <td class="mono">{actions.join(', ')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableFrame>
  );
}

export function MatrixTables({ matrix }: { matrix: readonly MatrixRegion[] }) {
  return (
    <>
      <p class="muted">
        A name is the state it moves to, = stays and acts, · is ignored on purpose, ✕ is a dead
        letter; ? depends on a guard.
      </p>
      {matrix.map((region) => (
        <TableFrame key={region.name} label={`States and events ${region.name}`}>
          <table class="matrix">
            {region.name !== '' && <caption>{region.name}</caption>}
            <thead>
              <tr>
                <th scope="col">Event</th>
                {region.states.map((state) => (
                  <th key={state} scope="col" class="mono">
                    {state}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {region.rows.map(({ event, cells }) => (
                <tr key={event}>
                  <th scope="row" class="mono">
                    {event}
                  </th>
                  {cells.map((cell, index) => (
                    <td key={index} class={`mono ${cell.kind}`}>
                      {cellText(cell)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </TableFrame>
      ))}
    </>
  );
}

function cellText({ kind, outcomes, isConditional }: MatrixCell): string {
  if (kind === 'unhandled') return '✕';
  if (kind === 'ignored') return '·';
  return `${outcomes.join(' ')}${isConditional ? ' ?' : ''}`;
}

export function ActiveStates({ active }: { active: readonly string[] }) {
  return (
    <span class="active-states">
      {active.map((path) => (
        <Badge key={path} word={path} tone="info" />
      ))}
    </span>
  );
}
