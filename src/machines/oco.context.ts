/** What a set of linked orders starts from and remembers. */
import type { AccountId, InstrumentId, OrderId } from '../domain/ids.ts';
import type { Lots, Ticks } from '../domain/instrument.ts';
import type { OcoMemberInput } from '../domain/linked-event.ts';
import type { Side } from '../domain/position.ts';
import type { Recorded } from '../domain/recorded.ts';

export type OcoState = 'waiting' | 'guarding' | 'settling' | 'done';

export type OcoInput = {
  readonly setId: string;
  readonly accountId: AccountId;
  /** Absent: a loose set, whose orders are placed by whoever wants them. */
  readonly parent?: {
    readonly orderId: OrderId;
    readonly instrument: InstrumentId;
    readonly side: Side;
    readonly quantityLots: Lots;
  };
  readonly members: readonly OcoMemberInput[];
  /** How long a triggered stop may stay unfilled. */
  readonly escalateAfterMs: number;
  readonly createdAtMs: number;
};

export type OcoMember = OcoMemberInput & {
  readonly status: 'waiting' | 'placing' | 'live' | 'over';
  readonly isCancelAsked: boolean;
  /** Quantity of the last change asked for; 0: none. */
  readonly askedLots: Lots;
  /** An order that goes when its replacement is open; empty: none. */
  readonly replaced: OrderId | '';
  readonly attempts: number;
  /** What orders of this member have filled that are over. */
  readonly pastFilledLots: Lots;
  /** Triggered and unfilled: a market order for the rest is due. */
  readonly escalation: 'none' | 'armed' | 'canceling';
};

export type OcoContext = Omit<OcoInput, 'members'> & {
  readonly members: readonly OcoMember[];
  /** What the bracket guards of its entry: filled by the entry, not yet closed by its orders. */
  readonly ownLots: Lots;
  /** Open before the entry filled and not guarded here; −1 until the first fill. */
  readonly uncoveredLots: Lots;
  /** Average of the entry at its first fill, down and up; 0 before. */
  readonly entryLowTicks: Ticks;
  readonly entryHighTicks: Ticks;
  /** Loose: the member that filled first. */
  readonly winner: OrderId | '';
  /** What filled beyond what was there, and has been closed. */
  readonly excessLots: Lots;
};

export type Look = {
  readonly next: OcoState;
  readonly change: Partial<OcoContext>;
  readonly records: readonly Recorded[];
};

export function initialOco(input: OcoInput): OcoContext {
  return {
    ...input,
    members: input.members.map(memberOf),
    ownLots: 0,
    uncoveredLots: -1,
    entryLowTicks: 0,
    entryHighTicks: 0,
    winner: '',
    excessLots: 0,
  };
}

export function memberOf(input: OcoMemberInput): OcoMember {
  return {
    ...input,
    status: input.isPlaced ? 'live' : 'waiting',
    isCancelAsked: false,
    askedLots: 0,
    replaced: '',
    attempts: 0,
    pastFilledLots: 0,
    escalation: 'none',
  };
}

/** Lots of a position on the side of the entry. */
export function sidedLots(openLots: Lots, side: Side): Lots {
  return Math.max(0, side === 'buy' ? openLots : -openLots);
}

/** The incident and the exit that takes `lots` off a position. */
export function excessRecords(
  setId: string,
  instrument: InstrumentId,
  openLots: Lots,
  lots: Lots,
): readonly Recorded[] {
  const reason = `${setId}: more than one of the linked orders filled, ${lots} lots of ${instrument} too many`;
  const targetLots = openLots > 0 ? Math.max(0, openLots - lots) : Math.min(0, openLots + lots);
  return [
    { type: 'incident', code: 'OCO_BOTH_FILLED', text: reason },
    { type: 'alert', severity: 'error', code: 'OCO_BOTH_FILLED', text: reason },
    { type: 'exit.require', instrument, targetLots, reason, source: `oco/${setId}` },
  ];
}
