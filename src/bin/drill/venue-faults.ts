/**
 * A venue that misbehaves while it is killed: what it does, and by when somebody has to have heard of it where it cannot
 * be verified. Source: execution 9.1 (SLA), 9.3.
 */
import type { DrillVenueFault } from '../../cli/drill-report.ts';
import type { FaultChanges } from '../../venues/paper/paper-faults.ts';

/** All orders canceled within ten seconds, and the alert within five of finding that they are not. */
export const calledMsMax = 15_000;

export const venueFaults: Readonly<Record<DrillVenueFault, FaultChanges>> = {
  // It does what it is told and does not answer; its lists come back after a while.
  hang: {
    loseAck: [{ match: { command: 'cancel' } }, { match: { command: 'close' } }],
    failQuery: [{ match: {}, code: 'timeout', forMs: 3_000 }],
  },
  // Nothing is ever answered: nothing can be verified, and a person has to look.
  dead: {
    link: 'silent',
    loseAck: [{ match: {} }],
    failQuery: [{ match: {}, code: 'timeout' }],
  },
  // Too many calls, for half of them.
  rateLimit: {
    status: [
      { match: { command: 'cancel' }, code: 429, chancePpm: 500_000 },
      { match: { command: 'close' }, code: 429, chancePpm: 500_000 },
    ],
    failQuery: [{ match: {}, code: 429, forMs: 2_000 }],
  },
  // A part of what it says is missing, twice, or in the wrong order.
  lies: {
    halfListsPpm: 300_000,
    dropPpm: 300_000,
    duplicateEvents: true,
    reorder: true,
  },
};
