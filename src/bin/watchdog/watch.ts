/**
 * The watchdog's own thread: it looks four times a second whether the engine has moved. What hangs for long pulls the
 * kill switch by the kill file and ends the process, which its supervisor starts again. Source: supervision 10,
 * execution 9.1, crash testing F9.
 */
import type { WatchdogSettings } from '../../domain/execution-settings.ts';
import { systemClock } from '../../kernel/clock.ts';
import { KillFile } from '../kill-file.ts';
import { Heartbeat, stalledMs } from './heartbeat.ts';

export type WatchdogStart = {
  readonly shared: SharedArrayBuffer;
  readonly dataDir: string;
  readonly killFile: string;
  readonly settings: Pick<
    WatchdogSettings,
    'stallMs' | 'killAfterSeconds' | 'pullsKillSwitch' | 'endsProcess'
  >;
};

/** Between two looks, ms: well below the least time that counts as a stall. */
const lookPauseMs = 125;

/** Looks until it is closed. Never touches an event loop. @param end ends the process */
export function watch(start: WatchdogStart, end: () => void): void {
  const heartbeat = new Heartbeat(start.shared);
  const { stallMs, killAfterSeconds } = start.settings;
  let last = { beats: heartbeat.get('beats'), stalledMs: 0 };
  let lookedAtMs = systemClock.monotonicMs();
  // The engine begins to count when it has moved for the first time: its start may take as long as it takes.
  while (heartbeat.sleep(lookPauseMs)) {
    const beats = heartbeat.get('beats');
    const nowMs = systemClock.monotonicMs();
    const elapsedMs = nowMs - lookedAtMs;
    lookedAtMs = nowMs;
    if (beats === 0) continue;
    const now = stalledMs(last, { beats, elapsedMs, pauseMs: lookPauseMs });
    if (last.stalledMs < stallMs && now >= stallMs)
      heartbeat.set('stalls', heartbeat.get('stalls') + 1);
    heartbeat.set('stalledMs', Math.round(now));
    heartbeat.set('longestMs', Math.max(heartbeat.get('longestMs'), Math.round(now)));
    const isOver = now >= killAfterSeconds * 1_000 && last.stalledMs < killAfterSeconds * 1_000;
    last = { beats, stalledMs: now };
    if (isOver) act(start, heartbeat, now, end);
  }
}

function act(
  { settings, dataDir, killFile }: WatchdogStart,
  heartbeat: Heartbeat,
  durationMs: number,
  end: () => void,
): void {
  const { pullsKillSwitch, endsProcess } = settings;
  const text = `the engine has not moved for ${Math.round(durationMs / 1_000)} s`;
  if (pullsKillSwitch) {
    try {
      const file = new KillFile(dataDir, killFile, () => undefined);
      file.pull({ by: 'watchdog', reason: text, trigger: 'watchdog' });
      heartbeat.set('pulled', 1);
    } catch {
      // A disk that takes nothing is no reason to let the process hang.
    }
  }
  if (endsProcess) end();
}
