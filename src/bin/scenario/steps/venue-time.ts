/** The venue's own time of an event. */
import type { Stage } from '../stage.ts';
import { durationMs, durationPattern, instantMs, instantText, isTimeOfDayText } from '../times.ts';

/** An instant, a time of the current day, or a distance from now; without one it is now. */
export function venueTimeMs(stage: Stage, text: string | undefined): number {
  if (text === undefined) return stage.nowMs();
  const { zone } = stage.scenario;
  if (durationPattern.test(text)) return stage.nowMs() + durationMs(text);
  if (!isTimeOfDayText(text)) return instantMs(text, zone);
  return instantMs(`${instantText(stage.nowMs(), zone).slice(0, 10)}T${text}`, zone);
}
