/** What differs in an account between two rows. */
import type { DiffReport } from '../../protocol-reports.ts';
import { useFetch } from '../data/fetching.ts';
import { countText, nameInAccount } from '../data/format.ts';
import { change } from '../data/router.ts';
import { ActorLink, Panel, Pending } from '../ui/parts.tsx';
import { RowsTable } from '../ui/table.tsx';
import { Shown } from './actor-context.tsx';

const shownMax = 110;

export function RewindDiff({ account, a, b }: { account: string; a: number; b: number }) {
  const fetched = useFetch<DiffReport>('diff', { account, a, b });
  const changes = fetched.data?.changes ?? [];
  return (
    <Panel
      title={`Difference: row ${countText(a)} → row ${countText(b)}`}
      note={`${countText(changes.length)} value(s)`}
    >
      <p class="links">
        <label class="field inline">
          From row
          <input
            type="number"
            min={0}
            value={a}
            onChange={({ currentTarget }) => change({ b: currentTarget.value })}
          />
        </label>
        <button type="button" class="quiet" onClick={() => change({ b: undefined })}>
          close
        </button>
      </p>
      <Pending {...fetched} isLoading={fetched.data === undefined && fetched.isLoading} />
      <RowsTable label="Difference" heads={['Actor', 'Value', 'Was', 'Is']}>
        {changes.slice(0, shownMax).map(({ actor, path, before, after }) => (
          <tr key={`${actor} ${path}`}>
            <td>
              <ActorLink id={actor} text={nameInAccount(actor)} at={b} />
            </td>
            <th scope="row" class="mono text">
              {path}
            </th>
            <td>
              <Shown value={before} />
            </td>
            <td>
              <Shown value={after} />
            </td>
          </tr>
        ))}
      </RowsTable>
    </Panel>
  );
}
