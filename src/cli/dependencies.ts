/** What the commands need, handed in by the composition root. */
import type { TradingState } from '../domain/machine-event.ts';
import type { Role } from '../domain/operator.ts';
import type { AuditVerifyReport } from '../ports/audit.port.ts';
import type { VerifyReport } from '../ports/journal.port.ts';
import type { PositionPicture, RulePicture } from '../ports/live-picture.port.ts';
import type { KillDrillOptions, KillDrillReport } from './drill-report.ts';
import type { LiveGates } from './live-gates.ts';
import type { ServiceOptions } from './service-options.ts';
import type { JournalPlace, ToolDependencies } from './tool-dependencies.ts';

export type Speed = number | 'max';

export type RunOptions = ServiceOptions & {
  readonly configPath?: string;
  readonly dataDir: string;
  readonly mode?: 'DRY_RUN' | 'PAPER' | 'LIVE';
  /** Account id by which the operator confirms LIVE. */
  readonly confirmLive?: string;
  readonly replayFile?: string;
  /** Instrument of a replay whose file does not tell. */
  readonly instrument?: string;
  /** Market time per wall time. */
  readonly speed?: Speed;
  readonly seed?: string;
  /** Market time to play, from the start of this run. */
  readonly forMs?: number;
  /** vwap | reckless | none */
  readonly trader?: string;
  /** Port of the inspector on 127.0.0.1, 0 for any that is free; absent: no inspector. */
  readonly inspectorPort?: number;
  /** The port was asked for: another one is no answer when it is taken. */
  readonly isPortFixed?: boolean;
  /** The inspector may also end and change things. */
  readonly allowActions?: boolean;
};

/** One picture of a running engine, for the live screen and for `--progress json`. Money is decimal text. */
export type RunProgress = {
  readonly marketTime: string;
  readonly wallMs: number;
  readonly rows: number;
  readonly rowsTotal?: number;
  readonly events: number;
  readonly eventsPerSecond: number;
  readonly transitions: number;
  readonly orders: number;
  readonly denials: number;
  readonly fills: number;
  readonly submissions: number;
  readonly headSeq: number;
  readonly headHash: string;
  readonly commitMsP99: number;
  readonly evaluator: 'worker' | 'inline';
  readonly accounts: readonly AccountProgress[];
  /** Latest notable happenings, newest last: breaches, locks, flattens, incidents. */
  readonly notes: readonly string[];
};

export type AccountProgress = {
  readonly accountId: string;
  readonly tradingState: TradingState;
  readonly causes: readonly string[];
  readonly realized: string;
  readonly fees: string;
  readonly net: string;
  /** Decimal text, or `unknown`. */
  readonly unrealized: string;
  readonly positions: readonly PositionPicture[];
  readonly workingOrders: number;
  readonly rules: readonly RulePicture[];
  readonly locks: readonly {
    readonly lockId: string;
    readonly rule: string;
    readonly kind: string;
    readonly scope: string;
    readonly reason: string;
    readonly until: string;
  }[];
};

/** The last line of `run --json`. */
export type RunReport = {
  readonly ended: 'end of data' | 'duration reached' | 'stopped';
  readonly marketFrom: string;
  readonly marketTo: string;
  readonly rows: number;
  readonly emptyRows: number;
  readonly events: number;
  readonly transitions: number;
  readonly orders: number;
  readonly denials: number;
  readonly fills: number;
  readonly submissions: number;
  readonly realizedPnl: string;
  readonly fees: string;
  readonly breaches: number;
  readonly locks: number;
  readonly alerts: number;
  readonly incidents: number;
  readonly deadLetters: number;
  readonly headSeq: number;
  readonly headHash: string;
  readonly wallMs: number;
  readonly recovery: {
    readonly wasClean: boolean;
    readonly actors: number;
    readonly inDoubt: number;
    readonly milliseconds: number;
  };
  readonly accounts: readonly AccountProgress[];
};

export type StatusReport = {
  readonly dataDir: string;
  readonly isRunning: boolean;
  readonly wasClean: boolean;
  readonly headSeq: number;
  readonly headHash: string;
  readonly lastAt: string;
  readonly epoch: number;
  readonly openEffects: number;
  readonly quarantined: readonly string[];
  readonly accounts: readonly AccountProgress[];
};

