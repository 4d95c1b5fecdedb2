import { addExact } from '../domain/arithmetic.ts';
import type { RuleId } from '../domain/ids.ts';
import {
  findingText,
  type RuleFinding,
  type VerdictChange,
  type WantedAction,
} from '../domain/verdict.ts';
import type { AccountFacts } from '../domain/view.ts';
import { errorText } from '../kernel/errors.ts';
import { orderFindings } from '../rules/precedence.ts';
import type { RuleContext } from '../rules/rule.ts';
/** Inline judgement: what an order, a fill or a command changed is judged in the same turn by the same evaluators. */
import { markFellows, membersOf } from './account-groups.ts';
import type { AccountRuntime } from './account-runtime.ts';
import { noteEquity } from './equity.ts';
import { markEquity } from './portfolio.ts';
import { sessionsOf } from './reset-calendar.ts';
import { resetEnd, withLockEnd } from './reset-locks.ts';
import type { Cause, Turn } from './turn.ts';
import { actorId, type World } from './world.ts';

/** Evaluates every rule of the accounts whose facts changed, and tells the rule actors what changed. */
export function judgeChanged(world: World, turn: Turn, cause: Cause): void {
  markFellows(world);
  for (const account of world.accounts.values()) {
    if (!account.isDirty) continue;
    account.isDirty = false;
    const findings = evaluateAll(world, turn, account, cause);
    noteEquity(ruleContext(world, account.facts()), world, turn, account, cause);
    for (const finding of orderFindings(findings)) tell(turn, world, account, finding, cause);
    armJudgement(world, account, findings);
  }
}

/** Deadlines of rules are derived from durable facts, so the wait for them need not be durable itself. */
function armJudgement(
  world: World,
  account: AccountRuntime,
  findings: readonly RuleFinding[],
): void {
  account.cancelJudgement?.();
  account.cancelJudgement = undefined;
  const { clock } = world.options;
  const nowMs = clock.nowMs();
  let dueAtMs = Number.POSITIVE_INFINITY;
  for (const finding of findings) {
    if (finding.dueAtMs !== undefined && finding.dueAtMs > nowMs)
      dueAtMs = Math.min(dueAtMs, finding.dueAtMs);
  }
  if (dueAtMs === Number.POSITIVE_INFINITY) return;
  account.cancelJudgement = clock.schedule(dueAtMs, () => {
    world.inbox.put('timer', { type: 'judge', accountId: account.id, atMs: clock.nowMs() });
  });
}

/** Verdicts of the workers: taken when they judged what still holds. */
export function takeVerdicts(
  world: World,
  turn: Turn,
  changes: readonly VerdictChange[],
  cause: Cause,
): void {
  for (const change of changes) {
    const account = world.accounts.get(change.accountId);
    if (account === undefined || isOutdated(account, change)) continue;
    if (change.viewVersion !== account.version && !stillHolds(account, change)) continue;
    tell(turn, world, account, change.finding, cause);
    // Only time is awaited: the judgement of this turn arms the wait.
    if (change.finding.dueAtMs !== undefined) account.isDirty = true;
  }
}

export function ruleContext(world: World, facts: AccountFacts): RuleContext {
  const sessions = sessionsOf(world, facts.accountId);
  return {
    facts,
    marks: (instrument) => world.options.evaluator.markOf(instrument),
    instrumentOf: (id) => world.options.instruments.get(id),
    nowMs: world.options.clock.nowMs(),
    ...(sessions === undefined ? {} : { sessions }),
    ...(world.options.groups === undefined ? {} : { membersOf: (name) => membersOf(world, name) }),
  };
}

/** Judged by rules that the configuration has replaced since. */
function isOutdated(account: AccountRuntime, { viewVersion, finding }: VerdictChange): boolean {
  if (viewVersion < account.rulesSince) return true;
  return !account.rules.some(({ definition }) => definition.id === finding.ruleId);
}

/** A verdict on an older view still counts when what it judged is still there: a breach between two views was real. */
function stillHolds(account: AccountRuntime, change: VerdictChange): boolean {
  const { entity, verdict } = change.finding;
  if (verdict !== 'DENY') return false;
  return entity === 'account' ? account.positions.size > 0 : account.positions.has(entity);
}

