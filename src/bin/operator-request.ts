/**
 * What a person asks, as flat text from a socket, a command line or a scenario, becomes a command of the engine; wrong
 * input names field, value and remedy. Source: rules 5.5, security 3.
 */
import { z } from 'zod';
import { PersonName } from '../domain/classified-fields.ts';
import { DurationValue, FlagValue, MoneyValue } from '../domain/config-values.ts';
import {
  AccountId,
  ActorId,
  LockId,
  OrderId,
  type InstrumentId,
  type RuleId,
} from '../domain/ids.ts';
import { resolveInstrument } from '../domain/instruments.ts';
import { operatorPolicy } from '../domain/operator-policy.ts';
import {
  killModes,
  killScopes,
  roles,
  type KillRequest,
  type KillTrigger,
  type LocksMeant,
  type OperatorCommand,
  type OperatorVerb,
} from '../domain/operator.ts';
import type { LockScope } from '../domain/verdict.ts';
import { appliedRule } from '../rules/group-limit.ts';
import { ruleById, ruleByKey } from '../rules/registry.ts';
import { mainKeys } from '../rules/tightening.ts';

type Verb = OperatorVerb['verb'];
export const operatorVerbs = Object.keys(operatorPolicy) as [Verb, ...Verb[]];

const short = z.string().trim().min(1).max(128);
const PositiveDuration = DurationValue.refine((value) => value > 0, {
  error: 'a duration is longer than nothing',
});

/** One request as it comes in. Every field is text or a flag; which of them mean something depends on the verb. */
export const OperatorRequest = z.strictObject({
  /** A repeat of the same id gets the first answer. */
  requestId: z.string().regex(/^[\w.:-]{1,128}$/u, { error: '1 to 128 letters, digits, . : _ -' }),
  verb: z.enum(operatorVerbs),
  role: z.enum(roles).default('admin'),
  by: PersonName.trim().min(1, { error: 'the name of a person' }).max(64),
  reason: z.string().trim().max(500).default(''),
  account: AccountId.optional(),
  /** `RULE-003` or its key. */
  rule: short.optional(),
  lock: LockId.optional(),
  /** `account`, `symbol:MNQ`, `contract:MNQ`; also `order:…`, `strategy:…`, `actor:…`, `daily`, `weekly` where that is meant. */
  scope: short.optional(),
  duration: PositiveDuration.optional(),
  irrevocable: FlagValue.default(false),
  amount: MoneyValue.meta({ class: 'money' }).optional(),
  order: OrderId.optional(),
  instrument: short.optional(),
  actor: ActorId.optional(),
  strategy: short.optional(),
  skipEvent: FlagValue.default(false),
  outcome: z.enum(['canceled', 'failed']).optional(),
  evidence: z.string().trim().max(2_000).optional(),
  key: short.optional(),
  value: z.string().max(4_000).optional(),
  reset: z.enum(['daily', 'weekly']).optional(),
  target: short.optional(),
  mode: z.enum(killModes).optional(),
  emergency: FlagValue.default(false),
});
export type OperatorRequest = z.output<typeof OperatorRequest>;

/** What is wrong with a request, and how to mend it. */
export type RequestProblem = {
  readonly field: string;
  readonly value: string;
  readonly problem: string;
  readonly remedy: string;
};

export class BadRequest extends Error {
  override readonly name = 'BadRequest';
  readonly problems: readonly RequestProblem[];

  constructor(problems: readonly RequestProblem[]) {
    super(
      problems
        .map((one) => `${one.field}: ${one.problem}, was ${one.value}. ${one.remedy}`)
        .join(' '),
    );
    this.problems = problems;
  }
}

/** @throws BadRequest naming every wrong field */
export function parseOperatorRequest(
  given: unknown,
  trigger: KillTrigger = 'operator',
): OperatorCommand {
  const parsed = OperatorRequest.safeParse(given);
  if (!parsed.success)
    throw new BadRequest(parsed.error.issues.flatMap((issue) => problemsOf(given, issue)));
  const { requestId, role, by, reason, account } = parsed.data;
  const common = { requestId, role, by, reason };
  const verb = verbOf(parsed.data, trigger);
  return account === undefined
    ? { ...verb, ...common }
    : { ...verb, ...common, accountId: account };
}

function problemsOf(given: unknown, issue: z.core.$ZodIssue): readonly RequestProblem[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) =>
      problem(key, shown(given, [key]), 'no request has this field', 'Leave it out.'),
    );
  const field = issue.path.map(String).join('.');
  const value = shown(given, issue.path);
  return [problem(field === '' ? 'request' : field, value, issue.message, 'Correct the field.')];
}

