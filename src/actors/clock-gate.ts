/**
 * Whether our wall clock is the venue's. Every answered call bounds the difference: the venue's stamp lies between our
 * sending and our receiving, so a slow answer proves little and a quick one much; between two of them our monotonic
 * clock counts on, so that a step of the wall clock shows at once. Source: REQ-TIME1, execution 14.
 */
import { raiseAlert, resolveAlerts } from './alerts.ts';
import { outside, type Turn } from './turn.ts';
import { modeOf, type World } from './world.ts';

const entity = 'clock';

export class ClockGate {
  /** Bounds of venue time less our monotonic time; undefined while no call was answered. */
  private bounds: { readonly lowMs: number; readonly highMs: number } | undefined;
  /** What the accounts were told last. */
  isOff = false;

  /** A call was answered: the venue's stamp, and our monotonic time when it was sent and when the answer came. */
  hear(stampMs: number, sentMs: number, receivedMs: number): void {
    if (!Number.isSafeInteger(stampMs) || receivedMs < sentMs) return;
    const [lowMs, highMs] = [stampMs - receivedMs, stampMs - sentMs];
    const known = this.bounds;
    const isConsistent = known !== undefined && lowMs <= known.highMs && highMs >= known.lowMs;
    this.bounds = isConsistent
      ? { lowMs: Math.max(lowMs, known.lowMs), highMs: Math.min(highMs, known.highMs) }
      : { lowMs, highMs };
  }

  /**
   * How far our wall clock is ahead of the venue's, at least, in whole milliseconds; negative: behind; undefined: nobody
   * can say.
   */
  driftMs(wallMs: number, monotonicMs: number): number | undefined {
    if (this.bounds === undefined) return undefined;
    const mostMs = wallMs - monotonicMs - this.bounds.lowMs;
    const leastMs = wallMs - monotonicMs - this.bounds.highMs;
    if (leastMs > 0) return Math.floor(leastMs);
    return mostMs < 0 ? Math.ceil(mostMs) : 0;
  }
}

/** The difference now, as the gate sees it. */
export function clockDriftMs({ clockGate, submission, options }: World): number | undefined {
  const { clock } = options;
  return clockGate.driftMs(clock.nowMs(), clock.monotonicMs()) ?? submission.clockDriftMs;
}

/** At the end of a turn: LIVE may only reduce on a clock that is off, PAPER is told, DRY_RUN does not look. */
export function followClock(world: World, turn: Turn): void {
  const { clockGate, execution } = world;
  const driftMs = clockDriftMs(world);
  const limitMs = execution.clock.maxDriftMs;
  const isOff = driftMs !== undefined && Math.abs(driftMs) > limitMs;
  if (isOff === clockGate.isOff) return;
  clockGate.isOff = isOff;
  const seq = turn.addInput('', { type: 'clock.compared', driftMs: driftMs ?? null, limitMs });
  const cause = { causeSeq: seq, correlationSeq: seq };
  const reason = `the clock of this machine differs from the venue's by ${driftMs ?? '?'} ms, at most ${limitMs} is permitted`;
  for (const account of world.accounts.values()) {
    const mode = modeOf(world, account.id);
    const { atMs } = turn;
    if (mode === 'LIVE') {
      const added = { cause: 'clock', state: 'REDUCING', reason } as const;
      const event = isOff
        ? ({ type: 'account.causeAdded', cause: added, atMs } as const)
        : ({ type: 'account.causeRemoved', cause: 'clock', atMs } as const);
      turn.sendSibling(account.id, 'account', event, cause);
    } else if (mode === 'PAPER' && isOff) {
      const alert = { severity: 'warning', code: 'OPERATIONS', text: reason, entity } as const;
      raiseAlert(turn, account, { ...alert, isLasting: true }, cause);
    } else resolveAlerts(turn, account, entity, outside);
  }
}
