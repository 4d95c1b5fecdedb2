/** Schemas of single values. Numbers arrive and stay as text; `null` and `NaN` are values of their own. */
import { z } from 'zod';
import { durationPattern, isTimeOfDayText, isZoneName } from './times.ts';

/** Decimal text, `NaN`, or null. */
export type NumberText = string | null;

export const Text = z.string().min(1);
export const Flag = z.boolean();

export const Amount = z.union([z.string(), z.null()]).transform((value, context): NumberText => {
  if (value === null) return null;
  if (value.toLowerCase() === 'nan') return 'NaN';
  const [, sign = '', whole = '', fraction = ''] = /^([+-]?)(\d*)\.?(\d*)$/u.exec(value) ?? [];
  if (whole === '' && fraction === '') {
    context.addIssue({
      code: 'custom',
      message: `a number is decimal text, null or NaN, was ${JSON.stringify(value)}`,
    });
    return z.NEVER;
  }
  const digits = fraction === '' ? '' : `.${fraction}`;
  return `${sign === '-' ? '-' : ''}${whole === '' ? '0' : whole}${digits}`;
});

/** One of some words, in any case; the result is the spelling of the list. */
export function word<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.string().transform((value, context): Words[number] => {
    const found = words.find((one) => one.toLowerCase() === value.toLowerCase());
    if (found !== undefined) return found;
    context.addIssue({
      code: 'custom',
      message: `one of ${words.join(', ')}, was ${JSON.stringify(value)}`,
    });
    return z.NEVER;
  });
}

export const DurationText = z.string().regex(durationPattern, {
  error: 'a duration is a whole number with ms, s, m, h or d, such as 90s',
});

const instantPattern =
  /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:?\d\d)?$/u;
export const InstantText = z.string().regex(instantPattern, {
  error: 'an instant is quoted text, YYYY-MM-DDTHH:MM:SS[.mmm] with or without an offset',
});

/** When a step happens. */
export const AtText = z
  .string()
  .refine(
    (value) =>
      (durationPattern.test(value) && !value.startsWith('-')) ||
      isTimeOfDayText(value) ||
      instantPattern.test(value),
    { error: 'a time is +DURATION, "HH:MM:SS" or a full instant; time does not go back' },
  );

export const ZoneText = z.string().refine(isZoneName, { error: 'a zone is an IANA name' });

/** A time of an event at the venue: a full instant, or a time of day of the current date. */
export const VenueTimeText = z
  .string()
  .refine(
    (value) => isTimeOfDayText(value) || instantPattern.test(value) || durationPattern.test(value),
    {
      error: 'a venue time is an instant, a time of day, or a duration from now',
    },
  );
