/**
 * A new configuration for a running engine: judged as a whole, then applied in one turn, or not at all.
 *
 * It speaks of what happens from now on. A looser limit frees nothing: locks that exist keep their conditions and
 * their end. Only a permanent lock goes with the words that asked for it. Source: rules 5.1, 5.5, 10.1 and 11.
 */
import { defaultControls } from '../domain/controls.ts';
import { defaultExecutionSettings } from '../domain/execution-settings.ts';
import type { RuleId } from '../domain/ids.ts';
import type { Severity } from '../domain/verdict.ts';
import type { RulePolicy } from '../machines/enforcement.ts';
import { rulesInForce } from './account-groups.ts';
import type { AccountRuntime } from './account-runtime.ts';
import { planAlert } from './alerts.ts';
import { clearUnwantedLocks } from './configured-locks.ts';
import { drain } from './deliver.ts';
import { setExitPace } from './exit-pace.ts';
import { forget } from './judge.ts';
import { restoreRecent } from './portfolio.ts';
import { armAtStart } from './resets.ts';
import { withTightened } from './tightened.ts';
import type { Cause, Turn } from './turn.ts';
import {
  actorId,
  defaultOrderSettings,
  type EngineOptions,
  type RuleConfigured,
  type World,
} from './world.ts';

/** What a reload replaces; a value that is left out is at its default afterwards. Money at the start has no effect any more. */
export type ReloadSettings = Pick<
  EngineOptions,
  | 'accounts'
  | 'calendar'
  | 'sessions'
  | 'mode'
  | 'quoteMaxAgeMs'
  | 'orders'
  | 'execution'
  | 'resets'
  | 'groups'
>;

/** A configuration that has been read, or why it could not be. `hash`: 16 hex digits of its SHA-256. */
export type ReloadWish =
  | { readonly hash: string; readonly settings: ReloadSettings }
  | { readonly hash?: string; readonly rejected: string };

export type ReloadAnswer =
  | { readonly outcome: 'applied'; readonly hash: string }
  | { readonly outcome: 'rejected'; readonly reason: string };

/** Takes the configuration in, or keeps the old one and raises CONFIG_REJECTED. The answer is for after the commit. */
export function reload(world: World, turn: Turn, wish: ReloadWish): ReloadAnswer {
  const reason = 'rejected' in wish ? wish.rejected : obstacle(world, wish.settings);
  if ('rejected' in wish || reason !== undefined)
    return reject(world, turn, wish.hash, reason ?? 'not valid');
  const { hash, settings } = wish;
  const seq = turn.addInput('', { type: 'config.reloaded', hash });
  turn.values.set('config.hash', hash);
  apply(world, turn, settings, { causeSeq: seq, correlationSeq: seq });
  turn.note(`CONFIG ${hash} is in force`);
  return { outcome: 'applied', hash };
}

/** What only a start can change. */
function obstacle(world: World, { accounts, mode }: ReloadSettings): string | undefined {
  const { options } = world;
  if (mode !== options.mode) return `the mode changes by a restart only, was ${mode}`;
  const ids = new Set(accounts.map(({ id }) => id));
  const known = options.accounts.map(({ id }) => id);
  const isSame = ids.size === accounts.length && known.every((id) => ids.has(id));
  if (!isSame || known.length !== ids.size)
    return `accounts come and go by a restart only, was ${[...ids].join(', ')} instead of ${known.join(', ')}`;
  const moved = accounts.find(({ id, currency }) => world.accounts.get(id)?.currency !== currency);
  return moved === undefined ? undefined : `account ${moved.id} keeps its currency`;
}

function reject(world: World, turn: Turn, hash: string | undefined, reason: string): ReloadAnswer {
  const given = hash === undefined ? {} : { hash };
  const seq = turn.addInput('', { type: 'config.rejected', ...given, reason });
  const text = `the configuration stays as it is: ${reason}`;
  // It belongs to no single actor.
  const alert = {
    id: `input:${seq}`,
    atMs: turn.atMs,
    account: '',
    severity: 'error',
    text,
  } as const;
  planAlert(world, turn, { ...alert, code: 'CONFIG_REJECTED' }, seq);
  turn.note(`CONFIG_REJECTED ${reason}`);
  return { outcome: 'rejected', reason };
}

