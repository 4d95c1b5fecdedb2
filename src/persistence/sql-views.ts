/**
 * What a person's query may read: views of a journal, made as temporary objects of one connection. Columns of JSON pass
 * the redaction on the way; the tables themselves cannot be reached. Source: inspector 3 (Journal, SQL).
 */
import type Database from 'better-sqlite3';
import { countedTables } from './schema.ts';

export type SqlView = {
  readonly name: string;
  readonly says: string;
  readonly columns: readonly string[];
  readonly select: string;
};

const at = (column: string): string =>
  `strftime('%Y-%m-%dT%H:%M:%fZ', ${column} / 1000.0, 'unixepoch')`;
/** An empty name: the whole of it, so that the state `"armed"` reads armed. */
const field = (column: string, name: string): string =>
  `json_extract(${column}, '$${name === '' ? '' : `.${name}`}')`;
const fields = (column: string, names: readonly string[]): string =>
  names.map((name) => field(column, name)).join(', ');
/** `account/A1/order/BH-1` is of A1. */
const accountOf = (column: string): string =>
  `CASE WHEN ${column} LIKE 'account/%' THEN substr(${column}, 9,
     CASE instr(substr(${column}, 9), '/') WHEN 0 THEN length(${column}) ELSE instr(substr(${column}, 9), '/') - 1 END)
   ELSE '' END`;
/** Rows with their names instead of numbers. */
const rows = `main.journal j JOIN main.actor a ON a.id = j.actor
  LEFT JOIN main.machine_version m ON m.id = j.machine_ver`;
const states = (machine: string): string => `bulkhead_states WHERE machine = '${machine}'`;

