/** Chance comes in by this door only: seeded, so that a run can be repeated. */
import { condition } from './assert.ts';

export interface Random {
  /** Whole number, 0 … 2^32 − 1. */
  uint32(): number;
  /** 0 ≤ x < 1. */
  float(): number;
  /** Whole number, 0 … below − 1; `below` is at most 2^32. @throws ConditionFailed */
  int(below: number): number;
  /** Normal distribution, mean 0, deviation 1. */
  normal(): number;
  /** An independent stream of the same seed, named so that adding one does not shift the others. */
  fork(name: string): Random;
}

/** sfc32 with a hashed seed. Source: PractRand's sfc32, period at least 2^64. */
export function createRandom(seed: string): Random {
  let [a, b, c] = [hash(seed, 0x9e3779b9), hash(seed, 0x243f6a88), hash(seed, 0xb7e15162)];
  let counter = 1;
  const uint32 = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 15; round += 1) uint32();
  const float = (): number => uint32() / 4294967296;
  return {
    uint32,
    float,
    int(below) {
      condition(
        Number.isSafeInteger(below) && below > 0 && below <= 4294967296,
        () => `a range is 1 to 4294967296, was ${below}`,
      );
      return Math.floor(float() * below);
    },
    normal: () => Math.sqrt(-2 * Math.log(1 - float())) * Math.cos(2 * Math.PI * float()),
    fork: (name) => createRandom(`${seed}/${name}`),
  };
}

/** FNV-1a with a final avalanche (murmur3's), 32 bits. */
function hash(text: string, basis: number): number {
  let value = basis | 0;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 16777619);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
