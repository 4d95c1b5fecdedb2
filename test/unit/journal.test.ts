/**
 * Verifies: durability contract C1 (one transaction per turn), C2 (effects), C5 (fold), gapless rows and steps,
 * fills and dedupe keys once, snapshots, and that nothing is taken after the store has failed (C4).
 */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { InvariantViolation } from '../../src/kernel/assert.ts';
import { StoreFailure } from '../../src/kernel/errors.ts';
import { genesisHash } from '../../src/persistence/hash-chain.ts';
import { openJournalReader } from '../../src/persistence/journal-reader.ts';
import type { JournalHealth } from '../../src/persistence/sqlite-journal.ts';
import type { EffectRow, JournalPort } from '../../src/ports/journal.port.ts';
import {
  fillRow,
  Model,
  open,
  sortedStates,
  startMs,
  withDirectory,
} from '../support/journal-fixture.ts';

const ORDER = 'account/A1/order/BH-1-1';
const OTHER = 'account/A1/order/BH-1-2';

/** The connection of the writer itself: what its pragmas say is what holds for its commits. */
function connectionOf(journal: JournalPort): Database.Database {
  return Reflect.get(journal, 'database') as Database.Database;
}

function withJournal(run: (journal: JournalPort, model: Model, directory: string) => void): void {
  withDirectory((directory) => {
    const journal = open(directory);
    try {
      run(journal, new Model(), directory);
    } finally {
      journal.close();
    }
  });
}

const effect = (id: string, state: EffectRow['state'], causeSeq = 1): EffectRow => ({
  id,
  kind: 'venue.submitOrder',
  account: 'A1',
  payloadJson: '{"lots":1}',
  causeSeq,
  state,
});

