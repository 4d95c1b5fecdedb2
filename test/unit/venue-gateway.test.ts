/** Verifies: execution 2.5, 13.1, 13.2, 14 (order of what waits, retries of questions, pictures within the budget, shutdown). */
import { afterEach, describe, expect, it } from 'vitest';
import { ClockGate } from '../../src/actors/clock-gate.ts';
import { priorities, VenueGateway } from '../../src/actors/venue-gateway.ts';
import { defaultApiSettings, type ApiSettings } from '../../src/domain/api-settings.ts';
import type { Approved } from '../../src/domain/approved.ts';
import type { AccountId, InstrumentId, OrderId } from '../../src/domain/ids.ts';
import type { CancelOrder, SubmitOrder } from '../../src/domain/order.ts';
import { VenueCallFailed } from '../../src/domain/venue-call.ts';
import { SimulatedClock } from '../../src/kernel/clock.ts';
import { createRandom } from '../../src/kernel/random.ts';
import type { VenueEvent, VenuePort } from '../../src/ports/venue.port.ts';
import { removeDirectory, startTestEngine, type TestEngine } from '../support/engine.ts';

const account = 'A1' as AccountId;
const instrument = 'ES' as InstrumentId;

function limited(max: number): ApiSettings {
  const budget = { max, windowMs: 60_000 };
  const rateLimits = { general: budget, history: budget, warnPpm: 800_000, alertPpm: 900_000 };
  return { ...defaultApiSettings, rateLimits };
}

function bench(api?: ApiSettings, snapshot?: VenuePort['snapshot']) {
  const clock = new SimulatedClock(1_000_000);
  const calls: string[] = [];
  const [put, givenUp]: [VenueEvent[], string[]] = [[], []];
  const forbidden = new Set<string>();
  const venue: VenuePort = {
    id: 'wire',
    connect: () => undefined,
    submit: ({ orderId }) => calls.push(`place ${orderId}`),
    cancel: ({ orderId }) => calls.push(`cancel ${orderId}`),
    modify: ({ orderId }) => calls.push(`modify ${orderId}`),
    query: (_, orderId) => calls.push(`query ${orderId}`),
    snapshot: snapshot ?? (() => Promise.reject(new VenueCallFailed('busy', 429))),
    close: () => undefined,
  };
  const gateway = new VenueGateway({
    venue,
    clock,
    random: createRandom('gateway'),
    api,
    placeWaitMs: () => 2_500,
    put: (event) => put.push(event),
    onGivenUp: (_, orderId) => givenUp.push(orderId),
    mayStillLeave: ({ orderId }, call) => !forbidden.has(`${call} ${orderId}`),
    onChangeGivenUp: (_, orderId) => givenUp.push(`change of ${orderId}`),
    onPressure: () => undefined,
    onCall: () => undefined,
  });
  const order = (orderId: string) =>
    ({ orderId, accountId: account, instrument }) as unknown as Approved<SubmitOrder>;
  const address = (orderId: string): CancelOrder => ({
    orderId: orderId as OrderId,
    accountId: account,
    instrument,
  });
  return { clock, calls, put, givenUp, forbidden, gateway, order, address };
}

describe('calls to a venue without limits', () => {
  it('leave at once, in the order in which they come', () => {
    const { gateway, calls, order, address } = bench();
    for (let one = 0; one < 1_000; one += 1)
      gateway.cancel(address(`c${one}`), priorities.emergency);
    gateway.submit(order('a'), priorities.normal);
    expect(calls).toHaveLength(1_001);
    expect(gateway.heldBack).toBe(0);
  });
});

