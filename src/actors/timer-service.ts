/** Durable timers: rows with an absolute due time, armed after the commit, armed again at the start. */
import type { Cancel, Clock } from '../kernel/clock.ts';
import type { TimerRow } from '../ports/journal.port.ts';

type Armed = { readonly row: TimerRow; readonly cancel: Cancel };

export class TimerService {
  private readonly armed = new Map<string, Armed>();
  private readonly clock: Clock;
  private readonly deliver: (row: TimerRow) => void;

  constructor(clock: Clock, deliver: (row: TimerRow) => void) {
    this.clock = clock;
    this.deliver = deliver;
  }

  /** The same owner and name replaces. A due time in the past fires at once, once. */
  arm(row: TimerRow): void {
    const key = timerKey(row.owner, row.name);
    this.armed.get(key)?.cancel();
    this.armed.set(key, { row, cancel: this.clock.schedule(row.dueAtMs, () => this.deliver(row)) });
  }

  disarm(owner: string, name: string): void {
    const key = timerKey(owner, name);
    this.armed.get(key)?.cancel();
    this.armed.delete(key);
  }

  /** True when the row that came due is still the one that is wanted: timers come in bursts after a pause. */
  isCurrent(row: TimerRow): boolean {
    return this.armed.get(timerKey(row.owner, row.name))?.row === row;
  }

  list(): readonly TimerRow[] {
    return [...this.armed.values()].map(({ row }) => row);
  }

  close(): void {
    for (const { cancel } of this.armed.values()) cancel();
    this.armed.clear();
  }
}

export function timerKey(owner: string, name: string): string {
  return `${owner}|${name}`;
}