function problem(field: string, value: string, text: string, remedy: string): RequestProblem {
  return { field, value, problem: text, remedy };
}

function shown(given: unknown, path: readonly PropertyKey[]): string {
  let value = given;
  for (const key of path)
    value =
      typeof value === 'object' && value !== null
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined;
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}

function missing(field: string, remedy: string): never {
  throw new BadRequest([problem(field, 'nothing', 'is needed for this verb', remedy)]);
}

function wrong(field: string, value: string, text: string, remedy: string): never {
  throw new BadRequest([problem(field, JSON.stringify(value), text, remedy)]);
}

function verbOf(request: OperatorRequest, trigger: KillTrigger): OperatorVerb {
  const { verb } = request;
  switch (verb) {
    case 'unlock':
      return { verb, ...locksOf(request) };
    case 'lock':
      return lockOf(request);
    case 'kill':
      return { verb, kill: killOf(request, trigger) };
    case 'rearm':
      return { verb };
    case 'pause':
      return { verb, ...pausedOf(request) };
    case 'resume':
      return { verb, ...pausedOf(request), skipEvent: request.skipEvent };
    case 'cancel':
      return { verb, orderId: orderOf(request) };
    case 'flatten':
      return flattenOf(request);
    case 'resolve':
      return resolveOf(request);
    case 'acknowledge':
      return acknowledgeOf(request);
    case 'recordTransfer':
      return {
        verb,
        amountUnits: request.amount ?? missing('amount', 'Say how much, signed: -500 went out.'),
      };
    case 'limit':
      return limitOf(request);
    case 'reset':
      return { verb, reset: resetOf(request) };
    default:
      return verb satisfies never;
  }
}

/** `order:o1` → `o1` when the scope is of that kind. */
function scoped(kind: string, { scope }: OperatorRequest): string | undefined {
  const [first, ...rest] = (scope ?? '').split(':');
  return first?.toLowerCase() === kind && rest.length > 0 ? rest.join(':') : undefined;
}

export function ruleIdOf(text: string): RuleId {
  const id = text.toUpperCase() as RuleId;
  // A rule of a group has the id of the rule and the name of the group.
  if (ruleById(appliedRule(id)) !== undefined) return id;
  return (
    ruleByKey(text)?.id ?? wrong('rule', text, 'there is no such rule', 'See bulkhead rules list.')
  );
}

function instrumentOf(text: string): InstrumentId {
  return resolveInstrument(text)?.id ?? (text as InstrumentId);
}

function scopeOf(text: string): LockScope {
  if (text.toLowerCase() === 'account') return 'account';
  const [kind = '', ...rest] = text.split(':');
  const name = rest.join(':');
  const word = kind.toLowerCase() === 'instrument' ? 'symbol' : kind.toLowerCase();
  if ((word !== 'symbol' && word !== 'contract') || name === '')
    return wrong('scope', text, 'account, symbol:ROOT or contract:ID', 'Correct the scope.');
  return `${word}:${instrumentOf(name)}`;
}

function locksOf(request: OperatorRequest): LocksMeant {
  const { rule, lock, scope } = request;
  return {
    ...(rule === undefined
      ? {}
      : { rule: rule.toLowerCase() === 'operator' ? ('operator' as RuleId) : ruleIdOf(rule) }),
    ...(lock === undefined ? {} : { lockId: lock }),
    ...(scope === undefined ? {} : { scope: scopeOf(scope) }),
  };
}

function lockOf({ scope, duration, irrevocable, instrument }: OperatorRequest): OperatorVerb {
  const wanted = scope ?? (instrument === undefined ? 'account' : `symbol:${instrument}`);
  return {
    verb: 'lock',
    scope: scopeOf(wanted),
    isIrrevocable: irrevocable,
    ...(duration === undefined ? {} : { durationMs: duration }),
  };
}

function targetOf({ target, order, strategy, instrument }: OperatorRequest): string | undefined {
  return target ?? order ?? strategy ?? instrument;
}

function killOf(request: OperatorRequest, trigger: KillTrigger): KillRequest {
  const { scope = 'account', mode, emergency } = request;
  const [given = '', ...rest] = scope.split(':');
  const word = ['symbol', 'contract'].includes(given.toLowerCase())
    ? 'instrument'
    : given.toLowerCase();
  const kind = killScopes.find((one) => one === word);
  if (kind === undefined)
    return wrong('scope', scope, `one of ${killScopes.join(', ')}`, 'Correct the scope.');
  const named = rest.length > 0 ? rest.join(':') : targetOf(request);
  const target = kind === 'instrument' && named !== undefined ? instrumentOf(named) : named;
  return {
    scope: kind,
    ...(target === undefined ? {} : { target }),
    ...(mode === undefined ? {} : { mode }),
    isEmergency: emergency,
    trigger,
  };
}