/** Every view with its columns; what a query may name. */
export const sqlViews: readonly SqlView[] = [
  {
    name: 'v_rows',
    says: 'every row of the journal',
    columns: list(
      'seq at_ms at account actor machine machine_version step event event_json from_state to_state change_json cause_seq correlation_seq epoch hash',
    ),
    select: `SELECT j.seq, j.ts_wall, ${at('j.ts_wall')}, a.account, a.name, a.machine, coalesce(m.version, ''),
      j.actor_seq, ${field('j.event_json', 'type')}, redacted(j.event_json), j.from_state, j.to_state,
      redacted(j.ctx_diff_json), j.cause_seq, j.corr_seq, j.epoch, j.hash FROM ${rows}`,
  },
  {
    name: 'v_actors',
    says: 'the newest state of every actor that ever was',
    columns: list('actor account machine machine_version state context_json step seq'),
    select: 'SELECT * FROM bulkhead_states',
  },
  {
    name: 'v_orders',
    says: 'every order with its newest state',
    columns: list(
      'order_id account instrument side order_type quantity_lots filled_lots limit_ticks stop_ticks execution request integrity purpose source by_whom created_at_ms venue_order_id seq',
    ),
    select: `SELECT ${field('context_json', 'orderId')}, account, ${fields(
      'context_json',
      list('instrument side orderType quantityLots filledLots limitTicks stopTicks'),
    )}, ${fields('state', list('execution request integrity'))}, ${fields(
      'context_json',
      list('purpose source by createdAtMs venueOrderId'),
    )}, seq FROM ${states('order')}`,
  },
  {
    name: 'v_positions',
    says: 'what an account holds of an instrument; money in millionths',
    columns: list(
      'account instrument open_lots cost_units realized_units fees_units exposure certainty seq',
    ),
    select: `SELECT account, ${fields(
      'context_json',
      list('instrument book.openLots book.costUnits book.realizedUnits book.feesUnits'),
    )}, ${fields('state', list('exposure certainty'))}, seq FROM ${states('position')}`,
  },
  {
    name: 'v_rules',
    says: 'the life of every rule',
    columns: list('account rule severity state context_json seq'),
    select: `SELECT account, ${fields('context_json', list('ruleId severity'))}, ${field('state', '')}, context_json, seq
      FROM ${states('rule')}`,
  },
  {
    name: 'v_locks',
    says: 'every lock, also those that are over',
    columns: list(
      'lock_id account scope source kind reason state created_at_ms expires_at_ms irrevocable seq',
    ),
    select: `SELECT ${field('context_json', 'lockId')}, account, ${fields(
      'context_json',
      list('scope source kind reason'),
    )}, ${field('state', '')}, ${fields('context_json', list('createdAtMs expiresAtMs irrevocable'))}, seq
      FROM ${states('lock')}`,
  },
  {
    name: 'v_fills',
    says: 'booked executions; money in millionths',
    columns: list(
      'account fill_id order_id instrument side lots ticks fee_units realized_units opened_lots closed_lots is_enforcement trading_day venue_time_ms cause_seq',
    ),
    select: `SELECT account, fill_id, ${field('fill_json', 'orderId')}, instrument, ${fields(
      'fill_json',
      list('side lots ticks feeUnits'),
    )}, realized_units, opened_lots, closed_lots, is_enforcement, trading_day,
      ${field('fill_json', 'venueTimeMs')}, cause_seq FROM main.fill`,
  },
  {
    name: 'v_effects',
    says: 'what was to leave, and what became of it',
    columns: list('id kind account state cause_seq payload_json'),
    select: 'SELECT id, kind, account, state, cause_seq, redacted(payload) FROM main.effect',
  },
  {
    name: 'v_alerts',
    says: 'alerts that were sent',
    columns: list('at_ms account severity code text state cause_seq'),
    select: `SELECT ${field('payload', 'atMs')}, account, ${fields(
      'redacted(payload)',
      list('severity code text'),
    )}, state, cause_seq FROM main.effect WHERE kind = 'alert'`,
  },
  {
    name: 'v_verdicts',
    says: 'changes of verdict with their figures',
    columns: list('seq at_ms account rule entity verdict code observed limit_value headroom unit'),
    select: `SELECT j.seq, j.ts_wall, a.account, ${fields(
      'j.event_json',
      list(
        'finding.ruleId finding.entity finding.verdict finding.code finding.observed finding.limit finding.headroom finding.unit',
      ),
    )} FROM ${rows} WHERE j.event_json LIKE '{"type":"rule.verdictChanged"%'`,
  },
  {
    name: 'v_commands',
    says: 'what people asked for, also what was refused',
    columns: list('seq at_ms account verb by_whom role reason outcome text'),
    select: `SELECT j.seq, j.ts_wall, a.account, ${fields(
      'redacted(j.event_json)',
      list('command.verb command.by command.role command.reason outcome text'),
    )} FROM ${rows} WHERE j.event_json LIKE '{"type":"operator.%' AND ${field('j.event_json', 'command')} IS NOT NULL`,
  },
  {
    name: 'v_denials',
    says: 'intents that the gate refused',
    columns: list('at_ms account intent_id code text cause_seq'),
    select: 'SELECT at_ms, account, intent_id, code, redacted(text), cause_seq FROM main.denial',
  },
  {
    name: 'v_incidents',
    says: 'what contradicted itself or the venue',
    columns: list('at_ms account code text cause_seq'),
    select: 'SELECT at_ms, account, code, redacted(text), cause_seq FROM main.incident',
  },
  {
    name: 'v_dead_letters',
    says: 'messages that nobody took',
    columns: list('at_ms sender receiver reason event_json'),
    select: 'SELECT at_ms, sender, receiver, reason, redacted(event_json) FROM main.dead_letter',
  },
  {
    name: 'v_crashes',
    says: 'actors that threw',
    columns: list('at_ms account actor kind message event_json machine_version'),
    select: `SELECT at_ms, ${accountOf('actor')}, actor, kind, redacted(message), redacted(event_json), machine_version
      FROM main.crash`,
  },
  {
    name: 'v_poisons',
    says: 'events that were set aside',
    columns: list('seq actor event_json machine_version'),
    select: 'SELECT seq, actor, redacted(event_json), machine_version FROM main.poison',
  },
  {
    name: 'v_quarantines',
    says: 'actors that are set aside now',
    columns: list('actor at_ms reason last_good_seq'),
    select: 'SELECT actor, at_ms, redacted(reason), last_good_seq FROM main.quarantine',
  },
  {
    name: 'v_timers',
    says: 'what is due, and when',
    columns: list('owner name due_at_ms due_at event'),
    select: `SELECT owner, name, due_at_ms, ${at('due_at_ms')}, event FROM main.timer`,
  },
  {
    name: 'v_machines',
    says: 'versions of machines that have written rows',
    columns: list('machine version hash'),
    select: "SELECT machine, version, hash FROM main.machine_version WHERE machine <> 'input'",
  },
  {
    name: 'v_starts',
    says: 'every start of an engine on this journal',
    columns: list('epoch environment app_version started_at_ms'),
    select: 'SELECT epoch, environment, app_version, started_at_ms FROM main.writer',
  },
];

/** Tables that nobody counts, but that are there. */
const otherTables = ['meta', 'writer', 'machine_version', 'wal_space'] as const;

/**
 * Makes the views, and over every table a name that leads to them. The functions that they need are there already:
 * `redacted` and the table `bulkhead_states`. Temporary objects need a connection that is not yet `query_only`.
 */
export function createSqlViews(database: Database.Database): void {
  for (const { name, columns, select } of sqlViews)
    database.exec(`CREATE TEMP VIEW ${name} (${columns.join(', ')}) AS ${select}`);
  for (const table of [...countedTables, ...otherTables])
    database.exec(
      `CREATE TEMP VIEW ${table} AS SELECT * FROM temp."${table}: tables are read by their views, such as v_rows"`,
    );
}

function list(words: string): readonly string[] {
  return words.split(' ');
}
