/**
 * Pre-trade controls beside the account rules: the keys of `controls.yaml`. Units are in the names of the keys;
 * percentages in parts per million. Source: trading-controls 2, 3 and 14.
 */
import { z } from 'zod';
import { DurationValue, FlagValue, MoneyValue, PercentValue, WholeValue } from './config-values.ts';
import { SafetySettings, type SafetyCheck } from './safety.ts';

const count = (min: number, max: number) =>
  WholeValue.refine((value) => value >= min && value <= max, {
    error: `a whole number from ${min} to ${max}`,
  }).meta({ minimum: min, maximum: max });

const percent = (min: number, max: number) =>
  PercentValue.refine((value) => value >= min * 10_000 && value <= max * 10_000, {
    error: `a percentage from ${min} to ${max}`,
  }).meta({ values: `percent, ${min} to ${max}` });

const Switch = FlagValue.optional().describe(
  'whether it is on; the kind of the profile decides when it is left out',
);
const Minutes = count(0, 10_080);
const perInstrument = <Value extends z.ZodType>(value: Value) =>
  z.record(z.string().min(1), value).default({});

const Caps = z.strictObject({
  totalAtRiskPct: percent(0, 1_000)
    .default(150_000)
    .meta({ default: 15 })
    .describe('of net asset value, everything'),
  perAssetPct: percent(0, 1_000)
    .default(50_000)
    .meta({ default: 5 })
    .describe('of net asset value, one instrument'),
  perThemePct: percent(0, 1_000)
    .default(100_000)
    .meta({ default: 10 })
    .describe('of net asset value, one theme'),
  perPositionPct: percent(0, 1_000)
    .default(30_000)
    .meta({ default: 3 })
    .describe('of net asset value, one order'),
  themes: z
    .record(z.string(), percent(0, 1_000))
    .default({})
    .describe('limit of a theme by its name'),
  symbolThemes: z
    .record(z.string(), z.array(z.string()))
    .default({})
    .describe('themes of an instrument; without one it is its own'),
  maxOpenPositions: count(1, 10_000).default(5).describe('instruments with a position'),
  onExceed: z.enum(['reject', 'degrade']).default('reject').describe('refuse, or cut to the cap'),
  countOpenOrdersInCap: FlagValue.default(true).describe('working orders count at worst case'),
  minPositionPct: percent(0, 100)
    .default(2_500)
    .meta({ default: 0.25 })
    .describe('smaller orders are not worth a fee'),
});

const Frequency = z.strictObject({
  spacingSeconds: count(0, 86_400).default(90).describe('between entries'),
  perHour: count(1, 100_000).default(5).describe('entries in 60 minutes'),
  perDay: count(1, 1_000_000).default(120).describe('entries of a trading day'),
  newPerHour: count(1, 100_000).default(3).describe('entries that open a position, in 60 minutes'),
  perSymbolSpacingSeconds: count(0, 86_400).default(900).describe('between entries of one symbol'),
});

const Strategy = z.strictObject({
  enabled: FlagValue.default(false).describe('whether it may trade'),
  maxAtRiskPct: percent(0, 1_000).describe('of net asset value'),
  maxTradesPerCycle: count(1, 1_000).describe('entries in one cycle'),
  maxErrors: count(1, 1_000).default(5).describe('errors in a row that switch it off'),
});

