/** Verifies: the built-in traders: what they propose, when, and that the same ticks give the same proposals. */
import { describe, expect, it } from 'vitest';
import type { AccountId, InstrumentId } from '../../src/domain/ids.ts';
import type { Lots } from '../../src/domain/instrument.ts';
import { builtInInstruments } from '../../src/domain/instruments.ts';
import type { Quote } from '../../src/domain/view.ts';
import { createRandom } from '../../src/kernel/random.ts';
import type { Proposal, Strategy } from '../../src/ports/strategy.port.ts';
import { createStrategy } from '../../src/strategies/catalogue.ts';
import { createReckless } from '../../src/strategies/reckless.ts';
import { createVwapReversion, vwapDefaults } from '../../src/strategies/vwap-reversion.ts';

const instrumentOf = (id: InstrumentId) => builtInInstruments.get(id);
const startMs = Date.parse('2026-03-10T15:00:00Z');
const secondMs = 1000;

/** A strategy on a market that fills everything at once, or does what the test says. */
class Desk {
  readonly proposals: Proposal[] = [];
  open: Lots = 0;
  working = 0;
  fills = true;
  atMs = startMs;
  readonly strategy: Strategy;
  readonly instrument: string;

  constructor(strategy: Strategy, instrument = 'MNQ') {
    this.strategy = strategy;
    this.instrument = instrument;
  }

  tick(price: number, more: Partial<Quote> & { isWarmup?: boolean } = {}): readonly Proposal[] {
    const { isWarmup = false, ...fields } = more;
    this.atMs += secondMs;
    const quote: Quote = {
      instrument: this.instrument as InstrumentId,
      lastTicks: price,
      venueTimeMs: this.atMs,
      receivedAtMs: this.atMs,
      ...fields,
    };
    const view = {
      accountId: 'A1' as AccountId,
      openLots: () => this.open,
      workingOrders: () => this.working,
    };
    const proposals = this.strategy.onTick(quote, view, isWarmup);
    for (const { side, quantityLots } of this.fills ? proposals : []) {
      this.open += side === 'buy' ? quantityLots : -quantityLots;
    }
    this.proposals.push(...proposals);
    return proposals;
  }

  /** A quiet market that swings by `swing` ticks around 80,000. */
  quiet(count: number, swing = 4): void {
    for (let index = 0; index < count; index += 1)
      this.tick(80_000 + (index % 2 === 0 ? swing : -swing));
  }
}

function vwapDesk(instrument?: string): Desk {
  return new Desk(createVwapReversion(instrumentOf), instrument);
}

describe('vwap reversion', () => {
  it('proposes nothing in a quiet market', () => {
    const desk = vwapDesk();
    desk.quiet(500);
    expect(desk.proposals).toEqual([]);
  });

  it('buys one contract far below the average and sells it at the average', () => {
    const desk = vwapDesk();
    desk.quiet(100);
    const [entry] = desk.tick(79_970);
    expect(entry).toMatchObject({
      side: 'buy',
      quantityLots: 1,
      orderType: 'market',
      purpose: 'entry',
      reduceOnly: false,
    });
    for (let index = 0; index < 61; index += 1) desk.tick(79_980);
    expect(desk.proposals).toHaveLength(1);
    const [exit] = desk.tick(80_001);
    expect(exit).toMatchObject({
      side: 'sell',
      quantityLots: 1,
      purpose: 'exit',
      reduceOnly: true,
    });
    expect(exit?.signal?.type).toBe('vwap.target');
  });

  it('sells far above the average, with a limit at the bid where there is one', () => {
    const desk = vwapDesk();
    desk.quiet(100);
    const [entry] = desk.tick(80_030, { bidTicks: 80_029, askTicks: 80_031 });
    expect(entry).toMatchObject({
      side: 'sell',
      orderType: 'limit',
      limitTicks: 80_029,
      timeInForce: 'ioc',
    });
  });

  it('leaves after the time-out although the price has not come back', () => {
    const desk = vwapDesk();
    desk.quiet(100);
    desk.tick(79_900);
    const openedAtMs = desk.atMs;
    while (desk.open !== 0) desk.tick(79_900);
    expect(desk.proposals.at(-1)?.signal?.type).toBe('vwap.timeout');
    // The position is seen one tick after the order.
    expect(desk.atMs - openedAtMs).toBe(vwapDefaults.holdDurationMs + secondMs);
  });

  it('waits for its working order and for the spacing between proposals', () => {
    const desk = vwapDesk();
    desk.fills = false;
    desk.quiet(100);
    expect(desk.tick(79_900)).toHaveLength(1);
    for (let index = 0; index < 58; index += 1) desk.tick(79_900);
    expect(desk.proposals).toHaveLength(1);
    desk.working = 1;
    for (let index = 0; index < 10; index += 1) desk.tick(79_000);
    expect(desk.proposals).toHaveLength(1);
    desk.working = 0;
    expect(desk.tick(79_000)).toHaveLength(1);
  });

  it('starts each session without the average of the last', () => {
    const desk = vwapDesk();
    desk.quiet(100);
    desk.atMs = Date.parse('2026-03-10T22:00:00Z');
    for (let index = 0; index < 300; index += 1) desk.tick(79_000 + (index % 2));
    expect(desk.proposals).toEqual([]);
  });

  it('never sells spot short and buys it for about the configured value', () => {
    const desk = vwapDesk('BTC-USD');
    desk.quiet(100);
    desk.tick(80_100);
    expect(desk.proposals).toEqual([]);
    desk.atMs += 61 * secondMs;
    const [entry] = desk.tick(79_500);
    // 2,000 dollars at 795.00 in lots of 10⁻⁸.
    expect(entry?.quantityLots).toBe(Math.floor((2_000 / 795) * 1e8));
  });

  it('learns from a warm-up without proposing', () => {
    const desk = vwapDesk();
    for (let index = 0; index < 100; index += 1) {
      desk.tick(80_000 + (index % 2 === 0 ? 4 : -4), { isWarmup: true });
    }
    expect(desk.tick(79_900, { isWarmup: true })).toEqual([]);
    expect(desk.tick(79_900)).toHaveLength(1);
  });
});