describe('a commit', () => {
  it('returns the head and gives it back after a restart', () => {
    withDirectory((directory) => {
      const model = new Model();
      const first = open(directory);
      expect(first.head).toEqual({ seq: 0, hash: genesisHash });
      const head = first.commit({
        entries: [model.input(), model.step(ORDER, 'working', { lots: 1 }, 1)],
      });
      expect(head.seq).toBe(2);
      expect(first.head).toEqual(head);
      first.close();
      const second = open(directory);
      expect(second.head).toEqual(head);
      expect([first.headAtMs, second.headAtMs]).toEqual([startMs + 2, startMs + 2]);
      expect(second.epoch).toBe(2);
      second.close();
    });
  });

  it('gives the same head for the same input in another database, and another head for another input', () => {
    const headOf = (databaseUuid: string, lots: number): string =>
      withDirectory((directory) => {
        const journal = open(directory, { databaseUuid, appVersion: databaseUuid });
        const model = new Model();
        journal.commit({ entries: [model.input()] });
        journal.commit({ entries: [model.step(ORDER, 'working', { lots }, 1)] });
        const { hash } = journal.head;
        journal.close();
        return hash;
      });
    expect(headOf('first', 1)).toBe(headOf('second', 1));
    expect(headOf('first', 1)).not.toBe(headOf('first', 2));
  });

  it.each([
    ['row', { seq: 3 }],
    ['step', { actorSeq: 3 }],
    ['account of its actor', { account: 'A2' }],
    ['machine version', { machineVersion: '99' }],
    ['cause', { causeSeq: 2 }],
    ['time', { atMs: 0.5 }],
  ])('refuses a wrong %s, writes nothing of the turn and goes on', (_name, wrong) => {
    withJournal((journal, model) => {
      const head = journal.commit({ entries: [model.step(ORDER, 'working', { lots: 1 })] });
      const entry = model.step(ORDER, 'filled', { lots: 1 }, 1);
      const bad = { entries: [{ ...entry, ...wrong }], values: [{ key: 'a', value: '1' }] };
      expect(() => journal.commit(bad)).toThrow(InvariantViolation);
      expect(journal.head).toEqual(head);
      expect(journal.recover().values.size).toBe(0);
      expect(journal.commit({ entries: [entry] }).seq).toBe(2);
      expect(journal.verify().problems).toEqual([]);
    });
  });

  it('checks steps of actors that the process has not touched since its start', () => {
    withDirectory((directory) => {
      const model = new Model();
      const first = open(directory);
      first.commit({
        entries: [model.step(ORDER, 'working', {}), model.step(OTHER, 'working', {})],
      });
      first.writeSnapshots([model.state(ORDER), model.state(OTHER)]);
      first.commit({ entries: [model.step(OTHER, 'filled', {})] });
      first.close();
      const second = open(directory);
      const bad = { ...model.step(ORDER, 'filled', {}), actorSeq: 1 };
      expect(() => second.commit({ entries: [bad] })).toThrow(/without a gap after 1, was 1/u);
      second.commit({ entries: [{ ...bad, actorSeq: 2 }, model.step(OTHER, 'settled', {})] });
      expect(second.verify().problems).toEqual([]);
      second.close();
    });
  });

  it('undoes the whole turn when one part of it does not fit', () => {
    withJournal((journal, model) => {
      const head = journal.commit({
        entries: [model.input()],
        fills: [fillRow('f1', 'A1', 1)],
      });
      const seqBefore = model.seq;
      const turn = {
        entries: [model.step(ORDER, 'working', {}, 1)],
        effects: [effect('BH-1-1', 'SENT')],
        timersPut: [{ owner: ORDER, name: 'ack', dueAtMs: startMs, event: 'order.late' }],
        dedupeKeys: [{ key: 'k1', atMs: startMs }],
        fills: [fillRow('f1', 'A1', 2)],
      };
      expect(() => journal.commit(turn)).toThrow(InvariantViolation);
      expect(journal.head).toEqual(head);
      expect(journal.hasDedupeKey('k1')).toBe(false);
      expect(journal.readActor(ORDER)).toBeUndefined();
      expect(journal.recover()).toMatchObject({ actors: [], openEffects: [], timers: [] });
      const again = new Model(seqBefore);
      journal.commit({ ...turn, entries: [again.step(ORDER, 'working', {}, 1)], fills: [] });
      expect(journal.verify().problems).toEqual([]);
    });
  });

  it('finds what a refused intent had asked for, also where the refusal names an earlier row', () => {
    withJournal((journal, model) => {
      const submit = (intentId: string) =>
        model.input(
          JSON.stringify({ type: 'command.submit', intent: { intentId, by: 'x' } }),
          'A1',
        );
      const denial = { account: 'A1', code: 'PRICE_BAND', text: 'too far', atMs: startMs };
      journal.commit({
        entries: [submit('BH-1-1'), model.step(ORDER, 'working', {}), submit('BH-1-2')],
        denials: [
          { ...denial, intentId: 'BH-1-1', causeSeq: 1 },
          { ...denial, intentId: 'BH-1-2', causeSeq: 2 },
          { ...denial, intentId: 'BH-1-3', causeSeq: 2 },
        ],
      });
      const asked = (intentId: string) => JSON.stringify({ intentId, by: 'x' });
      expect(journal.findDenied('A1', 'BH-1-1')).toEqual({
        denial: { ...denial, intentId: 'BH-1-1', causeSeq: 1 },
        submitSeq: 1,
        intentJson: asked('BH-1-1'),
      });
      expect(journal.findDenied('A1', 'BH-1-2')).toMatchObject({
        submitSeq: 3,
        intentJson: asked('BH-1-2'),
      });
      // A refused change of an order is not a refused order.
      expect(journal.findDenied('A1', 'BH-1-3')).toBeUndefined();
      expect(journal.findDenied('A2', 'BH-1-1')).toBeUndefined();
    });
  });

  it('is written through to the disk, which a plain connection of this driver does not do', () => {
    withJournal((journal, model, directory) => {
      journal.commit({ entries: [model.input()] });
      const live = connectionOf(journal);
      expect(live.pragma('synchronous', { simple: true })).toBe(2);
      expect(live.pragma('journal_mode', { simple: true })).toBe('wal');
      expect(live.pragma('wal_autocheckpoint', { simple: true })).toBe(200);
      const plain = new Database(join(directory, 'journal.db'));
      plain.prepare('SELECT 1 FROM sqlite_schema').get();
      expect(plain.pragma('synchronous', { simple: true })).toBe(1);
      plain.close();
    });
  });

  it('cannot be changed or deleted afterwards', () => {
    withJournal((journal, model) => {
      journal.commit({ entries: [model.input()] });
      const live = connectionOf(journal);
      expect(() => live.exec(`UPDATE journal SET event_json = '{}'`)).toThrow(/append-only/u);
      expect(() => live.exec('DELETE FROM journal')).toThrow(/append-only/u);
    });
  });
});

