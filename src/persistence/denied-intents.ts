/** What became of an intent that the gate refused: it has no actor, only its denial and the input that asked for it. */
import type Database from 'better-sqlite3';
import type { DenialRow, DeniedIntent } from '../ports/journal.port.ts';

/**
 * A leg of a group is denied because of the group's step; its own input is among the next rows of that turn. More rows
 * than that are not searched.
 */
const ROWS_AFTER_CAUSE = 1_000;

type StoredInput = { readonly seq: number; readonly eventJson: string };

export class DeniedIntents {
  private readonly denials: Database.Statement<[string, string], DenialRow>;
  private readonly submits: Database.Statement<[number, number], StoredInput>;

  constructor(database: Database.Database) {
    this.denials = database.prepare(
      `SELECT at_ms AS atMs, account, intent_id AS intentId, code, text, cause_seq AS causeSeq
       FROM denial WHERE account = ? AND intent_id = ? ORDER BY id LIMIT 1`,
    );
    this.submits = database.prepare(
      `SELECT seq, event_json AS eventJson FROM journal
       WHERE seq >= ? AND seq < ? AND event_json LIKE '{"type":"command.submit"%' ORDER BY seq`,
    );
  }

  /** Walks the table of denials, so it is for ids that nothing else knows. */
  find(account: string, intentId: string): DeniedIntent | undefined {
    const denial = this.denials.get(account, intentId);
    if (denial === undefined) return undefined;
    const { causeSeq } = denial;
    for (const { seq, eventJson } of this.submits.all(causeSeq, causeSeq + ROWS_AFTER_CAUSE)) {
      const { intent } = JSON.parse(eventJson) as { intent: { intentId: string } };
      if (intent.intentId === intentId)
        return { denial, submitSeq: seq, intentJson: JSON.stringify(intent) };
    }
    return undefined;
  }
}
