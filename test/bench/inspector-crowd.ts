import { contextDiff } from '../../src/domain/context-diff.ts';
import type { MachineId } from '../../src/domain/machine-event.ts';
/** Ten thousand actors of ten accounts and a thousand of their steps a second, as the engine would commit them. */
import type { LiveEngine } from '../../src/inspector/wall-report.ts';
import type { JournalEntry, JournalPort } from '../../src/ports/journal.port.ts';
import { ruleCatalogue } from '../../src/rules/registry.ts';
import { knownMachines, startMs } from '../support/journal-fixture.ts';
import { mainThread } from './thread-time.ts';

type Context = Readonly<Record<string, unknown>>;
type Kept = {
  readonly id: string;
  readonly account: string;
  readonly machine: MachineId;
  readonly stateJson: string;
  steps: number;
  lastSeq: number;
  context: Context;
};

export const crowdMachines = [
  ...knownMachines,
  ...(['account', 'ledger', 'rule'] as const).map((id) => ({ id, version: '1', hash: id })),
];

const accounts = 10;
const rowsPerTick = 10;
const tickMs = 10;

const orderState = '{"execution":"working","integrity":"clean","request":"none"}';

export class Crowd {
  seq = 0;
  private readonly journal: JournalPort;
  private readonly actors: Kept[] = [];
  private readonly orders: Kept[] = [];
  private turn = 0;

  constructor(journal: JournalPort, actorsWanted: number) {
    this.journal = journal;
    for (let number = 0; number < accounts; number += 1) this.addAccount(`A${number}`);
    for (let number = 0; this.actors.length < actorsWanted; number += 1)
      this.addOrder(`A${number % accounts}`, number);
  }

  get size(): number {
    return this.actors.length;
  }

  /** Rows at full speed: a history to begin with. */
  fill(rows: number): void {
    const goal = this.seq + rows;
    for (const actor of this.actors) if (actor.steps === 0) this.buffer(this.stepOf(actor));
    this.flush();
    while (this.seq < goal) this.commit(500);
  }

  /** One commit: an input and what it has caused. */
  commit(rows = rowsPerTick): void {
    const causeSeq = this.seq + 1;
    const entries = [this.input()];
    while (entries.length < rows) entries.push(this.stepOf(this.next(), causeSeq));
    this.journal.commit({ entries });
  }

  private waiting: JournalEntry[] = [];

  private buffer(entry: JournalEntry): void {
    this.waiting.push(entry);
    if (this.waiting.length >= 500) this.flush();
  }

  private flush(): void {
    if (this.waiting.length > 0) this.journal.commit({ entries: this.waiting });
    this.waiting = [];
  }

  private next(): Kept {
    this.turn += 1;
    // Steps far apart: a tick never meets the same actor twice.
    const found = this.orders[(this.turn * 7_919) % this.orders.length];
    if (found === undefined) throw new Error('there is no order');
    return found;
  }

  private addAccount(account: string): void {
    const add = (name: string, machine: MachineId, stateJson: string, context: Context): void => {
      const id = name === '' ? `account/${account}` : `account/${account}/${name}`;
      this.actors.push({ id, account, machine, stateJson, steps: 0, lastSeq: 0, context });
    };
    add('', 'account', '"active"', { accountId: account, causes: {} });
    add('ledger', 'ledger', '"open"', { realizedUnits: -125, feesUnits: 20, balanceUnits: 5_000 });
    for (const { id } of ruleCatalogue)
      add(`rule/${id}`, 'rule', '"armed"', { ruleId: id, last: { account: judged } });
  }

  private addOrder(account: string, number: number): void {
    const name = `BH-BENCH-${number}`;
    const order: Kept = {
      id: `account/${account}/order/${name}`,
      account,
      machine: 'order',
      stateJson: orderState,
      steps: 0,
      lastSeq: 0,
      context: contextOf(account, name, 0),
    };
    this.actors.push(order);
    this.orders.push(order);
  }

  private input(): JournalEntry {
    this.seq += 1;
    return {
      ...rowAt(this.seq),
      account: '',
      actor: '',
      actorSeq: 0,
      machine: 'input',
      machineVersion: '',
      eventJson: `{"type":"venue.orderEvents","count":${rowsPerTick},"atMs":${startMs + this.seq}}`,
      causeSeq: 0,
      correlationSeq: this.seq,
      fromState: '',
      toState: '',
      contextDiffJson: '{}',
    };
  }

