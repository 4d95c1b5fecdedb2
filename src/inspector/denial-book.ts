/**
 * Denied requests on their way to the journal: the first of a quiet time at once, what follows within a minute as one row
 * with counts. An attacker writes at most one row a minute. Source: security 3.
 */
import type { DenialKind, DeniedAccess, DeniedAccesses } from '../domain/access-denied.ts';
import type { Cancel, Clock } from '../kernel/clock.ts';

const pauseMs = 60_000;

export class DenialBook {
  private readonly clock: Clock;
  private readonly tell: (denied: DeniedAccesses) => void;
  private first: DeniedAccess | undefined;
  private counts = new Map<DenialKind, number>();
  private cancel: Cancel | undefined;

  constructor(clock: Clock, tell: (denied: DeniedAccesses) => void) {
    this.clock = clock;
    this.tell = tell;
  }

  add(denied: DeniedAccess): void {
    this.first ??= denied;
    this.counts.set(denied.kind, (this.counts.get(denied.kind) ?? 0) + 1);
    if (this.cancel === undefined) this.write();
  }

  /** What is still counted is told. */
  close(): void {
    this.cancel?.();
    this.cancel = undefined;
    if (this.first !== undefined) this.tellOf(this.first);
  }

  private write(): void {
    if (this.first === undefined) {
      this.cancel = undefined;
      return;
    }
    this.tellOf(this.first);
    this.cancel = this.clock.schedule(this.clock.nowMs() + pauseMs, () => this.write());
  }

  private tellOf(first: DeniedAccess): void {
    const counts = Object.fromEntries(this.counts);
    this.first = undefined;
    this.counts = new Map();
    this.tell({ first, counts });
  }
}
