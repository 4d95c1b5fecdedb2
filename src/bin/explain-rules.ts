import type { RuleExplanation, RuleStatusReport } from '../cli/dependencies.ts';
import type { LockInput } from '../domain/machine-event.ts';
import { formatMoney } from '../domain/money.ts';
import type { RuleFinding } from '../domain/verdict.ts';
import { exitCodes, OperatorError } from '../kernel/errors.ts';
import {
  openJournalReader,
  type JournalReader,
  type StoredEntry,
} from '../persistence/journal-reader.ts';
import type { ActorState } from '../ports/journal.port.ts';
import { ruleCatalogue } from '../rules/registry.ts';
/** What each rule said last and why, read from the committed rows: with or without a running engine. */
import { isoText } from './progress.ts';
import { storedFigures, type RuleFigures } from './rule-figures.ts';

/** Rows of one rule that are looked through for its last findings. */
const rowsLooked = 1_000;
const currencyOfLimits = 'USD';

/** A finding, when it was made, and the row that told it; without a row it is a figure between two verdicts. */
type Told = {
  readonly row?: StoredEntry;
  readonly atMs: number;
  readonly finding: RuleFinding;
};

/** Every rule of every account: its state and the last finding of each entity. */
export async function rulesStatus(dataDir: string): Promise<RuleStatusReport> {
  const reader = openJournalReader(dataDir);
  try {
    const rules = ruleActors(reader);
    const known = storedFigures(reader.recovered().values);
    return await Promise.resolve({
      rules: rules.map((actor) => {
        const { ruleId } = JSON.parse(actor.contextJson) as { ruleId: string };
        const state: unknown = JSON.parse(actor.stateJson);
        return {
          accountId: actor.account,
          ruleId,
          title: titleOf(ruleId),
          state: typeof state === 'string' ? state : actor.stateJson,
          findings: lastKnown(reader, actor, known).map(findingOf),
        };
      }),
    });
  } finally {
    reader.close();
  }
}

/**
 * The last findings of one rule with everything they rest on.
 *
 * @throws OperatorError exit 2 when no account of the journal has the rule
 */
export async function explainRule(options: {
  readonly dataDir: string;
  readonly ruleId: string;
  readonly accountId?: string;
}): Promise<readonly RuleExplanation[]> {
  const reader = openJournalReader(options.dataDir);
  try {
    const wanted = options.ruleId.toUpperCase();
    const actors = ruleActors(reader).filter(
      ({ actor, account }) =>
        actor.endsWith(`/rule/${wanted}`) && (options.accountId ?? account) === account,
    );
    if (actors.length === 0) throw unknownRule(wanted, ruleActors(reader));
    const locks = reader
      .latestStates()
      .filter(({ machine, stateJson }) => machine === 'lock' && stateJson === '"active"');
    const known = storedFigures(reader.recovered().values);
    return await Promise.resolve(
      actors.flatMap((actor) =>
        lastKnown(reader, actor, known).map((told) => explanationOf(reader, actor, told, locks)),
      ),
    );
  } finally {
    reader.close();
  }
}

function ruleActors(reader: JournalReader): readonly ActorState[] {
  return reader
    .latestStates()
    .filter(({ machine }) => machine === 'rule')
    .toSorted((left, right) => left.actor.localeCompare(right.actor));
}

/** The newest finding of each entity, newest first. */
function lastTold(reader: JournalReader, actor: string): Map<string, Told> {
  const told = new Map<string, Told>();
  for (const row of reader.lastRows(rowsLooked, actor).toReversed()) {
    const event = JSON.parse(row.eventJson) as {
      readonly type: string;
      readonly finding?: RuleFinding;
    };
    if (event.type !== 'rule.verdictChanged' || event.finding === undefined) continue;
    if (!told.has(event.finding.entity))
      told.set(event.finding.entity, { row, atMs: row.atMs, finding: event.finding });
  }
  return told;
}

