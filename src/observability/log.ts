import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { destination, pino, type Logger } from 'pino';

/** The service's log: JSON lines in `<directory>/bulkhead.log`, written synchronously so that the last line is there. */
export function createLog(directory: string): Logger {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = destination({ dest: join(directory, 'bulkhead.log'), sync: true, mode: 0o600 });
  return pino({ base: null }, file);
}
