/** How orders are sent, watched and reconciled: the keys of `execution.yaml`. Units are in the names of the keys; shares in parts per million. Source: execution 15. */
import { z } from 'zod';
import { FlagValue, MoneyValue, PercentValue, PpmValue, WholeValue } from './config-values.ts';

const seconds = (initial: number, min: number, max: number) =>
  WholeValue.refine((value) => value >= min && value <= max, {
    error: `whole seconds from ${min} to ${max}`,
  })
    .meta({ minimum: min, maximum: max })
    .default(initial);

const milliseconds = (initial: number, min: number, max: number) =>
  WholeValue.refine((value) => value >= min && value <= max, {
    error: `whole milliseconds from ${min} to ${max}`,
  })
    .meta({ minimum: min, maximum: max })
    .default(initial);

const count = (initial: number, min: number, max: number) =>
  WholeValue.refine((value) => value >= min && value <= max, {
    error: `a whole number from ${min} to ${max}`,
  })
    .meta({ minimum: min, maximum: max })
    .default(initial);

const listOf = (initial: readonly number[], unit: string) =>
  z
    .array(WholeValue.refine((value) => value >= 0, { error: `${unit}, 0 or more` }))
    .min(1)
    .max(10)
    .default([...initial]);

const Order = z.strictObject({
  ackTimeoutSeconds: seconds(5, 1, 60).describe(
    'without an answer for this long an order is UNKNOWN',
  ),
  cancelConfirmMs: milliseconds(1_000, 100, 60_000).describe(
    'a cancel on an exit path is confirmed within this, or asked about',
  ),
  cancelConfirmExtraMs: milliseconds(500, 0, 60_000).describe('added once before the question'),
  cancelRetryMs: listOf([250, 500, 1_000], 'milliseconds').describe(
    'pauses between repeated cancels, each after a query',
  ),
  postOnlyTtlSeconds: seconds(15, 1, 86_400).describe('a post-only order is canceled after this'),
  cancelAfterSeconds: seconds(60, 1, 86_400).describe(
    'an unfilled entry of a strategy without a time to live of its own is canceled after this',
  ),
  maxAgeSeconds: seconds(1_800, 1, 86_400).describe('no order of a strategy works longer'),
  partialFillTimeoutSeconds: seconds(60, 1, 86_400).describe(
    'a partly filled order of a strategy without progress: the rest is canceled',
  ),
  stuckAfterSeconds: seconds(120, 10, 86_400).describe(
    'an order without an event for this long is asked about, with an alert',
  ),
  overfillPolicy: z
    .enum(['close', 'adopt'])
    .default('close')
    .describe('what happens to lots beyond the quantity ordered'),
});

const Intent = z.strictObject({
  maxAgeSeconds: seconds(30, 1, 3_600).describe('older intents are not sent'),
  hashMemoryHours: count(24, 24, 720).describe('how long a signal is remembered'),
  orphanLookbackHours: count(1, 1, 168).describe('how far back a start asks for orders'),
  resendAfterNotFound: z
    .enum(['never', 'once'])
    .default('never')
    .describe('whether an order that the venue does not know may be sent again with the same id'),
  notFoundRoundsSeconds: listOf([2, 5, 10], 'seconds')
    .refine((values) => values.reduce((sum, value) => sum + value, 0) <= 30, {
      error: 'rounds of at most 30 seconds in all',
    })
    .describe('pauses between searches for an order in doubt'),
  lateWatchHours: count(24, 1, 720).describe(
    'how long a failed order stays on watch, at least: the journal knows it for as long as it has it',
  ),
});

const Group = z.strictObject({
  hedgeDebounceMs: milliseconds(500, 500, 60_000).describe('least time between emergency hedges'),
  hedgeTimeoutSeconds: seconds(5, 1, 60).describe('a hedge that has not filled is canceled'),
  hedgePollMs: milliseconds(50, 10, 5_000).describe('pause between looks at a hedge'),
  maxDepth: count(3, 1, 10).describe('how often the rest of a hedge is hedged again'),
  marginReject: PpmValue.default(900_000)
    .meta({ default: 0.9 })
    .describe('share of the available margin a group may need'),
  marginBuffer: PpmValue.refine((ppm) => ppm >= 1_000_000, { error: '1 or more' })
    .optional()
    .describe('the margin a group needs times this has to be available; instead of marginReject'),
  entryFillTimeoutSeconds: seconds(2, 1, 3_600).describe('an entry leg that has not filled'),
});

const Exit = z.strictObject({
  limitSlipPct: PercentValue.default(5_000)
    .meta({ default: 0.5 })
    .describe('distance of the limit of an exit stop, percent'),
  escalateAfterSeconds: seconds(2, 1, 3_600).describe(
    'an exit stop that has triggered and not filled becomes a market order for the rest',
  ),
  verifySeconds: seconds(10, 1, 600).describe('a close is verified flat within this'),
  maxRounds: count(5, 1, 50).describe('rounds of closing before an alert and paced closing'),
  pacedSeconds: seconds(30, 5, 3_600).describe('pause between paced rounds'),
});

