import type { ApiSettings } from '../domain/api-settings.ts';
import type { Approved } from '../domain/approved.ts';
import type { Controls } from '../domain/controls.ts';
import type { ExecutionSettings } from '../domain/execution-settings.ts';
import type { Fill } from '../domain/fill.ts';
import type { AccountId, ActorId, InstrumentId, OrderId } from '../domain/ids.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { MachineId } from '../domain/machine-event.ts';
import type { Currency, Units } from '../domain/money.ts';
import type { SubmitOrder } from '../domain/order.ts';
import type { ResetSettings } from '../domain/reset-settings.ts';
import type { SessionCalendar } from '../domain/session.ts';
import type { TradingCalendar } from '../domain/trading-day.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Ids } from '../kernel/ids.ts';
import { limits } from '../kernel/limits.ts';
import type { Random } from '../kernel/random.ts';
import type { AlertSinkPort } from '../ports/alert-sink.port.ts';
import type { JournalPort } from '../ports/journal.port.ts';
import type { RuleEvaluatorPort } from '../ports/rule-evaluator.port.ts';
import type { VenueEvent, VenuePort } from '../ports/venue.port.ts';
import type { RuleDefinition } from '../rules/rule.ts';
/** Everything the parts of the engine share: handed-in ports, the registry of cells, and the state of the turn. */
import type { AccountGroup } from './account-groups.ts';
import type { AccountRuntime } from './account-runtime.ts';
import type { BreakerBoard } from './breakers.ts';
import type { BrokerClock } from './broker-clock.ts';
import type { Cell, HostedMachine } from './cell.ts';
import type { ClockGate } from './clock-gate.ts';
import type { Inbox } from './inbox.ts';
import type { LatencyMonitor } from './latency.ts';
import type { LinkState } from './link-phases.ts';
import type { OperatorMemory } from './operator-memory.ts';
import type { OrderWatch } from './order-times.ts';
import type { Pulse } from './pulse.ts';
import type { Safety } from './safety.ts';
import type { Staleness } from './staleness.ts';
import type { SubmissionState } from './submission-state.ts';
import type { Telemetry } from './telemetry.ts';
import type { TimerService } from './timer-service.ts';
import type { Delivery } from './turn.ts';
import type { Resend } from './venue-calls.ts';
import type { VenueGateway } from './venue-gateway.ts';
import type { Volatility } from './volatility.ts';

/** A rule with the configuration it has for one account. */
export type RuleConfigured = { readonly definition: RuleDefinition; readonly config: unknown };

export type AccountSettings = {
  readonly id: AccountId;
  readonly currency: Currency;
  readonly startBalanceUnits: Units;
  readonly rules: readonly RuleConfigured[];
  /** Not above the mode of the engine, which it has when this is left out. */
  readonly mode?: EngineOptions['mode'];
  /** Pre-trade controls beside the rules; the defaults of a futures account when left out. */
  readonly controls?: Controls;
  /** Its own trading days, hours and resets; those of the engine where they are left out. Source: rules 11. */
  readonly calendar?: TradingCalendar;
  /** `none`: it has no hours to keep, whatever the engine has. */
  readonly sessions?: SessionCalendar | 'none';
  readonly resets?: ResetSettings;
};

export type OrderSettings = {
  readonly acknowledgeDurationMs: number;
  readonly cancelDurationMs: number;
  readonly modifyDurationMs: number;
  readonly fillsDurationMs: number;
  /** Misses in a row before an order that the venue once showed is unknown. */
  readonly missingQueriesMax?: number;
};

/** Source: execution 15. */
export const defaultOrderSettings: OrderSettings = {
  acknowledgeDurationMs: 5_000,
  cancelDurationMs: 1_500,
  modifyDurationMs: 5_000,
  fillsDurationMs: 5_000,
};

export type EngineOptions = {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Random;
  readonly journal: JournalPort;
  readonly venue: VenuePort;
  readonly evaluator: RuleEvaluatorPort;
  readonly alerts: AlertSinkPort;
  readonly machines: Readonly<Record<MachineId, HostedMachine>>;
  readonly instruments: ReadonlyMap<InstrumentId, Instrument>;
  readonly accounts: readonly AccountSettings[];
  readonly calendar: TradingCalendar;
  /** Trading hours, for the rules that know sessions. */
  readonly sessions?: SessionCalendar;
  readonly mode: 'DRY_RUN' | 'PAPER' | 'LIVE';
  readonly quoteMaxAgeMs: number;
  readonly orders?: Partial<OrderSettings>;
  /** How orders are sent, watched and reconciled; every key at its default when left out. */
  readonly execution?: ExecutionSettings;
  /** How the venue is called; its defaults, and no limit of calls, when left out. */
  readonly api?: ApiSettings;
  /** What the daily and the weekly reset do; everything, and weekly on Monday 17:00, when left out. */
  readonly resets?: ResetSettings;
  /** Limits of several accounts together. */
  readonly groups?: readonly AccountGroup[];
  /** A kill goes on although its commit has failed: whoever hears it writes the kill file, for the next start. */
  readonly onKillWithoutStore?: (kill: {
    readonly account: AccountId;
    readonly mode: 'cancelOnly' | 'flatten';
    readonly by: string;
    readonly reason: string;
  }) => void;
  /** Called before every step; a throw is a crash of that actor. Tests only. */
  readonly beforeStep?: (actor: ActorId, event: { readonly type: string }) => void;
  /** Small values that every commit carries, such as the market position of a replay. */
  readonly stamp?: () => readonly { readonly key: string; readonly value: string }[];
  /** Called after every commit with the new head; nothing has left the process before it. */
  readonly onCommit?: (commit: {
    readonly seq: number;
    readonly hash: string;
    readonly milliseconds: number;
  }) => void;
  /** Notable happenings for people, after the commit that holds them. */
  readonly onNote?: (note: string) => void;
};