/** A path or the name of an actor of the account; anything else that a scope names is a strategy. */
function pausedOf(request: OperatorRequest): {
  readonly actor?: ActorId;
  readonly strategy?: string;
} {
  const { scope, account } = request;
  const strategy = request.strategy ?? scoped('strategy', request);
  if (strategy !== undefined) return { strategy };
  const actor =
    request.actor ?? scoped('actor', request) ?? (isActorName(scope) ? scope : undefined);
  if (actor !== undefined) return { actor: actorPath(actor, account) };
  if (scope === undefined || scope.toLowerCase() === 'account') return {};
  return { strategy: scope };
}

const actorName =
  /^(?:account(?:\/.+)|ledger|alerts|kill|(?:order|position|rule|lock|exit|oco|group)\/.+)$/u;

function isActorName(scope: string | undefined): scope is string {
  return scope !== undefined && actorName.test(scope);
}

function actorPath(name: string, account: AccountId | undefined): ActorId {
  if (name.startsWith('account/')) return name as ActorId;
  if (account === undefined)
    return wrong(
      'actor',
      name,
      'a whole path, or --account beside it',
      'Such as account/A1/ledger.',
    );
  return (name === 'account' ? `account/${account}` : `account/${account}/${name}`) as ActorId;
}

function orderOf(request: OperatorRequest): OrderId {
  const named = request.order ?? scoped('order', request) ?? request.scope ?? request.target;
  return named === undefined ? missing('order', 'Name the order.') : (named as OrderId);
}

function flattenOf(request: OperatorRequest): OperatorVerb {
  const { scope = 'account', instrument } = request;
  const groupId = scoped('group', request);
  if (groupId !== undefined) return { verb: 'flatten', groupId };
  const [kind = '', ...rest] = scope.split(':');
  const named =
    instrument ??
    (rest.length > 0 ? rest.join(':') : kind.toLowerCase() === 'account' ? undefined : scope);
  return named === undefined
    ? { verb: 'flatten' }
    : { verb: 'flatten', instrument: instrumentOf(named) };
}

function resolveOf(request: OperatorRequest): OperatorVerb {
  const { outcome = 'canceled', evidence, reason } = request;
  return { verb: 'resolve', orderId: orderOf(request), outcome, evidence: evidence ?? reason };
}

function acknowledgeOf(request: OperatorRequest): OperatorVerb {
  const { order, rule, lock, scope } = request;
  const named = order ?? scoped('order', request);
  if (named !== undefined) return { verb: 'acknowledge', orderId: named as OrderId };
  const isWhole = rule === undefined && lock === undefined && scope?.toLowerCase() === 'account';
  return isWhole ? { verb: 'acknowledge' } : { verb: 'acknowledge', ...locksOf(request) };
}

function limitOf(request: OperatorRequest): OperatorVerb {
  const { rule: given, duration, amount, scope } = request;
  if (given === undefined) return missing('rule', 'Name the rule whose limit becomes tighter.');
  const rule = ruleIdOf(given);
  const key = request.key ?? scope ?? mainKeys[ruleById(rule)?.key ?? ''];
  if (key === undefined) return missing('key', 'Name the key of the rule.');
  const value =
    request.value ??
    (amount === undefined ? undefined : wholeMoney(amount)) ??
    (duration === undefined ? undefined : `${duration}ms`);
  return { verb: 'limit', rule, key, value: value ?? missing('value', 'Say the new value.') };
}

/** An amount as a person writes it; parsed amounts are in millionths. */
function wholeMoney(units: number): string {
  const sign = units < 0 ? '-' : '';
  const digits = String(Math.abs(units)).padStart(7, '0');
  const cents = digits.slice(-6).replace(/0+$/u, '');
  return `${sign}${digits.slice(0, -6)}${cents === '' ? '' : `.${cents}`}`;
}

function resetOf({ reset, scope }: OperatorRequest): 'daily' | 'weekly' {
  const word = reset ?? scope?.toLowerCase() ?? 'daily';
  if (word === 'account') return 'daily';
  return word === 'daily' || word === 'weekly'
    ? word
    : wrong('reset', word, 'daily or weekly', 'Correct the reset.');
}
