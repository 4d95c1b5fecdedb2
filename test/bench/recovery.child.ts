/** A start after a kill, in a fresh process; prints what it took. */
import { recoverEngine } from '../../src/actors/recovery.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { createInlineEvaluator } from '../../src/workers/inline-evaluator.ts';
import { recoveryAccounts, recoveryInstruments } from './recovery-rows.ts';
import { accountsNamed, createStage } from './stage.ts';

const [, , directory = ''] = process.argv;
const startedMs = performance.now();
const { engine, journal } = createStage({
  directory,
  clock: systemClock,
  accounts: accountsNamed(recoveryAccounts),
  instruments: recoveryInstruments,
  evaluator: createInlineEvaluator(),
});
const openedMs = performance.now();
const { report, turn } = recoverEngine(engine.world);
journal.commit(turn.batch());
const readyMs = performance.now();
process.stdout.write(
  `${JSON.stringify({
    openMs: openedMs - startedMs,
    restoreMs: readyMs - openedMs,
    totalMs: readyMs - startedMs,
    actors: report.actors,
    inDoubt: report.inDoubt,
  })}\n`,
);
journal.close({ isClean: false });
process.exit(0);
