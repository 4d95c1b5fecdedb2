/** Verifies: REQ-DD1 and prop-firm floors as arithmetic, REQ-O1 confirmation, T4, PROP-001 … PROP-009, PHANTOM-X-001, PHANTOM-X-002 */
import { describe, expect, it } from 'vitest';
import { isConfirmed, takeReading, unconfirmed } from '../../../src/domain/confirmation.ts';
import {
  dayFloor,
  drawdownFloor,
  drawdownUnits,
  firstFloor,
  isBelowFloor,
  raiseFloor,
  raisePeak,
  roomAbove,
} from '../../../src/domain/drawdown.ts';

describe('a fall from the high-water mark', () => {
  it('T4 equity 100, 120, 107 is a fall of 13 below a mark of 120', () => {
    const peak = [100, 120, 107].reduce<number | undefined>(raisePeak, undefined);
    expect(peak).toBe(120);
    expect(drawdownUnits(120, 107)).toBe(13);
    expect(drawdownUnits(120, 130)).toBe(0);
  });

  it('has its floor where the share of the mark is lost, a fraction against us', () => {
    expect(drawdownFloor(120, 100_000)).toBe(108);
    expect(drawdownFloor(125, 100_000)).toBe(113);
  });
});

describe('a floor that follows', () => {
  const endOfDay = {
    startUnits: 50_000,
    lossUnitsMax: 2_000,
    anchor: 'endOfDay',
    locksAtUnits: 50_000,
  } as const;

  it('rises with the end of a day, and never falls', () => {
    let floor = firstFloor(endOfDay);
    expect(floor).toBe(48_000);
    floor = raiseFloor(endOfDay, floor, { equityUnits: 50_500, isEndOfDay: true });
    expect(floor).toBe(48_500);
    floor = raiseFloor(endOfDay, floor, { equityUnits: 49_000, isEndOfDay: true });
    expect(floor).toBe(48_500);
  });

  it('stays where it locks', () => {
    const floor = raiseFloor(endOfDay, 48_500, { equityUnits: 60_000, isEndOfDay: true });
    expect(floor).toBe(50_000);
  });

  it('does not count what a day reached in between, unless it follows every mark', () => {
    const mark = { equityUnits: 51_000, isEndOfDay: false };
    expect(raiseFloor(endOfDay, 48_000, mark)).toBe(48_000);
    expect(raiseFloor({ ...endOfDay, anchor: 'intraday' }, 48_000, mark)).toBe(49_000);
  });

  it('is reached at equality unless a firm says below', () => {
    expect(roomAbove(50_100, 51_200, -150)).toBe(950);
    expect(isBelowFloor(0)).toBe(true);
    expect(isBelowFloor(0, false)).toBe(false);
    expect(isBelowFloor(-1, false)).toBe(true);
  });

  it('of a day is a share of the initial balance below its start', () => {
    expect(dayFloor(102_000, 100_000, 50_000)).toBe(97_000);
  });
});

describe('a confirmation', () => {
  it('needs as many readings in a row as asked for', () => {
    let state = unconfirmed;
    for (const atMs of [1, 2, 3]) {
      expect(isConfirmed(state, 3)).toBe(false);
      state = takeReading(state, { isBeyond: true, atMs });
    }
    expect(isConfirmed(state, 3)).toBe(true);
  });

  it('begins anew with a reading that is within the limit', () => {
    const once = takeReading(unconfirmed, { isBeyond: true, atMs: 1 });
    expect(takeReading(once, { isBeyond: false, atMs: 2 })).toEqual(unconfirmed);
  });

  it('counts one reading once, however often it is looked at', () => {
    const once = takeReading(unconfirmed, { isBeyond: true, atMs: 1 });
    expect(takeReading(once, { isBeyond: true, atMs: 1 })).toBe(once);
  });
});
