/** Verifies: RULE-002, RULE-011, G26, G55, V22 */
import { describe, expect, it } from 'vitest';
import { InstrumentId } from '../../../src/domain/ids.ts';
import { resolveInstrument } from '../../../src/domain/instruments.ts';
import { canonicalRoot, isMeant, isPattern, namesOf } from '../../../src/rules/instrument-names.ts';

const means = (pattern: string, id: string): boolean =>
  isMeant(pattern, InstrumentId.parse(id), resolveInstrument(id));

describe('names of an instrument', () => {
  it.each([
    ['NQ', 'NQ'],
    ['enq', 'NQ'],
    ['CON.F.US.ENQ.H26', 'NQ'],
    ['F.US.ENQ', 'NQ'],
    ['NQH6', 'NQ'],
    ['MNQ', 'MNQ'],
    ['BTCUSDT', 'BTC-SPOT'],
    ['whatever', 'WHATEVER'],
  ])('the root of %s is %s', (spelling, root) => {
    expect(canonicalRoot(spelling)).toBe(root);
  });

  it('are its roots, its id, its contract name and its aliases', () => {
    const id = InstrumentId.parse('CON.F.US.ENQ.H26');
    expect(namesOf(id, undefined)).toEqual(['NQ', 'ENQ', 'CON.F.US.ENQ.H26', 'NQH6', 'ENQH6']);
    const nq = InstrumentId.parse('NQ');
    expect(namesOf(nq, resolveInstrument('NQ'))).toEqual(['NQ', 'ENQ']);
  });
});

describe('a pattern', () => {
  it.each([
    ['ES', 'ES', true],
    ['es', 'ES', true],
    ['ES', 'MES', false],
    ['EP', 'ES', true],
    ['ES', 'CON.F.US.EP.H26', true],
    ['ES*', 'ES', true],
    ['ES*', 'ESM6', true],
    ['ES*', 'MES', false],
    ['*ES', 'MES', true],
    ['NQ', 'CON.F.US.ENQ.H26', true],
    ['ENQ', 'NQ', true],
    ['NQ', 'MNQ', false],
    ['CON.F.US.ENQ.*', 'NQ', true],
    ['CON.F.US.ENQ.*', 'CON.F.US.ENQ.H26', true],
    ['CON.F.US.ENQ.*', 'MNQ', false],
    // Booked by its root, an instrument stands for every contract; a contract stands for itself.
    ['CON.F.US.ENQ.H26', 'NQ', true],
    ['CON.F.US.ENQ.M26', 'CON.F.US.ENQ.H26', false],
    ['NQH6', 'CON.F.US.ENQ.H26', true],
    ['M?S', 'MES', true],
    ['M?S', 'MS', false],
    ['M[EN]*', 'MNQ', true],
    ['M[EN]*', 'M2K', false],
    ['M[!EN]*', 'M2K', true],
    ['6[A-C]', '6B', true],
    ['6[A-C]', '6E', false],
    ['*', 'BTC-USD', true],
    ['BTC.USD', 'BTC-USD', false],
    ['BTC-*', 'BTC-USD', true],
  ])('%s for %s: %s', (pattern, id, expected) => {
    expect(means(pattern, id)).toBe(expected);
  });

  it.each([
    ['ES', true],
    ['M[EN]*', true],
    ['[!A-F]?*', true],
    ['', false],
    ['  ', false],
    ['[ES', false],
    ['ES]', false],
    ['[]', false],
    ['[z-a]', false],
    [String.raw`E\S`, false],
    ['E'.repeat(65), false],
  ])('%j is one: %s', (text, expected) => {
    expect(isPattern(text)).toBe(expected);
  });
});
