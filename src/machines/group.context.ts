/** What an order group starts from and remembers. */
import type { AccountId, InstrumentId, OrderId } from '../domain/ids.ts';
import type { Lots, Ticks } from '../domain/instrument.ts';
import type { IntentSource, OrderType } from '../domain/order.ts';
import type { Side } from '../domain/position.ts';

export const groupStates = [
  'created',
  'validated',
  'hedgeSubmitted',
  'hedgeFilled',
  'riskSubmitted',
  'partiallyFilled',
  'partiallyExposed',
  'filled',
  'hedged',
  'closed',
  'emergencyHedged',
  'failed',
] as const;
export type GroupState = (typeof groupStates)[number];

export type GroupLegInput = {
  readonly legId: string;
  readonly instrument: InstrumentId;
  readonly side: Side;
  readonly quantityLots: Lots;
  readonly orderType: OrderType;
  readonly limitTicks?: Ticks;
  /** Overrides the score of its kind: higher is placed earlier. */
  readonly priority?: number;
};

/** Durations in milliseconds. */
export type GroupInput = {
  readonly groupId: string;
  readonly accountId: AccountId;
  readonly legs: readonly GroupLegInput[];
  readonly source: IntentSource;
  readonly by: string;
  readonly maxAgeMs: number;
  readonly entryFillMs: number;
  readonly hedgeDebounceMs: number;
  readonly hedgeTimeoutMs: number;
  readonly maxDepth: number;
  readonly createdAtMs: number;
};

export type GroupLeg = GroupLegInput & {
  readonly score: number;
  readonly role: 'hedge' | 'risk';
  readonly orderId: OrderId | '';
  /** By its own order. */
  readonly filledLots: Lots;
  /** By emergency hedges. */
  readonly hedgedLots: Lots;
  /** Given back by unwinding or reversal. */
  readonly unwoundLots: Lots;
};

/** The one order of the group that is on its way. */
export type GroupTask = {
  readonly kind: 'none' | 'entry' | 'hedge' | 'unwind';
  /** Index in the order of the legs; −1 for none. */
  readonly leg: number;
  /** Empty until it is placed. */
  readonly orderId: OrderId | '';
  readonly lots: Lots;
  /** Where the position has to be at the end of an unwinding, signed. */
  readonly targetLots: Lots;
  readonly isCancelAsked: boolean;
  readonly isOverdue: boolean;
};

export type GroupContext = Omit<GroupInput, 'legs'> & {
  /** In the order in which they are placed. */
  readonly legs: readonly GroupLeg[];
  readonly mode: 'entering' | 'standing' | 'unwinding';
  readonly task: GroupTask;
  /** Of the hedge that is on its way or due; durable, so a restart does not begin again. */
  readonly depth: number;
  readonly isHedgeArmed: boolean;
  readonly lastHedgeAtMs: number;
  /** Times in quick succession that what was hedged was exposed again. */
  readonly relapses?: number;
  /** A hedge was needed and made. */
  readonly wasHedged: boolean;
  /** Every permitted hedge has been tried. */
  readonly isExhausted: boolean;
  readonly reason: string;
};

export const noTask: GroupTask = {
  kind: 'none',
  leg: -1,
  orderId: '',
  lots: 0,
  targetLots: 0,
  isCancelAsked: false,
  isOverdue: false,
};

/** Long protective, hedge, short, naked short. Source: execution 5 (#2). */
const scores = { protective: 100, hedge: 50, short: -50, naked: -100 } as const;

/** Legs in the order of placing, with what each is. Pure. */
export function rankedLegs(legs: readonly GroupLegInput[]): readonly GroupLeg[] {
  const hasShort = legs.some(({ side }) => side === 'sell');
  let covered = legs
    .filter(({ side }) => side === 'buy')
    .reduce((sum, leg) => sum + leg.quantityLots, 0);
  const scored = legs.map((leg) => {
    if (leg.side === 'buy') {
      return { leg, score: leg.priority ?? (hasShort ? scores.protective : scores.hedge) };
    }
    covered -= leg.quantityLots;
    return { leg, score: leg.priority ?? (covered >= 0 ? scores.short : scores.naked) };
  });
  const sorted = scored.toSorted((one, other) => other.score - one.score);
  // Without protection the first leg stands for it: it has to fill before the others.
  const isProtected = sorted.some(({ score }) => score > 0);
  // Somebody has to come last, also where every leg protects.
  const lastHedge = (sorted.at(-1)?.score ?? 0) > 0 ? sorted.length - 1 : sorted.length;
  return sorted.map(({ leg, score }, index) =>
    withRole(
      leg,
      score,
      (isProtected ? score > 0 && index < lastHedge : index === 0) ? 'hedge' : 'risk',
    ),
  );
}

function withRole(leg: GroupLegInput, score: number, role: GroupLeg['role']): GroupLeg {
  return {
    ...leg,
    score,
    role,
    orderId: '',
    filledLots: 0,
    hedgedLots: 0,
    unwoundLots: 0,
  };
}

/** What the group holds of a leg, by its own count. */
export function netLots({ filledLots, hedgedLots, unwoundLots }: GroupLeg): Lots {
  return Math.max(0, filledLots + hedgedLots - unwoundLots);
}