/** Crash history of one actor. */
export type Supervision = {
  /** Times of the crashes within the window. */
  readonly crashesMs: number[];
  backoffMs: number;
  /** The event of the last crash, to recognise poison. */
  lastEventJson: string;
  /** Messages waiting for the restart, oldest first. */
  readonly mailbox: Delivery[];
};

export type Counters = {
  inputs: number;
  transitions: number;
  orders: number;
  denials: number;
  fills: number;
  duplicateFills: number;
  duplicateReports: number;
  submissions: number;
  breaches: number;
  locks: number;
  alerts: number;
  incidents: number;
  deadLetters: number;
  crashes: number;
  turns: number;
  breakerTrips: number;
};

export type World = {
  /** A reload of the configuration replaces these three as a whole. */
  options: EngineOptions;
  orderSettings: OrderSettings;
  execution: ExecutionSettings;
  readonly operators: OperatorMemory;
  readonly inbox: Inbox;
  readonly timers: TimerService;
  readonly cells: Map<ActorId, Cell>;
  readonly accounts: Map<AccountId, AccountRuntime>;
  /** State of effects that are not settled yet. */
  readonly openEffects: Map<string, 'PLANNED' | 'SENT' | 'UNKNOWN'>;
  readonly signals: Set<string>;
  /** Orders between the gate and the end of the same turn. */
  readonly approved: Map<OrderId, Approved<SubmitOrder>>;
  /** Open cancel and modify effects by order: settled when the order's request is. */
  readonly requestEffects: Map<OrderId, string[]>;
  /** Alerts that have been raised since the last commit. */
  readonly settledAlerts: string[];
  /** Closed orders, oldest first, for passivation. */
  readonly closedOrders: { readonly id: ActorId; readonly atMs: number }[];
  readonly supervision: Map<ActorId, Supervision>;
  /** Accounts whose complete picture is wanted: the venue spoke of an order that nobody here knows. */
  readonly picturesWanted: Set<AccountId>;
  /** Accounts of which a kill run wants the venue's picture. */
  readonly killPictures: Set<AccountId>;
  /** Live sets of linked orders and groups, with what each was told last; empty: it shall be told anew. */
  readonly linked: Map<ActorId, string>;
  /** Sets and groups that are over and wait for their passivation. */
  readonly retired: Set<ActorId>;
  /** What was found out of the link to the venue, as if the venue had said it. */
  readonly acceptLink: (event: Extract<VenueEvent, { type: 'venue.link' }>) => void;
  readonly brokerClock: BrokerClock;
  /** Kinds of reports whose times are not believed just now, by account. */
  readonly doubtedTimes: Set<string>;
  readonly orderWatch: OrderWatch;
  /** Orders in doubt: look-ups so far, and answers that did not show them. */
  readonly searches: Map<OrderId, { readonly asked: number; readonly absences: number }>;
  /** Orders that were asked about: how often in a row, and when the next question may leave. */
  readonly questions: Map<OrderId, { readonly asked: number; readonly nextAtMs: number }>;
  /** Executions that were taken in and wait for a ledger that is down, by account and trade id. */
  readonly pendingFills: Map<string, Fill>;
  /** Monotonic time at which this process made a lock. */
  readonly lockStarts: Map<ActorId, number>;
  /** Between the wish for an order and the wire. */
  readonly submission: SubmissionState;
  /** The only way to the venue. */
  readonly gateway: VenueGateway;
  readonly breakers: BreakerBoard;
  readonly clockGate: ClockGate;
  readonly link: LinkState;
  readonly staleness: Staleness;
  readonly safety: Safety;
  readonly latency: LatencyMonitor;
  readonly volatility: Volatility;
  readonly telemetry: Telemetry;
  readonly pulse: Pulse;
  /** Placements that may leave again with the same id. */
  readonly resends: Map<OrderId, Resend>;
  /** 0: nothing to say of the budgets; 1: noted; 2: an alert is open. */
  budgetLevel: number;
  readonly counters: Counters;
};

export function emptyCounters(): Counters {
  return {
    inputs: 0,
    transitions: 0,
    orders: 0,
    denials: 0,
    fills: 0,
    duplicateFills: 0,
    duplicateReports: 0,
    submissions: 0,
    breaches: 0,
    locks: 0,
    alerts: 0,
    incidents: 0,
    deadLetters: 0,
    crashes: 0,
    turns: 0,
    breakerTrips: 0,
  };
}

/** Crash history of an actor; empty for one that has never failed. */
export function supervisionOf(world: World, actor: ActorId): Supervision {
  const known = world.supervision.get(actor);
  if (known !== undefined) return known;
  const fresh: Supervision = {
    crashesMs: [],
    backoffMs: limits.restartBackoffMs,
    lastEventJson: '',
    mailbox: [],
  };
  world.supervision.set(actor, fresh);
  return fresh;
}

/** `account/A1/order/BH-1-3`. */
export function actorId(account: AccountId, sibling: string): ActorId {
  return (
    sibling === 'account' ? `account/${account}` : `account/${account}/${sibling}`
  ) as ActorId;
}

/** The name within the account: `order/BH-1-3`, or `account`. */
export function siblingOf(account: AccountId, actor: ActorId): string {
  const prefix = `account/${account}`;
  return actor.length === prefix.length ? 'account' : actor.slice(prefix.length + 1);
}

/** The mode of an account: its own, which is not above that of the engine. Source: rules 10.5. */
export function modeOf({ options }: World, id: AccountId): EngineOptions['mode'] {
  return options.accounts.find((account) => account.id === id)?.mode ?? options.mode;
}
