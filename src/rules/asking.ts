/**
 * How often an automation may ask for the same thing. A wish is stamped when it is asked; until its pause is
 * over it is not asked again, whatever became of it. A different wish waits only for the shortest pause: the
 * latest one counts, nothing queues up. The stamps are part of what the rule remembers, so a restart asks no faster.
 */
import type { RuleMemory } from '../domain/verdict.ts';

/** One wish of a kind (`stop`, `target`, `cancel`); `key` says exactly what is wanted. */
export type Wish = { readonly kind: string; readonly key: string };

/** Whether it may be asked now. `tries`: how often it was asked in vain before, in a row. */
export type Answer =
  | { readonly isDue: true; readonly tries: number; readonly stamps: RuleMemory }
  | { readonly isDue: false; readonly dueAtMs: number };

/** Doublings of the pause after which it grows no more. */
const doublingsMax = 7;
/** Shortest pause before the same is asked again, ms: what a venue refuses at once must not go round at full speed. */
const repeatMsMin = 500;

/**
 * May this be asked now? Pure.
 *
 * @param pauseMs shortest time between two requests of a kind, ≥ 0; doubles with each repetition of the same
 */
export function ask(memory: RuleMemory, wish: Wish, nowMs: number, pauseMs: number): Answer {
  const { kind, key } = wish;
  const askedAtMs = memory[`${kind}AskedAtMs`];
  const before = memory[`${kind}Tries`];
  const isRepeated = memory[`${kind}Asked`] === key;
  const past = isRepeated && typeof before === 'number' ? before : 0;
  const stamped = (tries: number): Answer => ({
    isDue: true,
    tries,
    stamps: { [`${kind}Asked`]: key, [`${kind}AskedAtMs`]: nowMs, [`${kind}Tries`]: tries + 1 },
  });
  if (typeof askedAtMs !== 'number') return stamped(0);
  const waitMs = isRepeated
    ? Math.max(pauseMs, repeatMsMin) * 2 ** Math.min(Math.max(0, past - 1), doublingsMax)
    : pauseMs;
  const dueAtMs = askedAtMs + waitMs;
  if (nowMs < dueAtMs) return { isDue: false, dueAtMs };
  // Long ago it was granted and is wanted afresh: nothing was in vain.
  return stamped(nowMs >= dueAtMs + waitMs ? 0 : past);
}