describe('calls beyond the budget', () => {
  it('wait, and leave by priority and then by age', () => {
    const { gateway, calls, clock, order, address } = bench(limited(10));
    for (let one = 0; one < 9; one += 1)
      gateway.cancel(address(`x${one}`), priorities.riskReduction);
    calls.length = 0;
    gateway.submit(order('normal'), priorities.normal);
    gateway.cancel(address('late'), priorities.riskReduction);
    gateway.submit(order('stop'), priorities.protection);
    gateway.cancel(address('kill'), priorities.emergency);
    gateway.cancel(address('later'), priorities.riskReduction);
    expect(calls).toEqual([]);
    clock.advanceTo(1_002_400);
    expect(calls).toEqual([]);
    clock.advanceTo(1_060_000);
    expect(calls).toEqual(['cancel kill', 'cancel late', 'cancel later']);
  });

  it('are one call when they ask for the same', () => {
    const { gateway, calls, clock, address } = bench(limited(2));
    gateway.cancel(address('a'), priorities.riskReduction);
    for (let time = 0; time < 5; time += 1) gateway.cancel(address('b'), priorities.riskReduction);
    expect(gateway.heldBack).toBe(1);
    clock.advanceTo(1_060_000);
    expect(calls).toEqual(['cancel a', 'cancel b']);
  });

  it('never place an order that has waited too long: whoever wanted it hears so', () => {
    const { gateway, calls, clock, givenUp, order, address } = bench(limited(2));
    gateway.cancel(address('a'), priorities.riskReduction);
    gateway.submit(order('exit'), priorities.riskReduction);
    clock.advanceTo(1_002_499);
    expect(givenUp).toEqual([]);
    clock.advanceTo(1_002_500);
    expect(givenUp).toEqual(['exit']);
    clock.advanceTo(1_120_000);
    expect(calls).toEqual(['cancel a']);
  });

  it('leave 20 of 100 to what reduces risk when normal traffic has had its 70', () => {
    const { gateway, calls, order, address } = bench(limited(100));
    for (let one = 0; one < 80; one += 1) gateway.submit(order(`n${one}`), priorities.normal);
    expect(calls).toHaveLength(70);
    expect(gateway.exhaustedUntilMs).toBe(1_060_000);
    for (let one = 0; one < 30; one += 1) gateway.cancel(address(`c${one}`), priorities.emergency);
    expect(calls).toHaveLength(90);
    expect(gateway.usedPpm).toBe(900_000);
  });
});

describe('a picture while the budget is used up', () => {
  it('waits for room, and takes from the reserve where a kill rests on it', async () => {
    const asked: number[] = [];
    const { gateway, order, clock } = bench(limited(100), async (_, sinceMs) => {
      asked.push(sinceMs);
      return { asOfMs: 0, balanceUnits: 0, orders: [], positions: [], fills: [] };
    });
    for (let one = 0; one < 80; one += 1) gateway.submit(order(`n${one}`), priorities.normal);
    const waiting = gateway.snapshot(account, 1);
    await gateway.snapshot(account, 2, 'enforcement');
    expect(asked).toEqual([2]);
    clock.advanceTo(1_060_000);
    await waiting;
    expect(asked).toEqual([2, 1]);
  });
});

describe('what leaves later than it was approved', () => {
  it('is asked about once more, and a placement that is forbidden by then never leaves', () => {
    const { gateway, calls, clock, forbidden, givenUp, order, address } = bench(limited(1));
    gateway.cancel(address('x'), priorities.riskReduction);
    clock.advanceTo(1_058_000);
    gateway.submit(order('entry'), priorities.normal);
    forbidden.add('place entry');
    clock.advanceTo(1_060_000);
    expect(calls).toEqual(['cancel x']);
    expect(givenUp).toEqual(['entry']);
  });

  it('leaves as it was approved where nothing forbids it', () => {
    const { gateway, calls, clock, order, address } = bench(limited(1));
    gateway.cancel(address('x'), priorities.riskReduction);
    clock.advanceTo(1_058_000);
    gateway.submit(order('entry'), priorities.normal);
    expect(gateway.heldBack).toBe(1);
    clock.advanceTo(1_060_000);
    expect(calls).toEqual(['cancel x', 'place entry']);
  });

  it('is not asked about when it leaves at once', () => {
    const { gateway, calls, forbidden, order, address } = bench();
    forbidden.add('place a').add('modify a');
    gateway.submit(order('a'), priorities.normal);
    gateway.modify(address('a'), priorities.normal);
    expect(calls).toEqual(['place a', 'modify a']);
  });

  it('is asked about when it leaves again with a new session', () => {
    const { gateway, calls, forbidden, givenUp, order, address } = bench();
    gateway.submit(order('a'), priorities.normal);
    gateway.modify(address('b'), priorities.normal);
    forbidden.add('place a').add('modify b');
    for (const { again } of gateway.unanswered.values()) again();
    expect(calls).toEqual(['place a', 'modify b']);
    expect(givenUp).toEqual(['a', 'change of b']);
    expect(gateway.unanswered.size).toBe(0);
  });
});

