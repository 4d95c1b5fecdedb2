/**
 * What goes into one frame of the line: at most 64 KiB. What does not fit comes with the next one; what cannot fit at all
 * is told by its address, and the reader fetches it. Source: inspector 2.
 */
import type { ServerFrame } from './protocol-reports.ts';
import type { ActorSummary, RowSummary } from './protocol.ts';
import type { StatelyFrame } from './stately-frames.ts';

export const frameBytesMax = 65_536;
const frameRowsMax = 500;
/** Room for what stands around the rows of a frame. */
const frameOverhead = 256;
const roomBytes = frameBytesMax - frameOverhead;

/** Collects rows until the frame is full. */
export class FrameRoom {
  readonly rows: ActorSummary[] = [];
  private bytes = 0;

  /** `never`: no frame is large enough for it. */
  add(row: ActorSummary): 'taken' | 'full' | 'never' {
    const bytes = bytesOf(row);
    if (bytes > roomBytes) return 'never';
    if (this.bytes + bytes > roomBytes || this.rows.length === frameRowsMax) return 'full';
    this.bytes += bytes;
    this.rows.push(row);
    return 'taken';
  }
}

/** The newest rows that fit; none when the newest does not. */
export function newestThatFit(rows: readonly RowSummary[]): readonly RowSummary[] {
  let bytes = 0;
  let start = rows.length;
  while (start > 0 && rows.length - start < frameRowsMax) {
    bytes += bytesOf(rows[start - 1]);
    if (bytes > roomBytes) break;
    start -= 1;
  }
  return rows.slice(start);
}

/** With the comma behind it. */
function bytesOf(row: unknown): number {
  return Buffer.byteLength(JSON.stringify(row)) + 1;
}

export function actorReference(id: string): ServerFrame {
  return { type: 'ref', of: 'actor', path: `/api/actor?id=${encodeURIComponent(id)}` };
}

/** A frame as text. One that is too large becomes the address of what it holds. */
export function frameText(frame: ServerFrame): string {
  const text = JSON.stringify(frame);
  if (Buffer.byteLength(text) <= frameBytesMax) return text;
  const of = frame.type === 'hello' ? 'hello' : 'wall';
  return JSON.stringify({ type: 'ref', of, path: `/api/${of}` } satisfies ServerFrame);
}

/** The public shape has no addresses: the data of an actor that is too large is left out, with the place where it is. */
export function statelyText(frame: StatelyFrame): string {
  const text = JSON.stringify(frame);
  if (Buffer.byteLength(text) <= frameBytesMax) return text;
  const elsewhere = { elsewhere: `/api/actor?id=${encodeURIComponent(frame.sessionId)}` };
  const event = 'event' in frame ? { event: { type: typeOf(frame.event) } } : {};
  const snapshot =
    'snapshot' in frame ? { snapshot: { ...frame.snapshot, context: elsewhere } } : {};
  return JSON.stringify({ ...frame, ...event, ...snapshot, definition: undefined });
}

function typeOf(event: unknown): string {
  const type = typeof event === 'object' && event !== null && 'type' in event ? event.type : '';
  return typeof type === 'string' ? type.slice(0, 200) : '';
}
