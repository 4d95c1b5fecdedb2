/** Verifies: execution 10 (two-level safety limits), trading-controls 3; negative case: an unknown input is taken for fine */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Controls } from '../../../src/domain/controls.ts';
import {
  safetyChecks,
  safetyLimits,
  type SafetyLimit,
  type SafetyReading,
} from '../../../src/domain/safety.ts';
import { isOn } from '../../../src/rules/portfolio/switches.ts';
import { judgeSafety, watchesMarket, type VenueHealth } from '../../../src/rules/safety-limits.ts';
import { view, type Given } from '../../support/portfolio-facts.ts';
import { mark, position, usd } from '../../support/rule-facts.ts';

const quiet: VenueHealth = { rejections: 0, apiErrors: 0, slowAnswers: 0 };

function readingOf(
  limit: SafetyLimit,
  given: Given,
  health: Partial<VenueHealth> = {},
): SafetyReading {
  const judged = judgeSafety({
    ...view({ ...given, only: [safetyChecks[limit]] }),
    health: { ...quiet, ...health },
  });
  expect(judged.map((one) => one.limit)).toEqual([limit]);
  const [reading] = judged;
  if (reading === undefined) throw new Error('one reading');
  return reading;
}

function levelOf(...asked: Parameters<typeof readingOf>): string {
  const reading = readingOf(...asked);
  return reading.verdict === 'UNKNOWN' ? 'unknown' : reading.level;
}

/** One MNQ bought at 20,000; 2 dollars a point. */
const held = (price: string): Given => ({
  facts: { positions: [position('MNQ', '1', '20000')] },
  marks: { MNQ: mark('MNQ', { bid: price, ask: price }) },
  portfolio: { highWaterUnits: usd('10000') },
});

describe('the drawdown', () => {
  it.each([
    ['19500.25', 'ok'],
    ['19500', 'degraded'],
    ['19250.25', 'degraded'],
    ['19250', 'halt'],
    ['10000', 'halt'],
  ])('at a price of %s is %s', (price, level) => {
    expect(levelOf('drawdown', held(price))).toBe(level);
  });

  it('tells what is left until its first level', () => {
    expect(readingOf('drawdown', held('19600'))).toMatchObject({
      verdict: 'PASS',
      observed: usd('800'),
      degradedAt: usd('1000'),
      haltAt: usd('1500'),
      headroom: usd('200'),
    });
  });

  it('counts what is realized as well', () => {
    const given = { balance: '8500', portfolio: { highWaterUnits: usd('10000') } };
    expect(levelOf('drawdown', given)).toBe('halt');
  });

  it('without a mark begins at the equity of now', () => {
    expect(levelOf('drawdown', { balance: '8500' })).toBe('ok');
  });

  it('of an account that never had anything is a halt as soon as anything is lost', () => {
    const portfolio = { highWaterUnits: 0 };
    expect(levelOf('drawdown', { balance: '0', portfolio })).toBe('ok');
    expect(levelOf('drawdown', { balance: '-0.01', portfolio })).toBe('halt');
  });
});

describe('what is not known', () => {
  it.each(['drawdown', 'notional', 'margin', 'singlePosition'] as const)(
    'about %s is UNKNOWN and named',
    (limit) => {
      const { marks: _, ...given } = held('20000');
      const reading = readingOf(limit, given);
      expect(reading.verdict).toBe('UNKNOWN');
      expect(JSON.stringify(reading)).toContain('quote:MNQ');
    },
  );

  it('a price that is too old is none', () => {
    const old = mark('MNQ', { bid: '20000', ask: '20000' }, 5_001);
    expect(levelOf('drawdown', { ...held('20000'), marks: { MNQ: old } })).toBe('unknown');
  });
});