/** One finding as people read it; money as decimal text of the account currency. */
type FindingText = {
  readonly entity: string;
  readonly verdict: string;
  /** Empty for PASS. */
  readonly code: string;
  readonly at: string;
  readonly observed?: string;
  readonly limit?: string;
  readonly headroom?: string;
};

export type RuleStatusReport = {
  readonly rules: readonly {
    readonly accountId: string;
    readonly ruleId: string;
    readonly title: string;
    readonly state: string;
    /** The last finding of each entity that was ever told; newest first. */
    readonly findings: readonly FindingText[];
  }[];
};

export type RuleExplanation = FindingText & {
  readonly accountId: string;
  readonly ruleId: string;
  readonly title: string;
  readonly inputs: readonly {
    readonly name: string;
    readonly value: string;
    readonly ageMs?: number;
  }[];
  readonly missing: readonly string[];
  /** Actions that the breach asked for. */
  readonly wanted: readonly string[];
  readonly row: number;
  readonly cause?: { readonly row: number; readonly actor: string; readonly event: string };
  /** What would have to happen for another verdict. */
  readonly change: string;
};

export type ConversionReport = {
  readonly files: readonly { readonly name: string; readonly text: string }[];
  /** What was not carried over as it was, by file and key of the predecessor. */
  readonly notes: readonly {
    readonly file: string;
    readonly key: string;
    readonly kind: 'changed' | 'left out';
    readonly text: string;
  }[];
  /** The folder that has the files now. */
  readonly out?: string;
};

export type ConfigReport = {
  readonly mode: string;
  /** Names the configuration in the journal. */
  readonly hash: string;
  readonly warnings: readonly string[];
  /** Every effective value with the place it comes from; account `*`: of all accounts. */
  readonly values: readonly {
    readonly account: string;
    readonly key: string;
    readonly value: string;
    readonly source: string;
  }[];
};

export type JournalLine = {
  readonly seq: number;
  readonly at: string;
  readonly actor: string;
  readonly event: string;
  readonly from: string;
  readonly to: string;
  readonly cause: number;
};

export type CheckStatus = 'passed' | 'failed' | 'unsupported';

export type ScenarioReport = {
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  readonly unsupported: number;
  readonly results: readonly {
    readonly file: string;
    readonly scenario: string;
    readonly status: CheckStatus;
    readonly step?: number;
    readonly message?: string;
    readonly expected?: unknown;
    readonly actual?: unknown;
  }[];
};

export type ConformanceReport = {
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  readonly unsupported: number;
  readonly byKind: Readonly<
    Record<
      string,
      {
        readonly total: number;
        readonly passed: number;
        readonly failed: number;
        readonly unsupported: number;
      }
    >
  >;
  readonly results: readonly {
    readonly id: string;
    readonly kind: string;
    readonly status: CheckStatus;
    readonly expected: unknown;
    readonly actual?: unknown;
    /** Why it is unsupported, or what differs and why. */
    readonly reason?: string;
  }[];
};

export const machineFormats = ['mermaid', 'svg', 'json', 'scxml'] as const;
export type MachineFormat = (typeof machineFormats)[number];

export type MachineSummary = {
  readonly id: string;
  readonly version: string;
  readonly states: number;
  readonly events: number;
  readonly transitions: number;
};

export type MachineView = {
  /** States, transitions, guards and actions by name. */
  readonly chart: unknown;
  /** The same as text: what each state does with each event. */
  readonly table: string;
};

/** Which states and transitions of a machine the rows of a journal have been in. */
export type MachineCoverage = {
  readonly id: string;
  readonly version: string;
  readonly actors: number;
  readonly rows: number;
  readonly states: readonly { readonly state: string; readonly entered: number }[];
  readonly transitions: readonly {
    readonly source: string;
    readonly event: string;
    readonly targets: readonly string[];
    readonly guard?: string;
    readonly taken: number;
  }[];
  readonly statesReached: number;
  readonly transitionsReached: number;
};

export type TokenView = {
  readonly id: string;
  readonly role: Role;
  readonly by: string;
  /** Absent: all. */
  readonly accounts?: readonly string[];
  readonly created: string;
  readonly expires: string;
  /** To the minute, or `never`. */
  readonly lastUsed: string;
  readonly state: 'valid' | 'revoked' | 'expired';
};

