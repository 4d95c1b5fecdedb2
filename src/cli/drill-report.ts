/** What a kill drill is asked and what it says. Durations in milliseconds. Source: execution 9.3. */
/** How the venue misbehaves while it is killed. */
export const drillVenueFaults = ['hang', 'dead', 'rateLimit', 'lies'] as const;
export type DrillVenueFault = (typeof drillVenueFaults)[number];

export type KillDrillOptions = {
  readonly flatten: boolean;
  readonly orders: number;
  readonly positions: number;
  readonly venueLatencyMs: number;
  /** How often the whole drill is made. */
  readonly runs: number;
  readonly mode: 'DRY_RUN' | 'PAPER' | 'LIVE';
  readonly venueFault?: DrillVenueFault;
  /** Where the report is written down, for the inspector; where there is no such folder, it is only printed. */
  readonly dataDir?: string;
};

export type KillDrillRun = {
  /** The venue has confirmed no orders and no positions, twice in a row, and its own books agree. */
  readonly verifiedFlat: boolean;
  /** It did not come to its end. */
  readonly partial: boolean;
  /** From the command to the latch. */
  readonly totalMs: number;
  /** From the trigger to the end of each step. */
  readonly steps: readonly { readonly step: string; readonly ms: number }[];
  readonly orders: { readonly placed: number; readonly left: number };
  readonly positions: { readonly opened: number; readonly left: number };
  readonly alerts: readonly string[];
  /** From the command to the alert that it cannot be verified; absent: there was none. */
  readonly calledAfterMs?: number;
  /** Verified, or somebody was called in time. */
  readonly isWithinLimits: boolean;
  readonly workingOrdersKnown: number;
};

/** The worst run, with the spread of all. */
export type KillDrillReport = KillDrillRun & {
  readonly venueFault?: DrillVenueFault;
  readonly flatten: boolean;
  readonly venueLatencyMs: number;
  readonly runs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly worstMs: number;
};