describe('sizes are reached at equality', () => {
  it.each([
    ['250000', 'ok'],
    ['250001', 'degraded'],
  ])('the value of a contract at %s is %s', (price, level) => {
    const given = {
      facts: { positions: [position('MNQ', '1', '20000')] },
      marks: { MNQ: mark('MNQ', { bid: price, ask: price }) },
    };
    // 2 dollars a point.
    expect(levelOf('notional', { ...given, controls: { safety: { maxNotional: '500002' } } })).toBe(
      level,
    );
  });

  it.each([
    [1, 'ok'],
    [2, 'degraded'],
    [3, 'halt'],
  ])('%i positions are %s', (count, level) => {
    const ids = ['MNQ', 'ES', 'BTC-USD'].slice(0, count);
    const given = { facts: { positions: ids.map((id) => position(id, '1', '5000')) } };
    const controls = { safety: { positionsDegraded: 2, positionsHalt: 3 } };
    expect(levelOf('positions', { ...given, controls })).toBe(level);
  });

  it.each([
    ['1', 'ok'],
    ['2', 'degraded'],
    ['3', 'halt'],
  ])('margin of %s contracts of 450 in an account of 1,000 is %s', (contracts, level) => {
    const given = {
      balance: '1000',
      facts: { positions: [position('MNQ', contracts, '20000')] },
      marks: { MNQ: mark('MNQ', { bid: '20000', ask: '20000' }) },
      controls: { margin: { perContract: { MNQ: '450' } } },
    };
    expect(levelOf('margin', given)).toBe(level);
  });

  it('margin without anything that could bear it is beyond every share', () => {
    const given = {
      balance: '0',
      facts: { positions: [position('MNQ', '1', '20000')] },
      marks: { MNQ: mark('MNQ', { bid: '20000', ask: '20000' }) },
      controls: { margin: { perContract: { MNQ: '450' } } },
    };
    expect(levelOf('margin', given)).toBe('halt');
  });

  it('one position of 35 % is too large, a short one too', () => {
    const given = (lots: string, balance: string): Given => ({
      balance,
      facts: { positions: [position('MNQ', lots, '17500')] },
      marks: { MNQ: mark('MNQ', { bid: '17500', ask: '17500' }) },
    });
    expect(levelOf('singlePosition', given('1', '100001'))).toBe('ok');
    expect(levelOf('singlePosition', given('1', '100000'))).toBe('degraded');
    expect(levelOf('singlePosition', given('-1', '100000'))).toBe('degraded');
  });
});

describe('faults are permitted up to their number', () => {
  it.each([
    ['rejections', { rejections: 5 }, 'ok'],
    ['rejections', { rejections: 6 }, 'degraded'],
    ['apiErrors', { apiErrors: 10 }, 'ok'],
    ['apiErrors', { apiErrors: 11 }, 'degraded'],
    ['latency', { slowAnswers: 2 }, 'ok'],
    ['latency', { slowAnswers: 3 }, 'degraded'],
    ['clockSkew', { driftMs: -30_000 }, 'ok'],
    ['clockSkew', { driftMs: -30_001 }, 'degraded'],
    ['clockSkew', { driftMs: 30_001 }, 'degraded'],
    ['clockSkew', {}, 'ok'],
  ] as const)('%s with %o is %s', (limit, health, level) => {
    expect(levelOf(limit, {}, health)).toBe(level);
  });
});

describe('which limits are in force', () => {
  const inForce = (given: unknown): readonly SafetyLimit[] => {
    const controls = Controls.parse(given);
    return safetyLimits.filter((limit) => isOn(controls, safetyChecks[limit]));
  };

  it('of a futures account are those on the health of the way to the venue', () => {
    expect(inForce({})).toEqual(['rejections', 'apiErrors', 'latency', 'clockSkew']);
    expect(watchesMarket({ controls: Controls.parse({}) })).toBe(false);
  });

  it('of a spot account are all, and a switch decides for every kind', () => {
    expect(inForce({ profile: { kind: 'spot' } })).toEqual(safetyLimits);
    expect(inForce({ safety: { enabled: true } })).toEqual(safetyLimits);
    expect(inForce({ profile: { kind: 'spot' }, safety: { enabled: false } })).toEqual([]);
  });

  it('have the values of the specification', () => {
    expect(Controls.parse({}).safety).toMatchObject({
      drawdownDegradedPct: 100_000,
      drawdownHaltPct: 150_000,
      maxNotional: usd('500000'),
      positionsDegraded: 22,
      positionsHalt: 27,
      marginDegradedPct: 850_000,
      marginHaltPct: 920_000,
      singlePositionPct: 350_000,
      rejectsPerCycle: 5,
      apiErrorsPerMinute: 10,
      latencyMs: 5_000,
      clockSkewSeconds: 30,
    });
  });
});

describe('at any price', () => {
  const rank = { ok: 0, degraded: 1, halt: 2, unknown: 9 } as const;
  const ticksOf = fc.integer({ min: 1, max: 160_000 });
  const priceOf = (quarters: number): string => String(quarters / 4);

  it('a lower price of a long position never lowers the level of the drawdown', () => {
    fc.assert(
      fc.property(ticksOf, ticksOf, (one, other) => {
        const [low, high] = [Math.min(one, other), Math.max(one, other)];
        const lower = levelOf('drawdown', held(priceOf(low))) as keyof typeof rank;
        const higher = levelOf('drawdown', held(priceOf(high))) as keyof typeof rank;
        expect(rank[lower]).toBeGreaterThanOrEqual(rank[higher]);
      }),
    );
  });

  it('a limit has something left exactly while it is kept', () => {
    fc.assert(
      fc.property(ticksOf, fc.constantFrom(...safetyLimits), (quarters, limit) => {
        const given = { ...held(priceOf(quarters)), controls: { margin: { leverage: 5 } } };
        const reading = readingOf(limit, given);
        if (reading.verdict === 'UNKNOWN') return;
        expect(reading.headroom > 0).toBe(reading.level === 'ok');
        expect(reading.verdict === 'PASS').toBe(reading.level === 'ok');
        expect(Number.isSafeInteger(reading.observed)).toBe(true);
      }),
    );
  });
});
