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
    const fire = (): void => this.deliver(row);
    const cancel = isDuration(row)
      ? this.clock.scheduleIn(Math.max(0, row.dueAtMs - this.clock.nowMs()), fire)
      : this.clock.schedule(row.dueAtMs, fire);
    this.armed.set(key, { row, cancel });
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

const durations = /^(?:order|exit|oco|group|engine)\./u;

/**
 * A deadline that is a duration from its cause: counted by the monotonic clock, so that a step of the wall clock neither
 * fires it early nor holds it back. All others are instants of the calendar. Source: execution 12.
 */
export function isDuration({ event }: Pick<TimerRow, 'event'>): boolean {
  return durations.test(event);
}

export function timerKey(owner: string, name: string): string {
  return `${owner}|${name}`;
}
