/** Events of the machines other than the order; all past-tense facts, all with the time they were taken in. */
import type { AlertDeskEvent } from './alert-event.ts';
import type { Fill } from './fill.ts';
import type { AccountId, InstrumentId, LockId, OrderId, RuleId } from './ids.ts';
import type { Instrument, Lots } from './instrument.ts';
import type { KillEvent } from './kill.ts';
import type { GroupEvent, OcoEvent } from './linked-event.ts';
import type { Units } from './money.ts';
import type { OrderEvent } from './order-event.ts';
import type {
  LockKind,
  LockScope,
  RuleEntity,
  RuleFinding,
  RuleMemory,
  Severity,
  WantedAction,
} from './verdict.ts';

type At = { readonly atMs: number };

export type LedgerEvent =
  | ({
      readonly type: 'ledger.fillReported';
      readonly fill: Fill;
      readonly instrument: Instrument;
      readonly tradingDay: string;
      /** Weekly boundary at or before it; the present week when left out. */
      readonly weekStartMs?: number;
    } & At)
  /** `realizedUnits` is what the fill contributed when it was booked. */
  | ({
      readonly type: 'ledger.fillVoided';
      readonly fill: Fill;
      readonly instrument: Instrument;
      readonly tradingDay: string;
      readonly weekStartMs?: number;
      readonly realizedUnits: Units;
    } & At)
  /** The venue says another fee or profit of a trade that is booked; `realizedUnits` is what it contributed until now. */
  | ({
      readonly type: 'ledger.fillCorrected';
      readonly before: Fill;
      readonly fill: Fill;
      readonly instrument: Instrument;
      readonly tradingDay: string;
      readonly weekStartMs?: number;
      readonly realizedUnits: Units;
      readonly openedLots: Lots;
      readonly closedLots: Lots;
    } & At)
  /** `keepsResult`: the day is archived and its result counts on. Source: rules 7.2, clearDailyPnl. */
  | ({
      readonly type: 'ledger.dayRolled';
      readonly tradingDay: string;
      readonly boundaryMs: number;
      readonly keepsResult?: true;
    } & At)
  /** A daily reset by hand: the result of the day counts from zero. */
  | ({ readonly type: 'ledger.resultCleared'; readonly by: string } & At)
  | ({ readonly type: 'ledger.weekRolled'; readonly boundaryMs: number } & At)
  /** A weekly reset by hand. */
  | ({ readonly type: 'ledger.weekCleared'; readonly by: string } & At)
  /** Balance and open profit together, every part of it known. */
  | ({ readonly type: 'ledger.equityMarked'; readonly equityUnits: Units } & At)
  /** A person has re-armed the account after its drawdown: the high-water marks begin again here. */
  | ({ readonly type: 'ledger.equityRebased'; readonly equityUnits: Units } & At)
  /** The day as the venue lists it against the day as booked, net; 0 where they agree again. Source: rules 8, rebuild. */
  | ({
      readonly type: 'ledger.compared';
      readonly differenceUnits: Units;
      readonly text: string;
    } & At)
  | ({ readonly type: 'ledger.balanceReported'; readonly balanceUnits: Units } & At)
  /** Dividends, deposits and other known movements of cash; signed. */
  | ({
      readonly type: 'ledger.transferRecorded';
      readonly amountUnits: Units;
      readonly reason: string;
    } & At);

export type PositionEvent =
  | ({
      readonly type: 'position.filled';
      readonly fill: Fill;
      readonly instrument: Instrument;
      /** When it was executed, by our clock: a fill that comes late is as old as the venue says; absent: now. */
      readonly executedAtMs?: number;
    } & At)
  /** `realizedUnits` is what the ledger had booked for the fill; absent where it is not known. */
  | ({
      readonly type: 'position.fillVoided';
      readonly fill: Fill;
      readonly instrument: Instrument;
      readonly realizedUnits?: Units;
    } & At)
  /** What the venue says it is; the venue wins. */
  | ({
      readonly type: 'position.reported';
      readonly openLots: Lots;
      readonly costUnits: Units;
      readonly venueTimeMs: number;
    } & At)
  | ({ readonly type: 'position.doubted'; readonly reason: string } & At)
  | ({ readonly type: 'position.agreed' } & At);

