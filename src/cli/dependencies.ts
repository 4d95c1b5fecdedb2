/** What the commands need, handed in by the composition root. */
import type { TradingState } from '../domain/machine-event.ts';
import type { VerifyReport } from '../ports/journal.port.ts';

export type Speed = number | 'max';

export type RunOptions = {
  readonly configPath?: string;
  readonly dataDir: string;
  readonly mode?: 'DRY_RUN' | 'PAPER' | 'LIVE';
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
  readonly positions: readonly {
    readonly instrument: string;
    readonly quantity: string;
    readonly average: string;
    readonly unrealized: string;
  }[];
  readonly workingOrders: number;
  readonly rules: readonly {
    readonly ruleId: string;
    readonly title: string;
    readonly state: string;
    readonly verdict: string;
    /** Decimal text, or `unknown`. */
    readonly observed: string;
    readonly limit: string;
    /** How much of the limit is used, 0 … 100 and above. Absent when unknown. */
    readonly usedPercent?: number;
  }[];
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

export type ConfigReport = {
  readonly mode: string;
  readonly warnings: readonly string[];
  /** Every effective value of the rules, with the place it comes from. */
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

export type Dependencies = {
  readonly version: string;
  run(
    options: RunOptions,
    onProgress: (progress: RunProgress) => void,
    signal: AbortSignal,
  ): Promise<RunReport>;
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
  rulesStatus(dataDir: string): Promise<RuleStatusReport>;
  explainRule(options: {
    readonly dataDir: string;
    readonly ruleId: string;
    readonly accountId?: string;
  }): Promise<readonly RuleExplanation[]>;
  /** Reads and checks a configuration; throws with every problem. */
  config(path: string | undefined): Promise<ConfigReport>;
  scenarioRun(
    paths: readonly string[],
    onResult: (result: ScenarioReport['results'][number]) => void,
  ): Promise<ScenarioReport>;
  conformanceRun(options: {
    readonly vectorsFile: string;
    readonly kind?: string;
  }): Promise<ConformanceReport>;
};
