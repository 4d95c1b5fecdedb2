/**
 * The lines of the tree: their order is kept from picture to picture, and is the same as one made at once.
 *
 * Verifies: inspector 3 (Tree), inspector 8 (filter, scrolling)
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forgetOldest } from '../../../src/inspector/page/data/crowd.ts';
import { NameOrder } from '../../../src/inspector/page/data/name-order.ts';
import { linesOf, type TreeWish } from '../../../src/inspector/page/data/tree.ts';
import type { ActorSummary } from '../../../src/inspector/protocol.ts';

function actor(id: string, more: Partial<ActorSummary> = {}): ActorSummary {
  const [, account = ''] = id.split('/');
  const group = id.slice(0, id.lastIndexOf('/'));
  return {
    id,
    kind: 'order',
    account,
    parent: id === `account/${account}` ? '' : group,
    state: 'working',
    status: 'live',
    restarts: 0,
    waiting: 0,
    steps: 1,
    lastSeq: 1,
    lastAtMs: 1,
    lastEvent: 'order.accepted',
    ...more,
  };
}

const nothingWished: TreeWish = {
  words: '',
  account: '',
  onlyUnhealthy: false,
  sort: 'name',
  pinned: new Set(),
  toggled: new Set(),
};

function mapOf(ids: Iterable<string>): Map<string, ActorSummary> {
  return new Map([...ids].map((id) => [id, actor(id)]));
}

describe('the order of names', () => {
  it('puts an actor right before what stands below it, and 2 before 10', () => {
    const ids = [
      'account/A1/order/BH-10',
      'account/A10',
      'account/A1-b',
      'account/A1/order/BH-2',
      'account/A1',
    ];
    expect(new NameOrder().of(mapOf(ids))).toEqual([
      'account/A1',
      'account/A1/order/BH-2',
      'account/A1/order/BH-10',
      'account/A1-b',
      'account/A10',
    ]);
  });

  it('is the same array as long as no actor comes or goes', () => {
    const order = new NameOrder();
    const actors = mapOf(['account/A1', 'account/A1/ledger']);
    const before = order.of(actors);
    actors.set('account/A1', actor('account/A1', { steps: 9 }));
    expect(order.of(actors)).toBe(before);
    actors.set('account/A2', actor('account/A2'));
    expect(order.of(actors)).not.toBe(before);
  });

  it('kept over comings and goings is the order made at once', () => {
    const id = fc
      .tuple(fc.constantFrom(1, 12), fc.constantFrom('order', 'lock'), fc.constantFrom(2, 10))
      .map(([account, kind, number]) => `account/A${account}/${kind}/X-${number}`);
    const step = fc.record({ id, isThere: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const kept = new NameOrder();
        const actors = new Map<string, ActorSummary>();
        for (const { id: name, isThere } of steps) {
          if (isThere) actors.set(name, actor(name));
          else actors.delete(name);
          const found = kept.of(actors);
          expect(found).toEqual(new NameOrder().of(actors));
          expect(new Set(found)).toEqual(new Set(actors.keys()));
        }
      }),
    );
  });
});

describe('the lines of the tree', () => {
  const actors = mapOf([
    'account/A1/order/BH-10',
    'account/A1/order/BH-2',
    'account/A1/ledger',
    'account/A1',
  ]);

  it('stand in the order of their names, whatever order they came in', () => {
    const lines = linesOf(actors, nothingWished);
    expect(lines.map(({ id, level }) => `${level} ${id}`)).toEqual([
      '1 account/A1',
      '2 account/A1/ledger',
      '2 account/A1/order',
      '3 account/A1/order/BH-2',
      '3 account/A1/order/BH-10',
    ]);
    expect(lines.map(({ below }) => below)).toEqual([3, 0, 2, 0, 0]);
  });

  it('stand by steps where that is wished, and by name among equals', () => {
    const busy = new Map(actors);
    busy.set('account/A1/order/BH-10', actor('account/A1/order/BH-10', { steps: 7 }));
    const orders = (sort: TreeWish['sort']) =>
      linesOf(busy, { ...nothingWished, sort }).flatMap(({ id, level }) =>
        level === 3 ? [id.slice(-5)] : [],
      );
    expect(orders('steps')).toEqual(['BH-10', '/BH-2']);
    expect(orders('restarts')).toEqual(['/BH-2', 'BH-10']);
  });

  it('of a filter are its hits and what they stand under', () => {
    const lines = linesOf(actors, { ...nothingWished, words: 'bh-2' });
    expect(lines.map(({ id }) => id)).toEqual([
      'account/A1',
      'account/A1/order',
      'account/A1/order/BH-2',
    ]);
  });
});

describe('the actors that the page holds', () => {
  it('are all of them as long as there is room', () => {
    const actors = mapOf(['account/A1', 'account/A1/order/1']);
    expect(forgetOldest(actors, 2)).toEqual([]);
    expect(actors.size).toBe(2);
  });

  it('lose the oldest of those that are over, never one that lives or is unwell', () => {
    const actors = new Map<string, ActorSummary>();
    const put = (name: string, more: Partial<ActorSummary>): void => {
      actors.set(`account/A1/order/${name}`, actor(`account/A1/order/${name}`, more));
    };
    put('new', { status: 'passive', lastSeq: 90 });
    put('old', { status: 'passive', lastSeq: 10 });
    put('unwell', { status: 'passive', lastSeq: 1, restarts: 1 });
    put('alive', { lastSeq: 2 });
    for (let number = 0; number < 7; number += 1)
      put(`over-${number}`, { status: 'passive', lastSeq: 20 + number });
    expect(forgetOldest(actors, 10).map((id) => id.slice('account/A1/order/'.length))).toEqual([
      'old',
      'over-0',
    ]);
    expect(actors.size).toBe(9);
    for (let number = 0; number < 20; number += 1) put(`alive-${number}`, {});
    forgetOldest(actors, 10);
    expect(actors.size).toBe(22);
  });
});
