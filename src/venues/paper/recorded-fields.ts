/** Fields of recorded rows: exact, and complaining about the row, the field and the value. */
import { isDecimalText } from '../../domain/arithmetic.ts';
import {
  parseLots,
  parseTicks,
  type Instrument,
  type Lots,
  type Ticks,
} from '../../domain/instrument.ts';
import { exitCodes, OperatorError } from '../../kernel/errors.ts';

/** Where a value stands, for the complaint about it. */
export type Place = { readonly file: string; line: number };

/** One line: file, line, field, value, and what to do about it. */
export function badRow(place: Place, field: string, value: string, rule: string): OperatorError {
  const shown = value.length > 60 ? `${value.slice(0, 60)}…` : value;
  return new OperatorError({
    code: 'BAD_ROW',
    exitCode: exitCodes.data,
    message: `${place.file}:${place.line}: ${field} ${rule}, was ${JSON.stringify(shown)}`,
    remedy: `correct or remove line ${place.line}, then start again`,
  });
}

/** Prices of one column of one instrument; neighbouring rows repeat their prices, so the last one is remembered. */
export type PriceColumn = (text: string, place: Place) => Ticks;

export function priceColumn(instrument: Instrument, field: string): PriceColumn {
  let lastText = '';
  let lastTicks = 0;
  return (text, place) => {
    if (text === lastText && text !== '') return lastTicks;
    if (!isDecimalText(text)) throw badRow(place, field, text, 'is a decimal number');
    const ticks = parseTicks(instrument, text);
    if (ticks === undefined) {
      throw badRow(
        place,
        field,
        text,
        `is a multiple of the tick ${instrument.tickSize} of ${instrument.id}`,
      );
    }
    // Only futures have traded below zero; anywhere else it is a fault of the recording.
    if (ticks <= 0 && instrument.kind !== 'future')
      throw badRow(place, field, text, 'is greater than 0');
    lastText = text;
    lastTicks = ticks;
    return ticks;
  };
}

/**
 * A quantity in whole lots, or undefined where it is empty, zero, or finer than the lot of the instrument:
 * sizes of other people's trades inform, they are not accounted.
 */
export function optionalLots(
  instrument: Instrument,
  field: string,
  text: string,
  place: Place,
): Lots | undefined {
  if (text === '') return undefined;
  if (!isDecimalText(text)) throw badRow(place, field, text, 'is a decimal number');
  if (text.startsWith('-')) throw badRow(place, field, text, 'is not negative');
  const lots = parseLots(instrument, text);
  return lots === undefined || lots === 0 ? undefined : lots;
}

/** How a column writes an instant. */
export type TimeForm = 'text' | 'ms' | 'us' | 'ns';

const epochDigits = { ms: 13, us: 16, ns: 19 } as const;
const whole = /^\d+$/;

/** The instant in whole milliseconds UTC; anything finer is cut off. */
export function parseTime(form: TimeForm, field: string, text: string, place: Place): number {
  if (form === 'text') return parseTimeText(field, text, place);
  const length = epochDigits[form];
  if (text.length !== length || !whole.test(text)) {
    throw badRow(place, field, text, `is a time of ${length} digits (${form} since 1970)`);
  }
  return digits(text.slice(0, 13));
}

const timeText =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)?$/;
const minuteMs = 60_000;
const dayLengthMs = 86_400_000;

/** `2025-03-31 17:00:00-05:00`; without an offset it is UTC. */
function parseTimeText(field: string, text: string, place: Place): number {
  const match = timeText.exec(text);
  const [, year, month, day, hour, minute, second, fraction = '', offset = 'Z'] = match ?? [];
  const dayMs = match === null ? undefined : dayStartMs(digits(year), digits(month), digits(day));
  const [hours, minutes, seconds] = [digits(hour), digits(minute), digits(second)];
  const isTime = hours <= 23 && minutes <= 59 && seconds <= 59;
  if (dayMs === undefined || !isTime || Math.abs(offsetMs(offset)) >= dayLengthMs) {
    throw badRow(place, field, text, 'is a time such as 2026-03-02 14:30:00');
  }
  const fractionMs = digits(fraction.slice(0, 3).padEnd(3, '0'));
  return dayMs + (hours * 60 + minutes) * minuteMs + seconds * 1000 + fractionMs - offsetMs(offset);
}

/** The number that a run of at most 15 digits means; the caller has made sure that there is nothing else. */
function digits(text = ''): number {
  let value = 0;
  for (let index = 0; index < text.length; index += 1)
    value = value * 10 + text.charCodeAt(index) - 48;
  return value;
}

/** Midnight UTC, or undefined for a day that does not exist: 30 February would quietly become a day of March. */
function dayStartMs(year: number, month: number, day: number): number | undefined {
  if (month < 1 || month > 12 || day < 1) return undefined;
  const startMs = Date.UTC(year, month - 1, day);
  return startMs < Date.UTC(year, month, 1) ? startMs : undefined;
}

function offsetMs(offset: string): number {
  if (offset === 'Z') return 0;
  const clock = offset.slice(1).replace(':', '');
  const minutes = digits(clock.slice(0, 2)) * 60 + digits(clock.slice(2));
  return (offset.startsWith('-') ? -minutes : minutes) * minuteMs;
}
