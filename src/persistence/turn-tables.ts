/** Everything one turn writes beside its journal rows. The caller holds the transaction. */
import type Database from 'better-sqlite3';
import { invariant } from '../kernel/assert.ts';
import type { EffectChange, TurnBatch } from '../ports/journal.port.ts';

type Text = string;
type Write<Values extends unknown[]> = Database.Statement<Values>;

export class TurnTables {
  private readonly effect: Write<[Text, Text, Text, Text, number, Text]>;
  private readonly effectState: Write<[Text, Text, Text]>;
  private readonly timerDelete: Write<[Text, Text]>;
  private readonly timerPut: Write<[Text, Text, number, Text]>;
  private readonly fill: Write<
    [Text, Text, Text, Text, number, number, number, number, number, Text]
  >;
  private readonly fillCorrection: Write<[number, Text, Text, Text]>;
  private readonly dedupe: Write<[Text, number]>;
  private readonly deadLetter: Write<[number, Text, Text, Text, Text]>;
  private readonly crash: Write<[number, Text, Text, Text, Text, Text, Text]>;
  private readonly poison: Write<[number, Text, Text, Text, Text]>;
  private readonly quarantine: Write<[Text, number, Text, number]>;
  private readonly quarantineEnd: Write<[Text]>;
  private readonly incident: Write<[number, Text, Text, Text, number]>;
  private readonly denial: Write<[number, Text, Text, Text, Text, number]>;
  private readonly value: Write<[Text, Text]>;

  constructor(database: Database.Database) {
    const write = <Values extends unknown[]>(sql: string): Write<Values> => database.prepare(sql);
    this.effect = write('INSERT INTO effect VALUES (?, ?, ?, ?, ?, ?)');
    // A settled effect is never opened again: that would be a second submission in waiting (C3).
    this.effectState = write(
      `UPDATE effect SET state = ? WHERE id = ? AND (state IN ('PLANNED', 'SENT', 'UNKNOWN')
         OR ? IN ('ACKED', 'REJECTED', 'RECONCILED'))`,
    );
    this.timerDelete = write('DELETE FROM timer WHERE owner = ? AND name = ?');
    this.timerPut = write(
      `INSERT INTO timer VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE
         SET due_at_ms = excluded.due_at_ms, event = excluded.event`,
    );
    this.fill = write('INSERT INTO fill VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
    this.fillCorrection = write(
      'UPDATE fill SET realized_units = ?, fill_json = ? WHERE account = ? AND fill_id = ?',
    );
    this.dedupe = write('INSERT INTO dedupe VALUES (?, ?)');
    this.deadLetter = write('INSERT INTO dead_letter VALUES (NULL, ?, ?, ?, ?, ?)');
    this.crash = write('INSERT INTO crash VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)');
    this.poison = write('INSERT INTO poison VALUES (NULL, ?, ?, ?, ?, ?)');
    this.quarantine = write(
      `INSERT INTO quarantine VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE
         SET at_ms = excluded.at_ms, reason = excluded.reason, last_good_seq = excluded.last_good_seq`,
    );
    this.quarantineEnd = write('DELETE FROM quarantine WHERE actor = ?');
    this.incident = write('INSERT INTO incident VALUES (NULL, ?, ?, ?, ?, ?)');
    this.denial = write('INSERT INTO denial VALUES (NULL, ?, ?, ?, ?, ?, ?)');
    this.value = write(
      'INSERT INTO value VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
    );
  }

  /**
   * @param headSeq last row of this turn: no cause lies behind it
   * @throws InvariantViolation when a cause does not exist or an effect may not change so
   */
  write(batch: TurnBatch, headSeq: number): void {
    this.writeEffects(batch, headSeq);
    for (const { owner, name } of batch.timersDeleted ?? []) this.timerDelete.run(owner, name);
    for (const timer of batch.timersPut ?? []) {
      this.timerPut.run(timer.owner, timer.name, timer.dueAtMs, timer.event);
    }
    this.writeFills(batch, headSeq);
    for (const { key, atMs } of batch.dedupeKeys ?? []) this.dedupe.run(key, atMs);
    for (const { key, value } of batch.values ?? []) this.value.run(key, value);
    this.writeTrouble(batch);
    this.writeRefusals(batch);
  }

  private writeFills(batch: TurnBatch, headSeq: number): void {
    for (const row of batch.fills ?? []) {
      const { fill, tradingDay, realizedUnits, causeSeq } = row;
      expectCause(causeSeq, headSeq, 'fill');
      const { accountId, fillId, instrument } = fill;
      this.fill.run(
        accountId,
        fillId,
        instrument,
        tradingDay,
        realizedUnits,
        row.openedLots,
        row.closedLots,
        row.isEnforcement ? 1 : 0,
        causeSeq,
        JSON.stringify(fill),
      );
    }
    for (const { fill, realizedUnits } of batch.fillCorrections ?? []) {
      const { accountId, fillId } = fill;
      const { changes } = this.fillCorrection.run(
        realizedUnits,
        JSON.stringify(fill),
        accountId,
        fillId,
      );
      invariant(changes === 1, () => `a booked fill is corrected, was ${fillId} of ${accountId}`);
    }
  }

  private writeEffects(batch: TurnBatch, headSeq: number): void {
    for (const effect of batch.effects ?? []) {
      expectCause(effect.causeSeq, headSeq, 'effect');
      const { id, kind, account, payloadJson, causeSeq, state } = effect;
      this.effect.run(id, kind, account, payloadJson, causeSeq, state);
    }
    for (const change of batch.effectChanges ?? []) this.changeEffect(change);
  }

  private changeEffect({ id, state }: EffectChange): void {
    const { changes } = this.effectState.run(state, id, state);
    invariant(
      changes === 1 && state !== 'PLANNED',
      () => `a known effect changes and a settled one stays settled, was ${id} to ${state}`,
    );
  }

  private writeTrouble(batch: TurnBatch): void {
    for (const row of batch.crashes ?? []) {
      const { atMs, actor, kind, eventJson, message, stack, machineVersion } = row;
      this.crash.run(atMs, actor, kind, eventJson, message, stack, machineVersion);
    }
    for (const row of batch.poisons ?? []) {
      this.poison.run(row.seq, row.actor, row.eventJson, row.stack, row.machineVersion);
    }
    for (const row of batch.quarantines ?? []) {
      this.quarantine.run(row.actor, row.atMs, row.reason, row.lastGoodSeq);
    }
    for (const actor of batch.quarantinesEnded ?? []) this.quarantineEnd.run(actor);
  }

  private writeRefusals(batch: TurnBatch): void {
    for (const row of batch.deadLetters ?? []) {
      this.deadLetter.run(row.atMs, row.from, row.to, row.eventJson, row.reason);
    }
    for (const row of batch.incidents ?? []) {
      this.incident.run(row.atMs, row.account, row.code, row.text, row.causeSeq);
    }
    for (const row of batch.denials ?? []) {
      this.denial.run(row.atMs, row.account, row.intentId, row.code, row.text, row.causeSeq);
    }
  }
}

function expectCause(causeSeq: number, headSeq: number, what: string): void {
  invariant(
    causeSeq >= 1 && causeSeq <= headSeq,
    () => `the cause of a ${what} is a row, was ${causeSeq} of ${headSeq}`,
  );
}
