/** How a call to the venue ended at the level of the transport; what it means for an order is another report. */

/** place, cancel, modify: commands. query: one order. picture, list: whole lists. connect: the stream. */
export type VenueCall = 'place' | 'cancel' | 'modify' | 'query' | 'picture' | 'list' | 'connect';

/** What a call rejects or throws with when the transport gave a reason; anything else is a failure without a status. */
export class VenueCallFailed extends Error {
  override readonly name = 'VenueCallFailed';
  /** HTTP status; absent for a timeout or a broken connection. */
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, status?: number, retryAfterMs?: number) {
    super(message);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Too many calls, or a fault of the venue: the same read may be asked again. Source: execution 13.1. */
export function isRepeatable(status: number | undefined): boolean {
  return status === 429 || (status !== undefined && status >= 500);
}