describe('effects, timers, fills and keys', () => {
  it('lists the effects that are not settled', () => {
    withJournal((journal, model) => {
      journal.commit({
        entries: [model.input()],
        effects: ['a', 'b', 'c', 'd'].map((id) => effect(id, 'PLANNED')),
        effectChanges: [{ id: 'b', state: 'SENT' }],
      });
      journal.commit({
        entries: [],
        effectChanges: [
          { id: 'c', state: 'SENT' },
          { id: 'c', state: 'UNKNOWN' },
          { id: 'd', state: 'SENT' },
          { id: 'd', state: 'ACKED' },
        ],
      });
      expect(journal.recover().openEffects).toEqual([
        effect('a', 'PLANNED'),
        effect('b', 'SENT'),
        effect('c', 'UNKNOWN'),
      ]);
    });
  });

  it('never opens a settled effect again, and knows no effect that was not planned', () => {
    withJournal((journal, model) => {
      const effects = [effect('a', 'SENT')];
      journal.commit({ entries: [model.input()], effects });
      journal.commit({ entries: [], effectChanges: [{ id: 'a', state: 'REJECTED' }] });
      for (const state of ['PLANNED', 'SENT', 'UNKNOWN'] as const) {
        const change = { entries: [], effectChanges: [{ id: 'a', state }] };
        expect(() => journal.commit(change)).toThrow(InvariantViolation);
      }
      const change = { entries: [], effectChanges: [{ id: 'other', state: 'SENT' as const }] };
      expect(() => journal.commit(change)).toThrow(InvariantViolation);
      expect(() => journal.commit({ entries: [], effects })).toThrow(InvariantViolation);
      expect(journal.recover().openEffects).toEqual([]);
    });
  });

  it('refuses effects and fills without a row that caused them', () => {
    withJournal((journal, model) => {
      journal.commit({ entries: [model.input()] });
      expect(() => journal.commit({ entries: [], effects: [effect('a', 'SENT', 2)] })).toThrow(
        InvariantViolation,
      );
      expect(() => journal.commit({ entries: [], fills: [fillRow('f1', 'A1', 0)] })).toThrow(
        InvariantViolation,
      );
    });
  });

  it('replaces and deletes timers and gives them back in the order they are due', () => {
    withJournal((journal) => {
      const timer = (name: string, dueAtMs: number) => ({
        owner: ORDER,
        name,
        dueAtMs,
        event: 'e',
      });
      journal.commit({ entries: [], timersPut: [timer('a', 30), timer('b', 20), timer('c', 10)] });
      journal.commit({
        entries: [],
        timersDeleted: [{ owner: ORDER, name: 'c' }],
        timersPut: [timer('a', 15)],
      });
      expect(journal.recover().timers).toEqual([timer('a', 15), timer('b', 20)]);
    });
  });

  it('gives a fill back exactly, for the account that booked it', () => {
    withJournal((journal, model) => {
      const row = fillRow('f1', 'A1', 1);
      journal.commit({ entries: [model.input()], fills: [row, fillRow('f1', 'A2', 1)] });
      expect(journal.findFill('A1', 'f1')).toEqual(row);
      expect(journal.findFill('A2', 'f1')?.fill.accountId).toBe('A2');
      expect(journal.findFill('A3', 'f1')).toBeUndefined();
    });
  });

  it('keeps dedupe keys over a restart, for a week of market time', () => {
    withDirectory((directory) => {
      const day = 24 * 60 * 60 * 1000;
      const model = new Model();
      const first = open(directory);
      const entry = { ...model.input(), atMs: startMs + 8 * day };
      const dedupeKeys = [
        { key: 'old', atMs: startMs },
        { key: 'new', atMs: startMs + 2 * day },
      ];
      first.commit({ entries: [entry], dedupeKeys });
      expect(() => first.commit({ entries: [], dedupeKeys })).toThrow(InvariantViolation);
      first.close();
      const second = open(directory);
      second.recover();
      expect(second.hasDedupeKey('new')).toBe(true);
      expect(second.hasDedupeKey('old')).toBe(false);
      second.close();
    });
  });

  it('keeps dedupe keys longer where that is configured, and never shorter', () => {
    withDirectory((directory) => {
      const day = 24 * 60 * 60 * 1000;
      const first = open(directory);
      const entry = { ...new Model().input(), atMs: startMs + 12 * day };
      const dedupeKeys = [
        { key: 'old', atMs: startMs },
        { key: 'new', atMs: startMs + 6 * day },
      ];
      first.commit({ entries: [entry], dedupeKeys });
      first.close();
      const knows = (key: string, dedupeKeptMs: number): boolean => {
        const journal = open(directory, { dedupeKeptMs });
        journal.recover();
        const isKnown = journal.hasDedupeKey(key);
        journal.close();
        return isKnown;
      };
      expect(knows('old', 12 * day)).toBe(true);
      expect(knows('new', day)).toBe(true);
      expect(knows('old', day)).toBe(false);
    });
  });

  it('keeps quarantines until they end, values until they change, and a record of all trouble', () => {
    withJournal((journal, model, directory) => {
      const quarantine = { actor: ORDER, atMs: 1, reason: 'three crashes', lastGoodSeq: 1 };
      const crash = { atMs: 1, actor: ORDER, kind: 'bug', message: 'm', stack: 's' } as const;
      const refusal = { atMs: 1, account: 'A1', code: 'C', text: 't', causeSeq: 1 };
      journal.commit({
        entries: [model.input()],
        quarantines: [quarantine, { ...quarantine, actor: OTHER }],
        values: [{ key: 'replay', value: '1' }],
        crashes: [{ ...crash, eventJson: '{}', machineVersion: '1' }],
        poisons: [{ seq: 1, actor: ORDER, eventJson: '{}', stack: 's', machineVersion: '1' }],
        deadLetters: [{ atMs: 1, from: 'a', to: 'b', eventJson: '{}', reason: 'unknown' }],
        incidents: [refusal],
        denials: [{ ...refusal, intentId: 'i' }],
      });
      journal.commit({
        entries: [],
        quarantinesEnded: [OTHER],
        values: [{ key: 'replay', value: '2' }],
      });
      const recovered = journal.recover();
      expect(recovered.quarantines).toEqual([quarantine]);
      expect(recovered.values).toEqual(new Map([['replay', '2']]));
      const reader = openJournalReader(directory);
      const one = { crash: 1, poison: 1, dead_letter: 1, incident: 1, denial: 1, journal: 1 };
      expect(reader.counts()).toMatchObject(one);
      reader.close();
    });
  });
});

