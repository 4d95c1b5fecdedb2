/** Drives one order machine by lines of text, the way its cell does, and checks what must hold after every step. */
import { createActor, type Actor } from 'xstate';
import type { Fill } from '../../src/domain/fill.ts';
import type {
  AccountId,
  FillId,
  InstrumentId,
  OrderId,
  VenueOrderId,
} from '../../src/domain/ids.ts';
import type { NewValues, OrderEvent, OrderEventType } from '../../src/domain/order-event.ts';
import { isClosed } from '../../src/domain/order.ts';
import type { Recorded } from '../../src/domain/recorded.ts';
import { invariant } from '../../src/kernel/assert.ts';
import {
  orderMachine,
  orderRegions,
  type OrderContext,
  type OrderInput,
  type OrderRegions,
  type OrderSnapshot,
} from '../../src/machines/order.machine.ts';
import { collect } from '../../src/machines/step.ts';

const accountId = 'A1' as AccountId;
const instrument = 'MNQ' as InstrumentId;

/** A stop-limit buy of 3 lots: the only type for which every event has a meaning. */
export const orderInput: OrderInput = {
  orderId: 'BH-1-1' as OrderId,
  accountId,
  instrument,
  side: 'buy',
  orderType: 'stopLimit',
  quantityLots: 3,
  limitTicks: 101,
  stopTicks: 100,
  timeInForce: 'day',
  reduceOnly: false,
  purpose: 'entry',
  source: 'strategy',
  by: 'test',
  acknowledgeDurationMs: 5_000,
  cancelDurationMs: 1_500,
  modifyDurationMs: 5_000,
  fillsDurationMs: 5_000,
  createdAtMs: 0,
};

const words = {
  commit: 'order.intentCommitted',
  denied: 'order.gateDenied',
  notSent: 'order.notSent',
  send: 'order.sendStarted',
  modify: 'order.modifyRequested',
  cancel: 'order.cancelRequested',
  acknowledgementOverdue: 'order.acknowledgementOverdue',
  modifyOverdue: 'order.modifyOverdue',
  cancelOverdue: 'order.cancelOverdue',
  fillsOverdue: 'order.fillsOverdue',
  timeToLiveElapsed: 'order.timeToLiveElapsed',
  resolved: 'order.resolvedByOperator',
  acknowledged: 'order.integrityAcknowledged',
  accepted: 'order.placeAccepted',
  placeRejected: 'order.placeRejected',
  placeAmbiguous: 'order.placeAmbiguous',
  opened: 'order.opened',
  suspended: 'order.suspended',
  triggered: 'order.triggered',
  fill: 'order.filled',
  statusFilled: 'order.statusFilled',
  voided: 'order.fillVoided',
  updated: 'order.updated',
  modifyRejected: 'order.modifyRejected',
  modifyAmbiguous: 'order.modifyAmbiguous',
  cancelAccepted: 'order.cancelAccepted',
  cancelRejected: 'order.cancelRejected',
  cancelAmbiguous: 'order.cancelAmbiguous',
  venueRejected: 'order.venueRejected',
  canceled: 'order.canceled',
  expired: 'order.expired',
  unreadable: 'order.stateUnreadable',
  missing: 'order.missingInQuery',
  notFound: 'order.notFoundConfirmed',
  agreed: 'order.reconciliationAgreed',
} as const satisfies Readonly<Record<string, OrderEventType>>;

export type Word = keyof typeof words;

/** Every word of the language: exactly one per event type of an order. */
export const orderWords = Object.keys(words) as readonly Word[];
export const typeOfWord: Readonly<Record<Word, OrderEventType>> = words;

/** A query that shows the order open names its values. */
const shownWords: ReadonlySet<string> = new Set(['opened', 'suspended']);
const localWords: ReadonlySet<string> = new Set(orderWords.slice(0, 13));

/**
 * `fill a 2 at=5`, `opened t=3 c=1 query id=V1`, `modify q=5`: a word, then for fills id and lots (and `side=`),
 * `t=` and `c=` for the venue's version, the origin, `q=` and `p=` for values, `at=` for the time taken in.
 */
