/**
 * RULE-009, the hard lock outside the trading hours.
 *
 * The end of a session is an instant, not an event: the finding names when it has to be judged again, so a
 * quiet market is closed as well. A session counts as over `closeLeadSeconds` before its end. Where nothing
 * is known of trading hours there is nothing to judge.
 *
 * An instrument with hours of its own is judged by itself and locked by its symbol. While one of these is
 * open outside the account's hours, the account as a whole is not locked: its other instruments are closed
 * and locked one by one, and refused at the gate.
 */
import { z } from 'zod';
import { FlagValue } from '../domain/config-values.ts';
import { RuleId, type InstrumentId } from '../domain/ids.ts';
import { resolveInstrument } from '../domain/instruments.ts';
import type { SessionMoment } from '../domain/session.ts';
import type { RuleFinding, VerdictInput, WantedAction } from '../domain/verdict.ts';
import type { AccountFacts } from '../domain/view.ts';
import { isTimeOfDay, isZone } from '../domain/wall-clock.ts';
import { denyFinding, passFinding } from './findings.ts';
import { commonKeys, inheritedKeys, wholeBetween } from './rule-config.ts';
import type { RuleContext, RuleDefinition } from './rule.ts';

const TimeOfDay = z.string().refine(isTimeOfDay, { error: 'HH:MM in 24-hour form, in quotes' });
const OwnHours = z
  .strictObject({
    start: TimeOfDay,
    end: TimeOfDay,
    timezone: z
      .string()
      .refine(isZone, { error: 'an IANA zone such as America/Chicago' })
      .default('America/Chicago'),
  })
  .refine(({ start, end }) => start !== end, { error: 'a session ends at another time' });

const keys = z.strictObject({
  ...commonKeys('error'),
  ...inheritedKeys(),
  respectHolidays: FlagValue.default(true).describe('no session ends on a date of `holidays`'),
  respectEarlyClose: FlagValue.default(true).describe(
    'sessions end early on dates of `earlyClose`',
  ),
  closePositionsAtSessionEnd: FlagValue.default(true).describe(
    'cancel every order and close every position outside the session; false: the lock alone',
  ),
  sessionCloseGraceSeconds: wholeBetween(0, 600)
    .default(60)
    .describe(
      'a close at the end of a session that is not done by then raises a critical alert, and goes on',
    ),
  closeLeadSeconds: wholeBetween(0, 3_600)
    .default(0)
    .describe('this long before the end of a session it counts as over'),
  perInstrumentSessions: z
    .record(z.string(), OwnHours)
    .transform((hours) =>
      Object.fromEntries(
        Object.entries(hours).map(([root, own]) => [resolveInstrument(root)?.id ?? root, own]),
      ),
    )
    .default({})
    .describe(
      'hours of single instruments by root: {start, end, timezone}; an end before the start is on the next date',
    ),
});
const Config = keys.meta({
  description: 'Trading hours: outside the session nothing is open and nothing works.',
  enforcement:
    'At the end of the session: locks the account until the next session starts, cancels every order, closes every position, raises an alert. An instrument with hours of its own is closed and locked by itself.',
  edges: [
    'The end is outside already: at 15:00:00 a session until 15:00 is over, in a quiet market too.',
    'A session that runs overnight belongs to the date on which it ends; weekends, holidays and days that are not allowed are skipped, so a lock of Friday 15:00 ends on Monday 08:30.',
    'An engine that starts outside the session locks at once.',
    'With another lock trading resumes only when both are gone.',
    'Before the account has been compared with the venue it is locked, and closed once it has been.',
  ],
});
type Config = z.output<typeof Config>;

const rule = { id: RuleId.parse('RULE-009'), code: 'OUTSIDE_SESSION' } as const;

export const sessionBlockOutside: RuleDefinition<Config> = {
  ...rule,
  key: 'sessionBlockOutside',
  title: 'trading hours',
  precedence: 20,
  config: Config,
  triggers: { market: false, position: true, ledger: false },
  evaluate,
  watches: () => [],

  judgeOrder(context, config, order) {
    const hours = hoursOf(context, config, order.instrument);
    return hours === undefined
      ? passFinding(rule, { entity: 'account', unit: 'contracts', inputs: [], ...nothing })
      : finding(hasOwnHours(config, order.instrument) ? order.instrument : 'account', hours, []);
  },
};

const nothing = { observed: 0, limit: 0, headroom: 0 } as const;

/** Where the moment of an evaluation lies for one set of hours. */
type Hours = {
  readonly isOpen: boolean;
  /** Next instant at which that changes; absent: no session within a year. */
  readonly changesAtMs?: number;
  /** While outside: the start of the next session. */
  readonly nextStartMs?: number;
};

function evaluate(context: RuleContext, config: Config): readonly RuleFinding[] {
  const { facts } = context;
  const account = hoursOf(context, config);
  if (account === undefined) return [];
  const own = Object.keys(config.perInstrumentSessions).flatMap((root) => {
    const hours = hoursOf(context, config, root);
    return hours === undefined ? [] : [{ root: root as InstrumentId, hours }];
  });
  const findings = own.map(({ root, hours }) => {
    const wants = hours.isOpen ? [] : symbolWants(facts, config, [root], hours);
    return withGrace(finding(root, hours, wants, exposedOf(facts).includes(root) ? 1 : 0), config);
  });
  return [
    accountFinding(
      facts,
      config,
      account,
      own.map(({ hours }) => hours),
    ),
    ...findings,
  ];
}