describe('snapshots', () => {
  it('shorten the tail as far as the oldest actor without one', () => {
    withJournal((journal, model) => {
      journal.commit({
        entries: [
          model.step(ORDER, 'working', { a: 1 }),
          model.step(OTHER, 'working', { b: 1 }),
          model.step(ORDER, 'filled', { a: 2 }),
        ],
      });
      expect(journal.tailRows).toBe(3);
      expect(journal.staleActors(10)).toEqual([ORDER, OTHER]);
      expect(journal.staleActors(1)).toEqual([ORDER]);
      journal.writeSnapshots([model.state(ORDER)]);
      expect(journal.tailRows).toBe(2);
      journal.writeSnapshots([model.state(OTHER)]);
      expect(journal.tailRows).toBe(0);
      expect(journal.staleActors(10)).toEqual([]);
      journal.commit({ entries: [model.input(), model.step(ORDER, 'settled', {})] });
      expect(journal.tailRows).toBe(1);
    });
  });

  it('and the rows behind them give the same states as all rows', () => {
    withDirectory((directory) => {
      const model = new Model();
      const first = open(directory);
      first.commit({
        entries: [
          model.step(ORDER, 'working', { a: 1, gone: true }),
          model.step(OTHER, 'working', { b: 1 }),
        ],
      });
      first.writeSnapshots([model.state(ORDER)]);
      first.commit({ entries: [model.step(ORDER, 'filled', { a: 2 })] });
      expect(first.readActor(ORDER)).toEqual(model.state(ORDER));
      first.close();
      const second = open(directory);
      const recovered = second.recover();
      expect(sortedStates(recovered.actors)).toEqual(sortedStates(model.states.values()));
      expect(second.readActor(ORDER)).toEqual(model.state(ORDER));
      expect(second.readActor('account/A1/order/none')).toBeUndefined();
      expect(second.tailRows).toBe(2);
      second.close();
    });
  });

  it('count after a restart as before it', () => {
    withDirectory((directory) => {
      const model = new Model();
      const first = open(directory);
      first.commit({
        entries: [model.step(OTHER, 'working', {}), model.step(ORDER, 'working', {})],
      });
      first.writeSnapshots([model.state(ORDER)]);
      first.close();
      const second = open(directory);
      expect(second.staleActors(9)).toEqual([OTHER]);
      expect(second.tailRows).toBe(2);
      const { actors } = second.recover();
      expect(sortedStates(actors)).toEqual(sortedStates(model.states.values()));
      second.writeSnapshots([model.state(OTHER)]);
      expect(second.tailRows).toBe(0);
      second.close();
    });
  });

  it('are of the last row of their actor only', () => {
    withJournal((journal, model) => {
      journal.commit({ entries: [model.step(ORDER, 'working', {})] });
      const old = model.state(ORDER);
      journal.commit({ entries: [model.step(ORDER, 'filled', {})] });
      expect(() => journal.writeSnapshots([old])).toThrow(InvariantViolation);
      expect(journal.tailRows).toBe(2);
    });
  });

  it('that are not what the rows give are found', () => {
    withJournal((journal, model) => {
      journal.commit({ entries: [model.step(ORDER, 'working', { lots: 1 })] });
      journal.writeSnapshots([{ ...model.state(ORDER), contextJson: '{"lots":2}' }]);
      expect(journal.verify()).toMatchObject({
        ok: false,
        problems: [`the snapshot of ${ORDER} at row 1 is not what its rows give`],
      });
    });
  });
});

