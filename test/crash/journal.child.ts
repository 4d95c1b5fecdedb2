/**
 * A writer that commits turns until it is killed, and says `ACK <seq> <hash>` after each commit.
 *
 * Arguments: data directory; number of turns, or `endless`. Ends with the exit code of what it met.
 */
import { writeSync } from 'node:fs';
import { systemClock } from '../../src/kernel/clock.ts';
import { exitCodes, OperatorError, StoreFailure } from '../../src/kernel/errors.ts';
import { createRandom } from '../../src/kernel/random.ts';
import { fillRow, Model, open } from '../support/journal-fixture.ts';

const [directory = '', turns = 'endless'] = process.argv.slice(2);

/** At once and in order: what is printed has happened before the next commit begins. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}

function work(): void {
  const journal = open(directory, {
    clock: systemClock,
    ballastBytes: 65_536,
    onHealth: ({ type }) => say(`HEALTH ${type}`),
  });
  const recovered = journal.recover();
  const model = new Model();
  model.seq = recovered.head.seq;
  for (const state of recovered.actors) model.restore(state);
  const random = createRandom(`epoch ${journal.epoch}`);
  const turnsMax = turns === 'endless' ? Infinity : Number.parseInt(turns, 10);
  say(`READY ${recovered.head.seq} ${recovered.head.hash}`);
  for (let turn = 0; turn < turnsMax; turn += 1) {
    const entries = Array.from({ length: 1 + random.int(8) }, () =>
      model.step(
        `account/A1/order/BH-1-${random.int(20)}`,
        ['working', 'partlyFilled', 'filled'][random.int(3)] ?? 'working',
        { lots: random.int(100), note: 'x'.repeat(random.int(600)) },
        model.seq,
      ),
    );
    const { seq, hash } = journal.commit({
      entries,
      fills: [fillRow(`fill-${model.seq}`, 'A1', model.seq)],
      dedupeKeys: [{ key: `fill-${model.seq}`, atMs: 0 }],
    });
    say(`ACK ${seq} ${hash}`);
    if (turn % 16 === 15) {
      journal.writeSnapshots(journal.staleActors(8).map((actor) => model.state(actor)));
    }
  }
  journal.close();
}

try {
  work();
} catch (error) {
  say(`END ${error instanceof Error ? error.name : 'unknown'} ${String(error)}`);
  if (error instanceof OperatorError) process.exitCode = error.exitCode;
  else if (error instanceof StoreFailure) process.exitCode = exitCodes.storeFailed;
  else throw error;
}
