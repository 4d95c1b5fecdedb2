/**
 * Why something happened: the rows that caused it, from the first to the last, with the numbers that decided. Source:
 * inspector 3 (Why), 10.
 */
import type { RuleFinding } from '../domain/verdict.ts';
import type { JournalView, ViewedRow } from '../ports/journal-view.port.ts';
import type { DenialRow } from '../ports/journal.port.ts';
import { contextOf, stateText, type ActorIndex } from './actor-index.ts';
import type { WhyReport, WhyStep } from './protocol-reports.ts';
import { eventOf } from './row-report.ts';

export type WhyQuery = {
  readonly seq?: number | undefined;
  readonly order?: string | undefined;
  readonly lock?: string | undefined;
  readonly denial?: string | undefined;
};

export type WhySource = {
  readonly view: JournalView;
  readonly index: ActorIndex;
  /** Amounts of a rule's finding as text of the account's currency. */
  readonly figureText: (account: string, unit: RuleFinding['unit'], value: number) => string;
  /** The smallest change that gives another verdict, tried with the rule itself; undefined when nobody can tell. */
  readonly counterfactual: (
    account: string,
    finding: RuleFinding,
    atSeq: number,
  ) => Counterfactual | undefined;
  /** The same for an order that was refused at the gate. */
  readonly refusedOrder: (refused: RefusedOrder) => Counterfactual | undefined;
};

/** An order that the gate has refused, as it was asked for. */
export type RefusedOrder = { readonly denial: DenialRow; readonly intent: unknown };

export type Counterfactual = { readonly text: string; readonly by: 'rule' | 'figures' };

const stepsMax = 60;
const lockRowsMax = 100;

/** Undefined when there is nothing of that name. */
export function whyReport(source: WhySource, query: WhyQuery): WhyReport | undefined {
  const subject = subjectOf(source, query);
  if (subject === undefined) return undefined;
  const chain = [...(subject.before ?? []), ...chainTo(source.view, subject.seq)];
  const judged = chain.findLast((row) => findingIn(row) !== undefined);
  const finding = judged === undefined ? undefined : findingIn(judged);
  const change =
    judged === undefined || finding === undefined
      ? ofRefusal(source, subject)
      : source.counterfactual(judged.account, finding, judged.seq);
  return {
    subject: subject.title,
    account: subject.account,
    verdict:
      subject.verdict ??
      (finding === undefined || judged === undefined
        ? 'No rule took part: the chain below says what led to it.'
        : findingSentence(source, judged.account, finding)),
    chain: chain.map((row) => stepOf(source, row)),
    ...(change === undefined ? {} : { counterfactual: change.text, counterfactualBy: change.by }),
  };
}

/** No rule was told of it: the gate asked one, and it said no. */
function ofRefusal(source: WhySource, { seq, denial }: Subject): Counterfactual | undefined {
  const row = denial === undefined ? undefined : source.view.row(seq);
  if (denial === undefined || row === undefined) return undefined;
  const { intent } = eventOf(row);
  return intent === undefined ? undefined : source.refusedOrder({ denial, intent });
}

type Subject = {
  readonly seq: number;
  readonly title: string;
  readonly account: string;
  readonly verdict?: string;
  /** What led to the lock that refused it. */
  readonly before?: readonly ViewedRow[];
  readonly denial?: DenialRow;
};

function subjectOf({ view, index }: WhySource, query: WhyQuery): Subject | undefined {
  if (query.denial !== undefined) return denialSubject(view, index, query.denial);
  if (query.seq !== undefined) return rowSubject(view, index, query.seq);
  if (query.lock !== undefined) return namedSubject(view, index, 'lock', query.lock);
  if (query.order === undefined) return undefined;
  // An order that was refused has no actor: its intent is all there is.
  const named = namedSubject(view, index, 'order', query.order);
  return named ?? denialSubject(view, index, query.order);
}

/** By the path of its actor, or by its own id in whichever account has it. */
function namedSubject(
  view: JournalView,
  index: ActorIndex,
  kind: 'order' | 'lock',
  id: string,
): Subject | undefined {
  const paths = [id, ...index.accounts().map((account) => `account/${account}/${kind}/${id}`)];
  const path = paths.find((one) => index.get(one) !== undefined);
  return path === undefined ? undefined : actorSubject(view, index, path);
}

function denialSubject(
  view: JournalView,
  index: ActorIndex,
  intentId: string,
): Subject | undefined {
  const denial = view.denialOf(intentId);
  if (denial === undefined) return undefined;
  const { causeSeq: seq, text, account } = denial;
  const lock = lockBehind(view, index, denial);
  const before = lock === undefined ? [] : chainTo(view, lock);
  return { seq, account, before, denial, title: `the refusal of ${intentId}`, verdict: text };
}

/** Seq of the row that began the lock of which a refusal speaks. */
function lockBehind(
  view: JournalView,
  index: ActorIndex,
  { code, text, account, causeSeq }: DenialRow,
): number | undefined {
  if (code !== 'LOCK_ACTIVE') return undefined;
  const named = (name: string): string | undefined =>
    new RegExp(`\\b${name}=([^,]+)`, 'u').exec(text)?.[1];
  const [source, scope] = [named('source'), named('scope')];
  const begun = index
    .ofAccount(account)
    .filter((actor) => {
      const lock = actor.kind === 'lock' ? contextOf(actor) : {};
      return lock['source'] === source && lock['scope'] === scope;
    })
    .flatMap(({ id }) => lastBeginning(view, id, causeSeq) ?? []);
  return begun.length === 0 ? undefined : Math.max(...begun);
}

