/** `{` and `}`: the previous and the next row that says that something is not as it should be. Source: inspector 6. */
import type { RowsPage } from '../../protocol.ts';
import { get } from '../data/api.ts';
import type { Query } from '../data/router.ts';
import { useKeys } from './keyboard.ts';

/**
 * @param seq the row that is shown; 0: none yet, so that both lead to the newest
 * @param only rows of one actor or account
 */
export function useAnomalyKeys(seq: number, only: Query, show: (seq: number) => void): void {
  const find = async (query: Query): Promise<void> => {
    const { rows } = await get<RowsPage>('rows', {
      ...only,
      ...query,
      importance: 'anomaly',
      limit: 1,
    });
    const [row] = rows;
    if (row !== undefined) show(row.seq);
  };
  const ask = (query: Query): void => void find(query).catch(() => undefined);
  useKeys({
    '{': () => ask(seq === 0 ? {} : { before: seq }),
    '}': () => ask(seq === 0 ? {} : { after: seq }),
  });
}
