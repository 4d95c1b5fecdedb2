/** Entry of the process that runs one query and may be killed at any moment. Source: durability 2.4. */
import { setPriority } from 'node:os';
import { errorText } from '../kernel/errors.ts';
import { SqlReader, SqlRefused } from '../persistence/sql-reader.ts';
import type { FromSqlChild, ToSqlChild } from './sql-query.ts';

/** Trading comes first, whatever somebody wants to know. */
const niceness = 10;

const tell = (message: FromSqlChild): void => {
  process.send?.(message);
};

process.once('disconnect', () => process.exit(0));
try {
  setPriority(niceness);
  const reader = new SqlReader(process.argv[2] ?? '');
  process.once('message', ({ sql, limits }: ToSqlChild) => {
    try {
      const fromMs = performance.now();
      const table = reader.run(sql, limits);
      tell({ type: 'executed', milliseconds: Math.ceil(performance.now() - fromMs) });
      tell({ type: 'rows', table });
    } catch (error) {
      const position = error instanceof SqlRefused ? error.position : undefined;
      tell({
        type: 'refused',
        text: errorText(error),
        ...(position === undefined ? {} : { position }),
      });
    }
  });
  tell({ type: 'ready' });
} catch (error) {
  tell({ type: 'failed', text: errorText(error) });
}
