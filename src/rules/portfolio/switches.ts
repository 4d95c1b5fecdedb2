/** Which of checks 6 to 13 are in force for an account. Source: trading-controls 14. */
import type { Controls, PortfolioCheck } from '../../domain/controls.ts';
import { healthLimits, safetyChecks, type SafetyCheck } from '../../domain/safety.ts';

type Block = 'stops' | 'caps' | 'frequency' | 'lossCooldown' | 'cooldowns';

const blocks: Readonly<Record<Exclude<PortfolioCheck, Special>, Block>> = {
  DAILY_STOP: 'stops',
  WEEKLY_STOP: 'stops',
  DRAWDOWN_MAX: 'stops',
  AT_RISK_CAP: 'caps',
  SPACING: 'frequency',
  FREQUENCY_HOUR: 'frequency',
  FREQUENCY_DAY: 'frequency',
  FREQUENCY_NEW: 'frequency',
  CONSECUTIVE_LOSSES: 'lossCooldown',
  POSITIONS_MAX: 'caps',
  COOLDOWN_FILL: 'cooldowns',
  COOLDOWN_STOP_OUT: 'cooldowns',
  COOLDOWN_WIN: 'cooldowns',
  COOLDOWN_LOSS: 'cooldowns',
  SYMBOL_SPACING: 'frequency',
  ASSET_CAP: 'caps',
  THEME_CAP: 'caps',
  POSITION_CAP: 'caps',
  POSITION_TOO_SMALL: 'caps',
};

type Special =
  | 'STRATEGY_CAP'
  | 'SHORTING_DISALLOWED'
  | 'FUNDS_INSUFFICIENT'
  | 'NOTIONAL_MIN'
  | 'BREAKER_VOLATILITY'
  | SafetyCheck;

const healthChecks: ReadonlySet<PortfolioCheck> = new Set(
  [...healthLimits].map((limit) => safetyChecks[limit]),
);

function isSafety(check: PortfolioCheck): check is SafetyCheck {
  return check.startsWith('SAFETY_');
}

/**
 * Whether a check is in force. An account that lists its checks (`only`) has exactly those of the switched blocks;
 * else each block by its `enabled`, else all of them for a spot account and none for a futures account.
 */
export function isOn(controls: Controls, check: PortfolioCheck): boolean {
  const isSpot = controls.profile.kind === 'spot';
  const listed = controls.only?.includes(check);
  if (isSafety(check))
    return listed ?? controls.safety.enabled ?? (isSpot || healthChecks.has(check));
  return isSpecial(check)
    ? specials[check](controls, isSpot, listed)
    : (listed ?? controls[blocks[check]].enabled ?? isSpot);
}

type Switch = (controls: Controls, isSpot: boolean, listed: boolean | undefined) => boolean;

const specials: Readonly<Record<Exclude<Special, SafetyCheck>, Switch>> = {
  STRATEGY_CAP: ({ strategies }) => Object.keys(strategies).length > 0,
  SHORTING_DISALLOWED: ({ profile }, isSpot) => !(profile.allowShort ?? !isSpot),
  NOTIONAL_MIN: ({ preview }) => preview.minNotional !== undefined,
  BREAKER_VOLATILITY: (_, isSpot, listed) => listed ?? isSpot,
  FUNDS_INSUFFICIENT: (controls, _, listed) =>
    listed ?? controls.margin.enabled ?? asksForFunds(controls),
};

function isSpecial(check: PortfolioCheck): check is keyof typeof specials {
  return Object.hasOwn(specials, check);
}

/** Whoever writes down what a contract needs wants it to be there. */
function asksForFunds({ profile, margin }: Controls): boolean {
  return profile.kind === 'spot' || Object.keys(margin.perContract).length > 0;
}

