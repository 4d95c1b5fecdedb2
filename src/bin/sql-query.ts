/**
 * A query with a budget: it runs in a process of its own, which is killed when the budget is over, because nothing inside a
 * process can stop SQLite. Source: durability 2.4, inspector 3 (Journal, SQL), acceptance case 3.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { sqlLimits, type SqlAnswer } from '../inspector/sql.ts';
import { systemClock } from '../kernel/clock.ts';
import { exitCodes, OperatorError } from '../kernel/errors.ts';
import type { SqlLimits, SqlPosition, SqlTable } from '../persistence/sql-reader.ts';

export type ToSqlChild = { readonly sql: string; readonly limits: SqlLimits };
export type FromSqlChild =
  | { readonly type: 'ready' }
  /** The query is over; what it gave is on its way. */
  | { readonly type: 'executed'; readonly milliseconds: number }
  | { readonly type: 'rows'; readonly table: SqlTable }
  | { readonly type: 'refused'; readonly text: string; readonly position?: SqlPosition }
  | { readonly type: 'failed'; readonly text: string };

export type SqlQuestion = {
  readonly dataDir: string;
  readonly sql: string;
  readonly budgetMs?: number;
};

/** A process that does not come up, and an answer that does not come over. */
const startMsMax = 15_000;
const transferMsMax = 5_000;
/** Queries at a time: each is a process. */
const runningMax = 2;
let running = 0;

/** @throws OperatorError SQL_BUSY, SQL_FAILED */
export async function runSql(question: SqlQuestion): Promise<SqlAnswer> {
  if (running >= runningMax)
    throw sqlFault('SQL_BUSY', `${runningMax} queries are running already`, 'Ask again.');
  running += 1;
  try {
    return await askChild(question);
  } finally {
    running -= 1;
  }
}

function askChild({
  dataDir,
  sql,
  budgetMs = sqlLimits.budgetMs,
}: SqlQuestion): Promise<SqlAnswer> {
  const child = startChild(dataDir);
  return new Promise<SqlAnswer>((resolve, reject) => {
    let milliseconds = 0;
    let cancel = systemClock.scheduleIn(startMsMax, () => {
      reject(sqlFault('SQL_FAILED', 'the process of the query does not start', 'Ask again.'));
      child.kill('SIGKILL');
    });
    const within = (durationMs: number, text: string): void => {
      cancel();
      cancel = systemClock.scheduleIn(durationMs, () => {
        resolve({ outcome: 'killed', text });
        child.kill('SIGKILL');
      });
    };
    child.on('message', (message: FromSqlChild) => {
      switch (message.type) {
        case 'ready': {
          const limits = { rowsMax: sqlLimits.rowsMax, charactersMax: sqlLimits.charactersMax };
          child.send({ sql, limits } satisfies ToSqlChild);
          within(budgetMs, `the query took longer than ${budgetMs} ms and was ended`);
          return;
        }
        case 'executed':
          ({ milliseconds } = message);
          within(transferMsMax, 'the answer did not come over and the query was ended');
          return;
        case 'rows':
          resolve({ outcome: 'rows', ...message.table, milliseconds });
          return;
        case 'refused': {
          const { text, position } = message;
          resolve({ outcome: 'refused', text, ...(position === undefined ? {} : { position }) });
          return;
        }
        case 'failed':
          reject(sqlFault('SQL_FAILED', message.text, 'Name a data directory that has a journal.'));
      }
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      cancel();
      const how = signal ?? `exit code ${code}`;
      const remedy = 'Ask for less: fewer rows, or an earlier LIMIT.';
      reject(sqlFault('SQL_FAILED', `the process of the query has ended: ${how}`, remedy));
    });
  }).finally(() => {
    child.kill('SIGKILL');
  });
}

/** While developing, the sources are TypeScript. */
function startChild(dataDir: string): ChildProcess {
  const isSource = import.meta.url.endsWith('.ts');
  const entry = new URL(`./sql-child.${isSource ? 'ts' : 'js'}`, import.meta.url);
  const memory = `--max-old-space-size=${heapMbMax}`;
  return fork(fileURLToPath(entry), [dataDir], {
    execArgv: isSource ? [memory, '--import', 'tsx'] : [memory],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
    // It reads one file: nothing of the environment of the service is its business.
    env: { PATH: process.env['PATH'] },
  });
}

const heapMbMax = 256;

function sqlFault(code: string, message: string, remedy: string): OperatorError {
  return new OperatorError({ code, exitCode: exitCodes.failed, message, remedy });
}
