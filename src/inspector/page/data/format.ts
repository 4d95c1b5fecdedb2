/** Numbers and times as people read them. Times are UTC, amounts keep their digits: only what is shown is shortened. */

const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 86_400_000;

/** `14:30:05.120` */
export function timeText(atMs: number): string {
  return atMs > 0 ? new Date(atMs).toISOString().slice(11, 23) : '–';
}

/** `2026-03-02 14:30:05` */
export function dateTimeText(atMs: number): string {
  return atMs > 0 ? new Date(atMs).toISOString().slice(0, 19).replace('T', ' ') : '–';
}

/** `820 ms`, `12 s`, `3 min 05 s`, `2 h 10 min`, `4 d 2 h` */
export function durationText(ms: number): string {
  const size = Math.abs(ms);
  if (size < 1_000) return `${Math.round(size)} ms`;
  if (size < minuteMs) return `${Math.floor(size / 1_000)} s`;
  if (size < hourMs)
    return `${Math.floor(size / minuteMs)} min ${two((size % minuteMs) / 1_000)} s`;
  if (size < dayMs) return `${Math.floor(size / hourMs)} h ${two((size % hourMs) / minuteMs)} min`;
  return `${Math.floor(size / dayMs)} d ${Math.floor((size % dayMs) / hourMs)} h`;
}

/** How long until then: `in 4 min 10 s`, or `due`. */
export function untilText(atMs: number, nowMs: number): string {
  return atMs <= nowMs ? 'due' : `in ${durationText(atMs - nowMs)}`;
}

export function agoText(atMs: number, nowMs: number): string {
  if (atMs <= 0) return '–';
  return nowMs - atMs < 1_000 ? 'now' : `${durationText(nowMs - atMs)} ago`;
}

function two(value: number): string {
  return String(Math.floor(value)).padStart(2, '0');
}

/** `49309.875966` → `49,309.88`; text that is no number stays as it is. */
export function moneyText(value: string): string {
  if (!/^-?\d+(?:\.\d+)?$/u.test(value)) return value;
  const number = Number(value);
  const text = Math.abs(number).toLocaleString('en-US', {
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
  });
  return number < 0 && text !== '0.00' ? `−${text}` : text;
}

/** With a sign on both sides, for results. */
export function signedText(value: string): string {
  const text = moneyText(value);
  return /^[\d,]/u.test(text) && Number(value) > 0 ? `+${text}` : text;
}

const counts = new Intl.NumberFormat('en-US');

export function countText(value: number): string {
  return counts.format(value);
}

export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit] ?? ''}`;
}

/** The last part of an actor's path. */
export function shortName(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}

/** The path below the account: `order/BH-1` of `account/A1/order/BH-1`. */
export function nameInAccount(id: string): string {
  const [, account = '', ...rest] = id.split('/');
  return rest.length === 0 ? account : rest.join('/');
}
