/**
 * The kill switch in data: what a run is asked, what it remembers, and what it is told. One run per scope and target
 * of an account; the latch is the run itself, and it ends only by a re-arm. Source: execution 9, trading-controls REQ-K1.
 */
import type { InstrumentId } from './ids.ts';
import type { Lots } from './instrument.ts';
import type { KillMode, KillRequest, KillScope, KillTrigger } from './operator.ts';

/** `account`, `all`, `instrument:MNQ`, `strategy:vwap` or `order:BH-1-3`: at most one run each. */
export type KillKey = 'account' | 'all' | `${'instrument' | 'strategy' | 'order'}:${string}`;

/** The steps that are timed. Source: execution 9.2. */
export const killSteps = [
  'trigger',
  'block',
  'alert',
  'cancel',
  'cancelsConfirmed',
  'flatten',
  'flat',
  'latch',
] as const;
export type KillStep = (typeof killSteps)[number];

/** Where a run is: orders are going, positions are going, or everything is verified and latched. */
export type KillPhase = 'canceling' | 'flattening' | 'latched';

/** A position in the scope; `isExiting`: an exit is at work on it. */
export type KillPosition = {
  readonly instrument: InstrumentId;
  /** Signed. */
  readonly openLots: Lots;
  readonly isExiting: boolean;
};

/** What is left in the scope of one run. In a picture: the worse of what we believe and what the venue shows. */
export type KillRemains = {
  /** Orders that may still fill and must go, in flight and in doubt included. */
  readonly orders: number;
  /** Orders that stay: stops of open positions, and exits that came after the kill. */
  readonly kept: number;
  readonly positions: readonly KillPosition[];
};

export type KillRun = {
  readonly key: KillKey;
  /** Names this run and no other: a later kill of the same scope has another one. */
  readonly runId: string;
  readonly scope: KillScope;
  /** Instrument, strategy or order; absent for account and all. */
  readonly target?: string;
  readonly mode: KillMode;
  readonly isEmergency: boolean;
  readonly trigger: KillTrigger;
  readonly by: string;
  readonly reason: string;
  readonly keepProtectiveStops: boolean;
  readonly triggeredAtMs: number;
  /** How often it was triggered; more than once is still one run. */
  readonly triggers: number;
  readonly phase: KillPhase;
  /** After a restart positions are kept: SAFE_HOLD. Only a new trigger in mode flatten ends it. */
  readonly isHeld: boolean;
  /** When what is under way has to be confirmed. */
  readonly deadlineAtMs: number;
  /** The deadline has passed: said loudly, and the work goes on. */
  readonly isIncomplete: boolean;
  /** Consecutive successful pictures that showed nothing left. */
  readonly confirmations: number;
  /** Time of the first completion of each step, ms. */
  readonly steps: Readonly<Partial<Record<KillStep, number>>>;
  /** Positions when it was last looked at, so that a new one is noticed. */
  readonly positions: readonly KillPosition[];
  readonly result: 'open' | 'flat' | 'canceled';
  /** How the last question to the venue ended; `none` before the first answer. */
  readonly lastLook: 'none' | 'answered' | 'failed';
};

/**
 * What may be said of a run: FLAT and CANCELED are the venue's word, given twice. INCOMPLETE: overdue, and the venue
 * shows something. UNCONFIRMED: overdue, and the venue does not answer. Anything else is not known yet: RUNNING.
 */
export function killOutcome({
  result,
  isIncomplete,
  lastLook,
}: Pick<KillRun, 'result' | 'isIncomplete' | 'lastLook'>):
  | 'FLAT'
  | 'CANCELED'
  | 'INCOMPLETE'
  | 'UNCONFIRMED'
  | 'RUNNING' {
  if (result === 'flat') return 'FLAT';
  if (result === 'canceled') return 'CANCELED';
  if (!isIncomplete) return 'RUNNING';
  return lastLook === 'answered' ? 'INCOMPLETE' : 'UNCONFIRMED';
}

/** How a run works; from the configuration when it is triggered. Milliseconds. */
export type KillSettings = {
  readonly keepProtectiveStops: boolean;
  /** Pauses between repeated cancels and looks; the last holds on. */
  readonly pausesMs: readonly number[];
};

type At = { readonly atMs: number };
/** By key; a run without an entry is left alone. */
export type RemainsByKey = Readonly<Partial<Record<KillKey, KillRemains>>>;

export type KillEvent =
  | ({
      readonly type: 'kill.triggered';
      readonly key: KillKey;
      readonly runId: string;
      /** The mode is decided: an emergency flattens. */
      readonly request: KillRequest & { readonly mode: KillMode };
      readonly by: string;
      readonly reason: string;
      readonly settings: KillSettings;
      readonly remains: KillRemains;
    } & At)
  /** Orders or positions in the scope changed, as far as we know. */
  | ({ readonly type: 'kill.remainsChanged'; readonly remains: RemainsByKey } & At)
  /** The venue was asked after the last step and has answered completely. */
  | ({ readonly type: 'kill.pictureTaken'; readonly remains: RemainsByKey } & At)
  | ({ readonly type: 'kill.pictureFailed'; readonly reason: string } & At)
  | ({ readonly type: 'kill.checkDue'; readonly remains: RemainsByKey } & At)
  /** The process has started and found the latch. */
  | ({
      readonly type: 'kill.recovered';
      readonly emergencyFreshMs: number;
      readonly remains: RemainsByKey;
    } & At)
  | ({
      /** Everybody who has to agree has agreed. */
      readonly type: 'kill.rearmed';
      readonly keys: readonly KillKey[];
      readonly by: string;
      readonly reason: string;
    } & At);

/** What the gate and everybody else needs to know of a run that is on. */
export type ActiveKill = Pick<
  KillRun,
  'key' | 'runId' | 'scope' | 'target' | 'mode' | 'reason' | 'by' | 'triggeredAtMs' | 'phase'
> &
  Pick<
    KillRun,
    'isHeld' | 'isIncomplete' | 'keepProtectiveStops' | 'steps' | 'result' | 'lastLook'
  >;

export function killKey({ scope, target }: Pick<KillRequest, 'scope' | 'target'>): KillKey {
  return scope === 'account' || scope === 'all' ? scope : `${scope}:${target ?? ''}`;
}

/** The whole account is killed: its trading state is HALTED. Narrower kills deny only their target. */
export function isWide({ scope }: Pick<KillRun, 'scope'>): boolean {
  return scope === 'account' || scope === 'all';
}

/** Whether a kill is about an order with these particulars. */
export function coversOrder(
  kill: Pick<KillRun, 'scope' | 'target'>,
  order: { readonly instrument: string; readonly by?: string; readonly orderId?: string },
): boolean {
  switch (kill.scope) {
    case 'account':
    case 'all':
      return true;
    case 'instrument':
      return order.instrument === kill.target;
    case 'strategy':
      return order.by === kill.target;
    case 'order':
      return order.orderId === kill.target;
  }
}

/** The working mode: a held run keeps positions whatever it was asked. */
export function flattens({ mode, isHeld }: Pick<KillRun, 'mode' | 'isHeld'>): boolean {
  return mode === 'flatten' && !isHeld;
}
