/** Verifies: the hash of a row and of a snapshot covers everything that is read back from it (C7). */
import { describe, expect, it } from 'vitest';
import { genesisHash, rowHash, snapshotHash } from '../../src/persistence/hash-chain.ts';
import { Model } from '../support/journal-fixture.ts';

const model = new Model();
const entry = model.step('account/A1/order/BH-1-1', 'working', { lots: 1 });
const state = model.state('account/A1/order/BH-1-1');

describe('the hash of a row', () => {
  const hash = rowHash(genesisHash, entry, 7, 1);

  it.each([
    ['seq', 2],
    ['atMs', 1],
    ['account', 'A2'],
    ['actor', 'x'],
    ['actorSeq', 2],
    ['machine', 'position'],
    ['machineVersion', '2'],
    ['eventJson', '{}'],
    ['causeSeq', 1],
    ['correlationSeq', 2],
    ['fromState', '"a"'],
    ['toState', '"a"'],
    ['contextDiffJson', '{}'],
  ] as const)('changes with its %s', (field, value) => {
    expect(rowHash(genesisHash, { ...entry, [field]: value }, 7, 1)).not.toBe(hash);
  });

  it('changes with the row before, the monotonic time and the writer', () => {
    const others = [
      rowHash(hash, entry, 7, 1),
      rowHash(genesisHash, entry, 8, 1),
      rowHash(genesisHash, entry, 7, 2),
    ];
    expect(new Set([hash, ...others])).toHaveProperty('size', 4);
  });

  it('tells apart where one text ends and the next begins', () => {
    const first = { ...entry, fromState: 'ab', toState: 'c' };
    const second = { ...entry, fromState: 'a', toState: 'bc' };
    expect(rowHash(genesisHash, first, 7, 1)).not.toBe(rowHash(genesisHash, second, 7, 1));
  });

  it('is the same in every version of the program', () => {
    expect(rowHash(genesisHash, { ...entry, atMs: 1 }, 7, 1)).toMatchInlineSnapshot(
      `"b6a7aa07a0c99a2476ec661bafbc71d1009a78d1b42d2b5c3a34971211e4ce48"`,
    );
  });
});

describe('the hash of a snapshot', () => {
  it.each([
    ['actor', 'x'],
    ['account', 'A2'],
    ['machine', 'position'],
    ['machineVersion', '2'],
    ['actorSeq', 2],
    ['seq', 2],
    ['stateJson', '"a"'],
    ['contextJson', '{}'],
  ] as const)('changes with its %s', (field, value) => {
    expect(snapshotHash({ ...state, [field]: value })).not.toBe(snapshotHash(state));
  });
});
