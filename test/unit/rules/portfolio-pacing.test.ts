/** Verifies: REQ-CD1, trading-controls 2 checks 11 to 13: spacing, frequency, losses in a row, positions, cooldowns */
import { describe, expect, it } from 'vitest';
import type { PortfolioCheck } from '../../../src/domain/controls.ts';
import { FillId, OrderId } from '../../../src/domain/ids.ts';
import type { RecentTrade } from '../../../src/domain/portfolio.ts';
import type { AccountFacts } from '../../../src/domain/view.ts';
import { frequencyDenials, positionDenials } from '../../../src/rules/portfolio/pacing.ts';
import { checksNamed } from '../../../src/rules/portfolio/switches.ts';
import { order, trade, view } from '../../support/portfolio-facts.ts';
import { nowMs, position, usd, working } from '../../support/rule-facts.ts';

const minuteMs = 60_000;
const entry = (id: string, agoMs: number, what: Partial<RecentTrade> = {}): RecentTrade =>
  trade(id, 'buy', agoMs, { openedLots: 1, ...what });
const exit = (id: string, agoMs: number, profit: string, what: Partial<RecentTrade> = {}) =>
  trade(id, 'sell', agoMs, { closedLots: 1, realizedUnits: usd(profit), ...what });

type Given = {
  readonly trades?: readonly RecentTrade[];
  readonly facts?: Partial<Omit<AccountFacts, 'realizedUnits' | 'feesUnits'>>;
  readonly controls?: unknown;
  readonly signal?: string;
};

function codes(only: readonly PortfolioCheck[], id: string, given: Given = {}): readonly string[] {
  const { trades = [], facts = {}, controls = {}, signal } = given;
  const seen = view({ only, controls, facts, portfolio: { trades } });
  const signalled = signal === undefined ? {} : { signal: { id: 's1', type: signal, atMs: nowMs } };
  const wish = order(id, 'buy', '1', signalled);
  return [...frequencyDenials(seen, wish), ...positionDenials(seen, wish)].map(
    ({ code, facts: said }) => [code, said.find(({ name }) => name === 'until')?.value].join(' '),
  );
}

const until = (ms: number): string => new Date(ms).toISOString();

describe('the distance between entries', () => {
  it('is over at its very instant', () => {
    expect(codes(['SPACING'], 'ES', { trades: [entry('MNQ', 89_999)] })).toEqual([
      `SPACING ${until(nowMs + 1)}`,
    ]);
    expect(codes(['SPACING'], 'ES', { trades: [entry('MNQ', 90_000)] })).toEqual([]);
  });

  it('does not count exits', () => {
    expect(codes(['SPACING'], 'ES', { trades: [exit('MNQ', 1, '-5')] })).toEqual([]);
  });

  it('counts an order from when it was made, and one of unknown age as new', () => {
    const order90 = working('MNQ', 'buy', '1', { createdAtMs: nowMs - 90_000 });
    expect(codes(['SPACING'], 'ES', { facts: { workingOrders: [order90] } })).toEqual([]);
    const unknown = working('MNQ', 'buy', '1');
    expect(codes(['SPACING'], 'ES', { facts: { workingOrders: [unknown] } })).toEqual([
      `SPACING ${until(nowMs + 90_000)}`,
    ]);
    const stop = working('MNQ', 'sell', '1', { purpose: 'protective', createdAtMs: nowMs });
    expect(codes(['SPACING'], 'ES', { facts: { workingOrders: [stop] } })).toEqual([]);
  });

  it('of one instrument is of that instrument', () => {
    const trades = [entry('MNQ', 899_000)];
    expect(codes(['SYMBOL_SPACING'], 'MNQ', { trades })).toEqual([
      `SYMBOL_SPACING ${until(nowMs + 1_000)}`,
    ]);
    expect(codes(['SYMBOL_SPACING'], 'ES', { trades })).toEqual([]);
  });
});

describe('the number of entries', () => {
  const controls = { frequency: { perHour: 2, perDay: 3, newPerHour: 1 } };

  it('counts an order once, however many executions it has', () => {
    const first = entry('MNQ', 2_000);
    const rest = { ...first, fillId: FillId.parse('rest'), atMs: nowMs - 1_000 };
    expect(codes(['FREQUENCY_HOUR'], 'ES', { controls, trades: [first, rest] })).toEqual([]);
    const other = entry('MNQ', 500);
    expect(codes(['FREQUENCY_HOUR'], 'ES', { controls, trades: [first, rest, other] })).toEqual([
      `FREQUENCY_CAP ${until(nowMs - 2_000 + 60 * minuteMs)}`,
    ]);
  });

  it('of an hour goes on over the boundary, that of a day does not', () => {
    const trades = [entry('MNQ', 3_000), entry('MNQ', 2_000), entry('MNQ', 1_000)];
    const facts = { dayStartMs: nowMs - 1_500 };
    expect(codes(['FREQUENCY_HOUR'], 'ES', { controls, trades, facts })).toHaveLength(1);
    expect(codes(['FREQUENCY_DAY'], 'ES', { controls, trades, facts })).toEqual([]);
    expect(codes(['FREQUENCY_DAY'], 'ES', { controls, trades })).toHaveLength(1);
  });

  it('of new positions counts what began one, and asks only an order that would', () => {
    const held = { positions: [position('MNQ', '2', '20000')] };
    const trades = [entry('MNQ', 2_000), entry('MNQ', 1_000)];
    const two = { frequency: { newPerHour: 2 } };
    expect(codes(['FREQUENCY_NEW'], 'ES', { controls, trades, facts: held })).toHaveLength(1);
    expect(codes(['FREQUENCY_NEW'], 'ES', { controls: two, trades, facts: held })).toEqual([]);
    expect(codes(['FREQUENCY_NEW'], 'MNQ', { controls, trades, facts: held })).toEqual([]);
  });
});

