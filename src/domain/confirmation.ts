/**
 * One bad reading is not yet a fact: what cannot be undone waits until several readings in a row say the same.
 * Pure; the state is small and may be remembered. Source: trading-controls REQ-O1, DD1.
 */

/** Readings in a row that were beyond the limit, and when the last of them was taken. */
export type Confirmation = { readonly seen: number; readonly lastMs: number };

export const unconfirmed: Confirmation = { seen: 0, lastMs: Number.NEGATIVE_INFINITY };

/**
 * Takes one reading. A reading of the same instant as the last one is the same reading and counts once; one within
 * the limit begins anew.
 */
export function takeReading(
  before: Confirmation,
  reading: { readonly isBeyond: boolean; readonly atMs: number },
): Confirmation {
  if (!reading.isBeyond) return unconfirmed;
  if (before.seen > 0 && reading.atMs <= before.lastMs) return before;
  return { seen: before.seen + 1, lastMs: reading.atMs };
}

/** Enough readings in a row agree. `needed` ≥ 1; 1: the first one counts. */
export function isConfirmed({ seen }: Confirmation, needed: number): boolean {
  return seen >= needed;
}
