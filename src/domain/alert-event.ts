/** What the alert desk of an account is told. Source: trading-controls 5. */
import type { Severity } from './verdict.ts';

type At = { readonly atMs: number };

/** Times in ms. */
export type AlertSettings = {
  readonly minSeverity: Severity;
  readonly dedupeMs: number;
  readonly escalateMs: number;
  readonly cleanupMs: number;
};

export type AlertDeskEvent =
  | ({
      readonly type: 'alert.raised';
      readonly code: string;
      readonly severity: Severity;
      /** What it is about, such as `RULE-004/MNQ`, `order/BH-1-3`, `account`: part of its identity, its text is not. */
      readonly entity: string;
      readonly text: string;
      /** It stands for something that goes on until it is resolved; false: it has happened, and is over. */
      readonly isLasting: boolean;
      readonly settings: AlertSettings;
    } & At)
  /** The cause is gone; without a code every alert about the entity is over. */
  | ({ readonly type: 'alert.resolved'; readonly entity: string; readonly code?: string } & At)
  /** Some alert has been open for its time: it goes out again, one level up. */
  | ({ readonly type: 'alert.escalationDue' } & At);
