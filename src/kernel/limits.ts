/** Every bound of the system, each with the reason for its number. At a bound we refuse and say so. */
export const limits = {
  /** Events of one turn: keeps a turn short enough for timers and cancels. Source: supervision 10. */
  turnEventsMax: 256,
  /** Wall time of one turn before it yields. Source: supervision 10. */
  turnDurationMsMax: 3,
  /** The same while a kill is at work: its answers come in one burst, and every commit saved confirms them earlier. */
  turnOfKillDurationMsMax: 20,
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
  searchFirstPauseMs: 500,
  searchPauseMsMax: 10_000,
  /** Shortest pauses between two questions about one order, so also between two cancels. Source: execution 3.8. */
  questionPausesMs: [250, 500, 1_000] as readonly number[],
  questionPauseMsMax: 1_000,
  /** Repeated reads of all kinds in a minute, so that a venue in trouble is not asked to death. Source: execution 13.1. */
  callRetriesPerMinuteMax: 60,
  /** Commands without an answer that are remembered; an order in doubt is found by its id in any case. */
  callsUnansweredMax: 4_096,
  /** Longest wait of a placement for room in the budget before it is given up; well before it would count as unanswered. */
  placeWaitMsMax: 4_000,
  /** Refusals of the venue in this time that make a burst. Source: trading-controls 5, row 7. */
  rejectionBurstMin: 5,
  rejectionBurstMs: 60_000,
  /** Times of failed calls and of refusals that are kept to count them: more than any limit on them permits. */
  failuresKeptMax: 10_001,
  /** Executions booked while a picture of the venue is on its way; with more it is taken again. */
  fillsSincePictureMax: 256,
  /** Orders are confirmed gone within this after a kill; then it is said that they are not. Source: execution 9.1. */
  killConfirmDurationMs: 10_000,
  /** Pictures in a row that have to show nothing left. Source: execution 9.2. */
  killConfirmationsMin: 2,
  /** Pause between looks of a kill that is overdue: a venue that does not follow is not flooded. */
  killPacedDurationMs: 5_000,
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
  /** Lists tell of executions since the last boundary: of a weekend and its holidays, never of last month. */
  listedPastMsMax: 604_800_000,
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
  /** Weeks whose sums the ledger keeps at hand: the present one, the next and a month back. */
  ledgerWeeksMax: 6,
  /** A new equity high this far above the last one is believed only when a later mark confirms it. */
  equityJumpPercent: 50,
  equityConfirmMs: 1_000,
  /** The longest window of trades that goes on over the daily reset. Source: rules RULE-006. */
  tradeWindowMsMax: 3_600_000,
  accountsMax: 4096,
  /** Executions of the recent past for spacing, frequency and cooldowns: far more than frequency limits permit. */
  recentTradesMax: 2_000,
  /** Executions of one day that the trade-counting rules look at: ten times the busiest permitted session. */
  tradesPerDayMax: 20_000,
  /** Judged executions that a rule remembers by id: far more than arrive out of order, and one journal row stays small. */
  judgedTradesMax: 64,
  instrumentsMax: 256,
  positionsPerAccountMax: 64,
  /** A group that is exposed again sooner than this after a hedge has been hedged against somebody: a limit that cuts it. */
  groupRelapseMs: 60_000,
  /** So often in succession is a hedge made good; then the group gives back what it holds instead of paying for more. */
  groupRelapsesMax: 3,
  /** Legs of one order group: the largest spread that anybody trades has four. */
  legsPerGroupMax: 8,
  /** Alerts that the desk of an account remembers for repeats and escalation. */
  alertsPerAccountMax: 128,
  /** Rows after the last snapshot of any actor: bounds the replay of a start. */
  journalTailRowsMax: 50_000,
  /** Rows of one actor after its snapshot: bounds its restart and its look by the shadow verifier. */
  rowsPerActorMax: 256,
  /** How long the word of the first of two people waits for the second. Source: rules 5.5. */
  fourEyesDurationMs: 900_000,
  /** First answers that are kept for repeats of a request id: ten minutes at the highest rate, times one and a half. */
  operatorAnswersMax: 1024,
  /** One request on the control socket: the longest reason, many times. Source: security 1. */
  controlRequestBytesMax: 65_536,
  /** Connections of the control socket at one time, and how long one may be silent. Source: security 1. */
  controlCommandsPerMinuteMax: 100,
  controlConnectionsMax: 20,
  controlIdleDurationMs: 30_000,
  /** Terminal orders stay live this long for late events, then are passivated. Source: supervision 12. */
  passivateTerminalOrderMs: 60_000,
  /** How old the venue's list of open orders may be when it is judged; older, it says nothing. Source: execution 6, L4. */
  venueOrdersAgeMsMax: 5_000,
  /** Intents that wait for a symbol, for a second, or for the venue; further ones are refused. */
  intentsWaitingMax: 1_000,
  /** Own orders that are remembered to count repeats over a restart, by strategy. */
  sendsRememberedMax: 200,
  /** Largest quantity that any order may ask for, in lots: beyond it no value of an order is exact. */
  orderLotsMax: 1_000_000_000,
} as const;
