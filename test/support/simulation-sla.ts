/**
 * I9: however slow the disk is, and although the process stands still for two seconds, a kill is taken in within 3 s, a
 * person hears of it within 5 s, and every entry that works is asked to go within 10 s. Source: crash-testing 6, REQ-K1.
 */
import type { AccountId, OrderId } from '../../src/domain/ids.ts';
import { killKey } from '../../src/domain/kill.ts';
import type { KillRequest } from '../../src/domain/operator.ts';
import type { CancelOrder } from '../../src/domain/order.ts';
import { orderRegions } from '../../src/machines/order.machine.ts';
import type { Alert } from '../../src/ports/alert-sink.port.ts';
import { isExitSide } from '../../src/rules/exposure.ts';
import type { Simulation } from './simulation.ts';

const detectMsMax = 3_000;
const alertMsMax = 5_000;
const cancelMsMax = 10_000;

/** One kill of one account, from the moment at which a person has asked for it. */
type Watch = {
  readonly account: AccountId;
  readonly key: string;
  readonly askedAtMs: number;
  isDetected: boolean;
  isAlerted: boolean;
  /** Entries that worked then and have not been asked to go. */
  readonly waiting: Set<OrderId>;
};

export class KillSla {
  private readonly run: Simulation;
  private watches: Watch[] = [];

  constructor(run: Simulation) {
    this.run = run;
  }

  /** A person pulls it now. One that joins a run that is on says nothing new. */
  asked(kill: KillRequest, accounts: readonly AccountId[]): void {
    const key = killKey(kill);
    for (const account of accounts) {
      const { kills } = this.run.account(account);
      if (kills.some((one) => one.key === key)) continue;
      if (this.watches.some((one) => one.account === account && one.key === key)) continue;
      this.watches.push({
        account,
        key,
        askedAtMs: this.run.clock.nowMs(),
        // The run of one whose actor is down begins when that is back; what can only reduce does not wait for it.
        isDetected: !this.isLive(account),
        isAlerted: false,
        waiting: this.entriesIn(kill, account),
      });
    }
  }

  /** A command that was refused pulls nothing. */
  refused(kill: KillRequest): void {
    const key = killKey(kill);
    this.watches = this.watches.filter((one) => one.key !== key || one.isDetected);
  }

  /** A commit is durable: the runs that the accounts have now. */
  committed(): void {
    for (const watch of this.watches) {
      if (watch.isDetected) continue;
      const { kills } = this.run.account(watch.account);
      if (!kills.some(({ key }) => key === watch.key)) continue;
      watch.isDetected = true;
      this.expect(watch, 'taken in', detectMsMax);
    }
  }

  alerted({ account, code, text }: Alert): void {
    if (code !== 'KILL_SWITCH') return;
    for (const watch of this.watches) {
      if (watch.isAlerted || watch.account !== account || !text.includes(watch.key)) continue;
      watch.isAlerted = true;
      this.expect(watch, 'told', alertMsMax);
    }
  }

  canceled({ accountId, orderId }: CancelOrder): void {
    for (const watch of this.watches) {
      if (watch.account !== accountId || !watch.waiting.delete(orderId)) continue;
      this.expect(watch, `canceling ${orderId}`, cancelMsMax);
    }
  }

  /** The process is gone: what it owes is owed by the next one, from its start. */
  forget(): void {
    this.watches = [];
  }

  /** Everything whose time is over. */
  check(): void {
    const nowMs = this.run.clock.nowMs();
    for (const watch of this.watches) {
      const lateMs = nowMs - watch.askedAtMs;
      if (!watch.isDetected && lateMs > detectMsMax && this.isLive(watch.account))
        this.broken(watch, 'was not taken in');
      if (!watch.isAlerted && lateMs > alertMsMax) this.broken(watch, 'was told to nobody');
      for (const orderId of watch.waiting) {
        if (lateMs <= cancelMsMax || !this.isWorking(orderId)) continue;
        this.broken(watch, `has not canceled ${orderId}`);
      }
    }
    this.watches = this.watches.filter(({ askedAtMs }) => nowMs - askedAtMs <= cancelMsMax);
  }

  private expect(watch: Watch, what: string, msMax: number): void {
    const lateMs = this.run.clock.nowMs() - watch.askedAtMs;
    if (lateMs > msMax) this.broken(watch, `was late at ${what}, ${lateMs} ms`);
  }

  private broken({ account, key }: Watch, text: string): void {
    this.run.problem(`I9: the kill ${key} of ${account} ${text}`);
  }

  private isLive(account: AccountId): boolean {
    const kill = this.run.running.engine.world.cells.get(`account/${account}/kill` as never);
    return kill === undefined || kill.status === 'live';
  }

  private isWorking(orderId: OrderId): boolean {
    const order = this.run.venue.ledger().orders.find((one) => one.orderId === orderId);
    return order !== undefined && ['working', 'partial', 'triggered'].includes(order.status);
  }

  /** Entries of the scope that the venue works and of which nothing is asked; whose actor is down cannot be asked. */
  private entriesIn(kill: KillRequest, account: AccountId): Set<OrderId> {
    const { cells } = this.run.running.engine.world;
    const entries = new Set<OrderId>();
    for (const order of this.run.account(account).workingOrders.values()) {
      const { orderId, instrument, by, purpose, reduceOnly } = order;
      const target = { instrument, order: orderId, strategy: by } as const;
      const isMeant =
        kill.scope === 'instrument' || kill.scope === 'order' || kill.scope === 'strategy'
          ? target[kill.scope] === kill.target
          : true;
      // Stops of an open position stay, whoever placed them. Source: REQ-K1.
      const openLots = this.run.account(account).openLots(instrument);
      if (order.orderType !== 'limit' && isExitSide(order.side, openLots)) continue;
      const cell = cells.get(`account/${account}/order/${orderId}` as never);
      if (!isMeant || purpose !== 'entry' || reduceOnly || cell?.status !== 'live') continue;
      const { request } = orderRegions(cell.live() as Parameters<typeof orderRegions>[0]);
      if (request === 'none' && this.isWorking(orderId)) entries.add(orderId);
    }
    return entries;
  }
}