function accountFinding(
  facts: AccountFacts,
  config: Config,
  hours: Hours,
  own: readonly Hours[],
): RuleFinding {
  const followers = exposedOf(facts).filter((one) => !hasOwnHours(config, one));
  if (hours.isOpen) return finding('account', hours, []);
  if (own.some(({ isOpen }) => isOpen)) {
    const wants = symbolWants(facts, config, followers, hours);
    return withGrace(finding('account', hours, wants, followers.length), config);
  }
  // Whoever starts first ends the lock of the account.
  const starts = [hours, ...own].flatMap(({ nextStartMs }) => nextStartMs ?? []);
  const lock = {
    type: 'setLock',
    scope: 'account',
    kind: 'untilSessionStart',
    ...(starts.length === 0 ? {} : { expiresAtMs: Math.min(...starts) }),
  } as const;
  const isClosing = config.closePositionsAtSessionEnd && facts.isReconciled && followers.length > 0;
  const close: readonly WantedAction[] = isClosing
    ? [{ type: 'cancelAllOrders' }, { type: 'flattenAccount' }]
    : [];
  const severity = isClosing ? config.severity : 'info';
  const wants = [lock, ...close, { type: 'alert', severity } as const];
  return withGrace(finding('account', hours, wants, followers.length), config);
}

/** What is closed is verified flat within the grace. Source: rules 3, RULE-009. */
function withGrace(judged: RuleFinding, { sessionCloseGraceSeconds }: Config): RuleFinding {
  const isClosing = judged.wants.some(
    ({ type }) => type === 'flattenAccount' || type === 'closePosition',
  );
  return isClosing ? { ...judged, graceMs: sessionCloseGraceSeconds * 1_000 } : judged;
}

/** Closes and locks instruments one by one. */
function symbolWants(
  facts: AccountFacts,
  config: Config,
  instruments: readonly InstrumentId[],
  { nextStartMs }: Hours,
): readonly WantedAction[] {
  const exposed = exposedOf(facts);
  const end = nextStartMs === undefined ? {} : { expiresAtMs: nextStartMs };
  const locks = instruments.map((one): WantedAction => ({
    type: 'setLock',
    scope: `symbol:${one}`,
    kind: 'untilSessionStart',
    ...end,
  }));
  const closing = instruments.filter(
    (one) => config.closePositionsAtSessionEnd && facts.isReconciled && exposed.includes(one),
  );
  const close = closing.flatMap((instrument): readonly WantedAction[] => [
    { type: 'cancelOrdersBySymbol', instrument },
    { type: 'closePosition', instrument },
  ]);
  const severity = closing.length > 0 ? config.severity : 'info';
  return [...locks, ...close, { type: 'alert', severity }];
}

/** Instruments with a position or an order that may still fill. */
function exposedOf({ positions, workingOrders }: AccountFacts): readonly InstrumentId[] {
  const ids = [...positions, ...workingOrders].map(({ instrument }) => instrument);
  return [...new Set(ids)].toSorted();
}

function hasOwnHours({ perInstrumentSessions }: Config, instrument: InstrumentId): boolean {
  return Object.hasOwn(perInstrumentSessions, instrument);
}

function hoursOf(
  { sessions, nowMs }: RuleContext,
  config: Config,
  root?: string,
): Hours | undefined {
  if (sessions === undefined) return undefined;
  const calendar = sessions.under(config);
  const now = calendar.at(nowMs, root);
  if (!now.isOpen) return outside(now);
  const closesAtMs = now.endsAtMs - config.closeLeadSeconds * 1_000;
  if (nowMs < closesAtMs) return { isOpen: true, changesAtMs: closesAtMs };
  // Sessions that touch are one, so what follows the end of one is a pause.
  return outside(calendar.at(now.endsAtMs, root));
}

function outside(moment: SessionMoment): Hours {
  if (moment.isOpen || moment.nextStartMs === undefined) return { isOpen: false };
  const { nextStartMs } = moment;
  return { isOpen: false, changesAtMs: nextStartMs, nextStartMs };
}

/** `exposed`: instruments with a position or an order outside. */
function finding(
  entity: RuleFinding['entity'],
  hours: Hours,
  wants: readonly WantedAction[],
  exposed = 0,
): RuleFinding {
  const { isOpen, changesAtMs } = hours;
  const until = changesAtMs === undefined ? '' : ` until ${new Date(changesAtMs).toISOString()}`;
  const inputs: VerdictInput[] = [
    { name: 'session', value: `${isOpen ? 'open' : 'closed'}${until}` },
  ];
  const figures = { entity, unit: 'contracts', inputs, ...nothing } as const;
  const found = isOpen
    ? passFinding(rule, figures)
    : denyFinding(rule, { ...figures, observed: exposed, wants });
  return changesAtMs === undefined ? found : { ...found, dueAtMs: changesAtMs };
}
