/** Alerts as lines of the service's log: the sink that is always there. */
import type { Logger } from 'pino';
import type { Alert, AlertSinkPort } from '../ports/alert-sink.port.ts';

const levels = { info: 'info', warning: 'warn', error: 'error', critical: 'fatal' } as const;

/** Never throws: an alert that cannot be written must not stop what it warns about. */
export function createAlertLog(logger: Logger): AlertSinkPort {
  return {
    raise(alert: Alert): void {
      try {
        logger[levels[alert.severity]](alert, `${alert.code}: ${alert.text}`);
      } catch {
        // The alert stays PLANNED in the journal and is raised again at the next start.
      }
    },
  };
}