describe('the end of a store', () => {
  it('takes nothing more after a full disk, and gives the ballast back', () => {
    withDirectory((directory) => {
      const ballast = join(directory, 'ballast');
      const heard: JournalHealth[] = [];
      const onHealth = (health: JournalHealth): number => heard.push(health);
      const journal = open(directory, { ballastBytes: 100_000, onHealth });
      expect(statSync(ballast)).toMatchObject({ size: 100_000 });
      expect(statSync(ballast).blocks * 512).toBeGreaterThanOrEqual(100_000);
      const model = new Model();
      const head = journal.commit({ entries: [model.input()] });
      const live = connectionOf(journal);
      live.pragma(`max_page_count = ${String(live.pragma('page_count', { simple: true }))}`);
      const big = JSON.stringify({ text: 'x'.repeat(1_000_000) });
      expect(() => journal.commit({ entries: [model.input(big)] })).toThrow(StoreFailure);
      expect(heard.map(({ type }) => type)).toEqual(['storeFailed', 'ballastDropped']);
      expect(existsSync(ballast)).toBe(false);
      const small = { entries: [new Model(1).input()] };
      expect(() => journal.commit(small)).toThrow(/takes nothing more/u);
      journal.close();
      const next = open(directory);
      expect(next.head).toEqual(head);
      expect(next.recover().wasClean).toBe(false);
      next.close();
    });
  });

  it('takes no ballast that would leave too little room', () => {
    withDirectory((directory) => {
      const heard: JournalHealth[] = [];
      const onHealth = (health: JournalHealth): number => heard.push(health);
      open(directory, { ballastBytes: Number.MAX_SAFE_INTEGER, onHealth }).close();
      expect(heard).toEqual([{ type: 'ballastMissing' }]);
      expect(existsSync(join(directory, 'ballast'))).toBe(false);
    });
  });

  it('comes when another process has written', () => {
    withJournal((journal, model, directory) => {
      journal.commit({ entries: [model.input()] });
      const foreign = new Database(join(directory, 'journal.db'));
      foreign.exec(`INSERT INTO journal SELECT 2, ts_wall, ts_mono, epoch, actor, actor_seq, actor_prev,
        machine_ver, cause_seq, corr_seq, event_json, from_state, to_state, ctx_diff_json, hash FROM journal`);
      foreign.close();
      const entry = model.input();
      expect(() => journal.commit({ entries: [entry] })).toThrow(StoreFailure);
      expect(() => journal.commit({ entries: [entry] })).toThrow(StoreFailure);
      expect(journal.verify().ok).toBe(false);
    });
  });
});