function evaluateAll(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  cause: Cause,
): readonly RuleFinding[] {
  const context = ruleContext(world, account.facts());
  const changed: RuleFinding[] = [];
  const seen = new Set<string>();
  for (const { definition, config } of account.rules) {
    try {
      const findings = definition.evaluate(context, config);
      if (account.failedRules.delete(definition.id)) forget(account, definition.id);
      for (const finding of findings) {
        seen.add(`${finding.ruleId}|${finding.entity}`);
        changed.push(finding);
      }
    } catch (error) {
      if (account.failedRules.has(definition.id)) continue;
      account.failedRules.add(definition.id);
      const event = {
        type: 'rule.evaluationFailed',
        reason: errorText(error),
        atMs: turn.atMs,
      } as const;
      turn.sendSibling(account.id, `rule/${definition.id}`, event, cause);
    }
  }
  // An entity that is no longer watched (a closed position) reads PASS.
  for (const [key, last] of account.lastFindings) {
    if (seen.has(key) || last.verdict === 'PASS' || account.failedRules.has(last.ruleId)) continue;
    changed.push(passOf(last));
  }
  return changed;
}

/**
 * What a rule could not judge when the last process ended, or when it was set aside: it is told the first verdict that it can, whatever that is,
 * or the account would keep the cause for ever.
 */
export function restoreFindings(world: World, account: AccountRuntime): void {
  for (const { definition } of account.rules) {
    const cell = world.cells.get(actorId(account.id, `rule/${definition.id}`));
    const unknown = (cell?.context['unknown'] ?? {}) as Readonly<Record<string, unknown>>;
    for (const entity of Object.keys(unknown)) {
      if (entity === 'evaluation') forget(account, definition.id);
      else forget(account, definition.id, entity as RuleFinding['entity']);
    }
  }
}

/** After a failure the rule hears the next verdict whatever it is: only that ends its UNKNOWN. */
export function forget(
  account: AccountRuntime,
  ruleId: RuleId,
  entity: RuleFinding['entity'] = 'account',
): void {
  account.lastFindings.set(`${ruleId}|${entity}`, {
    ruleId,
    entity,
    verdict: 'UNKNOWN',
    code: 'EVALUATION_FAILED',
    unit: 'money',
    inputs: [],
    missing: ['evaluation'],
    wants: [],
  });
}

function passOf(last: RuleFinding): RuleFinding {
  const { ruleId, entity, unit } = last;
  return {
    ruleId,
    entity,
    unit,
    verdict: 'PASS',
    code: '',
    observed: 0,
    inputs: [],
    missing: [],
    wants: [],
  };
}

/** Only a change of verdict, code or missing input reaches the rule actor. */
function tell(
  turn: Turn,
  world: World,
  account: AccountRuntime,
  judged: RuleFinding,
  cause: Cause,
): void {
  const finding = withoutDoomed(account, judged);
  if (remember(turn, account, finding, cause)) markEquity(turn, account, finding, cause);
  const key = `${finding.ruleId}|${finding.entity}`;
  const last = account.lastFindings.get(key);
  // The rule is at it: what it was told stays what counts, until the enforcement ends and the breach is judged anew.
  if (isBeingEnforced(account, finding)) return;
  account.lastFindings.set(key, finding);
  if (isSame(last, finding)) return;
  if (
    automates(world, turn, account, finding, cause) &&
    (last === undefined || last.verdict === 'PASS')
  )
    return;
  const isEnforced = isEnforcedBreach(account, last, finding);
  if (finding.verdict === 'DENY' && last?.verdict !== 'DENY' && !isEnforced) {
    world.counters.breaches += 1;
    turn.note(`BREACH ${account.id} ${finding.ruleId} ${finding.entity} ${findingText(finding)}`);
  }
  const told = isEnforced ? { ...finding, wants: [] } : withLockEnd(world, account.id, finding);
  const event = {
    type: 'rule.verdictChanged',
    finding: told,
    ...resetEnd(world, account.id, turn.atMs),
    atMs: turn.atMs,
  } as const;
  turn.sendSibling(account.id, `rule/${finding.ruleId}`, event, cause);
}