/** Any check that looks at trades of the recent past. */
export function needsTrades(controls: Controls): boolean {
  const asked: readonly PortfolioCheck[] = [
    'STRATEGY_CAP',
    'SPACING',
    'FREQUENCY_HOUR',
    'FREQUENCY_DAY',
    'FREQUENCY_NEW',
    'CONSECUTIVE_LOSSES',
    'COOLDOWN_FILL',
    'COOLDOWN_STOP_OUT',
    'COOLDOWN_WIN',
    'COOLDOWN_LOSS',
    'SYMBOL_SPACING',
  ];
  return asked.some((check) => isOn(controls, check));
}

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** How far back the checks that are in force look, ms; at least a day, so that a row of losses is seen. */
export function historyMs(controls: Controls): number {
  const { cooldowns, lossCooldown, frequency } = controls;
  const longest = Math.max(...minutesOf(cooldowns), lossCooldown.minutes) * minuteMs;
  return Math.max(dayMs, longest, frequency.perSymbolSpacingSeconds * 1_000);
}

function minutesOf({ afterFill, stopOut, win, loss }: Controls['cooldowns']): readonly number[] {
  return [afterFill, stopOut, win, loss];
}

/**
 * The checks that a configuration asks for by naming their keys: what a written situation has in force, where
 * everything that is not named is off. An empty block, or `enabled: true` alone, names all of its keys.
 * Source: scenario-format 1.
 *
 * @param given sections as written, before defaults
 */
export function checksNamed(given: Readonly<Record<string, unknown>>): readonly PortfolioCheck[] {
  const named: PortfolioCheck[] = [];
  for (const [block, keys] of Object.entries(checksOfKeys)) {
    const section = given[block];
    if (typeof section !== 'object' || section === null) continue;
    const written = Object.keys(section).filter((key) => key !== 'enabled');
    if ((section as { enabled?: unknown }).enabled === false) continue;
    const asked = written.length === 0 ? Object.keys(keys) : written;
    for (const key of asked) named.push(...(keys[key] ?? []));
  }
  return [...new Set(named)];
}

const checksOfKeys: Readonly<Record<string, Readonly<Record<string, readonly PortfolioCheck[]>>>> =
  {
    stops: {
      dailyPct: ['DAILY_STOP'],
      weeklyPct: ['WEEKLY_STOP'],
      maxDrawdownPct: ['DRAWDOWN_MAX'],
      drawdownBasis: ['DRAWDOWN_MAX'],
    },
    caps: {
      totalAtRiskPct: ['AT_RISK_CAP'],
      perAssetPct: ['ASSET_CAP'],
      perThemePct: ['THEME_CAP'],
      themes: ['THEME_CAP'],
      symbolThemes: ['THEME_CAP'],
      perPositionPct: ['POSITION_CAP'],
      maxOpenPositions: ['POSITIONS_MAX'],
      minPositionPct: ['POSITION_TOO_SMALL'],
    },
    frequency: {
      spacingSeconds: ['SPACING'],
      perHour: ['FREQUENCY_HOUR'],
      perDay: ['FREQUENCY_DAY'],
      newPerHour: ['FREQUENCY_NEW'],
      perSymbolSpacingSeconds: ['SYMBOL_SPACING'],
    },
    lossCooldown: { consecutive: ['CONSECUTIVE_LOSSES'], minutes: ['CONSECUTIVE_LOSSES'] },
    cooldowns: {
      afterFill: ['COOLDOWN_FILL'],
      stopOut: ['COOLDOWN_STOP_OUT'],
      win: ['COOLDOWN_WIN'],
      loss: ['COOLDOWN_LOSS'],
    },
    margin: { perContract: ['FUNDS_INSUFFICIENT'], leverage: ['FUNDS_INSUFFICIENT'] },
    breakers: { volatilityPct: ['BREAKER_VOLATILITY'] },
    safety: {
      drawdownDegradedPct: ['SAFETY_DRAWDOWN'],
      drawdownHaltPct: ['SAFETY_DRAWDOWN'],
      maxNotional: ['SAFETY_NOTIONAL'],
      positionsDegraded: ['SAFETY_POSITIONS'],
      positionsHalt: ['SAFETY_POSITIONS'],
      marginDegradedPct: ['SAFETY_MARGIN'],
      marginHaltPct: ['SAFETY_MARGIN'],
      singlePositionPct: ['SAFETY_SINGLE_POSITION'],
      rejectsPerCycle: ['SAFETY_REJECTIONS'],
      apiErrorsPerMinute: ['SAFETY_API_ERRORS'],
      latencyMs: ['SAFETY_LATENCY'],
      clockSkewSeconds: ['SAFETY_CLOCK_SKEW'],
    },
  };
