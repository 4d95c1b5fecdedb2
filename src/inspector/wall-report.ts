/** The wall: every account at a glance, and whether the engine itself is well. Source: inspector 3 (Wall, Rules). */
import type { JournalView } from '../ports/journal-view.port.ts';
import {
  activePaths,
  contextOf,
  isOpenOrder,
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
  readonly positions: WallAccount['positions'];
  readonly rules: readonly {
    readonly ruleId: string;
    readonly title: string;
    readonly state: string;
    readonly verdict: string;
    readonly observed: string;
    readonly limit: string;
    readonly usedPercent?: number;
  }[];
};

export type LiveEngine = {
  readonly nowMs: number;
  readonly commitMsP99?: number;
  readonly feedAgeMs?: number;
  readonly clockOffsetMs?: number;
  readonly evaluator?: string;
  readonly accounts: readonly LiveAccount[];
};

export type WallSource = {
  readonly view: JournalView;
  readonly index: ActorIndex;
  readonly live: LiveEngine | undefined;
  readonly isRunning: boolean;
  readonly diskFreeBytes: number;
  readonly nowMs: number;
  readonly ruleTitles: ReadonlyMap<string, string>;
  /** Settlement units of the account's currency as text. */
  readonly moneyText: (units: number) => string;
  readonly figureText: (unit: string, value: number) => string;
};

export function wallOf(source: WallSource): Wall {
  const { view, index, live, isRunning, diskFreeBytes, nowMs } = source;
  const { commitMsP99, feedAgeMs, clockOffsetMs, evaluator } = live ?? {};
  return {
    accounts: index.accounts().map((account) => accountOf(source, account)),
    engine: {
      isRunning,
      headSeq: index.seq,
      lastRowAtMs: view.headAtMs,
      // Before the first word of the running engine its newest row says what time it is there.
      nowMs: live?.nowMs ?? (isRunning ? view.headAtMs : nowMs),
      diskFreeBytes,
      journalBytes: view.bytes,
      actors: index.size,
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

function accountOf(source: WallSource, account: string): WallAccount {
  const { index, view, moneyText } = source;
  const actors = index.ofAccount(account);
  const named = (kind: string): IndexedActor | undefined =>
    actors.find((actor) => actor.kind === kind);
  const root = named('account');
  const ledger = named('ledger');
  const {
    realizedUnits = 0,
    feesUnits = 0,
    balanceUnits,
  } = (ledger === undefined ? {} : contextOf(ledger)) as Ledger;
  const { causes = {} } = (root === undefined ? {} : contextOf(root)) as { causes?: Causes };
  const live = source.live?.accounts.find(({ accountId }) => accountId === account);
  const quarantined = actors.filter(({ id }) => index.quarantineOf(id) !== undefined);
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
    positions: live?.positions ?? positionsOf(actors),
    openOrders: actors.filter(isOpenOrder).length,
    inDoubt: view
      .openEffects()
      .filter((effect) => effect.account === account && isDoubt(effect.state)).length,
    quarantined: quarantined.length,
    locks: locksOf(actors),
    killed: actors.some(({ kind, stateJson }) => kind === 'kill' && isKilled(stateJson)),
    alarms: quarantined.map(({ id }) => `${id} is in quarantine`),
  };
}

function isDoubt(state: string): boolean {
  return state === 'UNKNOWN' || state === 'SENT';
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
    if (actor.kind !== 'position') return [];
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
    .filter(({ kind, stateJson }) => kind === 'lock' && stateText(stateJson) === 'active')
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

/** The matrix of rules and accounts. */
export function rulesMatrix(source: WallSource): readonly RuleCell[] {
  return source.index.accounts().flatMap((account) =>
    ruleCells(
      source,
      account,
      source.live?.accounts.find(({ accountId }) => accountId === account),
    ),
  );
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
  const actors = source.index.ofAccount(account);
  const locks = locksOf(actors);
  return [...source.ruleTitles].map(([ruleId, title]) => {
    const actor = actors.find(({ id }) => id === `account/${account}/rule/${ruleId}`);
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