/** Left out by the new configuration means its default, not what held before. */
const optionalKeys: ReadonlySet<string> = new Set([
  'sessions',
  'orders',
  'execution',
  'resets',
  'groups',
]);

function apply(world: World, turn: Turn, settings: ReloadSettings, cause: Cause): void {
  const kept = Object.entries(world.options).filter(([key]) => !optionalKeys.has(key));
  world.options = { ...(Object.fromEntries(kept) as EngineOptions), ...settings };
  world.execution = settings.execution ?? defaultExecutionSettings;
  setExitPace(world);
  world.orderSettings = { ...defaultOrderSettings, ...settings.orders };
  for (const own of settings.accounts) {
    const { id, controls } = own;
    const account = world.accounts.get(id);
    if (account === undefined) continue;
    account.controls = controls ?? defaultControls;
    const rules = rulesInForce(settings, own);
    replaceRules(account, withTightened(world, turn, id, rules));
    restoreRecent(world, account);
    alignRules(world, turn, account, cause);
    drain(world, turn);
    clearUnwantedLocks(world, turn, account);
    // A boundary that the new calendar has put behind us, and that has not been, is due now.
    armAtStart(world, turn, account, []);
  }
}

/** Everything is judged anew in this very turn; verdicts of the old rules that are still on their way do not count. */
function replaceRules(account: AccountRuntime, rules: readonly RuleConfigured[]): void {
  const ids = new Set<RuleId>(rules.map(({ definition }) => definition.id));
  account.rules = rules;
  account.touch();
  account.rulesSince = account.version;
  for (const [key, { ruleId }] of account.lastFindings)
    if (!ids.has(ruleId)) account.lastFindings.delete(key);
  for (const ruleId of account.failedRules) {
    account.failedRules.delete(ruleId);
    if (ids.has(ruleId)) forget(account, ruleId);
  }
}

type RuleKeys = {
  readonly severity?: Severity;
  readonly operatorUnlock?: RulePolicy['operatorUnlock'];
  readonly irrevocable?: boolean;
};

/** Every rule of the configuration has an actor on duty, and no other rule has. Sends only what differs. */
export function alignRules(world: World, turn: Turn, account: AccountRuntime, cause: Cause): void {
  const { id } = account;
  const { atMs } = turn;
  const wanted = new Map<string, RuleKeys>(
    account.rules.map(({ definition, config }) => [
      actorId(id, `rule/${definition.id}`),
      config as RuleKeys,
    ]),
  );
  for (const { definition, config } of account.rules) {
    const { severity = 'warning' } = config as RuleKeys;
    const cell = world.cells.get(actorId(id, `rule/${definition.id}`));
    const sibling = `rule/${definition.id}`;
    if (cell === undefined)
      turn.create(
        id,
        sibling,
        'rule',
        { accountId: id, ruleId: definition.id, severity, atMs },
        cause,
      );
    else if (cell.stateJson === '"disabled"' || cell.context['severity'] !== severity)
      turn.sendSibling(id, sibling, { type: 'rule.enabled', severity, atMs }, cause);
  }
  for (const cell of world.cells.values()) {
    if (cell.account !== id || cell.hosted.id !== 'rule' || wanted.has(cell.id)) continue;
    if (cell.stateJson === '"disabled"') continue;
    const sibling = `rule/${String(cell.context['ruleId'])}`;
    turn.sendSibling(id, sibling, { type: 'rule.disabled', atMs }, cause);
  }
  alignPolicies(world, turn, account, cause);
}

function alignPolicies(world: World, turn: Turn, account: AccountRuntime, cause: Cause): void {
  const rulePolicies = rulePoliciesOf(account.rules);
  const known = world.cells.get(actorId(account.id, 'account'))?.context['rulePolicies'];
  if (known === undefined || JSON.stringify(known) === JSON.stringify(rulePolicies)) return;
  const event = { type: 'account.rulesConfigured', rulePolicies, atMs: turn.atMs } as const;
  turn.sendSibling(account.id, 'account', event, cause);
}

/** Who may end a lock of a rule early, by rule. */
export function rulePoliciesOf(
  rules: readonly RuleConfigured[],
): Readonly<Record<string, RulePolicy>> {
  return Object.fromEntries(
    rules.map(({ definition, config }) => {
      const { operatorUnlock = 'admin', irrevocable = false } = config as RuleKeys;
      return [definition.id, { operatorUnlock, irrevocable }];
    }),
  );
}
