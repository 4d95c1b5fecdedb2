import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { destination, pino, type Logger } from 'pino';
import { journalRedactor } from '../domain/classified-fields.ts';
import { ownerSight, scrubbed } from '../domain/redaction.ts';

/**
 * The service's log: JSON lines in `<directory>/bulkhead.log`, written synchronously so that the last line is there. No
 * secret comes into it, neither as a field nor inside a text. Source: security 1 (Redaction, Hostile data).
 */
export function createLog(directory: string): Logger {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = destination({ dest: join(directory, 'bulkhead.log'), sync: true, mode: 0o600 });
  return pino(
    {
      base: null,
      formatters: {
        log: (fields) => journalRedactor.shown(withErrors(fields), ownerSight) as typeof fields,
      },
      hooks: {
        logMethod(given, method) {
          const [first, ...rest] = given.map((one) =>
            typeof one === 'string' ? scrubbed(one) : one,
          ) as typeof given;
          method.apply(this, [first, ...rest]);
        },
      },
    },
    file,
  );
}

/** An error has no fields of its own that a copy would take. */
function withErrors(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      value instanceof Error
        ? { name: value.name, message: value.message, stack: value.stack ?? '' }
        : value,
    ]),
  );
}