export function orderEvent(text: string, atMs = 1): OrderEvent {
  const [word = '', ...rest] = text.trim().split(/\s+/u);
  const type = typeOfWord[word as Word];
  invariant(type !== undefined, () => `a script uses the words of the driver, was ${word}`);
  const flags = new Map(
    rest.filter((part) => part.includes('=')).map((part) => part.split('=', 2) as [string, string]),
  );
  const bare = rest.filter((part) => !part.includes('='));
  const number = (name: string): number | undefined => {
    const value = flags.get(name);
    return value === undefined ? undefined : Number.parseInt(value, 10);
  };
  const values: NewValues = {
    ...(flags.has('q') ? { quantityLots: number('q') ?? 0 } : {}),
    ...(flags.has('p') ? { limitTicks: number('p') ?? 0 } : {}),
  };
  const at = { type, atMs: number('at') ?? (word.endsWith('Overdue') ? 1_000_000 : atMs) };
  if (localWords.has(word)) {
    const outcome = bare[0] === 'failed' ? 'failed' : 'canceled';
    return {
      ...at,
      reason: 'test',
      ...(word === 'modify' ? { values } : {}),
      outcome,
    } as unknown as OrderEvent;
  }
  const t = number('t');
  const hasVersion = t !== undefined || flags.has('c');
  const id = flags.get('id');
  const origin = bare.find((part) => ['query', 'answer', 'stream'].includes(part)) ?? 'stream';
  const isFill = word === 'fill' || word === 'voided';
  return {
    ...at,
    origin,
    ...(id === undefined ? {} : { venueOrderId: id as VenueOrderId }),
    ...(hasVersion
      ? {
          version: {
            ...(t === undefined ? {} : { updatedAtMs: t }),
            cumulativeLots: number('c') ?? 0,
          },
        }
      : {}),
    ...(isFill ? { fill: fillOf(bare, flags) } : {}),
    ...(word === 'updated' || (shownWords.has(word) && flags.has('q')) ? { values } : {}),
    reason: 'test',
  } as unknown as OrderEvent;
}

function fillOf(bare: readonly string[], flags: ReadonlyMap<string, string>): Fill {
  const [fillId = '', lots = ''] = bare;
  return {
    fillId: fillId as FillId,
    accountId,
    orderId: orderInput.orderId,
    instrument,
    side: flags.get('side') === 'sell' ? 'sell' : 'buy',
    lots: Number.parseInt(lots, 10),
    ticks: Number.parseInt(flags.get('p') ?? '100', 10),
    feeUnits: 0,
    venueTimeMs: Number.parseInt(flags.get('vt') ?? '1', 10),
  };
}

export type Step = {
  readonly recorded: readonly Recorded[];
  readonly isHandled: boolean;
  readonly before: OrderSnapshot;
  readonly after: OrderSnapshot;
};

export type OrderDriver = {
  /** One event, as text or whole. Throws what the machine throws. */
  send(event: string | OrderEvent): Step;
  sendAll(lines: readonly string[]): OrderDriver;
  readonly snapshot: OrderSnapshot;
  readonly regions: OrderRegions;
  readonly context: OrderContext;
  /** Everything recorded so far, as text. */
  readonly records: readonly string[];
  /** `working/none/clean` */
  readonly state: string;
  stop(): void;
};

const tripWire = {
  setTimeout: (): never => {
    throw new Error('a machine armed a timer of its own');
  },
  clearTimeout: (): void => undefined,
};

function host(
  snapshot: unknown,
  input: OrderInput,
): { actor: Actor<typeof orderMachine>; recorded: readonly Recorded[] } {
  const actor = createActor(orderMachine, {
    id: `account/A1/order/${input.orderId}`,
    input,
    clock: tripWire,
    logger: () => {
      throw new Error('a machine logged');
    },
    ...(snapshot === undefined ? {} : { snapshot: snapshot as OrderSnapshot }),
  });
  actor.subscribe({ error: () => undefined });
  return { actor, recorded: collect(() => actor.start()) };
}

/** A new order in a live actor; `overrides` change its input. */
export function createOrder(overrides: Partial<OrderInput> = {}): OrderDriver {
  const { actor, recorded } = host(undefined, { ...orderInput, ...overrides });
  invariant(recorded.length === 0, 'a new order records nothing');
  return driver(actor);
}