/** RULE-012 wants to protect what is being closed, or is about to be in this very turn: dropped. Source: rules 4.2. */
function withoutDoomed(account: AccountRuntime, finding: RuleFinding): RuleFinding {
  const { entity, verdict, wants } = finding;
  if (verdict !== 'PASS' || entity === 'account' || wants.length === 0) return finding;
  const isClosing =
    account.activeExits.has(entity) ||
    [...account.lastFindings.values()].some(
      (other) =>
        other.verdict === 'DENY' &&
        other.wants.some(
          (action) =>
            action.type === 'flattenAccount' ||
            (action.type === 'closePosition' && action.instrument === entity),
        ),
    );
  return isClosing
    ? { ...finding, wants: wants.filter(({ type }) => type === 'cancelOrder') }
    : finding;
}

/** A rule says how much shall stay open; a venue is told the whole quantity, with what has already been filled. */
function asOrdered(world: World, account: AccountRuntime, action: WantedAction): WantedAction {
  if (action.type !== 'modifyProtective' || action.quantityLots === undefined) return action;
  const order = world.cells.get(actorId(account.id, `order/${action.orderId}`));
  const { filledLots = 0 } = (order?.context ?? {}) as { readonly filledLots?: number };
  return { ...action, quantityLots: addExact(action.quantityLots, filledLots) };
}

/**
 * A breach that an earlier process has enforced to its end: locked by the rule, and nothing is left that could be
 * open. After a restart it asks for nothing, and the lock keeps its reason. Source: rules 5.2.
 */
function isEnforcedBreach(
  account: AccountRuntime,
  last: RuleFinding | undefined,
  { ruleId, entity, verdict }: RuleFinding,
): boolean {
  if (verdict !== 'DENY' || entity !== 'account') return false;
  if (last !== undefined && last.verdict !== 'UNKNOWN') return false;
  if (account.exposedInstruments().length > 0) return false;
  return [...account.locks.values()].some(
    ({ source, scope }) => source === ruleId && scope === 'account',
  );
}

function isSame(last: RuleFinding | undefined, finding: RuleFinding): boolean {
  const isPass = finding.verdict === 'PASS';
  // A breach that asks for nothing was enforced when it began: neither a restart nor a further look repeats it.
  if (finding.verdict === 'DENY' && finding.wants.length === 0)
    return last === undefined || last.verdict === 'DENY';
  if (last === undefined) return isPass && finding.wants.length === 0;
  if (last.verdict !== finding.verdict) return false;
  if (isPass)
    return (
      finding.wants.length === 0 || JSON.stringify(last.wants) === JSON.stringify(finding.wants)
    );
  if (last.code !== finding.code || last.missing.join() !== finding.missing.join()) return false;
  // Still breached: what the rule asks for may have grown (a second position).
  return finding.verdict !== 'DENY' || JSON.stringify(last.wants) === JSON.stringify(finding.wants);
}

/** What a rule wants remembered goes to its actor, and with it into the journal. @returns whether it changed */
function remember(
  turn: Turn,
  account: AccountRuntime,
  finding: RuleFinding,
  cause: Cause,
): boolean {
  const { ruleId, entity, remember: memory } = finding;
  if (memory === undefined) return false;
  const known = account.memories.get(ruleId)?.[entity] ?? {};
  if (JSON.stringify(known) === JSON.stringify(memory)) return false;
  turn.sendSibling(
    account.id,
    `rule/${ruleId}`,
    { type: 'rule.remembered', entity, memory, atMs: turn.atMs },
    cause,
  );
  return true;
}

function isBeingEnforced(
  account: AccountRuntime,
  { verdict, ruleId, entity }: RuleFinding,
): boolean {
  return verdict === 'DENY' && account.enforcing.get(ruleId)?.includes(entity) === true;
}

/** Hands on what an automation wants beside a position. @returns whether the finding was one */
function automates(
  world: World,
  turn: Turn,
  account: AccountRuntime,
  { ruleId, verdict, wants }: RuleFinding,
  cause: Cause,
): boolean {
  if (verdict !== 'PASS' || wants.length === 0) return false;
  const actions = wants.map((action) => asOrdered(world, account, action));
  const wanted = { type: 'account.automationWanted', ruleId, actions, atMs: turn.atMs } as const;
  turn.sendSibling(account.id, 'account', wanted, cause);
  return true;
}