export type RuleEvent =
  /** `nextBoundaryMs`: the end of locks that last until the reset; the engine fills it for every DENY. */
  | ({
      readonly type: 'rule.verdictChanged';
      readonly finding: RuleFinding;
      readonly nextBoundaryMs?: number;
    } & At)
  /** The exit this rule asked for has ended: the venue confirms the wanted quantity. */
  | ({
      readonly type: 'rule.enforcementAchieved';
      readonly instrument: InstrumentId | 'account';
    } & At)
  | ({
      readonly type: 'rule.enforcementDelayed';
      readonly instrument: InstrumentId | 'account';
      readonly reason: string;
    } & At)
  | ({ readonly type: 'rule.lockSet'; readonly lockId: LockId; readonly kind: LockKind } & At)
  | ({ readonly type: 'rule.lockEnded'; readonly lockId: LockId } & At)
  | ({ readonly type: 'rule.evaluationFailed'; readonly reason: string } & At)
  /** What the rule wants remembered of one entity; replaces what it remembered before. */
  | ({
      readonly type: 'rule.remembered';
      readonly entity: RuleEntity;
      readonly memory: RuleMemory;
    } & At)
  /** Something has taken longer than it may: a close, or not being able to judge. */
  | ({ readonly type: 'rule.attentionDue' } & At)
  | ({ readonly type: 'rule.disabled' } & At)
  /** Also tells a rule that is enabled already of another severity. */
  | ({ readonly type: 'rule.enabled'; readonly severity?: Severity } & At);

/** One breach as a lock remembers it. Money in settlement units of the account. */
export type LockInput = {
  readonly lockId: LockId;
  readonly accountId: AccountId;
  readonly scope: LockScope;
  /** Rule id, or `operator`. */
  readonly source: string;
  readonly kind: LockKind;
  readonly reason: string;
  readonly observed?: number;
  readonly limit?: number;
  readonly createdAtMs: number;
  /** Absent: no natural end in time. */
  readonly expiresAtMs?: number;
  readonly clearsOn: readonly LockClearing[];
  /** Working orders that could increase exposure stay when it begins. */
  readonly keepsOrders?: true;
  readonly operatorUnlock: 'never' | 'admin' | 'fourEyes';
  readonly irrevocable: boolean;
};
export type LockClearing =
  | 'dailyReset'
  | 'weeklyReset'
  | 'sessionStart'
  | 'canTrade'
  | 'expiry'
  | 'config'
  | 'operatorAck';

export type LockEvent =
  /** The same source breached again: the end may move later, never earlier. */
  | ({
      readonly type: 'lock.extended';
      readonly reason: string;
      readonly expiresAtMs?: number;
      readonly observed?: number;
      /** Nobody may end it early from now on. */
      readonly isIrrevocable?: true;
      /** What a cooldown becomes when a breach of the same source asks for a hard lock that ends no earlier. */
      readonly harder?: Pick<LockInput, 'kind' | 'clearsOn'>;
    } & At)
  /** The timer is due. `monotonicElapsedMs` since creation where this process has seen it, else absent. */
  | ({ readonly type: 'lock.expiryReached'; readonly monotonicElapsedMs?: number } & At)
  | ({
      readonly type: 'lock.cleared';
      readonly on: LockClearing;
      readonly by: string;
      readonly reason: string;
      /** What the lock stands for is still there: an operator may not end it now, whatever the policy. */
      readonly isBarred?: true;
    } & At);

export type TradingStateCause = {
  /** `startup`, `lock:<id>`, `quarantine:<actor>`, `stale:<instrument>`, `unknown:<rule>`, `poison:<actor>`, `mailbox` … */
  readonly cause: string;
  readonly state: 'REDUCING' | 'LOCKED' | 'HALTED';
  readonly reason: string;
};
export type TradingState = 'ACTIVE' | 'REDUCING' | 'LOCKED' | 'HALTED';

