/**
 * The store of a scenario fails: no commit succeeds while it does. The process ends at the first one that fails, as
 * durability C4 says, and comes back when the store does: recovered from the disk, and compared with the venue.
 */
import type { Clock } from '../../kernel/clock.ts';
import { StoreFailure } from '../../kernel/errors.ts';

export type StoreFaultKind = 'full' | 'error';

const texts: Readonly<Record<StoreFaultKind, string>> = {
  full: 'database or disk is full (SQLITE_FULL)',
  error: 'disk I/O error (SQLITE_IOERR_FSYNC)',
};

export class StoreFault {
  private readonly clock: Pick<Clock, 'nowMs'>;
  private fault: { readonly kind: StoreFaultKind; readonly untilMs: number } | undefined;
  /** The process has died of it and waits for the store. */
  private isAwaited = false;

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.clock = clock;
  }

  /** From now on. @param forMs until a restart by hand when left out */
  begin(kind: StoreFaultKind, forMs = Number.POSITIVE_INFINITY): void {
    this.fault = { kind, untilMs: this.clock.nowMs() + forMs };
  }

  get isFailing(): boolean {
    return this.fault !== undefined && this.clock.nowMs() < this.fault.untilMs;
  }

  /** @throws StoreFailure while the store fails */
  check(): void {
    if (this.fault === undefined || !this.isFailing) return;
    throw new StoreFailure(`the store failed: ${texts[this.fault.kind]}`);
  }

  /**
   * Lets the engine live, and die of its store.
   *
   * @param die ends the process
   */
  async survive(live: () => Promise<void>, die: () => void): Promise<void> {
    try {
      await live();
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error;
      this.isAwaited = true;
      die();
    }
  }

  /** When the process comes back by itself, where it waits for that. */
  get backAtMs(): number | undefined {
    return this.isAwaited ? this.fault?.untilMs : undefined;
  }

  /** The process is back, or somebody has started it: the store works. */
  end(): void {
    this.isAwaited = false;
    this.fault = undefined;
  }
}
