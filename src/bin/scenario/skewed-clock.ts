/** A clock that shows another wall time than the world: the machine's or the venue's, with a skew from a moment on. */
import type { Cancel, Clock, SimulatedClock } from '../../kernel/clock.ts';

export class SkewedClock implements Clock {
  /** What its wall clock shows beyond the world's. Steps at once when it is set. */
  skewMs = 0;
  private readonly base: SimulatedClock;

  constructor(base: SimulatedClock) {
    this.base = base;
  }

  nowMs(): number {
    return this.base.nowMs() + this.skewMs;
  }

  monotonicMs(): number {
    return this.base.monotonicMs();
  }

  /** Asked again when it is due: the wall clock may have been set back meanwhile. */
  schedule(dueAtMs: number, run: () => void): Cancel {
    const armed: { cancel?: Cancel } = {};
    const arm = (): void => {
      armed.cancel = this.base.schedule(dueAtMs - this.skewMs, () => {
        if (this.nowMs() < dueAtMs) arm();
        else run();
      });
    };
    arm();
    return () => armed.cancel?.();
  }

  scheduleIn(durationMs: number, run: () => void): Cancel {
    return this.base.scheduleIn(durationMs, run);
  }
}
