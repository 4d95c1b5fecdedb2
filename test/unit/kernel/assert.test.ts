/** Verifies: style 7, our own bug and a caller's fault are told apart and name the rule. */
import { describe, expect, it, vi } from 'vitest';
import {
  condition,
  ConditionFailed,
  invariant,
  InvariantViolation,
  unreachable,
} from '../../../src/kernel/assert.ts';
import { errorText, exitCodes, OperatorError, StoreFailure } from '../../../src/kernel/errors.ts';

describe('assertions', () => {
  it('name the rule that was broken, and by whom', () => {
    expect(() => invariant(false, 'a fill counts once')).toThrow(
      new InvariantViolation('Invariant: a fill counts once'),
    );
    expect(() => condition(false, () => 'a quantity is above 0, was 0')).toThrow(
      new ConditionFailed('Condition failed: a quantity is above 0, was 0'),
    );
    expect(() => unreachable('x' as never)).toThrow('Invariant: every case is handled, was "x"');
  });

  it('cost no text while the rule holds', () => {
    const text = vi.fn<() => string>();
    invariant(true, text);
    condition(true, text);
    expect(text).not.toHaveBeenCalled();
  });
});

describe('operator errors', () => {
  it('carry code, exit code, remedy and cause', () => {
    const cause = new Error('EACCES');
    const error = new OperatorError({
      code: 'X',
      exitCode: exitCodes.cannotCreate,
      message: 'no',
      remedy: 'yes',
      cause,
    });
    expect(error).toMatchObject({
      name: 'OperatorError',
      code: 'X',
      exitCode: 73,
      message: 'no',
      remedy: 'yes',
      cause,
    });
    expect(
      new OperatorError({ code: 'X', exitCode: 2, message: 'no', remedy: 'yes' }),
    ).not.toHaveProperty('cause');
  });

  it('have an exit code of their own for each kind of fault', () => {
    const codes = Object.values(exitCodes);
    expect(new Set(codes).size).toBe(codes.length);
  });

  it('become text, whatever was thrown', () => {
    expect(errorText(new StoreFailure('disk full'))).toBe('disk full');
    expect(errorText('plain')).toBe('plain');
    expect(errorText(undefined)).toBe('undefined');
  });
});