/** @throws OperatorError NO_DATA_DIR, TOKEN_FILE_OPEN, TOKEN_FILE_INVALID */
export type TokenCommands = {
  create(
    dataDir: string,
    wanted: {
      readonly role: Role;
      readonly by: string;
      readonly accounts?: readonly string[];
      readonly days: number;
    },
  ): Promise<{ readonly id: string; readonly token: string; readonly expires: string }>;
  list(dataDir: string): Promise<readonly TokenView[]>;
  /** @throws OperatorError UNKNOWN_TOKEN */
  revoke(dataDir: string, id: string): Promise<void>;
};

/** A command of a person as flat fields; the service judges them. A missing `requestId` is made. */
export type OperateRequest = Readonly<Record<string, string | boolean | undefined>> & {
  readonly verb: string;
};

export type OperateAnswer = {
  /** `invalid`: it was no request; nothing was asked. */
  readonly outcome: 'accepted' | 'pending' | 'refused' | 'invalid';
  readonly text: string;
  readonly requestId?: string;
};

export type Dependencies = {
  readonly version: string;
  /** Hands a command to the service that runs on the data directory. @throws OperatorError SERVICE_NOT_RUNNING */
  operate(dataDir: string, request: OperateRequest): Promise<OperateAnswer>;
  machines(): Promise<readonly MachineSummary[]>;
  /** @throws OperatorError NO_SUCH_MACHINE */
  machine(id: string): Promise<MachineView>;
  /** @throws OperatorError NO_JOURNAL */
  machineCoverage(dataDir: string): Promise<readonly MachineCoverage[]>;
  /** @throws OperatorError exit 2 for a file that is none, or of other machines */
  savedCoverage(path: string): Promise<readonly MachineCoverage[]>;
  readonly tokens: TokenCommands;
  /** Serves the inspector on a directory without an engine until it is stopped. @throws OperatorError */
  inspect(
    options: JournalPlace & { readonly port: number; readonly configPath?: string },
    signal: AbortSignal,
    onReady: (url: string) => void,
  ): Promise<void>;
  readonly tools: ToolDependencies;
  /** Writes files and returns what standard output shows. */
  exportMachines(options: {
    readonly format: MachineFormat;
    readonly machine?: string;
    readonly path?: string;
  }): Promise<string>;
  run(
    options: RunOptions,
    onProgress: (progress: RunProgress) => void,
    signal: AbortSignal,
    /** Called once when the engine runs; the address signs its reader in, once. */
    onReady?: (ready: { readonly inspectorUrl?: string }) => void,
  ): Promise<RunReport>;
  /** The gates of LIVE with what is known of them before anything is opened; undefined where LIVE is not asked for. */
  liveGates(options: RunOptions): Promise<LiveGates | undefined>;
  status(dataDir: string): Promise<StatusReport>;
  /** Calls back for each row, oldest first; with `follow`, goes on until aborted. */
  journalTail(
    options: {
      readonly dataDir: string;
      readonly count: number;
      readonly follow: boolean;
      readonly actor?: string;
    },
    onLine: (line: JournalLine) => void,
    signal: AbortSignal,
  ): Promise<void>;
  journalVerify(dataDir: string): Promise<VerifyReport>;
  auditVerify(dataDir: string, anchor?: string): Promise<AuditVerifyReport>;
  rulesStatus(dataDir: string): Promise<RuleStatusReport>;
  explainRule(options: {
    readonly dataDir: string;
    readonly ruleId: string;
    readonly accountId?: string;
  }): Promise<readonly RuleExplanation[]>;
  /** Reads and checks a configuration; throws with every problem. */
  config(path: string | undefined): Promise<ConfigReport>;
  /** Files of the predecessor in the form of today; written where `out` names a folder. */
  configConvert(paths: readonly string[], out: string | undefined): Promise<ConversionReport>;
  scenarioRun(
    paths: readonly string[],
    onResult: (result: ScenarioReport['results'][number]) => void,
    coverageFile?: string,
  ): Promise<ScenarioReport>;
  drillKillSwitch(options: KillDrillOptions): Promise<KillDrillReport>;
  conformanceRun(options: {
    readonly vectorsFile: string;
    readonly kind?: string;
  }): Promise<ConformanceReport>;
};
