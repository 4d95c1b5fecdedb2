/** Every bound of the system, each with the reason for its number. At a bound we refuse and say so. */
export const limits = {
  /** Events of one turn: keeps a turn short enough for timers and cancels. Source: supervision 10. */
  turnEventsMax: 256,
  /** Wall time of one turn before it yields. Source: supervision 10. */
  turnDurationMsMax: 3,
  /** Messages that one input may cause: far above any real cascade, so only a loop of ours reaches it. */
  messagesPerInputMax: 20_000,
  /** Inbox depth. Source: supervision 9. */
  inboxDepthMax: 1024,
  /** Share of the inbox at which the venue lane puts accounts to REDUCING, in percent. Source: supervision 9. */
  inboxAlarmPercent: 80,
  /** Fills remembered per order: the largest number of executions one order has in the field, times ten. */
  fillsPerOrderMax: 4096,
  /** Crashes of one actor within the window before it is quarantined. Source: supervision 5. */
  restartsMax: 3,
  restartWindowMs: 60_000,
  restartBackoffMs: 100,
  restartBackoffMsMax: 5_000,
  /** Rounds of closing one contract before the engine goes to paced retry. Source: execution 8. */
  exitRoundsMax: 5,
  exitVerifyDurationMs: 10_000,
  exitPacedDurationMs: 30_000,
  /** Pauses between look-ups of an order in doubt; answered by all of them, it is absent. Source: execution 2.3. */
  searchPausesMs: [500, 2_000, 5_000, 10_000] as readonly number[],
  searchPauseMsMax: 10_000,
  /** Shortest pauses between two questions about one order, so also between two cancels. Source: execution 3.8. */
  questionPausesMs: [250, 500, 1_000] as readonly number[],
  questionPauseMsMax: 1_000,
  /** Pauses between attempts to get the venue's picture; the last holds on. Source: execution 11.1. */
  reconcilePausesMs: [1_000, 5_000, 10_000] as readonly number[],
  reconcilePauseMsMax: 10_000,
  /** Executions booked while a picture of the venue is on its way; with more it is taken again. */
  fillsSincePictureMax: 256,
  /** How far before a break of the link the comparison begins. Source: execution 2.2, orphan look-back. */
  reconcileLookBackMs: 3_600_000,
  /** One evaluation by a worker under the real clock. Source: supervision 15. */
  evaluationDurationMsMax: 50,
  /** The first of a worker: every account at once, in code that is not compiled; 1,000 accounts take 60 ms. */
  evaluationFirstDurationMsMax: 1_000,
  /** The same while simulated time stands still and waits: only a lost worker takes this long. */
  evaluationLockstepDurationMsMax: 5_000,
  /** How far in the future a quote may be stamped: clocks differ. Source: execution 12. */
  quoteSkewMsMax: 30_000,
  /** Upper bound of the configured age of a quote. Source: rules 10.2. */
  quoteAgeSecondsMax: 3_600,
  /** Loading the rules into a fresh worker; a loaded machine takes half a second. */
  workerStartDurationMsMax: 20_000,
  /** How long the main thread may block for the verdicts of one instant before it goes back to its loop. */
  settleBlockMsMax: 2,
  workerFailuresMax: 3,
  workerFailureWindowMs: 10_000,
  /** Past trading days that the ledger keeps at hand for late fills and corrections: two weeks of sessions. */
  ledgerArchiveDaysMax: 10,
  accountsMax: 4096,
  /** Executions of one day that the trade-counting rules look at: ten times the busiest permitted session. */
  tradesPerDayMax: 20_000,
  /** Judged executions that a rule remembers by id: far more than arrive out of order, and one journal row stays small. */
  judgedTradesMax: 64,
  instrumentsMax: 256,
  positionsPerAccountMax: 64,
  /** Rows after the last snapshot of any actor: bounds the replay of a start. */
  journalTailRowsMax: 50_000,
  /** Rows of one actor after its snapshot: bounds its restart and its look by the shadow verifier. */
  rowsPerActorMax: 256,
  /** Terminal orders stay live this long for late events, then are passivated. Source: supervision 12. */
  passivateTerminalOrderMs: 60_000,
} as const;