describe('a question that fails', () => {
  it('G48 is asked again three times at most, each after a random pause within its bound', () => {
    const { gateway, calls, clock } = bench();
    const orderId = 'a' as OrderId;
    let askedMs = clock.nowMs();
    gateway.query(account, orderId);
    for (const bound of [1_000, 2_000, 4_000]) {
      const before = calls.length;
      gateway.retryRead(account, orderId, undefined);
      clock.advanceTo(askedMs + bound);
      expect(calls).toHaveLength(before + 1);
      askedMs = clock.nowMs();
    }
    gateway.retryRead(account, orderId, undefined);
    clock.advanceTo(askedMs + 120_000);
    expect(calls).toHaveLength(4);
  });

  it('waits at least as long as the venue has said', () => {
    const { gateway, calls, clock } = bench();
    gateway.retryRead(account, 'a' as OrderId, 45_000);
    clock.advanceTo(1_044_999);
    expect(calls).toEqual([]);
    clock.advanceTo(1_045_000);
    expect(calls).toEqual(['query a']);
  });

  it('shares one budget of repetitions with all the others', () => {
    const { gateway, calls, clock } = bench();
    for (let one = 0; one < 200; one += 1)
      gateway.retryRead(account, `o${one}` as OrderId, undefined);
    clock.advanceTo(1_030_000);
    expect(calls).toHaveLength(60);
  });

  it('tells of a picture with the status of its failure, and of no picture that came and is of no use', async () => {
    const failing = bench();
    await expect(failing.gateway.snapshot(account, 0)).rejects.toThrow('busy');
    expect(failing.put).toEqual([
      { type: 'venue.call', call: 'picture', accountId: account, reason: 'busy', status: 429 },
    ]);
    const useless = bench(undefined, () => Promise.reject(new Error('the lists are null')));
    await expect(useless.gateway.snapshot(account, 0)).rejects.toThrow('null');
    expect(useless.put).toEqual([]);
  });
});

describe('the clock gate', () => {
  it('says nothing while no call was answered', () => {
    expect(new ClockGate().driftMs(0, 0)).toBeUndefined();
  });

  it('gives the least difference that the answers leave open', () => {
    const gate = new ClockGate();
    // Sent at 0, answered at 400: the stamp may be as old as that.
    gate.hear(1_000_000, 0, 400);
    expect(gate.driftMs(1_000_400, 400)).toBe(0);
    expect(gate.driftMs(1_000_000, 400)).toBe(0);
    expect(gate.driftMs(1_001_000, 400)).toBe(600);
    expect(gate.driftMs(999_800, 400)).toBe(-200);
    // A quick answer narrows it.
    gate.hear(1_001_000, 1_000, 1_010);
    expect(gate.driftMs(1_001_210, 1_010)).toBe(200);
  });

  it('takes an answer that contradicts the earlier ones for a clock that was set', () => {
    const gate = new ClockGate();
    gate.hear(1_000_000, 0, 10);
    gate.hear(1_041_000, 1_000, 1_010);
    expect(gate.driftMs(1_001_010, 1_010)).toBe(-39_990);
  });

  it('ignores stamps that are none', () => {
    const gate = new ClockGate();
    gate.hear(Number.NaN, 0, 10);
    gate.hear(1_000, 10, 0);
    expect(gate.driftMs(0, 0)).toBeUndefined();
  });
});

describe('a stop as at a live venue', () => {
  let running: TestEngine | undefined;
  afterEach(() => {
    if (running !== undefined) removeDirectory(running.directory);
    running = undefined;
  });

  it('takes nothing new, cancels resting entries, keeps what protects, and waits for their end', async () => {
    running = await startTestEngine();
    const { engine, venue, clock } = running;
    await running.quote('ES', 23_200, 23_201);
    await running.submit({ instrument: 'ES', side: 'buy', quantityLots: 1 });
    const rest = { instrument: 'ES', quantityLots: 1 } as const;
    await running.submit({ ...rest, side: 'buy', orderType: 'limit', limitTicks: 23_100 });
    const stop = {
      orderType: 'stop',
      stopTicks: 23_100,
      reduceOnly: true,
      purpose: 'protective',
    } as const;
    await running.submit({ ...rest, side: 'sell', ...stop });
    expect(venue.ledger().orders.filter(({ status }) => status === 'working')).toHaveLength(2);
    venue.setFaults({ latencyMs: 100 });
    const progress = { isStopped: false };
    const stopped = engine.stop({ cancelsEntries: true }).finally(() => {
      progress.isStopped = true;
    });
    let open = venue.ledger().orders;
    expect(
      engine.submitGroup({
        accountId: account,
        legs: [],
        source: 'operator',
        by: 't',
        maxAgeMs: 1,
      }),
    ).toBe('refused');
    for (let time = 0; time < 20; time += 1) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (progress.isStopped) break;
      clock.advanceTo(clock.nowMs() + 50);
      open = venue.ledger().orders.filter(({ status }) => status === 'working');
    }
    await stopped;
    expect(open.map(({ orderType }) => orderType)).toEqual(['stop']);
    expect(running.notes.some((note) => note.startsWith('STOP'))).toBe(false);
  });
});
