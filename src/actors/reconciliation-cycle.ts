import type { Fill } from '../domain/fill.ts';
import type { Severity } from '../domain/verdict.ts';
import type { VenueSnapshot } from '../ports/venue.port.ts';
/** One comparison with a picture of the venue: what it was given, and the rows of what it found. */
import type { AccountRuntime } from './account-runtime.ts';
import { raiseAlert } from './alerts.ts';
import type { Cause, Turn } from './turn.ts';
import type { World } from './world.ts';

/** resync: at the start, after a break, or because something does not fit. poll: one of the loops that never end. */
export type CycleKind = 'resync' | 'poll';

/** One difference with what it rests on, what was done, and what came of it. Source: execution 11.3. */
export type DifferenceRow = {
  readonly difference: string;
  readonly evidence: string;
  readonly action: string;
  readonly result: string;
};

export class Cycle {
  readonly world: World;
  readonly turn: Turn;
  readonly account: AccountRuntime;
  readonly snapshot: VenueSnapshot;
  readonly kind: CycleKind;
  /** Executions that were booked while the picture was on its way and are not in it. */
  readonly later: readonly Fill[];
  adopted = 0;
  forceClosed = 0;
  zombiesCleaned = 0;
  unresolved = 0;
  /** Some difference was found, also one that is only watched so far. */
  isDifferent = false;
  private known: Cause | undefined;

  constructor(parts: Pick<Cycle, 'world' | 'turn' | 'account' | 'snapshot' | 'kind' | 'later'>) {
    this.world = parts.world;
    this.turn = parts.turn;
    this.account = parts.account;
    this.snapshot = parts.snapshot;
    this.kind = parts.kind;
    this.later = parts.later;
  }

  /** The row of the picture, written with the first difference: a picture that agrees leaves no trace. */
  get cause(): Cause {
    if (this.known === undefined) {
      const { asOfMs, balanceUnits, orders, fills, positions } = this.snapshot;
      const summary = {
        asOfMs,
        balanceUnits,
        orders: orders.length,
        fills: fills.length,
        positions,
      };
      const seq = this.turn.addInput(this.account.id, { type: 'venue.snapshot', ...summary });
      this.known = { causeSeq: seq, correlationSeq: seq };
    }
    return this.known;
  }

  /** Writes what was found and done. */
  note(row: DifferenceRow): void {
    this.isDifferent = true;
    const { causeSeq } = this.cause;
    this.turn.addInput(this.account.id, { type: 'reconciliation.difference', ...row, causeSeq });
  }

  incident(code: string, text: string): void {
    this.isDifferent = true;
    this.turn.addIncident(this.account.id, code, text, this.cause.causeSeq);
  }

  /** Source: trading-controls 5, row 13. */
  alert(entity: string, text: string, severity?: Severity): void {
    const isLive = this.world.options.mode === 'LIVE';
    const alert = {
      severity: severity ?? (isLive ? 'critical' : 'error'),
      code: 'RECONCILIATION',
      text,
      entity: `reconciliation/${entity}`,
      isLasting: true,
    } as const;
    raiseAlert(this.turn, this.account, alert, this.cause);
  }

  /** True where a difference in LIVE, or by configuration, stops new risk until somebody acknowledges it. */
  get doesHalt(): boolean {
    const { mode } = this.world.options;
    const { onDrift } = this.world.execution.reconcile;
    return (onDrift ?? (mode === 'LIVE' ? 'halt' : 'warn')) === 'halt';
  }
}
