/** Checks one `expect`: every key that is given must hold now. Source: scenario-format 4. */
import type { AccountId } from '../../domain/ids.ts';
import { isOpen } from '../../venues/paper/paper-order.ts';
import { isSameNumber, matchesAll } from './compare.ts';
import type { Expectation, LockShape, SentShape, VenueOrderShape } from './expect-format.ts';
import * as read from './readings.ts';
import type { Stage } from './stage.ts';
import type { Step } from './step-format.ts';
import { momentMs } from './steps/control.ts';
import { instantText } from './times.ts';
import type { NumberText } from './values.ts';
import { isNamedOccurrence } from './vocabulary.ts';

/** What differs, key by key. */
export type Difference = {
  readonly key: string;
  readonly expected: unknown;
  readonly actual: unknown;
};
type Check = (stage: Stage, body: Expectation, account: AccountId) => Difference | undefined;
type Fields = Readonly<Record<string, string | boolean>>;

/** All differences; empty when the expectation holds. Begins a new stretch for what counts since the last expect. */
export function checkExpectation(
  stage: Stage,
  step: Extract<Step, { action: 'expect' }>,
): readonly Difference[] {
  const account = stage.accountOf(step);
  const differences = Object.keys(checks)
    .filter((key) => step.body[key as keyof Expectation] !== undefined)
    .flatMap((key) => checks[key as keyof typeof checks](stage, step.body, account) ?? []);
  stage.beginStretch();
  return differences;
}

const checks = {
  positions: (stage, { positions = {} }, account) =>
    checkQuantities('positions', positions, read.positions(stage, account)),
  venuePositions: (stage, { venuePositions = {} }, account) =>
    checkQuantities('venuePositions', venuePositions, read.venuePositions(stage, account)),
  venueOrders: checkVenueOrders,
  realized: (stage, { realized = null }, account) =>
    checkMoney('realized', realized, read.moneyOf(stage, account, 'realized')),
  fees: (stage, { fees = null }, account) =>
    checkMoney('fees', fees, read.moneyOf(stage, account, 'fees')),
  net: (stage, { net = null }, account) =>
    checkMoney('net', net, read.moneyOf(stage, account, 'net')),
  unrealized: (stage, { unrealized = null }, account) =>
    checkMoney('unrealized', unrealized, read.unrealized(stage, account)),
  balance: (stage, { balance = null }, account) =>
    checkMoney('balance', balance, read.moneyOf(stage, account, 'balance')),
  tradingState: (stage, { tradingState }, account) =>
    checkEqual('tradingState', tradingState, read.accountOf(stage, account).effectiveState),
  locks: checkLocks,
  killSwitch: (stage, { killSwitch }, account) =>
    checkEqual(
      'killSwitch',
      killSwitch,
      read.accountOf(stage, account).kills.length === 0 ? 'clear' : 'latched',
    ),
  verdicts: (stage, { verdicts = {} }, account) =>
    checkMap('verdicts', verdicts, (rule) => read.verdict(stage, account, rule)),
  denied: checkDenied,
  operator: checkOperator,
  orders: checkOrders,
  sent: checkSent,
  submissions: checkSubmissions,
  alerts: (stage, { alerts = [] }) => checkNames('alerts', alerts, stage.alerts),
  incidents: (stage, { incidents = [] }) => checkNames('incidents', incidents, stage.incidents),
  timers: checkTimers,
} as const satisfies Record<string, Check>;

function checkEqual(key: string, expected: unknown, actual: unknown): Difference | undefined {
  return expected === actual ? undefined : { key, expected, actual };
}

/** What the first of two people has said is taken, and has not happened: both words hold. */
function checkOperator(stage: Stage, { operator }: Expectation): Difference | undefined {
  const answer = stage.operatorAnswer;
  if (answer?.outcome === operator || answer?.outcome === 'pending') return undefined;
  const actual = answer === undefined ? 'nothing was asked' : `${answer.outcome}: ${answer.text}`;
  return { key: 'operator', expected: operator, actual };
}

function checkMoney(key: string, expected: NumberText, actual: string): Difference | undefined {
  if (expected === 'unknown') return checkEqual(key, 'unknown', actual);
  return actual !== 'unknown' && isSameNumber(expected, actual)
    ? undefined
    : { key, expected, actual };
}

