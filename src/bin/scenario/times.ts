/** Times as scenario files write them: durations, local times of a zone, instants; whole milliseconds. */
import { DateTime, IANAZone } from 'luxon';
import { condition } from '../../kernel/assert.ts';

export const durationPattern = /^[+-]?\d+(?:ms|s|m|h|d)$/u;
const timeOfDayPattern = /^([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,3})?)?$/u;
const instantPattern =
  /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:?\d\d)?$/u;

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

export function isZoneName(text: string): boolean {
  return IANAZone.isValidZone(text);
}

/** `+10s`, `-1h`, `500ms` as signed milliseconds. @throws ConditionFailed */
export function durationMs(text: string): number {
  const [, sign = '', count = '0', unit = ''] = /^([+-]?)(\d+)(ms|s|m|h|d)$/u.exec(text) ?? [];
  condition(
    unit !== '',
    () => `a duration is a whole number with ms, s, m, h or d, was ${JSON.stringify(text)}`,
  );
  const value = Number(count) * unitMs[unit as keyof typeof unitMs];
  condition(Number.isSafeInteger(value), () => `a duration is representable, was ${text}`);
  return sign === '-' ? 0 - value : value;
}

/** A full instant; without an offset in the zone, and of a local time that occurs twice the first. @throws ConditionFailed */
export function instantMs(text: string, zone: string): number {
  condition(
    instantPattern.test(text),
    () =>
      `an instant is YYYY-MM-DDTHH:MM[:SS[.mmm]] with or without an offset, was ${JSON.stringify(text)}`,
  );
  const local = DateTime.fromISO(text.replace(' ', 'T'), { zone });
  condition(
    local.isValid,
    () => `an instant exists, was ${text}: ${local.invalidExplanation ?? ''}`,
  );
  const hasOffset = /(?:Z|[+-]\d\d:?\d\d)$/u.test(text);
  return hasOffset ? local.toMillis() : earliest(local);
}

export function isTimeOfDayText(text: string): boolean {
  return timeOfDayPattern.test(text);
}

/** The first instant at or after `nowMs` at which the zone's clock shows this time of day. @throws ConditionFailed */
export function nextTimeOfDayMs(text: string, nowMs: number, zone: string): number {
  const day = DateTime.fromMillis(nowMs, { zone });
  for (const days of [0, 1]) {
    const atMs = instantMs(`${day.plus({ days }).toISODate() ?? ''}T${text}`, zone);
    if (atMs >= nowMs) return atMs;
  }
  throw new Error(`no ${text} after ${nowMs}`);
}

/** For people: local time with its offset. */
export function instantText(atMs: number, zone: string): string {
  return DateTime.fromMillis(atMs, { zone }).toISO() ?? String(atMs);
}

function earliest(local: DateTime): number {
  return Math.min(...local.getPossibleOffsets().map((possible) => possible.toMillis()));
}