  private stepOf(actor: Kept, causeSeq = 0): JournalEntry {
    this.seq += 1;
    const isFirst = actor.steps === 0;
    const context =
      actor.machine === 'order' ? contextOf(actor.account, actor.id, this.seq) : actor.context;
    const diff = contextDiff(isFirst ? undefined : actor.context, context);
    actor.steps += 1;
    actor.lastSeq = this.seq;
    actor.context = context;
    return {
      ...rowAt(this.seq),
      account: actor.account,
      actor: actor.id,
      actorSeq: actor.steps,
      machine: actor.machine,
      machineVersion: '1',
      eventJson: `{"type":"order.modified","orderId":${JSON.stringify(actor.id)},"limitTicks":${80_000 + (this.seq % 100)},"venueOrderId":"V-${this.seq}","atMs":${startMs + this.seq}}`,
      causeSeq,
      correlationSeq: causeSeq === 0 ? this.seq : causeSeq,
      fromState: isFirst ? '' : actor.stateJson,
      toState: actor.stateJson,
      contextDiffJson: diff,
    };
  }
}

const judged = { verdict: 'PASS', observed: 125, limit: 500, headroom: 375, atMs: startMs };

function rowAt(seq: number) {
  return { seq, atMs: startMs + seq, monotonicMs: seq };
}

/** As large as the context of a working order is. */
function contextOf(account: string, name: string, seq: number): Context {
  return {
    accountId: account,
    orderId: name,
    instrument: 'MNQ',
    side: 'buy',
    quantityLots: 3,
    filledLots: seq % 4,
    type: 'limit',
    timeInForce: 'day',
    limitTicks: 80_000 + (seq % 100),
    purpose: 'entry',
    by: 'bench',
    source: 'strategy',
    createdAtMs: startMs,
    updatedAtMs: startMs + seq,
  };
}

/** What the running engine tells ten times a second while somebody looks. */
export function liveOfCrowd(nowMs: number): LiveEngine {
  return {
    nowMs,
    commitMsP99: 1,
    evaluator: 'workers',
    accounts: Array.from({ length: accounts }, (_, number) => ({
      accountId: `A${number}`,
      unrealized: '-12.50 USD',
      positions: ['MNQ', 'MES', 'MCL'].map((instrument) => ({
        instrument,
        quantity: '2',
        average: '20001.25',
        unrealized: '-4.00 USD',
      })),
      rules: ruleCatalogue.map(({ id, title }) => ({
        ruleId: id,
        title,
        state: 'armed',
        verdict: 'PASS',
        observed: '125.00 USD',
        limit: '500.00 USD',
        usedPercent: 25,
      })),
    })),
  };
}

export type Paced = {
  /** For each commit: ms from its intended time until it was durable. */
  readonly late: readonly number[];
  /** ms that the call of the commit took. */
  readonly took: readonly number[];
  /** ms of it that the thread was on a processor. */
  readonly cpu: readonly number[];
  /** ms of it that it had to wait for one. */
  readonly queued: readonly number[];
};

/** A thousand rows a second in a hundred commits. @param each called ten times a second, as the engine tells */
export async function paced(crowd: Crowd, durationMs: number, each: () => void): Promise<Paced> {
  const found = {
    late: [] as number[],
    took: [] as number[],
    cpu: [] as number[],
    queued: [] as number[],
  };
  const fromMs = performance.now();
  for (let tick = 1; tick * tickMs <= durationMs; tick += 1) {
    const dueMs = fromMs + tick * tickMs;
    while (performance.now() < dueMs)
      await new Promise((resolve) => setTimeout(resolve, dueMs - performance.now()));
    if (tick % 10 === 0) each();
    const before = mainThread();
    const startedMs = performance.now();
    crowd.commit();
    const doneMs = performance.now();
    const after = mainThread();
    found.late.push(doneMs - dueMs);
    found.took.push(doneMs - startedMs);
    found.cpu.push(after.cpuMs - before.cpuMs);
    found.queued.push(after.queueMs - before.queueMs);
  }
  return found;
}
