/** Two different people have to say the same within a quarter of an hour. Durable. Source: rules 5.5, execution 9.1. */
import { limits } from '../kernel/limits.ts';
import { keepVoices } from './operator-memory.ts';
import type { Turn } from './turn.ts';
import type { World } from './world.ts';

/** `first`: noted, a second person is awaited. `same`: it was this person already. `second`: it may happen. */
export type Voice = 'first' | 'same' | 'second';

/** @param what is to happen, such as `rearm:A1`; the same text for both people */
export function hearVoice(world: World, turn: Turn, what: string, by: string): Voice {
  const { operators } = world;
  for (const [other, { atMs }] of operators.voices)
    if (turn.atMs - atMs > limits.fourEyesDurationMs) operators.voices.delete(other);
  const first = operators.voices.get(what);
  if (first?.by === by) return 'same';
  if (first === undefined) operators.voices.set(what, { by, atMs: turn.atMs });
  else operators.voices.delete(what);
  keepVoices(operators, turn);
  return first === undefined ? 'first' : 'second';
}
