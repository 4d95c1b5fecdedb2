/**
 * What systemd is told, where it started the program (NOTIFY_SOCKET): READY when the engine is recovered and has been
 * compared with the venue, WATCHDOG only while it is well, STATUS in words. Node has no datagram sockets of that kind,
 * so the tool of systemd says it. Source: security 6.
 */
import { spawn } from 'node:child_process';
import { systemClock, type Cancel } from '../../kernel/clock.ts';
import type { Health } from './watchdog.ts';

/** Between two words of it where no watchdog is asked for. */
const statusPauseMs = 5_000;

export type ServiceState = { readonly health: Health; readonly status: string };

/** Milliseconds between two words: half of what the manager waits. @param watchdogUsec as systemd gives it */
export function pauseOf(watchdogUsec: string | undefined): number {
  const micros = Number(watchdogUsec);
  if (!Number.isSafeInteger(micros) || micros <= 0) return statusPauseMs;
  return Math.max(100, Math.floor(micros / 2_000));
}

/** What is said now: a watchdog is fed only while all is well. */
export function wordsOf({ health, status }: ServiceState, isWatched: boolean): readonly string[] {
  const words = [`STATUS=${health.isWell ? status : `${status}; ${health.why}`}`];
  return isWatched && health.isWell ? [...words, 'WATCHDOG=1'] : words;
}

type Environment = Readonly<Record<string, string | undefined>>;

export class SystemdNotice {
  private readonly environment: Environment;
  private readonly state: () => ServiceState;
  private cancel: Cancel | undefined;
  private isStopping = false;

  constructor(environment: Environment, state: () => ServiceState) {
    this.environment = environment;
    this.state = state;
  }

  /** The engine is ready. From now on it is told; nothing where nobody listens. */
  start(): void {
    this.tell(['READY=1']);
  }

  stopping(): void {
    if (this.isStopping) return;
    this.isStopping = true;
    this.cancel?.();
    this.say(['STOPPING=1']);
  }

  private tell(first: readonly string[]): void {
    const { NOTIFY_SOCKET, WATCHDOG_USEC } = this.environment;
    if (this.isStopping || NOTIFY_SOCKET === undefined) return;
    this.say([...first, ...wordsOf(this.state(), WATCHDOG_USEC !== undefined)]);
    this.cancel = systemClock.scheduleIn(pauseOf(WATCHDOG_USEC), () => this.tell([]));
  }

  private say(words: readonly string[]): void {
    const { NOTIFY_SOCKET, PATH } = this.environment;
    if (NOTIFY_SOCKET === undefined) return;
    const child = spawn('systemd-notify', [`--pid=${process.pid}`, ...words], {
      stdio: 'ignore',
      env: { NOTIFY_SOCKET, PATH },
    });
    // A manager that cannot be told acts by itself: it takes silence for a stall.
    child.on('error', () => undefined);
    child.unref();
  }
}
