/**
 * What a person says to an actor that is down.
 *
 * Verifies: execution 3.3 (OperatorResolved), execution 9.1 (Latch), supervision 5 and 6
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { AccountId, ActorId, OrderId } from '../../src/domain/ids.ts';
import { removeDirectory, startTestEngine, type TestEngine } from '../support/engine.ts';
import { operate } from '../support/operate.ts';

const accountId = 'A1' as AccountId;
const killActor = 'account/A1/kill' as ActorId;
const opened: TestEngine[] = [];
async function start(options: Parameters<typeof startTestEngine>[0] = {}): Promise<TestEngine> {
  const test = await startTestEngine(options);
  opened.push(test);
  return test;
}
afterEach(() => {
  for (const { directory } of opened.splice(0)) removeDirectory(directory);
});

/** Tells the engine of an order as the venue would. */
async function report(test: TestEngine, orderId: OrderId, type: string): Promise<void> {
  test.venue.announce({
    type: 'venue.order',
    key: `${orderId}|${type}`,
    accountId,
    orderId,
    event: {
      type,
      venueOrderId: 'V1',
      reason: 'test',
      origin: 'stream',
      atMs: test.clock.nowMs(),
    } as never,
  });
  await test.lockstep.rest();
}

/** An order of which nobody knows whether the venue has it. */
async function inDoubt(test: TestEngine): Promise<{ orderId: OrderId; actor: ActorId }> {
  await test.quote('MNQ', 84_000, 84_001);
  const { venue } = test.engine.world.options;
  venue.submit = () => undefined;
  venue.query = () => undefined;
  await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 1 });
  const actor = [...test.engine.world.cells.keys()].find((id) => id.includes('/order/'));
  const orderId = String(actor).slice(String(actor).lastIndexOf('/') + 1) as OrderId;
  await report(test, orderId, 'order.placeAmbiguous');
  return { orderId, actor: actor as ActorId };
}

function execution(test: TestEngine, actor: ActorId): unknown {
  return JSON.parse(test.engine.world.cells.get(actor)?.stateJson ?? '{}').execution;
}

describe('an order in doubt whose actor is down', () => {
  it('is not resolved before it is back: what waits for it may end the doubt by itself', async () => {
    const test = await start();
    const { orderId, actor } = await inDoubt(test);
    const resolve = { verb: 'resolve', orderId, outcome: 'canceled', evidence: 'seen' } as const;
    expect(execution(test, actor)).toBe('unknown');
    operate(test.engine, { verb: 'pause', actor });
    await report(test, orderId, 'order.opened');
    expect(operate(test.engine, resolve)).toMatchObject({
      outcome: 'refused',
      text: expect.stringContaining(`${actor} is quarantined; resume it first`),
    });
    operate(test.engine, { verb: 'resume', actor, skipEvent: false });
    await test.lockstep.rest();
    expect(execution(test, actor)).toBe('working');
    expect(test.engine.world.counters.deadLetters).toBe(0);
    expect(operate(test.engine, resolve)).toMatchObject({ outcome: 'refused' });
    test.crash();
  });

  it('is resolved once it is back and still in doubt', async () => {
    const test = await start();
    const { orderId, actor } = await inDoubt(test);
    operate(test.engine, { verb: 'pause', actor });
    operate(test.engine, { verb: 'resume', actor, skipEvent: false });
    const answer = operate(test.engine, {
      verb: 'resolve',
      orderId,
      outcome: 'canceled',
      evidence: 'seen',
    });
    expect(answer).toMatchObject({ outcome: 'accepted' });
    expect(execution(test, actor)).toBe('canceled');
    test.crash();
  });
});

describe('a re-arm that crashes the kill actor', () => {
  it('says that the latch still holds, is not said twice, and is heard after the end of the process', async () => {
    let left = 1;
    const first = await start({
      beforeStep: (actor, { type }) => {
        if (actor !== killActor || type !== 'kill.rearmed' || left === 0) return;
        left -= 1;
        throw new Error('planted');
      },
    });
    await first.quote('MNQ', 84_000, 84_001);
    const kill = { scope: 'strategy', target: 'wave', isEmergency: false, trigger: 'operator' };
    operate(first.engine, { verb: 'kill', kill: kill as never }, { account: 'A1' });
    await first.lockstep.advanceTo(first.clock.nowMs() + 10_000);
    const kills = ({ engine }: TestEngine) => engine.world.accounts.get(accountId)?.kills ?? [];
    expect(kills(first)).toMatchObject([{ key: 'strategy:wave', phase: 'latched' }]);
    const rearm = () => operate(first.engine, { verb: 'rearm' }, { account: 'A1' });
    expect(rearm()).toEqual({
      outcome: 'accepted',
      text: 'noted; strategy:wave stays latched until its actor is back',
    });
    expect(rearm()).toMatchObject({
      outcome: 'refused',
      text: expect.stringContaining(`${killActor} is being restarted`),
    });
    expect(kills(first)).toHaveLength(1);
    first.engine.abandon();
    first.crash();
    const second = await start({ directory: first.directory, startMs: first.clock.nowMs() });
    expect(kills(second)).toEqual([]);
    second.crash();
  });
});