/** Instruments that are not named may hold anything. */
function checkQuantities(
  key: string,
  expected: Readonly<Record<string, NumberText>>,
  all: Fields,
): Difference | undefined {
  const actual = Object.fromEntries(
    Object.keys(expected).map((name) => [name, String(all[name] ?? '0')]),
  );
  const isRight = Object.entries(expected).every(([name, quantity]) =>
    isSameNumber(quantity, actual[name] ?? '0'),
  );
  return isRight ? undefined : { key, expected, actual: { ...actual, ...all } };
}

function checkMap(
  key: string,
  expected: Readonly<Record<string, string>>,
  actualOf: (name: string) => string,
): Difference | undefined {
  const actual = Object.fromEntries(Object.keys(expected).map((name) => [name, actualOf(name)]));
  return Object.entries(expected).every(([name, value]) => actual[name] === value)
    ? undefined
    : { key, expected, actual };
}

/** Every field of the pattern is there and the same; numbers as numbers. */
function isSubset(pattern: Readonly<Record<string, unknown>>, fields: Fields): boolean {
  return Object.entries(pattern).every(([name, value]) => {
    const actual = fields[name];
    if (value === undefined) return true;
    if (actual === undefined) return false;
    const isNumber = ['quantity', 'limitPrice', 'stopPrice'].includes(name);
    return isNumber ? isSameNumber(value as NumberText, String(actual)) : value === actual;
  });
}

function checkVenueOrders(
  stage: Stage,
  { venueOrders }: Expectation,
  account: AccountId,
): Difference | undefined {
  const expected: readonly VenueOrderShape[] =
    venueOrders === undefined || venueOrders === 'none' ? [] : venueOrders;
  const withClosed = expected.some(
    ({ status = 'open' }) => status !== 'open' && status !== 'suspended',
  );
  const actual = stage.venue
    .ledger()
    .orders.filter((order) => order.accountId === account && (withClosed || isOpen(order)))
    .map((order) => read.venueOrderFields(stage, order));
  return matchesAll(expected, actual, isSubset)
    ? undefined
    : { key: 'venueOrders', expected: venueOrders, actual };
}

function checkLocks(
  stage: Stage,
  { locks }: Expectation,
  account: AccountId,
): Difference | undefined {
  const expected: readonly LockShape[] = locks === undefined || locks === 'none' ? [] : locks;
  const facts = [...read.accountOf(stage, account).locks.values()];
  const actual = facts.map((lock) => read.lockFields(stage, lock));
  const normal = expected.map(({ rule, kind, until, scope }) => ({
    rule,
    kind,
    scope: scope === undefined ? undefined : scopeName(stage, scope),
    until: until === undefined ? undefined : untilText(stage, until),
  }));
  return matchesAll(normal, actual, isSubset)
    ? undefined
    : { key: 'locks', expected: locks, actual };
}

/** An instant in the form of the actual one; `none` and null are a lock without an end. */
function untilText(stage: Stage, until: string | null): string {
  if (until === null || until === 'none') return 'none';
  return instantText(momentMs(stage, until), stage.scenario.zone);
}

/** `symbol:CON.F.US.ENQ.M26` means the root that the engine locks. */
function scopeName(stage: Stage, scope: string): string {
  const [kind = '', name] = scope.split(':', 2);
  if (name === undefined) return kind.toLowerCase();
  return `${kind.toLowerCase()}:${stage.names.find(name)?.id ?? name}`;
}

function checkDenied(stage: Stage, { denied }: Expectation): Difference | undefined {
  const expected = denied === undefined || denied === 'none' ? {} : denied;
  const codeOf = (ref: string): string => {
    const outcome = stage.refs.get(ref);
    return outcome === undefined ? 'never submitted' : (outcome.denial?.code ?? 'accepted');
  };
  if (denied !== 'none') return checkMap('denied', expected, codeOf);
  const refs = [...stage.refs.keys()].filter((ref) => codeOf(ref) !== 'accepted');
  return refs.length === 0
    ? undefined
    : {
        key: 'denied',
        expected: 'none',
        actual: Object.fromEntries(refs.map((ref) => [ref, codeOf(ref)])),
      };
}

