/**
 * The resident task of one worker: sleeps on its doorbell, evaluates its shard, answers, sleeps again.
 * It never returns to its event loop: messages are taken from the port when the bell rings.
 */
import process from 'node:process';
import { receiveMessageOnPort } from 'node:worker_threads';
import type { RuleId } from '../domain/ids.ts';
import type { PlannedFault, ShardAnswer, ShardMessage, ShardTask } from './protocol.ts';
import { ShardCore } from './shard-core.ts';
import { Doorbell, number, QuoteTable, word } from './shared-tables.ts';

/** Serves rings until it is told to leave. A rule that throws ends the task: the main thread takes over. */
export function runShard(task: ShardTask): void {
  const table = new QuoteTable(task.table);
  const { words, numbers } = new Doorbell(task.doorbell);
  const beforeRule = task.fault === undefined ? {} : { beforeRule: faultMaker(task.fault) };
  const core = new ShardCore({ source: 'worker', ...beforeRule });
  const send = (answer: ShardAnswer): void => task.port.postMessage(answer, []);
  let served = Atomics.load(words, word.answered);
  send({ type: 'ready' });
  for (;;) {
    Atomics.wait(words, word.rung, served);
    const ring = Atomics.load(words, word.rung);
    if (ring === served) continue;
    if (ring < 0) return;
    for (;;) {
      const received = receiveMessageOnPort(task.port);
      if (received === undefined) break;
      core.queue(received.message as readonly ShardMessage[]);
    }
    const buffer = Atomics.load(words, word.buffer);
    const changes = core.evaluate(table, buffer, numbers[number.nowMs] ?? 0);
    if (changes.length > 0) send({ type: 'answered', ring, changes });
    numbers[number.dueAtMs] = core.dueAtMs;
    numbers[number.evaluations] = core.evaluations;
    served = ring;
    Atomics.store(words, word.answered, ring);
    Atomics.notify(words, word.answered);
    if (Atomics.exchange(words, word.wanted, 0) === 1)
      send({ type: 'answered', ring, changes: [] });
  }
}

/** Misbehaves as planned before the rule is evaluated. */
function faultMaker(fault: PlannedFault): (ruleId: RuleId) => void {
  return (ruleId) => {
    if (ruleId !== fault.ruleId) return;
    switch (fault.kind) {
      case 'throw':
        throw new Error('planned fault');
      case 'exit':
        return process.exit(7);
      case 'hang':
        return hang();
      case 'memory':
        return hoard();
    }
  };
}

function hang(): never {
  for (;;);
}

function hoard(): never {
  const kept: number[][] = [];
  for (;;) kept.push(Array.from({ length: 100_000 }, (_, index) => index + kept.length));
}
