/**
 * What the index keeps while rows come in, so that a wall over ten thousand actors is cheap, and the walk over history.
 *
 * Verifies: inspector 2 (index from the journal), inspector 8 (server overhead)
 */
import { describe, expect, it } from 'vitest';
import { AccountActors } from '../../../src/inspector/account-actors.ts';
import { ActorIndex, eventType, isOpenOrder } from '../../../src/inspector/actor-index.ts';
import { HistoryScan } from '../../../src/inspector/history-scan.ts';
import { remembered } from '../../../src/inspector/remembered.ts';
import { openJournalView } from '../../../src/persistence/journal-view.ts';
import type { JournalView } from '../../../src/ports/journal-view.port.ts';
import type { JournalPort } from '../../../src/ports/journal.port.ts';
import { Model, open, withDirectory } from '../../support/journal-fixture.ts';

type Parts = { readonly journal: JournalPort; readonly view: JournalView; readonly model: Model };

function withJournal(run: (parts: Parts) => void): void {
  withDirectory((directory) => {
    const journal = open(directory);
    const view = openJournalView(directory);
    try {
      run({ journal, view, model: new Model() });
    } finally {
      view.close();
      journal.close({ isClean: true });
    }
  });
}

const order = (name: string): string => `account/A1/order/${name}`;
const working = { execution: 'working', integrity: 'clean' } as unknown as string;
const filled = { execution: 'filled', integrity: 'clean' } as unknown as string;

describe('the index of actors', () => {
  it('counts the orders that may still fill, as each row of them comes in', () => {
    withJournal(({ journal, view, model }) => {
      const index = new ActorIndex(view);
      index.load();
      expect(index.openOrdersOf('A1')).toBe(0);
      journal.commit({ entries: [model.step(order('1'), working, {})] });
      journal.commit({ entries: [model.step(order('2'), working, {})] });
      index.advance();
      expect(index.openOrdersOf('A1')).toBe(2);
      journal.commit({ entries: [model.step(order('1'), filled, {})] });
      index.advance();
      expect(index.openOrdersOf('A1')).toBe(1);
      expect(index.openOrdersOf('A2')).toBe(0);
    });
  });

  it('has the same actors by kind and account after reading the states anew', () => {
    withJournal(({ journal, view, model }) => {
      const [followed, loaded] = [new ActorIndex(view), new ActorIndex(view)];
      followed.load();
      for (const name of ['1', '2', '3'])
        journal.commit({ entries: [model.step(order(name), working, {})] });
      journal.commit({ entries: [model.step(order('2'), filled, {})] });
      followed.advance();
      loaded.load();
      loaded.load();
      for (const index of [followed, loaded]) {
        expect(index.openOrdersOf('A1')).toBe(2);
        expect(index.ofKind('A1', 'order').map(({ id, stateJson }) => [id, stateJson])).toEqual([
          [order('1'), JSON.stringify(working)],
          [order('2'), JSON.stringify(filled)],
          [order('3'), JSON.stringify(working)],
        ]);
        expect(index.ofKind('A1', 'lock')).toEqual([]);
        expect(index.ofAccount('A1')).toHaveLength(3);
        // The object that the kinds hold is the one that rows change.
        expect(index.ofKind('A1', 'order')[0]).toBe(index.get(order('1')));
      }
    });
  });

  it('leaves out what is over where that is asked, but never what is unwell', () => {
    withJournal(({ journal, view, model }) => {
      const index = new ActorIndex(view);
      index.load();
      journal.commit({
        entries: [
          model.step(order('1'), working, {}),
          model.step(order('2'), filled, {}),
          model.step(order('3'), filled, {}),
        ],
        quarantines: [{ actor: order('3'), atMs: 1, reason: 'crashed', lastGoodSeq: 3 }],
      });
      index.advance();
      const ids = (passive: '0' | '1') =>
        index.page({ limit: 10, passive }).rows.map(({ id, status }) => `${id} ${status}`);
      expect(ids('1')).toEqual([
        `${order('1')} live`,
        `${order('2')} passive`,
        `${order('3')} quarantined`,
      ]);
      expect(ids('0')).toEqual([`${order('1')} live`, `${order('3')} quarantined`]);
    });
  });

  it('names the accounts that have an actor of their own, in order, also when one is new', () => {
    const actors = new AccountActors(isOpenOrder);
    const put = (account: string, kind: string) =>
      actors.put({ id: `account/${account}`, account, kind, stateJson: '"active"' } as never);
    put('B2', 'account');
    expect(actors.accounts()).toEqual(['B2']);
    put('A1', 'order');
    expect(actors.accounts()).toEqual(['B2']);
    put('A1', 'account');
    expect(actors.accounts()).toEqual(['A1', 'B2']);
  });

  it('reads the type of an event wherever it stands', () => {
    expect(eventType('{"type":"order.filled","row":1}')).toBe('order.filled');
    expect(eventType('{"row":1,"type":"order.filled"}')).toBe('order.filled');
    expect(eventType('{"type":"a\\"b"}')).toBe('a"b');
    expect(eventType('{}')).toBe('');
  });
});

describe('the walk over the history', () => {
  it('takes rows that were read anyway, when they are the next ones', () => {
    withJournal(({ journal, view, model }) => {
      const scan = new HistoryScan(view);
      for (const name of ['1', '2', '3'])
        journal.commit({ entries: [model.step(order(name), working, {})] });
      const rows = view.rowsAfter(0, 10);
      expect(scan.take(rows.slice(1))).toBe(false);
      expect(scan.proof.upToSeq).toBe(0);
      expect(scan.take(rows.slice(0, 2))).toBe(true);
      expect(scan.proof).toEqual({ isProven: true, upToSeq: 2 });
      expect(scan.take([])).toBe(false);
      scan.advance(10);
      expect(scan.proof).toEqual({ isProven: true, upToSeq: 3 });
    });
  });

  it('finds a broken row among those it is handed', () => {
    withJournal(({ journal, view, model }) => {
      const scan = new HistoryScan(view);
      journal.commit({ entries: [model.step(order('1'), working, {})] });
      const [row] = view.rowsAfter(0, 1);
      expect(row).toBeDefined();
      if (row !== undefined) scan.take([{ ...row, toState: '"other"' }]);
      expect(scan.proof.isProven).toBe(false);
    });
  });
});

describe('what is remembered of a text', () => {
  it('is made once, and anew after too many others', () => {
    let made = 0;
    const length = remembered((text) => {
      made += 1;
      return text.length;
    });
    expect([length('four'), length('four'), made]).toEqual([4, 4, 1]);
    for (let number = 0; number < 5_000; number += 1) length(`text ${number}`);
    expect([length('four'), made]).toEqual([4, 5_002]);
  });
});