/** The order rebuilt from JSON of its value and context, as recovery does. @throws when the restore records something */
export function restoreOrder(snapshot: OrderSnapshot): OrderDriver {
  const value: unknown = JSON.parse(sortedJson(snapshot.value));
  const context = JSON.parse(JSON.stringify(snapshot.context)) as OrderContext;
  const { actor, recorded } = host(
    { status: 'active', value, context, historyValue: {}, children: {} },
    context,
  );
  invariant(recorded.length === 0, 'a restored order records nothing');
  return driver(actor);
}

function driver(actor: Actor<typeof orderMachine>): OrderDriver {
  const records: string[] = [];
  let atMs = 1;
  return {
    send(event) {
      atMs += 1;
      const before = actor.getSnapshot();
      const whole = typeof event === 'string' ? orderEvent(event, atMs) : event;
      const isHandled = orderMachine.getTransitionData(before, whole).length > 0;
      const recorded = collect(() => actor.send(whole));
      const after = actor.getSnapshot();
      if ((after.status as string) === 'error') throw after.error;
      records.push(...recorded.map(recordText));
      checkAgreement(after);
      return { recorded, isHandled, before, after };
    },
    sendAll(lines) {
      for (const line of lines) this.send(line);
      return this;
    },
    get snapshot() {
      return actor.getSnapshot();
    },
    get regions() {
      return orderRegions(actor.getSnapshot());
    },
    get context() {
      return actor.getSnapshot().context;
    },
    get records() {
      return records;
    },
    get state() {
      return stateText(actor.getSnapshot());
    },
    stop() {
      actor.stop();
    },
  };
}

export function stateText(snapshot: OrderSnapshot): string {
  const { execution, request, integrity } = orderRegions(snapshot);
  return `${execution}/${request}/${integrity}`;
}

/** What the regions and the context say of the same thing. @throws InvariantViolation when they disagree */
export function checkAgreement(snapshot: OrderSnapshot): void {
  const { execution, request } = orderRegions(snapshot);
  const { context } = snapshot;
  const state = stateText(snapshot);
  const agrees = (holds: boolean, what: string): void =>
    invariant(
      holds,
      () => `regions and context agree on ${what}, was ${state} ${JSON.stringify(context)}`,
    );
  agrees(isClosed(execution) === context.isClosed, 'closed');
  agrees(
    (request === 'pendingUpdate' || request === 'pendingBoth') === (context.modify === 'sent'),
    'modify sent',
  );
  agrees(
    (request === 'pendingCancel' || request === 'pendingBoth') === (context.cancel === 'sent'),
    'cancel sent',
  );
  const isDoubted =
    context.cancel === 'doubted' || (context.modify === 'doubted' && context.cancel !== 'sent');
  agrees((request === 'ambiguous') === isDoubted, 'doubt');
  agrees(!isClosed(execution) || request === 'none', 'nothing outstanding when closed');
  agrees(
    context.modify === 'none' ? Object.keys(context.modifyValues).length === 0 : true,
    'modify values',
  );
  agrees(context.fillIdsSeen.length === context.fillContents.length, 'trades');
  agrees(new Set(context.fillIdsSeen).size === context.fillIdsSeen.length, 'each trade once');
  agrees(
    JSON.stringify(JSON.parse(JSON.stringify(context))) === JSON.stringify(context),
    'plain JSON',
  );
  agrees(!Object.values(context).includes(undefined as never), 'no undefined values');
  agrees(!Object.values(context).includes(null as never), 'no null values');
  const numbers = Object.values(context).filter((value) => typeof value === 'number');
  agrees(
    numbers.every((value) => Number.isSafeInteger(value)),
    'integers',
  );
}

/** `venue.cancelOrder`, `put cancel 1502`, `delete cancel`, `incident OVERFILL`. */
function recordText(recorded: Recorded): string {
  if (recorded.type === 'timer.put') return `put ${recorded.timer} ${recorded.dueAtMs}`;
  if (recorded.type === 'timer.delete') return `delete ${recorded.timer}`;
  if (recorded.type === 'incident') return `incident ${recorded.code}`;
  return recorded.type.replace('venue.', '').replace('Order', '');
}

export function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
