/** What a venue gets wrong beyond the scenario document: shares, delays, races and lies as faults of the paper venue. */
import { condition } from '../../kernel/assert.ts';
import type { FaultChanges } from '../../venues/paper/paper-faults.ts';
import { wholeNumber } from './numbers.ts';
import type { VenueSettings } from './step-format.ts';
import { durationMs } from './times.ts';

const ppmPerPercent = 10_000;

/** Only what the settings name; a setting of `null` is off from then on. */
export function misbehaviour(settings: VenueSettings): FaultChanges {
  const { drop, jitter, listLag, halfLists, wrongPositions, clockSkew } = settings;
  return {
    ...given('dropPpm', drop, sharePpm),
    ...given('jitterMs', jitter, durationMs),
    ...given('listLagMs', listLag, durationMs),
    ...given('halfListsPpm', halfLists, sharePpm),
    ...given('wrongPositionLots', wrongPositions, (text) => wholeNumber(text ?? '0')),
    ...given('clockSkewMs', clockSkew, durationMs),
    ...given('repeat', settings.repeat, repeatOf),
    ...given('overfill', settings.overfill, overfillOf),
  };
}

function given<Key extends keyof FaultChanges, Value>(
  key: Key,
  value: Value | undefined,
  make: (value: Value) => FaultChanges[Key],
): FaultChanges {
  return value === undefined ? {} : { [key]: make(value) };
}

function repeatOf(value: NonNullable<VenueSettings['repeat']> | null): FaultChanges['repeat'] {
  return value === null
    ? undefined
    : { chancePpm: sharePpm(value.share), withinMs: durationMs(value.within) };
}

function overfillOf(
  value: NonNullable<VenueSettings['overfill']> | null,
): FaultChanges['overfill'] {
  return value === null
    ? undefined
    : { chancePpm: sharePpm(value.share ?? '100'), lots: wholeNumber(value.quantity) };
}

/** A whole percentage in parts per million; null is 0. */
function sharePpm(text: string | null): number {
  const percent = wholeNumber(text ?? '0');
  condition(percent >= 0 && percent <= 100, () => `a share is 0 to 100 percent, was ${percent}`);
  return percent * ppmPerPercent;
}