describe('losses in a row', () => {
  const losses = (...agoMs: number[]) => agoMs.map((ago) => exit('MNQ', ago, '-5'));

  it('make a pause from the last of them on', () => {
    const trades = losses(50 * minuteMs, 40 * minuteMs, 30 * minuteMs);
    expect(codes(['CONSECUTIVE_LOSSES'], 'ES', { trades })).toEqual([
      `CONSECUTIVE_LOSSES ${until(nowMs + 30 * minuteMs)}`,
    ]);
    expect(codes(['CONSECUTIVE_LOSSES'], 'ES', { trades: trades.slice(1) })).toEqual([]);
    const old = losses(90 * minuteMs, 80 * minuteMs, 60 * minuteMs);
    expect(codes(['CONSECUTIVE_LOSSES'], 'ES', { trades: old })).toEqual([]);
  });

  it('end with a result that is none, fees included', () => {
    const win = exit('MNQ', 35 * minuteMs, '1', { feeUnits: usd('1') });
    const trades = [...losses(50 * minuteMs, 40 * minuteMs), win, ...losses(30 * minuteMs)];
    expect(codes(['CONSECUTIVE_LOSSES'], 'ES', { trades })).toEqual([]);
    const loss = { ...win, feeUnits: usd('2') };
    const spoilt = trades.map((one) => (one === win ? loss : one));
    expect(codes(['CONSECUTIVE_LOSSES'], 'ES', { trades: spoilt })).toHaveLength(1);
  });

  it('count the executions of one order as one result', () => {
    const orderId = OrderId.parse('one');
    const parts = [3, 2, 1].map((ago) => exit('MNQ', ago, '-5', { orderId }));
    expect(codes(['CONSECUTIVE_LOSSES'], 'ES', { trades: parts })).toEqual([]);
  });
});

describe('the cooldown of an instrument', () => {
  const all: readonly PortfolioCheck[] = [
    'COOLDOWN_FILL',
    'COOLDOWN_STOP_OUT',
    'COOLDOWN_WIN',
    'COOLDOWN_LOSS',
  ];

  it.each([
    ['a fill', [entry('ES', minuteMs)], 29],
    ['a win', [exit('ES', minuteMs, '5')], 9],
    ['a loss', [exit('ES', minuteMs, '-5')], 59],
    ['a stop-out', [exit('ES', minuteMs, '-5', { isStop: true })], 119],
    ['a stop in profit', [exit('ES', minuteMs, '5', { isStop: true })], 9],
    ['the longest of them', [entry('ES', 5 * minuteMs), exit('ES', minuteMs, '5')], 25],
  ])('after %s', (_, trades, minutes) => {
    expect(codes(all, 'ES', { trades })).toEqual([
      `COOLDOWN_ACTIVE ${until(nowMs + minutes * minuteMs)}`,
    ]);
    expect(codes(all, 'MNQ', { trades })).toEqual([]);
  });

  it('is over at its very instant', () => {
    expect(codes(all, 'ES', { trades: [exit('ES', 10 * minuteMs, '5')] })).toEqual([]);
  });

  it('does not hold what trims or purges', () => {
    const trades = [entry('ES', minuteMs)];
    expect(codes(all, 'ES', { trades, signal: 'Purge' })).toEqual([]);
    expect(codes(all, 'ES', { trades, signal: 'trim' })).toEqual([]);
    expect(codes(all, 'ES', { trades, signal: 'entry' })).toHaveLength(1);
  });
});

describe('the number of positions', () => {
  it('counts instruments that are held or may be, once each', () => {
    const facts = {
      positions: [position('MNQ', '1', '20000')],
      workingOrders: [working('MNQ', 'buy', '1'), working('NQ', 'buy', '1')],
    };
    const limit = (maxOpenPositions: number) => ({ caps: { maxOpenPositions } });
    expect(codes(['POSITIONS_MAX'], 'ES', { facts, controls: limit(2) })).toHaveLength(1);
    expect(codes(['POSITIONS_MAX'], 'ES', { facts, controls: limit(3) })).toEqual([]);
    expect(codes(['POSITIONS_MAX'], 'NQ', { facts, controls: limit(2) })).toEqual([]);
  });
});

describe('the checks of a written situation', () => {
  it('are those whose keys are named', () => {
    expect(checksNamed({ frequency: { perHour: 2 } })).toEqual(['FREQUENCY_HOUR']);
    expect(checksNamed({ lossCooldown: { minutes: 5 }, rules: { x: 1 } })).toEqual([
      'CONSECUTIVE_LOSSES',
    ]);
    expect(checksNamed({ caps: { onExceed: 'degrade', perAssetPct: 5 } })).toEqual(['ASSET_CAP']);
    expect(checksNamed({})).toEqual([]);
  });

  it('are all of a block that is only switched on, and none of one that is off', () => {
    expect(checksNamed({ stops: { enabled: true } })).toEqual([
      'DAILY_STOP',
      'WEEKLY_STOP',
      'DRAWDOWN_MAX',
    ]);
    expect(checksNamed({ stops: {} })).toHaveLength(3);
    expect(checksNamed({ stops: { enabled: false, dailyPct: -1 } })).toEqual([]);
  });
});
