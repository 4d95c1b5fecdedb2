/** Verifies: durability C1, the recorded form of a context change. */
import { describe, expect, it } from 'vitest';
import { applyContextDiff, contextDiff } from '../../../src/domain/context-diff.ts';
import { InvariantViolation } from '../../../src/kernel/assert.ts';

describe('a context change', () => {
  it('is the changed keys with their new values, and a list of those that went away', () => {
    const fills = ['T1'];
    const before = { filledLots: 1, reason: 'late', fills };
    expect(contextDiff(before, { filledLots: 2, fills })).toBe('{"filledLots":2,"-":["reason"]}');
    expect(contextDiff(before, { ...before, fills: ['T1'] })).toBe('{"fills":["T1"]}');
    expect(contextDiff(before, before)).toBe('{}');
    expect(contextDiff(undefined, before)).toBe('{"filledLots":1,"reason":"late","fills":["T1"]}');
  });

  it('takes a value of undefined for an absent key, in the first context and in later ones', () => {
    expect(contextDiff(undefined, { a: 1, b: undefined })).toBe('{"a":1}');
    expect(contextDiff({ a: 1 }, { a: undefined })).toBe('{"-":["a"]}');
    expect(contextDiff({ a: undefined }, {})).toBe('{}');
    expect(contextDiff({}, { a: undefined })).toBe('{}');
  });

  it('is not confused by the names that every object inherits', () => {
    expect(contextDiff({ constructor: 1 }, {})).toBe('{"-":["constructor"]}');
    expect(applyContextDiff({ constructor: 1 }, '{"-":["constructor"]}')).toEqual({});
  });

  it('refuses a context whose key would read as a list of removals', () => {
    expect(() => contextDiff(undefined, { '-': ['a'] })).toThrow(InvariantViolation);
  });

  it.each(['[]', 'null', '1', '"text"'])('is not %s', (text) => {
    expect(() => applyContextDiff({}, text)).toThrow(InvariantViolation);
  });

  it('leaves the context before it as it was', () => {
    const before = Object.freeze({ a: 1, b: 2 });
    expect(applyContextDiff(before, '{"a":3,"-":["b"]}')).toEqual({ a: 3 });
    expect(before).toEqual({ a: 1, b: 2 });
  });
});