describe('reckless', () => {
  const recklessDesk = (instrument?: string) => new Desk(createReckless(instrumentOf), instrument);

  it('chases a move within seconds', () => {
    const desk = recklessDesk();
    for (let index = 0; index < 16; index += 1) desk.tick(80_000 + index);
    expect(desk.proposals).toHaveLength(1);
    expect(desk.proposals[0]).toMatchObject({ side: 'buy', quantityLots: 3, purpose: 'entry' });
  });

  it('adds to a loser, up to 8 at once, until it holds 8 or more, and takes no loss', () => {
    const desk = recklessDesk();
    for (let index = 0; index < 16; index += 1) desk.tick(80_000 + index);
    for (let index = 0; index < 60; index += 1) desk.tick(80_000 - index);
    expect(desk.proposals.every(({ side, purpose }) => side === 'buy' && purpose === 'entry')).toBe(
      true,
    );
    expect(desk.proposals.map(({ quantityLots }) => quantityLots)).toEqual([3, 2, 8]);
  });

  it('takes a profit with everything it holds', () => {
    const desk = recklessDesk();
    for (let index = 0; index < 16; index += 1) desk.tick(80_000 + index);
    // 3 MNQ: 150 dollars are 100 ticks.
    for (let index = 0; index < 16; index += 1) desk.tick(80_100);
    expect(desk.open).toBe(3);
    desk.tick(80_200);
    expect(desk.proposals.at(-1)).toMatchObject({
      side: 'sell',
      quantityLots: 3,
      reduceOnly: true,
    });
  });

  it('tries less and less often while nothing comes of it, and afresh when something does', () => {
    const desk = recklessDesk();
    desk.fills = false;
    for (let index = 0; index < 4 * 3600; index += 1) desk.tick(80_000 + (index % 7));
    expect(desk.proposals.length).toBeLessThan(25);
    desk.open = 2;
    const before = desk.proposals.length;
    for (let index = 0; index < 40; index += 1) desk.tick(79_000 - index);
    expect(desk.proposals.length).toBeGreaterThan(before);
  });

  it('counts a profit from the average of what it holds', () => {
    const desk = recklessDesk();
    for (let index = 0; index < 16; index += 1) desk.tick(80_000 + index);
    desk.tick(80_015);
    for (let index = 0; index < 15; index += 1) desk.tick(79_900);
    expect(desk.open).toBe(5);
    desk.tick(79_900);
    desk.fills = false;
    // 3 at about 80,015 and 2 at 79,900: the average is about 79,969 and 150 dollars are 60 ticks.
    for (let index = 0; index < 60; index += 1) desk.tick(80_020);
    expect(desk.proposals.some(({ purpose }) => purpose === 'exit')).toBe(false);
    for (let index = 0; index < 60; index += 1) desk.tick(80_040);
    expect(desk.proposals.at(-1)).toMatchObject({ purpose: 'exit', quantityLots: 5 });
  });

  it('does not go short in spot', () => {
    const desk = recklessDesk('ETH-USD');
    for (let index = 0; index < 30; index += 1) desk.tick(300_000 - index);
    expect(desk.proposals[0]?.side).toBe('buy');
  });

  it('sizes a coin-settled contract by its dollars', () => {
    const desk = recklessDesk('BTC-PERP-COINM');
    for (let index = 0; index < 20; index += 1) desk.tick(500_000 + index);
    // 3 units of 5,000 dollars in contracts of 100.
    expect(desk.proposals[0]?.quantityLots).toBe(150);
  });
});

describe('any built-in trader', () => {
  it.each(['vwap', 'reckless'] as const)('%s proposes the same for the same ticks', (name) => {
    const play = () => {
      const strategy = createStrategy(name, instrumentOf);
      if (strategy === undefined) throw new Error(`${name} is a strategy`);
      const desk = new Desk(strategy);
      const random = createRandom('seed');
      let price = 80_000;
      for (let index = 0; index < 20_000; index += 1) desk.tick((price += random.int(7) - 3));
      return desk.proposals;
    };
    const proposals = play();
    expect(proposals.length).toBeGreaterThan(5);
    expect(play()).toEqual(proposals);
    for (const { quantityLots } of proposals) expect(quantityLots).toSatisfy(Number.isSafeInteger);
    expect(new Set(proposals.map(({ signal }) => signal?.id)).size).toBe(proposals.length);
  });

  it.each(['vwap', 'reckless'] as const)(
    '%s leaves an instrument without specification alone',
    (name) => {
      const strategy = createStrategy(name, () => undefined);
      if (strategy === undefined) throw new Error(`${name} is a strategy`);
      const desk = new Desk(strategy, 'XYZ');
      desk.quiet(100);
      desk.tick(79_000);
      expect(desk.proposals).toEqual([]);
    },
  );

  it('none trades nothing', () => {
    expect(createStrategy('none', instrumentOf)).toBeUndefined();
  });
});
