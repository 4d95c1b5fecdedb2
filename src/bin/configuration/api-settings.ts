/** From the keys of `api.yaml` to what the engine needs of them. */
import { z } from 'zod';
import type { ApiSettings } from '../../domain/api-settings.ts';
import { apiShape } from './api-schema.ts';

const Api = z.object(apiShape);
type Api = z.output<typeof Api>;

const secondMs = 1_000;

/**
 * @param isLimited whether the files give `rateLimits`: the simulated venue counts calls only when it is told to, so that
 *   nothing that stands nowhere slows a drill or an exit
 */
export function apiSettings(
  {
    retry,
    reconnect,
    keepalive,
    rateLimits,
  }: Pick<Api, 'retry' | 'reconnect' | 'keepalive' | 'rateLimits'>,
  isLimited: boolean,
): ApiSettings {
  const budget = ({ max, windowSeconds }: { max: number; windowSeconds: number }) => ({
    max,
    windowMs: windowSeconds * secondMs,
  });
  const { general, history, warnPct, alertPct } = rateLimits;
  return {
    ...(isLimited
      ? {
          rateLimits: {
            general: budget(general),
            history: budget(history),
            warnPpm: warnPct,
            alertPpm: alertPct,
          },
        }
      : {}),
    retry: {
      max: retry.max,
      baseMs: retry.baseSeconds * secondMs,
      capMs: retry.capSeconds * secondMs,
    },
    reconnect: {
      delaysMs: reconnect.delaysSeconds.map((seconds) => seconds * secondMs),
      maxAttempts: reconnect.maxAttempts,
      maxMs: reconnect.maxMinutes * 60 * secondMs,
      pollMs: reconnect.pollSeconds * secondMs,
      pollMaxMs: reconnect.pollMaxMinutes * 60 * secondMs,
    },
    staleHubMs: keepalive.staleHubSeconds * secondMs,
    probe: {
      everyMs: keepalive.probeSeconds * secondMs,
      timeoutMs: keepalive.probeTimeoutSeconds * secondMs,
      failures: keepalive.failures,
    },
  };
}