export type AccountEvent =
  | ({ readonly type: 'account.causeAdded'; readonly cause: TradingStateCause } & At)
  | ({ readonly type: 'account.causeRemoved'; readonly cause: string } & At)
  /** A rule's breach and what it asks for; locks first, then orders, then positions. */
  | ({
      readonly type: 'account.enforcementWanted';
      readonly finding: RuleFinding;
      readonly actions: readonly WantedAction[];
      /** For locks that end at the reset: the next boundary. Absent: the lock has no end in time, only the reset clears it. */
      readonly nextBoundaryMs?: number;
    } & At)
  /** What an automation (RULE-012) wants done beside a position; no breach, no lock. */
  | ({
      readonly type: 'account.automationWanted';
      readonly ruleId: RuleId;
      readonly actions: readonly WantedAction[];
    } & At)
  | ({ readonly type: 'account.lockStarted'; readonly lock: LockInput } & At)
  | ({
      readonly type: 'account.lockEnded';
      readonly lockId: LockId;
      readonly source: string;
      readonly how: string;
    } & At)
  /** A fill added exposure: closed at once if a lock covers it. `keepLots` is the signed quantity before the fill. */
  | ({
      readonly type: 'account.exposureAdded';
      readonly instrument: InstrumentId;
      readonly keepLots: Lots;
      readonly orderId?: OrderId;
    } & At)
  /** An exit has taken up its work, or a further source asks for the same. */
  | ({
      readonly type: 'account.exitStarted';
      readonly instrument: InstrumentId;
      readonly sources: readonly string[];
    } & At)
  /** The wanted quantity is confirmed. `account`: a flatten of everything found nothing to do. */
  | ({
      readonly type: 'account.exitEnded';
      readonly instrument: InstrumentId | 'account';
      readonly sources: readonly string[];
    } & At)
  | ({
      readonly type: 'account.exitDelayed';
      readonly instrument: InstrumentId;
      readonly sources: readonly string[];
      readonly reason: string;
    } & At)
  | ({
      readonly type: 'account.dayRolled';
      readonly tradingDay: string;
      readonly boundaryMs: number;
    } & At)
  | ({
      /** The configuration says anew who may end the locks of each rule; locks that exist keep what they have. */
      readonly type: 'account.rulesConfigured';
      readonly rulePolicies: Readonly<
        Record<string, Pick<LockInput, 'operatorUnlock'> & { readonly irrevocable: boolean }>
      >;
    } & At)
  | ({ readonly type: 'account.reconciled' } & At)
  /** `causes`: those that end; without it every halting cause but the kill switch, which has its own end. */
  | ({
      readonly type: 'account.rearmed';
      readonly by: string;
      readonly reason: string;
      readonly causes?: readonly string[];
    } & At);

/** How an exit repeats itself. */
export type ExitPace = {
  readonly roundsMax: number;
  /** Between a close and the look whether it has worked. */
  readonly verifyMs: number;
  /** Between two attempts once the rounds are used up. */
  readonly pacedMs: number;
};

/** What the engine knows of one instrument when it talks to its exit. */
export type ExitFacts = {
  /** As configured; absent: the usual one. */
  readonly pace?: ExitPace;
  /** Signed. */
  readonly openLots: Lots;
  /** Orders of the instrument that may still fill, other than closes of this exit. */
  readonly otherOrderIds: readonly OrderId[];
  /** Closes of this exit that may still fill. */
  readonly closeOrderIds: readonly OrderId[];
  /** What they may still close. */
  readonly closeLeavesLots: Lots;
  /** Those of them that would add to the position, which has changed sides under them; absent: none. */
  readonly strayOrderIds?: readonly OrderId[];
};

export type ExitEvent =
  | ({
      readonly type: 'exit.required';
      readonly targetLots: Lots;
      readonly reason: string;
      readonly source: string;
      readonly facts: ExitFacts;
    } & At)
  /** Position or orders of the instrument changed. */
  | ({ readonly type: 'exit.factsChanged'; readonly facts: ExitFacts } & At)
  | ({ readonly type: 'exit.verifyDue'; readonly facts: ExitFacts } & At);

export type MachineEvent =
  | OrderEvent
  | LedgerEvent
  | PositionEvent
  | RuleEvent
  | LockEvent
  | AccountEvent
  | ExitEvent
  | AlertDeskEvent
  | OcoEvent
  | GroupEvent
  | KillEvent;
export type MachineId =
  | 'alerts'
  | 'order'
  | 'position'
  | 'ledger'
  | 'rule'
  | 'lock'
  | 'account'
  | 'exit'
  | 'oco'
  | 'group'
  | 'kill';
