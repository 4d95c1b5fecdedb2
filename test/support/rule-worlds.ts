/** Random configurations of every rule within sensible ranges, and random facts with everything that a rule may look at. */
import type { AccountId } from '../../src/domain/ids.ts';
import { FillId, InstrumentId, OrderId } from '../../src/domain/ids.ts';
import { createSessionCalendar } from '../../src/domain/session-calendar.ts';
import type { AccountFacts, TradeFacts, WorkingOrderFacts } from '../../src/domain/view.ts';
import type { Random } from '../../src/kernel/random.ts';
import { ruleByKey } from '../../src/rules/registry.ts';
import { randomAccount } from './evaluator-runs.ts';

/** A minute of trading within the times of these tests. */
export const minuteSessions = createSessionCalendar({
  start: '00:17',
  end: '00:18',
  timezone: 'UTC',
  allowedDays: [0, 1, 2, 3, 4],
  extraWindows: [],
  holidays: new Set(),
  earlyCloses: new Map(),
});

type Config = Readonly<Record<string, unknown>>;

function pick<Value>(random: Random, ...values: readonly Value[]): Value {
  const value = values[random.int(values.length)];
  if (value === undefined) throw new Error('there is a choice');
  return value;
}

const common = (random: Random): Config => ({
  markPrice: pick(random, 'exitSide', 'last', 'mid'),
  breachAtEquality: pick(random, true, false),
  includeFees: pick(random, true, false),
  quoteMaxAgeSeconds: pick(random, 1, 5),
});

const toggle = (random: Random): boolean => pick(random, true, false);
const money = (random: Random, max: number): string => `${1 + random.int(max)}.${random.int(10)}`;
const ofProfit = (random: Random): Config => ({
  scope: pick(random, 'perPosition', 'total'),
  action: pick(random, 'closePosition', 'closeAll'),
  lockout: pick(random, 'none', 'untilReset', 'permanent'),
});

/** By key. A new rule without an entry here fails the test that goes through the catalogue. */
const configs: Readonly<Record<string, (random: Random) => Config>> = {
  maxContracts: (random) => ({
    limit: 1 + random.int(12),
    countType: pick(random, 'net', 'gross', 'miniEquivalent'),
    enforcement: pick(random, 'reduceToLimit', 'closeAll'),
    reduceOrder: pick(random, 'largestFirst', 'newestFirst'),
    includeWorkingOrders: toggle(random),
    lockoutOnBreach: pick(random, 'none', 'untilReset', 'cooldown:15m'),
  }),
  maxContractsPerInstrument: (random) => ({
    defaultLimit: pick(random, null, 1 + random.int(10)),
    instrumentLimits: pick(random, {}, { MNQ: random.int(10), ES: 1 }),
    enforcement: pick(random, 'reduceToLimit', 'closePosition'),
    unknownSymbolAction: pick(random, 'block', 'allowUnlimited', 'allowWithLimit:2'),
  }),
  dailyRealizedLoss: (random) => ({
    limit: `-${money(random, 900)}`,
    combinedWithUnrealized: toggle(random),
    warnAtPct: 1 + random.int(99),
  }),
  dailyRealizedProfit: (random) => ({
    target: money(random, 600),
    combinedWithUnrealized: toggle(random),
    warnAtPct: 1 + random.int(99),
  }),
  dailyUnrealizedLoss: (random) => ({
    ...ofProfit(random),
    limit: `-${money(random, 400)}`,
    staleGraceSeconds: pick(random, null, 0, 2),
  }),
  maxUnrealizedProfit: (random) => ({
    ...ofProfit(random),
    target: money(random, 400),
    mode: pick(random, 'profitTarget', 'breakeven'),
    breakevenArmAt: money(random, 300),
  }),
  tradeFrequencyLimit: (random) => ({
    limits: { perMinute: 1 + random.int(3), perHour: 4 + random.int(3), perSession: 8 },
    sessionBreach: pick(random, 'untilReset', 'cooldown'),
    countBasis: pick(random, 'fill', 'order', 'entry', 'roundTrip'),
    excludeOwnEnforcement: toggle(random),
    cancelIncreasingOrders: toggle(random),
  }),
  cooldownAfterLoss: (random) => ({
    lossThresholds: [
      { lossAmount: `-${money(random, 50)}`, cooldownDuration: '10s' },
      { lossAmount: `-${100 + random.int(100)}`, cooldownDuration: '60s' },
    ],
    lossBasis: pick(random, 'perOrder', 'perFill', 'perRoundTrip'),
    allowTradingDuringCooldown: toggle(random),
  }),
  noStopLossGrace: (random) => ({
    graceSeconds: random.int(20),
    rearmGraceSeconds: random.int(10),
    minCoverage: pick(random, 'full', 'any'),
    stopSideReference: pick(random, 'mark', 'entry'),
    maxStopDistanceTicks: pick(random, null, 1 + random.int(60)),
  }),
  sessionBlockOutside: (random) => ({ closePositionsAtSessionEnd: toggle(random) }),
  authLossGuard: (random) => ({
    flattenOnLoss: toggle(random),
    autoUnlockOnRestore: toggle(random),
    lockoutDuration: pick(random, 'untilRestored', 'untilReset'),
  }),
  symbolBlocks: (random) => ({
    blockedSymbols: pick(random, [], ['ES'], ['M*'], ['*']),
    action: pick(random, 'close', 'cancelOrder'),
    closeExisting: toggle(random),
    reappearLimit: 1 + random.int(5),
  }),
  tradeManagement: (random) => ({
    autoStop: { enabled: toggle(random), ticks: 1 + random.int(60) },
    autoTarget: { enabled: toggle(random), ticks: 1 + random.int(60) },
    autoBreakeven: { enabled: toggle(random), profitThresholdTicks: 1 + random.int(20) },
    trailingStop: {
      enabled: toggle(random),
      activationProfitTicks: 1 + random.int(30),
      trailTicks: 1 + random.int(20),
    },
    minUpdateIntervalMs: pick(random, 0, 500),
  }),
};

