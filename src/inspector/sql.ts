/** Queries of people over the journal: who may ask, within which budget, and those that are kept for everybody. */
import { z } from 'zod';
import type { Role } from '../domain/operator.ts';

/** Source: inspector 3 (Journal, SQL). */
export const sqlLimits = { budgetMs: 250, rowsMax: 10_000, charactersMax: 4_000_000 } as const;

export const SqlRequest = z.strictObject({ sql: z.string().min(1).max(20_000) });
export type SqlRequest = z.output<typeof SqlRequest>;

type SqlValue = string | number | null;

export type SqlAnswer =
  | {
      readonly outcome: 'rows';
      readonly columns: readonly string[];
      readonly rows: readonly (readonly SqlValue[])[];
      /** There are more than the limit lets through. */
      readonly isCut: boolean;
      readonly milliseconds: number;
    }
  /** The query is wrong, or asks for what nobody may. */
  | {
      readonly outcome: 'refused';
      readonly text: string;
      readonly position?: { readonly line: number; readonly column: number };
    }
  /** It took longer than its budget, and its process was ended. */
  | { readonly outcome: 'killed'; readonly text: string };

/** What a query costs: `safe` at any time; `caution` reads a lot; `heavy` may pass its budget on a long journal. */
export type SavedQuery = {
  readonly id: string;
  readonly title: string;
  readonly tag: 'safe' | 'caution' | 'heavy';
  readonly sql: string;
};

export type SqlReport = {
  readonly budgetMs: number;
  readonly rowsMax: number;
  readonly saved: readonly SavedQuery[];
  readonly views: readonly {
    readonly name: string;
    readonly says: string;
    readonly columns: readonly string[];
  }[];
};

/** A viewer sees own accounts and no raw queries. Source: inspector 5 (Roles). */
export function mayQuery(role: Role, accounts: readonly string[] | undefined): boolean {
  return role !== 'viewer' && accounts === undefined;
}

export const savedQueries: readonly SavedQuery[] = [
  {
    id: 'newest',
    title: 'newest rows',
    tag: 'safe',
    sql: 'SELECT seq, at, actor, event, from_state, to_state\n  FROM v_rows\n ORDER BY seq DESC\n LIMIT 100',
  },
  {
    id: 'open-effects',
    title: 'effects whose outcome is open',
    tag: 'safe',
    sql: "SELECT id, kind, account, state, cause_seq\n  FROM v_effects\n WHERE state IN ('PLANNED', 'SENT', 'UNKNOWN')\n ORDER BY cause_seq",
  },
  {
    id: 'fills-of-day',
    title: 'results by trading day and instrument',
    tag: 'safe',
    sql: 'SELECT account, trading_day, instrument, count(*) AS fills,\n       sum(realized_units) / 1e6 AS realized, sum(fee_units) / 1e6 AS fees\n  FROM v_fills\n GROUP BY account, trading_day, instrument\n ORDER BY trading_day DESC, account, instrument',
  },
  {
    id: 'denials',
    title: 'refusals by reason',
    tag: 'safe',
    sql: 'SELECT account, code, count(*) AS refused, max(cause_seq) AS newest\n  FROM v_denials\n GROUP BY account, code\n ORDER BY refused DESC',
  },
  {
    id: 'locks',
    title: 'locks and why',
    tag: 'caution',
    sql: 'SELECT account, lock_id, source, kind, state, reason\n  FROM v_locks\n ORDER BY created_at_ms DESC',
  },
  {
    id: 'orders',
    title: 'orders that are not over',
    tag: 'caution',
    sql: "SELECT account, order_id, instrument, side, quantity_lots, filled_lots, execution, request, integrity\n  FROM v_orders\n WHERE execution NOT IN ('filled', 'canceled', 'rejected', 'expired', 'denied', 'withdrawn')\n ORDER BY seq DESC",
  },
  {
    id: 'commands',
    title: 'what people asked for',
    tag: 'caution',
    sql: 'SELECT seq, account, verb, by_whom, role, outcome, reason, text\n  FROM v_commands\n ORDER BY seq DESC\n LIMIT 200',
  },
  {
    id: 'events',
    title: 'rows by event',
    tag: 'heavy',
    sql: 'SELECT machine, event, count(*) AS rows, max(seq) AS newest\n  FROM v_rows\n GROUP BY machine, event\n ORDER BY rows DESC',
  },
  {
    id: 'verdicts',
    title: 'how often each rule refused',
    tag: 'heavy',
    sql: "SELECT account, rule, code, count(*) AS times, min(headroom) AS least\n  FROM v_verdicts\n WHERE verdict = 'DENY'\n GROUP BY account, rule, code\n ORDER BY times DESC",
  },
];
