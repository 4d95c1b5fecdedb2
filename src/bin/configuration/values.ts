/** Values as people write them: what a file gives as it stands there, a default in the unit of its key. */
import { decimalText } from '../../domain/arithmetic.ts';
import { valueAt, type KeyPath } from './problem.ts';

export type LeafValue = { readonly path: KeyPath; readonly value: string };

/** Keys whose parsed values are parts per million, by what a person writes for one. */
const percentKey = /Pct$|^minVolumeFactor$/;
const moneyKey = /^(?:moneyTolerance|moneyHaltThreshold|unrealizedEventStep|minNotional|balance)$/;
const msKey =
  /^(?:identicalWindow|perMinuteBreach|perHourBreach|perSessionBreach|cooldownAfterLoss)$/;

/** Every leaf of a parsed tree; lists are leaves. */
export function leafValues(parsed: unknown, given: unknown): readonly LeafValue[] {
  return [...leaves(parsed, [])].map(([path, value]) => {
    const written = valueAt(given, path);
    return { path, value: written === undefined ? defaultText(path, value) : shownValue(written) };
  });
}

export function shownValue(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function defaultText(path: KeyPath, value: unknown): string {
  const key = String(path.at(-1));
  if (typeof value !== 'number') return shownValue(value);
  if (percentKey.test(key)) return decimalText(value, { num: 1, den: 10_000 });
  if (moneyKey.test(key) || key === 'marginReject' || key === 'marginBuffer')
    return decimalText(value, { num: 1, den: 1_000_000 });
  if (msKey.test(key)) return `${value}ms`;
  return String(value);
}

function* leaves(value: unknown, path: KeyPath): Generator<readonly [KeyPath, unknown]> {
  if (value === undefined) return;
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  const entries = isMap ? Object.entries(value) : [];
  if (entries.length === 0) {
    if (path.length > 0) yield [path, value];
    return;
  }
  for (const [key, inner] of entries) yield* leaves(inner, [...path, key]);
}
