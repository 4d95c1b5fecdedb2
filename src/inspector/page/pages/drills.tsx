/** The last rehearsals, with what came of them. Source: crash-testing 8, inspector 3 (Faults and recovery). */
import type { DrillsReport } from '../../tool-reports.ts';
import { useFetch } from '../data/fetching.ts';
import { dateTimeText, durationText } from '../data/format.ts';
import { Panel, Pending } from '../ui/parts.tsx';
import { Badge } from '../ui/status.tsx';
import { RowsTable } from '../ui/table.tsx';

export function Drills() {
  const fetched = useFetch<DrillsReport>('drills', {});
  const { data } = fetched;
  if (data === undefined) return <Pending {...fetched} />;
  const { drills, problem } = data;
  return (
    <Panel title="Drills" note={`${drills.length}`} isFlush>
      {problem !== undefined && (
        <p class="problem" role="alert">
          <span aria-hidden="true">▲ </span>
          The log of drills was changed: {problem}
        </p>
      )}
      {drills.length === 0 ? (
        <p class="empty">
          No drill was written down here. Run one:{' '}
          <code>bulkhead drill kill-switch --data-dir …</code>
        </p>
      ) : (
        <RowsTable label="Drills" heads={['Time', 'Drill', 'Result', 'Took', 'What', 'By']}>
          {drills.map(({ atMs, name, isPassed, totalMs, text, by }) => (
            <tr key={`${atMs} ${name}`}>
              <td>{dateTimeText(atMs)}</td>
              <th scope="row" class="mono">
                {name}
              </th>
              <td>
                <Badge word={isPassed ? 'passed' : 'failed'} tone={isPassed ? 'ok' : 'crit'} />
              </td>
              <td>{durationText(totalMs)}</td>
              <td class="text">{text}</td>
              <td>{by}</td>
            </tr>
          ))}
        </RowsTable>
      )}
    </Panel>
  );
}