const KillSwitch = z.strictObject({
  file: z
    .string()
    .min(1)
    .default('KILL_SWITCH')
    .describe('its existence kills everything; relative to the data directory'),
  defaultMode: z
    .enum(['cancelOnly', 'flatten'])
    .default('cancelOnly')
    .describe('of an activation that names none'),
  keepProtectiveStops: FlagValue.default(true).describe(
    'mode cancelOnly keeps the stops of open positions',
  ),
  emergencyFreshSeconds: seconds(120, 1, 3_600).describe(
    'a start goes on flattening only for an emergency that is younger',
  ),
  rearm: z
    .enum(['admin', 'fourEyes'])
    .default('fourEyes')
    .describe('who may end it for an account or wider'),
});

const Watchdog = z.strictObject({
  enabled: FlagValue.default(true).describe('a thread of its own watches the engine'),
  stallMs: milliseconds(1_000, 250, 60_000).describe(
    'the engine has not moved for this long: it is stalled, which is told when it moves again',
  ),
  killAfterSeconds: seconds(10, 2, 600).describe('stalled for this long: what follows is done'),
  pullsKillSwitch: FlagValue.default(true).describe(
    'the kill file is written: it counts when the engine moves again, and at the next start',
  ),
  endsProcess: FlagValue.default(true).describe(
    'the process is ended, so that whoever supervises it starts it again',
  ),
});
export type WatchdogSettings = z.output<typeof Watchdog>;

const Reconcile = z.strictObject({
  attemptTimeoutSeconds: seconds(15, 1, 120).describe('one attempt'),
  retries: count(3, 0, 20).describe('further attempts before it is said to have failed'),
  retryDelaysSeconds: listOf([1, 5, 10], 'seconds').describe('pauses between them'),
  maxConcurrent: count(5, 1, 50).describe('calls of one account at a time'),
  callTimeoutSeconds: seconds(5, 1, 60).describe('one call'),
  bufferEvents: count(1_000, 1, 100_000).describe('events kept while it runs'),
  inflightSeconds: seconds(2, 1, 60).describe('pause between looks at orders in flight'),
  inflightThresholdSeconds: seconds(5, 1, 600).describe('younger ones are left alone'),
  inflightRetries: count(5, 1, 100).describe('questions before an incident'),
  openOrdersSeconds: seconds(7, 5, 10).describe('pause between comparisons of open orders'),
  positionsSeconds: seconds(7, 5, 10).describe('pause between comparisons of positions'),
  openMissingRetries: count(5, 1, 100).describe(
    'times in a row an order is missing before it is UNKNOWN',
  ),
  positionRetries: count(3, 1, 100).describe('times in a row a difference is seen'),
  ghostPolicy: z
    .enum(['adopt', 'forceClose'])
    .default('adopt')
    .describe('what happens to a position that the venue has and nobody here knows'),
  onDrift: z
    .enum(['halt', 'warn'])
    .optional()
    .describe('effect of a difference on new risk; halt in LIVE, warn in PAPER when left out'),
  moneyTolerance: MoneyValue.default(10_000).meta({ default: '0.01' }).describe('agrees within it'),
  moneyHaltThreshold: MoneyValue.default(10_000_000)
    .meta({ default: '10.00' })
    .describe('unexplained money above it halts in LIVE'),
});

export const ExecutionSettings = z.strictObject({
  order: Order.prefault({}).describe('time limits of an order'),
  intent: Intent.prefault({}).describe('from the wish to the wire'),
  events: z
    .strictObject({
      processedMemoryHours: count(24, 24, 720).describe('how long an event is known'),
    })
    .prefault({})
    .describe('what the venue reports'),
  duplicates: z
    .strictObject({
      layers: z
        .union([
          z
            .literal('all')
            .transform((): ('L1' | 'L2' | 'L3' | 'L4' | 'L5')[] => ['L1', 'L2', 'L3', 'L4', 'L5']),
          z.array(z.enum(['L1', 'L2', 'L3', 'L4', 'L5'])),
        ])
        .optional()
        .describe('layers in force, all when left out; fewer only in DRY_RUN and PAPER'),
      onUnknown: z.literal('block').default('block').describe('a layer that cannot tell blocks'),
      pyramiding: FlagValue.optional().describe(
        'true: a position may be added to; with layers left out too, true for a futures account',
      ),
      maxAdds: count(0, 0, 100).describe('how often; above 0 when pyramiding is true'),
    })
    .prefault({})
    .describe('five independent layers against sending the same thing twice'),
  group: Group.prefault({}).describe('orders of several legs'),
  exit: Exit.prefault({}).describe('closing positions'),
  killSwitch: KillSwitch.prefault({}).describe('stops everything'),
  tradingState: z
    .strictObject({
      cancelEntriesOnReducing: FlagValue.default(false).describe(
        'true: orders that could increase are canceled when an account becomes REDUCING',
      ),
    })
    .prefault({})
    .describe('what the state of an account does to its orders'),
  watchdog: Watchdog.prefault({}).describe('what happens when the engine itself hangs'),
  reconcile: Reconcile.prefault({}).describe('comparison with the venue'),
  clock: z
    .strictObject({
      maxDriftMs: milliseconds(150, 1, 60_000).describe('LIVE refuses beyond'),
      maxTimestampSkewSeconds: seconds(30, 1, 3_600).describe(
        'venue times farther from the venue clock are not believed',
      ),
    })
    .prefault({})
    .describe('whether times are believed'),
});
export type ExecutionSettings = z.output<typeof ExecutionSettings>;

/** Every key at its default. */
export const defaultExecutionSettings: ExecutionSettings = ExecutionSettings.parse({});