/** A lock of one name may begin more than once. */
function lastBeginning(view: JournalView, id: string, before: number): number | undefined {
  const rows = view.rowsOfActor(id, before, lockRowsMax);
  return (
    rows.find(({ fromState, toState }) => fromState !== toState && toState === '"active"') ??
    rows.at(-1)
  )?.seq;
}

function rowSubject(view: JournalView, index: ActorIndex, seq: number): Subject | undefined {
  const row = view.row(seq);
  if (row === undefined) return undefined;
  const { type = 'row', intent } = eventOf(row);
  const { account } = row;
  const { intentId = '' } = (intent ?? {}) as { readonly intentId?: string };
  // What was asked and refused is explained by its refusal.
  const refusal = intentId === '' ? undefined : denialSubject(view, index, intentId);
  if (refusal?.seq === seq) return refusal;
  return { seq, account, title: `${type} of ${row.actor || account || 'the engine'}` };
}

/** A lock is explained by its beginning, anything else by its last step. */
function actorSubject(view: JournalView, index: ActorIndex, id: string): Subject | undefined {
  const actor = index.get(id);
  if (actor === undefined) return undefined;
  const seq = actor.kind === 'lock' ? firstSeqOf(view, actor.id) : actor.lastSeq;
  const { reason } = contextOf(actor);
  const because = typeof reason === 'string' && reason !== '' ? `: ${reason}` : '';
  const title = `${actor.id}, ${stateText(actor.stateJson)}${because}`;
  return { seq, account: actor.account, title };
}

function firstSeqOf(view: JournalView, actor: string): number {
  return view.nextOfActor(actor, 0) ?? 0;
}

/** Cause after cause, oldest first. */
function chainTo(view: JournalView, seq: number): readonly ViewedRow[] {
  const chain: ViewedRow[] = [];
  for (let next = seq; next > 0 && chain.length < stepsMax;) {
    const row = view.row(next);
    if (row === undefined) break;
    chain.push(row);
    next = row.causeSeq < next ? row.causeSeq : 0;
  }
  return chain.toReversed();
}

function findingIn(row: ViewedRow): RuleFinding | undefined {
  const { finding } = eventOf(row) as { readonly finding?: RuleFinding };
  return finding;
}

function stepOf(source: WhySource, row: ViewedRow): WhyStep {
  const event = eventOf(row);
  const { type = '' } = event;
  const move = row.fromState === row.toState ? '' : ` → ${stateText(row.toState)}`;
  const finding = findingIn(row);
  return {
    seq: row.seq,
    atMs: row.atMs,
    title: `${type}${move}`,
    actor: row.actor,
    event: type,
    facts: finding === undefined ? plainFacts(event) : findingFacts(source, row.account, finding),
  };
}

function findingFacts(source: WhySource, account: string, finding: RuleFinding): WhyStep['facts'] {
  const figure = (name: string, value: number | undefined): WhyStep['facts'] =>
    value === undefined ? [] : [{ name, value: source.figureText(account, finding.unit, value) }];
  return [
    { name: 'rule', value: `${finding.ruleId} ${finding.entity}` },
    { name: 'verdict', value: finding.verdict },
    ...figure('observed', finding.observed),
    ...figure('limit', finding.limit),
    ...figure('headroom', finding.headroom),
    ...finding.inputs,
    ...finding.missing.map((value) => ({ name: 'unknown', value })),
  ];
}

const factsMax = 12;

/** The small values of an event; what is nested is in the row itself. */
function plainFacts(event: Readonly<Record<string, unknown>>): WhyStep['facts'] {
  return leaves(event, '')
    .filter(({ name }) => name !== 'type' && name !== 'atMs')
    .slice(0, factsMax);
}

function leaves(
  value: Readonly<Record<string, unknown>>,
  prefix: string,
): readonly { readonly name: string; readonly value: string }[] {
  return Object.entries(value).flatMap(([key, inner]) => {
    const name = `${prefix}${key}`;
    if (typeof inner === 'object' && inner !== null) {
      return prefix === '' && !Array.isArray(inner)
        ? leaves(inner as Record<string, unknown>, `${key}.`)
        : [];
    }
    return [{ name, value: String(inner) }];
  });
}

function findingSentence(source: WhySource, account: string, finding: RuleFinding): string {
  const { ruleId, entity, verdict, code, unit, observed, limit, missing } = finding;
  if (verdict === 'UNKNOWN')
    return `${ruleId} could not judge ${entity}: ${missing.join(', ')} is not known.`;
  const text = (value: number | undefined): string =>
    value === undefined ? 'unknown' : source.figureText(account, unit, value);
  return `${ruleId} said ${verdict} of ${entity}${code === '' ? '' : ` (${code})`}: observed ${text(observed)}, limit ${text(limit)}.`;
}
