/**
 * What commands of people leave behind for longer than a turn: first answers, pauses, tightened limits and the first
 * of two voices. Kept in memory and, with the turn, as values of the journal; a start reads it back.
 */
import type { AccountId, ActorId, RuleId } from '../domain/ids.ts';
import type { OperatorAnswer } from '../domain/operator.ts';
import type { Turn } from './turn.ts';

/** The answer that a repeat of the request gets. `content`: the command without its id; another one is no repeat. */
export type KeptAnswer = {
  readonly requestId: string;
  readonly content: string;
  readonly answer: OperatorAnswer;
};

/** Intents of this strategy that add risk are denied. No account: in every one. */
export type PausedStrategy = {
  readonly accountId?: AccountId;
  /** `*`: every strategy. */
  readonly strategy: string;
  readonly by: string;
  readonly reason: string;
};

/** A value that stands over the configured one for as long as that stays what it was. */
export type TightenedLimit = {
  readonly rule: RuleId;
  /** Path in the block of the rule: `limit`, `limits.perMinute`. */
  readonly key: string;
  /** As it was given. */
  readonly value: string;
  /** JSON of the configured value over which it was given. */
  readonly over: string;
  readonly by: string;
};

/** What one person has said and a second one has to confirm. */
export type FirstVoice = { readonly by: string; readonly atMs: number };

export type OperatorMemory = {
  /** By request id; the oldest leave, and their ids stay known by their dedupe keys. */
  readonly answers: Map<string, KeptAnswer>;
  /** Slot of the next answer. */
  slot: number;
  strategies: readonly PausedStrategy[];
  /** Actors that a person has set aside: nothing has crashed there. */
  actors: readonly ActorId[];
  readonly limits: Map<AccountId, readonly TightenedLimit[]>;
  readonly voices: Map<string, FirstVoice>;
};

export function emptyOperatorMemory(): OperatorMemory {
  return {
    answers: new Map(),
    slot: 0,
    strategies: [],
    actors: [],
    limits: new Map(),
    voices: new Map(),
  };
}

const answerPrefix = 'operator.answer.';
const strategiesKey = 'operator.pausedStrategies';
const actorsKey = 'operator.pausedActors';
const voicesKey = 'operator.voices';
const limitsPrefix = 'operator.limits.';

/** Keeps an answer in the next slot of the ring. */
export function keepAnswer(
  memory: OperatorMemory,
  turn: Turn,
  kept: KeptAnswer,
  slots: number,
): void {
  const slot = memory.slot % slots;
  memory.slot += 1;
  turn.values.set(`${answerPrefix}${slot}`, JSON.stringify({ ...kept, order: memory.slot }));
  memory.answers.set(kept.requestId, kept);
  if (memory.answers.size <= slots) return;
  const [oldest] = memory.answers.keys();
  if (oldest !== undefined) memory.answers.delete(oldest);
}

export function keepPauses(memory: OperatorMemory, turn: Turn): void {
  turn.values.set(strategiesKey, JSON.stringify(memory.strategies));
  turn.values.set(actorsKey, JSON.stringify(memory.actors));
}

export function keepVoices(memory: OperatorMemory, turn: Turn): void {
  turn.values.set(voicesKey, JSON.stringify([...memory.voices]));
}

export function keepLimits(memory: OperatorMemory, turn: Turn, accountId: AccountId): void {
  const limits = memory.limits.get(accountId) ?? [];
  turn.values.set(`${limitsPrefix}${accountId}`, JSON.stringify(limits));
}

/** What earlier runs have left. */
export function restoreOperatorMemory(
  memory: OperatorMemory,
  values: ReadonlyMap<string, string>,
): void {
  const answers: (KeptAnswer & { readonly order: number })[] = [];
  for (const [key, value] of values) {
    if (key.startsWith(answerPrefix)) answers.push(JSON.parse(value) as (typeof answers)[number]);
    if (key.startsWith(limitsPrefix))
      memory.limits.set(
        key.slice(limitsPrefix.length) as AccountId,
        JSON.parse(value) as readonly TightenedLimit[],
      );
  }
  for (const { order, ...kept } of answers.toSorted((one, other) => one.order - other.order)) {
    memory.answers.set(kept.requestId, kept);
    memory.slot = order;
  }
  memory.strategies = read(values, strategiesKey) as readonly PausedStrategy[];
  memory.actors = read(values, actorsKey) as readonly ActorId[];
  for (const [what, voice] of read(values, voicesKey) as readonly [string, FirstVoice][])
    memory.voices.set(what, voice);
}

function read(values: ReadonlyMap<string, string>, key: string): readonly unknown[] {
  return JSON.parse(values.get(key) ?? '[]') as readonly unknown[];
}
