/** How a venue's interface is called, as the engine needs it. Source: rules 10.6 (api.yaml), execution 13. */

/** Calls that a venue permits in a window that slides. */
export type CallBudget = { readonly max: number; readonly windowMs: number };

export type ApiSettings = {
  /** Absent: the venue counts nothing, as the simulated one does. */
  readonly rateLimits?: {
    readonly general: CallBudget;
    readonly history: CallBudget;
    /** Shares of the venue's limit, parts per million. */
    readonly warnPpm: number;
    readonly alertPpm: number;
  };
  /** Repeated reads and verified placements: full jitter. */
  readonly retry: { readonly max: number; readonly baseMs: number; readonly capMs: number };
  readonly reconnect: {
    /** Pauses between attempts; the last one repeats. */
    readonly delaysMs: readonly number[];
    readonly maxAttempts: number;
    readonly maxMs: number;
    readonly pollMs: number;
    readonly pollMaxMs: number;
  };
  /** Silence of the stream, while something is expected of it, before everything is compared anew. */
  readonly staleHubMs: number;
  /** Questions to a stream that says nothing: how often, how long each may take, and how many missed make a dead link. */
  readonly probe: {
    readonly everyMs: number;
    readonly timeoutMs: number;
    readonly failures: number;
  };
};

export const defaultApiSettings: ApiSettings = {
  retry: { max: 3, baseMs: 1_000, capMs: 30_000 },
  reconnect: {
    delaysMs: [0, 2_000, 10_000, 30_000, 60_000],
    maxAttempts: 10,
    maxMs: 300_000,
    pollMs: 5_000,
    pollMaxMs: 600_000,
  },
  staleHubMs: 120_000,
  probe: { everyMs: 30_000, timeoutMs: 5_000, failures: 3 },
};
