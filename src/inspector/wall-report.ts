/** The wall: every account at a glance, and whether the engine itself is well. Source: inspector 3 (Wall, Rules). */
import type { JournalView } from '../ports/journal-view.port.ts';
import type { PositionPicture, RulePicture } from '../ports/live-picture.port.ts';
import {
  activePaths,
  contextOf,
  stateText,
  type ActorIndex,
  type IndexedActor,
} from './actor-index.ts';
import type { RuleCell } from './protocol-reports.ts';
import type { LimitBar, LockView, Wall, WallAccount } from './protocol.ts';

/** What only the running engine knows, as it tells it: prices are not in the journal. */
export type LiveAccount = {
  readonly accountId: string;
  readonly unrealized: string;
  readonly positions: readonly PositionPicture[];
  readonly rules: readonly RulePicture[];
};

export type LiveEngine = {
  readonly nowMs: number;
  readonly commitMsP99?: number;
  readonly feedAgeMs?: number;
  readonly clockOffsetMs?: number;
  /** Inputs that wait to be handled. */
  readonly waiting?: number;
  readonly evaluator?: string;
  readonly accounts: readonly LiveAccount[];
};

export type WallSource = {
  readonly view: JournalView;
  readonly index: ActorIndex;
  readonly live: LiveEngine | undefined;
  readonly isRunning: boolean;
  readonly diskFreeBytes: number;
  /** Newest row that a stored state of an actor holds. */
  readonly checkpointSeq: number;
  readonly nowMs: number;
  readonly ruleTitles: ReadonlyMap<string, string>;
  /** The largest order that each rule of an account would let pass now; empty where nobody knows. */
  readonly largestOrders: (account: string) => ReadonlyMap<string, string>;
  /** Rules that the market drives: the workers judge them, the engine judges all others itself. */
  readonly marketRules: ReadonlySet<string>;
  /** Settlement units of the account's currency as text. */
  readonly moneyText: (units: number) => string;
  readonly figureText: (unit: string, value: number) => string;
};

export function wallOf(source: WallSource): Wall {
  const { view, index, live, isRunning, diskFreeBytes, nowMs } = source;
  const { commitMsP99, feedAgeMs, clockOffsetMs, waiting, evaluator } = live ?? {};
  const doubts = doubtsOf(view);
  return {
    accounts: index
      .accounts()
      .map((account) => accountOf(source, account, doubts.get(account) ?? 0)),
    engine: {
      isRunning,
      headSeq: index.seq,
      lastRowAtMs: view.headAtMs,
      // Before the first word of the running engine its newest row says what time it is there.
      nowMs: live?.nowMs ?? (isRunning ? view.headAtMs : nowMs),
      diskFreeBytes,
      journalBytes: view.bytes,
      actors: index.size,
      lagRows: Math.max(0, view.head.seq - index.seq),
      checkpointSeq: source.checkpointSeq,
      ...(waiting === undefined ? {} : { waiting }),
      ...(commitMsP99 === undefined ? {} : { commitMsP99 }),
      ...(feedAgeMs === undefined ? {} : { feedAgeMs }),
      ...(clockOffsetMs === undefined ? {} : { clockOffsetMs }),
      ...(evaluator === undefined ? {} : { evaluator }),
    },
  };
}

type Ledger = {
  readonly realizedUnits?: number;
  readonly feesUnits?: number;
  readonly balanceUnits?: number;
};

type Causes = Readonly<Record<string, { readonly reason: string; readonly sinceMs: number }>>;

