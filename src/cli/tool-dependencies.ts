/** What the tools of developers and auditors need, handed in by the composition root. */

export type SqlOutcome =
  | {
      readonly outcome: 'rows';
      readonly columns: readonly string[];
      readonly rows: readonly (readonly (string | number | null)[])[];
      readonly isCut: boolean;
      readonly milliseconds: number;
    }
  | {
      readonly outcome: 'refused';
      readonly text: string;
      readonly position?: { readonly line: number; readonly column: number };
    }
  | { readonly outcome: 'killed'; readonly text: string };

/** What a bundle holds, as its manifest says. */
export type BundleMade = {
  readonly subject: { readonly kind: string; readonly id: string };
  readonly rows: { readonly count: number; readonly fromSeq: number; readonly toSeq: number };
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
  /** `own`: by the key that the bundle names itself; `valid`: by the key that was given. */
  readonly signature: 'none' | 'own' | 'valid';
};

export type VersionDiffOutcome = {
  readonly rows: number;
  readonly actors: number;
  readonly machines: readonly {
    readonly machine: string;
    readonly recorded: readonly string[];
    readonly present: string;
  }[];
  readonly divergences: readonly {
    readonly actor: string;
    readonly seq: number;
    readonly event: string;
    readonly problem: string;
    readonly expected: string;
    readonly actual: string;
  }[];
};

export type ForkOutcome = {
  readonly at: number;
  readonly toSeq: number;
  readonly played: number;
  readonly injected: number;
  readonly steps: number;
  readonly withheld: readonly { readonly kind: string; readonly count: number }[];
  readonly firstDivergence?: {
    readonly seq: number;
    readonly actor: string;
    readonly event: string;
    readonly sandbox: string;
    readonly journal: string;
  };
  readonly actors: readonly {
    readonly actor: string;
    readonly isSame: boolean;
    readonly sandbox: string;
    readonly journal: string;
    readonly difference?: string;
  }[];
  readonly notes: readonly string[];
};

/** A data directory, or a bundle that is opened beside it for as long as it is looked at. */
export type JournalPlace = {
  readonly dataDir: string;
  readonly bundle?: string;
  /** Public key that must have signed the bundle. */
  readonly verifyKey?: string;
};

export type ToolDependencies = {
  /** @throws OperatorError NO_JOURNAL, SQL_FAILED */
  sql(
    question: JournalPlace & { readonly sql: string; readonly budgetMs?: number },
  ): Promise<SqlOutcome>;
  /** @throws OperatorError NOTHING_TO_EXPORT, BUNDLE_TOO_LARGE, OUTPUT_EXISTS, SIGN_KEY_INVALID */
  exportBundle(options: {
    readonly dataDir: string;
    readonly account?: string;
    readonly actor?: string;
    readonly correlation?: number;
    readonly out: string;
    readonly signKey?: string;
  }): Promise<BundleMade>;
  /** Makes a data directory of a bundle. @throws OperatorError NO_BUNDLE, BUNDLE_INVALID, OUTPUT_EXISTS */
  importBundle(options: {
    readonly bundle: string;
    readonly out: string;
    readonly verifyKey?: string;
  }): Promise<BundleMade>;
  versionDiff(place: JournalPlace): Promise<VersionDiffOutcome>;
  /** `events`: file with one event as JSON per line. @throws OperatorError FORK_IMPOSSIBLE, FORK_EVENT_INVALID */
  fork(
    options: JournalPlace & {
      readonly at: number;
      readonly rows?: number;
      readonly configPath?: string;
      readonly events?: string;
    },
  ): Promise<ForkOutcome>;
};
