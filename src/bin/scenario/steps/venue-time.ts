/** The venue's own time of an event. */
import type { Stage } from '../stage.ts';
import { durationMs, durationPattern, instantMs, instantText, isTimeOfDayText } from '../times.ts';

/** An instant, a time of the current day, or a distance from now; without one it is now. */
export function venueTimeMs(stage: Stage, text: string | undefined): number {
  if (text === undefined) return stage.venueClock.nowMs();
  const { zone } = stage.scenario;
  if (durationPattern.test(text)) return stage.venueClock.nowMs() + durationMs(text);
  if (!isTimeOfDayText(text)) return instantMs(text, zone);
  return instantMs(`${instantText(stage.venueClock.nowMs(), zone).slice(0, 10)}T${text}`, zone);
}