function accountOf(source: WallSource, account: string, inDoubt: number): WallAccount {
  const { index, view, moneyText } = source;
  const [root] = index.ofKind(account, 'account');
  const [ledger] = index.ofKind(account, 'ledger');
  const {
    realizedUnits = 0,
    feesUnits = 0,
    balanceUnits,
  } = (ledger === undefined ? {} : contextOf(ledger)) as Ledger;
  const { causes = {} } = (root === undefined ? {} : contextOf(root)) as { causes?: Causes };
  const live = source.live?.accounts.find(({ accountId }) => accountId === account);
  const quarantined = index.quarantinedOf(account);
  return {
    account,
    mode: view.environment,
    tradingState: stateOf(root),
    causes: Object.entries(causes).map(([name, { reason, sinceMs }]) => ({
      name,
      reason,
      sinceMs,
    })),
    realized: moneyText(realizedUnits),
    fees: moneyText(feesUnits),
    net: moneyText(realizedUnits - feesUnits),
    unrealized: live?.unrealized ?? 'unknown',
    balance: balanceUnits === undefined ? 'unknown' : moneyText(balanceUnits),
    limits: limitBars(source, account, live),
    positions: live?.positions ?? positionsOf(index.ofKind(account, 'position')),
    openOrders: index.openOrdersOf(account),
    inDoubt,
    quarantined: quarantined.length,
    locks: locksOf(index.ofKind(account, 'lock')),
    killed: index.ofKind(account, 'kill').some(({ stateJson }) => isKilled(stateJson)),
    alarms: quarantined.map((id) => `${id} is in quarantine`),
  };
}

/** Effects of each account of which nobody knows whether they have arrived. */
function doubtsOf(view: JournalView): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { account, state } of view.openEffects())
    if (state === 'UNKNOWN' || state === 'SENT')
      counts.set(account, (counts.get(account) ?? 0) + 1);
  return counts;
}

function isKilled(stateJson: string): boolean {
  return !activePaths(stateJson).some((path) => path === 'idle' || path === 'clear');
}

function stateOf(root: IndexedActor | undefined): WallAccount['tradingState'] {
  const state = root === undefined ? '' : stateText(root.stateJson).toUpperCase();
  return state === 'ACTIVE' || state === 'LOCKED' || state === 'HALTED' ? state : 'REDUCING';
}

/** Without the engine only the quantities are known. */
function positionsOf(actors: readonly IndexedActor[]): WallAccount['positions'] {
  return actors.flatMap((actor) => {
    const { instrument, book } = contextOf(actor) as {
      readonly instrument: string;
      readonly book: { readonly openLots: number };
    };
    if (book.openLots === 0) return [];
    const quantity = `${book.openLots} lots`;
    return [{ instrument, quantity, average: 'unknown', unrealized: 'unknown' }];
  });
}

type LockContext = {
  readonly lockId: string;
  readonly source: string;
  readonly scope: string;
  readonly kind: string;
  readonly reason: string;
  readonly createdAtMs: number;
  readonly expiresAtMs?: number;
  readonly irrevocable?: boolean;
};

function locksOf(actors: readonly IndexedActor[]): readonly LockView[] {
  return actors
    .filter(({ stateJson }) => stateText(stateJson) === 'active')
    .map((actor) => {
      const lock = contextOf(actor) as unknown as LockContext;
      const view = {
        lockId: lock.lockId,
        source: lock.source,
        scope: lock.scope,
        kind: lock.kind,
        reason: lock.reason,
        sinceMs: lock.createdAtMs,
        isIrrevocable: lock.irrevocable === true,
      };
      return lock.expiresAtMs === undefined
        ? view
        : Object.assign(view, { untilMs: lock.expiresAtMs });
    });
}

function limitBars(
  source: WallSource,
  account: string,
  live: LiveAccount | undefined,
): readonly LimitBar[] {
  return ruleCells(source, account, live)
    .filter(({ limit }) => limit !== '' && limit !== 'unknown')
    .map(({ ruleId, title, observed, limit, headroom, usedPercent }) => {
      const bar = { ruleId, title, observed, limit, headroom };
      return usedPercent === undefined ? bar : Object.assign(bar, { usedPercent });
    });
}

