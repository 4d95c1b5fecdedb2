/**
 * Safety limits of two levels beside the rules: what is configured, and what a limit says. The first level lets an
 * account only reduce and ends by itself; the second pulls its kill switch. Source: execution 10.
 */
import { z } from 'zod';
import { FlagValue, MoneyValue, PercentValue, WholeValue } from './config-values.ts';
import { killModes } from './operator.ts';

/** In the order in which they are shown. */
export const safetyLimits = [
  'drawdown',
  'notional',
  'positions',
  'margin',
  'singlePosition',
  'rejections',
  'apiErrors',
  'latency',
  'clockSkew',
] as const;
export type SafetyLimit = (typeof safetyLimits)[number];

/** Name of the check that switches a limit on. */
export const safetyChecks = {
  drawdown: 'SAFETY_DRAWDOWN',
  notional: 'SAFETY_NOTIONAL',
  positions: 'SAFETY_POSITIONS',
  margin: 'SAFETY_MARGIN',
  singlePosition: 'SAFETY_SINGLE_POSITION',
  rejections: 'SAFETY_REJECTIONS',
  apiErrors: 'SAFETY_API_ERRORS',
  latency: 'SAFETY_LATENCY',
  clockSkew: 'SAFETY_CLOCK_SKEW',
} as const satisfies Readonly<Record<SafetyLimit, string>>;
export type SafetyCheck = (typeof safetyChecks)[SafetyLimit];

/** Limits on the health of the way to the venue: no size of an account, so they are on for every kind. */
export const healthLimits: ReadonlySet<SafetyLimit> = new Set([
  'rejections',
  'apiErrors',
  'latency',
  'clockSkew',
]);

const count = (initial: number, min: number, max: number) =>
  WholeValue.refine((value) => value >= min && value <= max, {
    error: `a whole number from ${min} to ${max}`,
  })
    .meta({ minimum: min, maximum: max })
    .default(initial);

const percent = (initial: number, max: number) =>
  PercentValue.refine((value) => value > 0 && value <= max * 10_000, {
    error: `a percentage above 0, at most ${max}`,
  })
    .default(initial * 10_000)
    .meta({ values: `percent, above 0 to ${max}`, default: initial });

export const SafetySettings = z.strictObject({
  enabled: FlagValue.optional().describe(
    'whether all of it is on; left out: limits on size for the kind spot, limits on health for every kind',
  ),
  drawdownDegradedPct: percent(10, 100).describe('from the high-water mark: no new risk'),
  drawdownHaltPct: percent(15, 100).describe('from the high-water mark: the kill switch'),
  maxNotional: MoneyValue.refine((units) => units > 0, { error: 'an amount above 0' })
    .default(500_000_000_000)
    .meta({ default: '500000' })
    .describe('value of all positions and orders at worst; from here on no new risk'),
  positionsDegraded: count(22, 1, 10_000).describe('open positions: no new risk'),
  positionsHalt: count(27, 1, 10_000).describe('open positions: the kill switch'),
  marginDegradedPct: percent(85, 1_000).describe('of the net asset value: no new risk'),
  marginHaltPct: percent(92, 1_000).describe('of the net asset value: the kill switch'),
  singlePositionPct: percent(35, 100_000).describe(
    'value of one position, of the net asset value: no new risk',
  ),
  rejectsPerCycle: count(5, 0, 10_000).describe(
    'refusals of the venue within cycle.intervalSeconds; more: no new risk',
  ),
  apiErrorsPerMinute: count(10, 0, 10_000).describe('failed calls; more: no new risk'),
  latencyMs: count(5_000, 1, 600_000).describe(
    'answers of the venue that were slower within a minute, as many as confirmations: no new risk',
  ),
  clockSkewSeconds: count(30, 1, 86_400).describe(
    'clock of the venue and of this machine farther apart: no new risk, in every mode',
  ),
  confirmations: count(3, 1, 100).describe(
    'readings in a row, each of newer prices, before the kill switch is pulled',
  ),
  clearSeconds: count(5, 0, 3_600).describe('a limit is over when it was kept for so long'),
  killMode: z
    .enum(killModes)
    .optional()
    .describe('of the kill that a limit pulls; killSwitch.defaultMode when left out'),
});
export type SafetySettings = z.output<typeof SafetySettings>;

/** `halt` is reached beyond `degraded`; a limit of one level has no `halt`. */
export type SafetyLevel = 'ok' | 'degraded' | 'halt';

/** What one limit says now. Numbers are money in accounting units, parts per million, counts or milliseconds. */
export type SafetyReading = {
  readonly limit: SafetyLimit;
  readonly unit: 'money' | 'ppm' | 'count' | 'ms';
} & (
  | {
      readonly verdict: 'PASS' | 'DENY';
      readonly level: SafetyLevel;
      readonly observed: number;
      readonly degradedAt: number;
      readonly haltAt?: number;
      /** How much is left until the first level; 0 at or beyond it. */
      readonly headroom: number;
      /** What a person reads. */
      readonly text: string;
    }
  | { readonly verdict: 'UNKNOWN'; readonly missing: readonly string[] }
);