export const Controls = z.strictObject({
  profile: z
    .strictObject({
      kind: z
        .enum(['futures', 'spot'])
        .default('futures')
        .describe('which controls are on where nothing is said: spot switches on checks 6 to 13'),
      allowShort: FlagValue.optional().describe('false for spot, true for futures'),
    })
    .prefault({})
    .describe('what kind of account it is'),
  caps: Caps.extend({ enabled: Switch }).prefault({}).describe('exposure'),
  stops: z
    .strictObject({
      enabled: FlagValue.optional().describe(
        'whether it is on; the kind of the profile decides when it is left out',
      ),
      dailyPct: percent(-100, 0)
        .default(-30_000)
        .meta({ default: -3 })
        .describe('loss of the trading day'),
      weeklyPct: percent(-100, 0)
        .default(-70_000)
        .meta({ default: -7 })
        .describe('loss of the week'),
      maxDrawdownPct: percent(0, 100)
        .default(100_000)
        .meta({ default: 10 })
        .describe('from the high-water mark'),
      drawdownBasis: z
        .enum(['rolling', 'session'])
        .default('rolling')
        .describe('from the highest value of all, or of the session'),
      confirmations: count(1, 10)
        .default(1)
        .describe('equity marks in a row beyond the drawdown before it counts'),
    })
    .prefault({})
    .describe('losses as a share of the net asset value'),
  safety: SafetySettings.prefault({}).describe(
    'limits of two levels: no new risk, then the kill switch',
  ),
  frequency: Frequency.extend({ enabled: Switch })
    .prefault({})
    .describe('how often entries are made'),
  lossCooldown: z
    .strictObject({
      enabled: FlagValue.optional().describe(
        'whether it is on; the kind of the profile decides when it is left out',
      ),
      consecutive: count(1, 1_000).default(3).describe('losses in a row'),
      minutes: Minutes.default(60).describe('minutes without a new entry'),
    })
    .prefault({})
    .describe('after losses in a row'),
  cooldowns: z
    .strictObject({
      enabled: FlagValue.optional().describe(
        'whether it is on; the kind of the profile decides when it is left out',
      ),
      afterFill: Minutes.default(30).describe('after any fill'),
      stopOut: Minutes.default(120).describe('after a stop'),
      win: Minutes.default(10).describe('after a profit'),
      loss: Minutes.default(60).describe('after a loss'),
    })
    .prefault({})
    .describe('minutes without a new entry in a symbol; the longest counts'),
  strategies: z
    .record(z.string().min(1), Strategy)
    .default({})
    .describe('limits of single strategies, by their names'),
  staleness: z
    .strictObject({
      quoteMaxAgeSeconds: count(1, 3_600).optional().describe('general.quoteMaxAgeSeconds else'),
      barMaxAgeSeconds: count(1, 86_400).default(90).describe('an older bar is not acted on'),
    })
    .prefault({})
    .describe('how old data may be'),
  outlier: z
    .strictObject({
      sigma: count(1, 100).default(6).describe('standard deviations from the mean of the window'),
      windowSeconds: count(1, 3_600).default(60).describe('length of that window'),
      pct: percent(0, 100)
        .default(100_000)
        .meta({ default: 10 })
        .describe('distance from the mean of the last periods'),
      periods: count(2, 1_000).default(20).describe('number of those periods'),
      minVolumeFactor: PercentValue.default(100_000)
        .meta({ default: 10 })
        .describe('percent of the average volume'),
      maxSpreadTicks: count(1, 1_000_000).optional().describe('a wider market is no market'),
    })
    .prefault({})
    .describe('single prints that nobody should act on'),
  collar: z
    .strictObject({
      pct: percent(0, 100)
        .default(100_000)
        .meta({ default: 10 })
        .describe('distance from the touch'),
      ticks: count(1, 1_000_000).optional().describe('the same in ticks; the tighter counts'),
    })
    .prefault({})
    .describe('prices of orders'),
  orders: z
    .strictObject({
      maxQty: perInstrument(count(1, 1_000_000_000)).describe('lots of one order, by instrument'),
      maxValue: perInstrument(MoneyValue).describe('value of one order, by instrument'),
      maxOpen: count(1, 100_000).optional().describe('working orders of the account'),
    })
    .prefault({})
    .describe('size and number of orders'),
  messages: z
    .strictObject({
      submitPerSecond: count(1, 100_000).default(100).describe('orders'),
      modifyPerSecond: count(1, 100_000).default(100).describe('changes of orders'),
      perDay: count(1, 100_000_000).optional().describe('orders and cancels of a trading day'),
      mode: z
        .enum(['drop', 'buffer'])
        .default('drop')
        .describe('what is above is dropped, or waits'),
    })
    .prefault({})
    .describe('commands to the venue in a time'),
  repeat: z
    .strictObject({
      max: count(1, 100_000).default(10).describe('how often within the window'),
      windowSeconds: count(1, 86_400).default(60).describe('length of the window'),
      identicalMax: count(1, 100_000).optional().describe('same order within identicalWindow'),
      identicalWindow: DurationValue.default(1_000)
        .meta({ default: '1s', values: 'a duration' })
        .describe('time in which the same order is the same'),
    })
    .prefault({})
    .describe('the same strategy sending the same order again and again'),
  selfMatch: z
    .enum(['reject', 'cancelOlder'])
    .default('reject')
    .describe('an own order that would trade with another one: refused, or the older one canceled'),
  cancelOnDisconnect: FlagValue.default(false).describe('entries; protective orders are kept'),
  margin: z
    .strictObject({
      enabled: FlagValue.optional().describe(
        'whether it is on; the kind of the profile decides when it is left out',
      ),
      perContract: perInstrument(MoneyValue).describe('initial margin of one contract'),
      leverage: count(1, 1_000).default(1).describe('how much a unit of money carries'),
    })
    .prefault({})
    .describe('what the account must be able to pay'),
  breakers: z
    .strictObject({
      rateLimitSeconds: count(1, 3_600)
        .default(60)
        .describe('pause after the venue has said that it was too much'),
      apiErrors: count(1, 1_000).default(3).describe('errors that open it'),
      apiWindowSeconds: count(1, 86_400).default(300).describe('time in which they count'),
      volatilityPct: percent(0, 10_000)
        .default(1_500_000)
        .meta({ default: 150 })
        .describe('realized volatility of a year, for the kind spot'),
    })
    .prefault({})
    .describe('when trading pauses by itself'),
  alerts: z
    .strictObject({
      minSeverity: z
        .enum(['info', 'warning', 'error', 'critical'])
        .default('warning')
        .describe('least weight of what is sent'),
      dedupeSeconds: count(0, 3_600).default(60).describe('the same is sent once in this time'),
      escalateSeconds: count(1, 86_400)
        .default(120)
        .describe('nobody has answered: it is escalated'),
      timeoutSeconds: count(1, 60).default(5).describe('deadline of a delivery'),
      cleanupSeconds: count(1, 86_400).default(300).describe('pause between looks at old ones'),
      dryRun: FlagValue.default(false).describe('nothing is sent'),
    })
    .prefault({})
    .describe('what is told, and how often'),
  latency: z
    .strictObject({
      p95Seconds: count(1, 600).default(1).describe('95 of 100 answers of the venue are faster'),
      p99Seconds: count(1, 600).default(2).describe('99 of 100 are faster'),
    })
    .prefault({})
    .describe('the objective for answers of the venue, over the last 1,000 of each command'),
  fees: z
    .strictObject({
      makerBps: count(0, 10_000).default(40).describe('of an order that waited'),
      takerBps: count(0, 10_000).default(60).describe('of an order that did not'),
    })
    .prefault({})
    .describe('cost of a trade in hundredths of a percent'),
  cycle: z
    .strictObject({
      intervalSeconds: count(1, 86_400).default(60).describe('a strategy may trade so often in it'),
    })
    .prefault({})
    .describe('the rhythm of strategies'),
  slippage: z
    .strictObject({
      tierBps: z
        .array(count(0, 10_000))
        .min(1)
        .max(10)
        .default([10, 25, 50])
        .describe('added to the touch for orders without a limit; the first tier counts'),
    })
    .prefault({})
    .describe('what an order is expected to lose'),
  preview: z
    .strictObject({
      depthBps: count(0, 10_000)
        .default(20)
        .describe('distance from the touch that counts as depth'),
      minNotional: MoneyValue.optional().describe('smallest value of an order'),
    })
    .prefault({})
    .describe('what an order is checked against before it is sent'),
});
/** Checks 6 to 13, and the safety limits, that are switched on and off by themselves. */
export type PortfolioCheck =
  | 'DAILY_STOP'
  | 'WEEKLY_STOP'
  | 'DRAWDOWN_MAX'
  | 'STRATEGY_CAP'
  | 'AT_RISK_CAP'
  | 'SPACING'
  | 'FREQUENCY_HOUR'
  | 'FREQUENCY_DAY'
  | 'FREQUENCY_NEW'
  | 'CONSECUTIVE_LOSSES'
  | 'POSITIONS_MAX'
  | 'COOLDOWN_FILL'
  | 'COOLDOWN_STOP_OUT'
  | 'COOLDOWN_WIN'
  | 'COOLDOWN_LOSS'
  | 'SYMBOL_SPACING'
  | 'ASSET_CAP'
  | 'THEME_CAP'
  | 'POSITION_CAP'
  | 'POSITION_TOO_SMALL'
  | 'NOTIONAL_MIN'
  | 'SHORTING_DISALLOWED'
  | 'FUNDS_INSUFFICIENT'
  | 'BREAKER_VOLATILITY'
  | SafetyCheck;

/** `only`: these checks of the switched blocks and no other; absent: by `enabled` and kind of account. */
export type Controls = z.output<typeof Controls> & { readonly only?: readonly PortfolioCheck[] };

/** Every key at its default: a futures account, checks 6 to 13 off. */
export const defaultControls: Controls = Controls.parse({});
