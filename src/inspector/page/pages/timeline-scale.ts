/** Places on an axis of time on which idle time takes no room. */

/** Longer pauses than this are idle. */
const idleMs = 1_000;
/** Room that a pause keeps, beside one of a busy millisecond. */
const pauseRoom = 40;
/** Room of a step that follows within the same millisecond: their order is seen as well. */
const stepRoom = 1;

export type Pause = { readonly place: number; readonly ms: number };
export type Scale = {
  /** Place of each step, 0 to 1. */
  readonly places: readonly number[];
  readonly pauses: readonly Pause[];
};

/** @param times of the steps, in order; without compression pauses are as long as they were */
export function scaleOf(times: readonly number[], isCompressed: boolean): Scale {
  const rooms: number[] = [];
  const pauses: { readonly room: number; readonly ms: number }[] = [];
  let room = 0;
  for (const [index, atMs] of times.entries()) {
    const ms = index === 0 ? 0 : atMs - (times[index - 1] ?? atMs);
    const isPause = isCompressed && ms > idleMs;
    if (isPause) pauses.push({ room: room + pauseRoom / 2, ms });
    if (index > 0) room += isPause ? pauseRoom : Math.max(ms, stepRoom);
    rooms.push(room);
  }
  const whole = Math.max(1, room);
  return {
    places: rooms.map((at) => at / whole),
    pauses: pauses.map(({ room: at, ms }) => ({ place: at / whole, ms })),
  };
}