/** What was told last, with the figures of now where they are newer. A breach keeps the figures that it was told with. */
function lastKnown(
  reader: JournalReader,
  { actor, account, contextJson }: ActorState,
  known: RuleFigures | undefined,
): readonly Told[] {
  const told = lastTold(reader, actor);
  if (known === undefined) return [...told.values()];
  const { ruleId } = JSON.parse(contextJson) as { ruleId: string };
  const own = (known.accounts[account] ?? []).filter((finding) => finding.ruleId === ruleId);
  for (const finding of own) {
    const last = told.get(finding.entity);
    if (last !== undefined && (last.atMs > known.atMs || finding.verdict === 'DENY')) continue;
    const isSame = last?.row !== undefined && last.finding.verdict === finding.verdict;
    const row = isSame ? { row: last.row } : {};
    told.set(finding.entity, { ...row, atMs: known.atMs, finding });
  }
  return [...told.values()];
}

function findingOf({ atMs, finding }: Told): RuleStatusReport['rules'][number]['findings'][number] {
  const { entity, verdict, code, observed, limit, headroom } = finding;
  return {
    entity,
    verdict,
    code,
    at: isoText(atMs),
    ...figures(finding, { observed, limit, headroom }),
  };
}

function explanationOf(
  reader: JournalReader,
  actor: ActorState,
  told: Told,
  locks: readonly ActorState[],
): RuleExplanation {
  const { row, finding } = told;
  const lock = locks
    .filter(({ account }) => account === actor.account)
    .map(({ contextJson }) => JSON.parse(contextJson) as LockInput)
    .find(({ source }) => source === finding.ruleId);
  const [cause] =
    row === undefined || row.causeSeq === 0 ? [] : reader.rowsAfter(row.causeSeq - 1, 1);
  return {
    accountId: actor.account,
    ruleId: finding.ruleId,
    title: titleOf(finding.ruleId),
    ...findingOf(told),
    inputs: finding.inputs,
    missing: finding.missing,
    wanted: finding.wants.map(({ type }) => type),
    row: row?.seq ?? 0,
    ...(cause === undefined
      ? {}
      : { cause: { row: cause.seq, actor: cause.actor, event: eventType(cause) } }),
    change: changeText(finding, lock),
  };
}

/** What would have to happen for the verdict to be another one. */
function changeText(finding: RuleFinding, lock: LockInput | undefined): string {
  if (lock !== undefined) {
    const end =
      lock.expiresAtMs === undefined
        ? 'has no end in time'
        : `ends at ${isoText(lock.expiresAtMs)}`;
    return `the lock ${lock.lockId} ${end}; it clears on ${lock.clearsOn.join(', ') || 'nothing else'}`;
  }
  if (finding.verdict === 'UNKNOWN')
    return `it can be judged again when this is known: ${finding.missing.join(', ')}`;
  if (finding.verdict === 'DENY')
    return 'it passes when the observed value is within the limit again';
  const { headroom } = figures(finding, { headroom: finding.headroom });
  return headroom === undefined
    ? 'it breaches when its limit is reached'
    : `it breaches after ${headroom} more`;
}

function figures(
  { unit }: RuleFinding,
  values:
    | Readonly<Record<'observed' | 'limit' | 'headroom', number | undefined>>
    | { readonly headroom: number | undefined },
): { readonly observed?: string; readonly limit?: string; readonly headroom?: string } {
  const text = (value: number): string =>
    unit === 'money' ? formatMoney(value, currencyOfLimits) : String(value);
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, text(value)]],
    ),
  );
}

function titleOf(ruleId: string): string {
  return ruleCatalogue.find(({ id }) => id === ruleId)?.title ?? 'not known to this version';
}

function eventType(row: StoredEntry): string {
  return (JSON.parse(row.eventJson) as { readonly type: string }).type;
}

function unknownRule(ruleId: string, actors: readonly ActorState[]): OperatorError {
  const known = [...new Set(actors.map(({ actor }) => actor.slice(actor.lastIndexOf('/') + 1)))];
  return new OperatorError({
    code: 'UNKNOWN_RULE',
    exitCode: exitCodes.usage,
    message: `no account here has the rule ${ruleId}`,
    remedy: known.length === 0 ? 'Run the engine first.' : `Name one of ${known.join(', ')}.`,
  });
}