/** @throws Error for a rule without ranges here */
export function randomConfig(random: Random, key: string): unknown {
  const ranges = configs[key];
  const definition = ruleByKey(key);
  if (ranges === undefined || definition === undefined) throw new Error(`no ranges of ${key}`);
  return definition.config.parse({ enabled: true, ...common(random), ...ranges(random) });
}

/** Random positions, orders, trades and permission; memory as given. */
export function randomFacts(
  random: Random,
  id: AccountId,
  version: number,
  nowMs: number,
  memory: AccountFacts['memory'],
): AccountFacts {
  const account = randomAccount(random, id, version);
  const positions = account.positions.map((one) => ({
    ...one,
    ...(random.int(8) === 0 ? {} : { openedAtMs: nowMs - random.int(30_000) }),
  }));
  const workingOrders = Array.from({ length: random.int(4) }, (_, index) =>
    randomOrder(random, `o${version}-${index}`),
  );
  const trades = Array.from({ length: random.int(8) }, (_, index) =>
    randomTrade(random, `t${version}-${index}`, nowMs),
  ).toSorted((one, other) => one.atMs - other.atMs);
  const canTrade = pick(random, 'yes', 'yes', 'no', 'unsaid');
  return {
    ...account,
    positions,
    workingOrders,
    trades,
    memory,
    realizedUnits: account.realizedUnits + random.int(900) * 1_000_000,
    dayStartMs: 0,
    ...(canTrade === 'unsaid' ? {} : { canTrade: canTrade === 'yes' }),
  };
}

const usual: Readonly<Record<string, number>> = { ES: 23_200, MNQ: 84_000, 'BTC-USD': 6_000_000 };

function randomOrder(random: Random, id: string): WorkingOrderFacts {
  const instrument = pick(random, 'ES', 'MNQ', 'BTC-USD');
  const orderType = pick(random, 'market', 'limit', 'stop', 'stop');
  const ticks = (usual[instrument] ?? 0) + random.int(120) - 60;
  return {
    orderId: OrderId.parse(id),
    instrument: InstrumentId.parse(instrument),
    side: pick(random, 'buy', 'sell'),
    leavesLots: 1 + random.int(4),
    purpose: pick(random, 'entry', 'exit', 'protective', 'protective'),
    reduceOnly: toggle(random),
    orderType,
    ...(orderType === 'limit' ? { limitTicks: ticks } : {}),
    ...(orderType === 'stop' ? { stopTicks: ticks } : {}),
    isOpen: random.int(5) > 0,
  };
}

function randomTrade(random: Random, id: string, nowMs: number): TradeFacts {
  const closedLots = random.int(3);
  return {
    fillId: FillId.parse(id),
    ...(random.int(5) === 0 ? {} : { orderId: OrderId.parse(`by${random.int(4)}`) }),
    instrument: InstrumentId.parse(pick(random, 'ES', 'MNQ')),
    atMs: nowMs - random.int(90_000),
    openedLots: closedLots === 0 ? 1 : random.int(2),
    closedLots,
    ...(closedLots === 0 ? {} : { realizedUnits: (random.int(400) - 250) * 1_000_000 }),
    feeUnits: random.int(3) * 1_000_000,
    isEnforcement: random.int(5) === 0,
  };
}