function checkOrders(stage: Stage, { orders = {} }: Expectation): Difference | undefined {
  const actual = Object.fromEntries(
    Object.keys(orders).map((ref) => [ref, read.orderRegions(stage, ref)]),
  );
  const isRight = Object.entries(orders).every(([ref, regions]) =>
    isSubset(regions, actual[ref] ?? {}),
  );
  return isRight ? undefined : { key: 'orders', expected: orders, actual };
}

function checkSent(stage: Stage, { sent, ordered = false }: Expectation): Difference | undefined {
  const expected: readonly SentShape[] = sent === undefined || sent === 'none' ? [] : sent;
  const actual = stage.sent.map((command) => read.sentFields(stage, command));
  const isRight = matchesAll(
    expected,
    actual,
    (pattern, command) => isSent(stage, pattern, command),
    ordered,
  );
  return isRight
    ? undefined
    : {
        key: 'sent',
        expected: sent,
        actual: actual.map(({ kind, fields }) => ({ [kind]: fields })),
      };
}

function isSent(stage: Stage, pattern: SentShape, { kind, fields }: read.SentFields): boolean {
  if ('submit' in pattern) {
    return (
      kind === 'submit' &&
      (typeof pattern.submit === 'string'
        ? fields['ref'] === pattern.submit
        : isSubset(pattern.submit, fields))
    );
  }
  if ('cancel' in pattern)
    return (
      kind === 'cancel' &&
      (fields['ref'] === pattern.cancel || fields['venueOrderId'] === pattern.cancel)
    );
  if ('close' in pattern) return kind === 'close' && isNamed(stage, pattern.close, fields);
  if ('modify' in pattern) return kind === 'modify' && isSubset(pattern.modify, fields);
  return (
    kind === 'closePartial' &&
    Object.entries(pattern.closePartial).every(
      ([name, quantity]) =>
        isNamed(stage, name, fields) && isSameNumber(quantity, String(fields['quantity'])),
    )
  );
}

function isNamed(stage: Stage, spelling: string, fields: Fields): boolean {
  const instrument = stage.names.findAtVenue(spelling);
  return instrument !== undefined && stage.names.spellingOf(instrument.id) === fields['instrument'];
}

function checkSubmissions(stage: Stage, { submissions = {} }: Expectation): Difference | undefined {
  const counts = stage.venue.ledger().submissions;
  const actual = Object.fromEntries(
    Object.keys(submissions).map((ref) => {
      const orderId = stage.orderIdOf(ref);
      return [ref, String(orderId === undefined ? 0 : (counts.get(orderId) ?? 0))];
    }),
  );
  const isRight = Object.entries(submissions).every(([ref, count]) =>
    isSameNumber(count, actual[ref] ?? '0'),
  );
  return isRight ? undefined : { key: 'submissions', expected: submissions, actual };
}

/** A subset: others may have occurred; `none` says that nothing did. */
function checkNames(
  key: string,
  expected: 'none' | readonly string[],
  actual: readonly string[],
): Difference | undefined {
  const isRight = expected === 'none' ? actual.length === 0 : matchesEach(expected, actual);
  return isRight ? undefined : { key, expected, actual: [...actual] };
}

/** A name that is listed twice has to have occurred twice. */
function matchesEach(names: readonly string[], occurred: readonly string[]): boolean {
  const left = [...occurred];
  return names.every((name) => {
    const at = left.findIndex((one) => isNamedOccurrence(name, one));
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}

function checkTimers(
  stage: Stage,
  { timers }: Expectation,
  account: AccountId,
): Difference | undefined {
  const { zone } = stage.scenario;
  const expected = timers === undefined || timers === 'none' ? [] : timers;
  const actual = read
    .timers(stage, account)
    .map(({ name, dueAtMs }) => ({ name, due: instantText(dueAtMs, zone) }));
  const normal = expected.map(({ name, due }) => ({
    name,
    due: due === undefined ? undefined : instantText(momentMs(stage, due), zone),
  }));
  return matchesAll(normal, actual, isSubset)
    ? undefined
    : { key: 'timers', expected: timers, actual };
}
