import { DrillStage, drillAccount } from '../../src/bin/drill/stage.ts';
/** A process that pulls its kill switch, or finds it pulled, and says what it sees. Killed from outside at any moment. */
import type { KillStep } from '../../src/domain/kill.ts';
import { isOpen } from '../../src/venues/paper/paper-order.ts';

const [directory = '', orders = '40', positions = '3'] = process.argv.slice(2);
const stage = new DrillStage({ instruments: 3, latencyMs: 20, directory });
await stage.start();
const account = stage.engine.world.accounts.get(drillAccount);
if (account === undefined) throw new Error('the account of the drill is there');

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

if (account.kills.length === 0 && account.positions.size === 0) {
  for (const { id } of stage.instruments.slice(0, Number(positions)))
    stage.submit(id, { orderType: 'market' });
  for (let placed = 0; placed < Number(orders); placed += 1) {
    const instrument = stage.instruments[placed % stage.instruments.length];
    if (instrument !== undefined)
      stage.submit(instrument.id, { orderType: 'limit', limitTicks: stage.restingTicks(placed) });
  }
  const isReady = await stage.until(
    () =>
      account.positions.size === Number(positions) &&
      account.workingOrders.size === Number(orders) &&
      [...account.workingOrders.values()].every((order) => order.isOpen),
    15_000,
  );
  if (!isReady) throw new Error('the child could not be set up');
  const command = {
    verb: 'kill',
    kill: { scope: 'account', isEmergency: true, trigger: 'operator' },
    accountId: drillAccount,
    requestId: 'kill',
    role: 'operator',
    by: 'child',
    reason: 'test',
  } as const;
  // Answered after the commit: from here on the latch is durable.
  stage.engine.operate(command, () => say('KILL'));
}
let told = '';
const isLatched = await stage.until(() => {
  const run = account.kills[0];
  const steps = Object.keys(run?.steps ?? {}) as KillStep[];
  if (steps.join() !== told) say(`STEPS ${steps.join()}`);
  told = steps.join();
  return run?.phase === 'latched';
}, 20_000);
const { orders: venueOrders, positions: venuePositions, submissions } = stage.venue.ledger();
say(
  JSON.stringify({
    isLatched,
    result: account.kills[0]?.result,
    triggers: account.kills.length,
    tradingState: account.tradingState,
    openOrders: venueOrders.filter(isOpen).length,
    openPositions: venuePositions.filter(({ book }) => book.openLots !== 0).length,
    resubmitted: [...submissions.values()].filter((count) => count > 1).length,
  }),
);
await stage.close();
process.exit(0);
