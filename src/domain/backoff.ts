/** How long to wait before a call is repeated. Source: execution 13.1, REQ-CB1. */
import type { Random } from '../kernel/random.ts';

export type BackoffSettings = { readonly baseMs: number; readonly capMs: number };

/** Full jitter: any whole number of milliseconds from 0 to min(cap, base × 2^attempt), `attempt` from 0. */
export function fullJitterMs(
  attempt: number,
  { baseMs, capMs }: BackoffSettings,
  random: Random,
): number {
  // 2^40 milliseconds are beyond every cap; further doubling would only lose precision.
  const bound = Math.min(capMs, baseMs * 2 ** Math.min(attempt, 40));
  return random.int(Math.floor(bound) + 1);
}

/** The header: whole seconds, or an HTTP date. Undefined when it is neither, 0 when the date has passed. */
export function retryAfterMs(header: string, nowMs: number): number | undefined {
  const text = header.trim();
  if (/^\d{1,9}$/u.test(text)) return Number(text) * 1_000; // tidy-ok: whole seconds, at most nine digits
  // An HTTP date names its zone; anything else Date.parse would read in the zone of this machine.
  if (!text.endsWith('GMT')) return undefined;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
