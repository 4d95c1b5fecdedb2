/** What the main thread tells a shard, and what comes back. Plain data that structured clone can carry. */
import type { MessagePort } from 'node:worker_threads';
import type { AccountId, InstrumentId, RuleId } from '../domain/ids.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { RuleFinding, VerdictChange } from '../domain/verdict.ts';
import type { AccountFacts } from '../domain/view.ts';
import type { RuleSetting } from '../ports/rule-evaluator.port.ts';
import type { Span } from './shared-tables.ts';

/** The window of a row up to the moment in which the facts of an account changed. */
export type ClosedWindow = Span & { readonly row: number };

/** `place`: that of the message it ended with; the first of a batch has place 1. */
export type PlacedWindow = ClosedWindow & { readonly place: number };

export type ShardMessage =
  | {
      readonly type: 'row';
      readonly row: number;
      readonly id: InstrumentId;
      readonly instrument?: Instrument;
    }
  | {
      readonly type: 'account';
      readonly facts: AccountFacts;
      /** Absent: as before. */
      readonly rules?: readonly RuleSetting[];
      /** What was said last, other than PASS; only for a shard that begins. */
      readonly known?: readonly RuleFinding[];
      /** Windows that were open when the facts changed: they belong to the facts before. */
      readonly closed: readonly ClosedWindow[];
    }
  | { readonly type: 'removed'; readonly accountId: AccountId };

/** A fault made on purpose, for tests of what happens then. */
export type PlannedFault = {
  readonly ruleId: RuleId;
  readonly kind: 'throw' | 'exit' | 'hang' | 'memory';
  /** How many workers, one after the other, have it. */
  readonly times: number;
};

/** What a resident task is started with. */
export type ShardTask = {
  readonly port: MessagePort;
  readonly table: SharedArrayBuffer;
  readonly doorbell: SharedArrayBuffer;
  readonly fault?: PlannedFault;
};

export type ShardAnswer =
  | { readonly type: 'ready' }
  /** Sent when there are changes, and when the main thread wants to be woken. */
  | {
      readonly type: 'answered';
      readonly ring: number;
      readonly changes: readonly VerdictChange[];
    };

/** Windows that ended with the messages of a batch, by row, in order. */
export function closedByRow(messages: readonly ShardMessage[]): Map<number, PlacedWindow[]> {
  const byRow = new Map<number, PlacedWindow[]>();
  for (const [index, message] of messages.entries()) {
    if (message.type !== 'account') continue;
    for (const window of message.closed) {
      const placed = { ...window, place: index + 1 };
      const earlier = byRow.get(window.row);
      if (earlier === undefined) byRow.set(window.row, [placed]);
      else earlier.push(placed);
    }
  }
  return byRow;
}