/** The matrix of rules and accounts, with what each rule would let pass now. */
export function rulesMatrix(source: WallSource): readonly RuleCell[] {
  return source.index.accounts().flatMap((account) => {
    const live = source.live?.accounts.find(({ accountId }) => accountId === account);
    const largest = source.largestOrders(account);
    return ruleCells(source, account, live).map((cell) => {
      const largestOrder = largest.get(cell.ruleId) ?? '';
      return Object.assign(
        cell,
        cell.isEnabled && largestOrder !== '' ? { largestOrder } : {},
        live === undefined || !cell.isEnabled ? {} : { judgedBy: judgedBy(source, cell.ruleId) },
      );
    });
  });
}

/** What an order or a fill changes is judged in its turn; what the market changes, by the workers. */
function judgedBy({ marketRules, live }: WallSource, ruleId: string): string {
  if (!marketRules.has(ruleId)) return 'engine';
  return live?.evaluator === 'worker' ? 'worker and engine' : 'engine, also for prices';
}

type Judgement = {
  readonly verdict: string;
  readonly observed?: number;
  readonly limit?: number;
  readonly headroom?: number;
  readonly atMs: number;
};

function ruleCells(
  source: WallSource,
  account: string,
  live: LiveAccount | undefined,
): readonly RuleCell[] {
  const { index } = source;
  const locks = locksOf(index.ofKind(account, 'lock'));
  return [...source.ruleTitles].map(([ruleId, title]) => {
    const actor = index.get(`account/${account}/rule/${ruleId}`);
    const now = live?.rules.find((rule) => rule.ruleId === ruleId);
    const untilMs = locks.find((lock) => lock.source === ruleId)?.untilMs;
    const cell: RuleCell = Object.assign(
      { account, ruleId, title },
      lifeOf(actor),
      judgedOf(source, ruleId, actor, now),
    );
    return untilMs === undefined ? cell : Object.assign(cell, { lockUntilMs: untilMs });
  });
}

function lifeOf(actor: IndexedActor | undefined): Pick<RuleCell, 'state' | 'isEnabled'> {
  const state = actor === undefined ? 'off' : stateText(actor.stateJson);
  return { state, isEnabled: state !== 'off' && state !== 'disabled' };
}

/** What the running engine says now stands over what was last written down. */
function judgedOf(
  source: WallSource,
  ruleId: string,
  actor: IndexedActor | undefined,
  now: LiveAccount['rules'][number] | undefined,
): Omit<RuleCell, 'account' | 'ruleId' | 'title' | 'state' | 'isEnabled' | 'lockUntilMs'> {
  if (actor === undefined)
    return { verdict: 'off', observed: '', limit: '', headroom: '', entities: [] };
  const entities = entitiesOf(source, ruleId, actor);
  const worst = entities.find(({ verdict }) => verdict !== 'PASS') ?? entities[0];
  const written = worst ?? { verdict: 'PASS', observed: '', limit: '', headroom: '' };
  const { verdict, observed, limit } = now ?? written;
  const cell = { verdict, observed, limit, headroom: written.headroom, entities };
  return Object.assign(
    cell,
    now?.usedPercent === undefined ? {} : { usedPercent: now.usedPercent },
    worst === undefined ? {} : { atMs: worst.atMs },
  );
}

const countingRules: ReadonlySet<string> = new Set([
  'RULE-001',
  'RULE-002',
  'RULE-006',
  'RULE-008',
]);

function entitiesOf(source: WallSource, ruleId: string, actor: IndexedActor): RuleCell['entities'] {
  const { last = {} } = contextOf(actor) as { readonly last?: Record<string, Judgement> };
  const unit = countingRules.has(ruleId) ? 'count' : 'money';
  const text = (value: number | undefined): string =>
    value === undefined ? '' : source.figureText(unit, value);
  return Object.entries(last).map(([entity, { verdict, observed, limit, headroom, atMs }]) => ({
    entity,
    verdict,
    observed: text(observed),
    limit: text(limit),
    headroom: text(headroom),
    atMs,
  }));
}
