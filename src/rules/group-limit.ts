/**
 * A limit of several accounts together: a rule of the catalogue over the facts of all members, as one account would
 * have them. The account's own verdict and that of each of its groups must pass. Pure. Source: rules 11, group limits.
 *
 * Positions and orders of the members stay apart, so that a long of one account never hides a short of another where
 * absolute sizes count; each of them has the name `A1/MNQ` here. A breach asks every member for its own part: the
 * account-wide actions for itself, and of cuts those of its own positions. The plan is the same for all of them,
 * because all of them look at the same facts in the same order.
 */
import { addExact } from '../domain/arithmetic.ts';
import type { AccountId, InstrumentId, RuleId } from '../domain/ids.ts';
import type { RuleFinding, WantedAction } from '../domain/verdict.ts';
import type { AccountFacts } from '../domain/view.ts';
import { unknownFinding } from './findings.ts';
import type { RuleContext, RuleDefinition } from './rule.ts';

/** Rules that mean something for a group, by their keys: their findings are of the account, not of a position. */
export const groupRuleKeys = [
  'maxContracts',
  'dailyRealizedLoss',
  'dailyUnrealizedLoss',
  'dailyRealizedProfit',
] as const;

/** A quiet account learns within this time what the market does to the others. */
const lookAgainMs = 1_000;

/** The rule of a group, for each member; its id is `RULE-003@DESK`. @param name of the group, without `@` */
export function groupRule(definition: RuleDefinition, name: string): RuleDefinition {
  const id = `${definition.id}@${name.toUpperCase()}` as RuleId;
  const rule = { id, code: definition.code };
  const figures = { entity: 'account', unit: 'money', inputs: [] } as const;
  const unknown = (missing: string): RuleFinding =>
    unknownFinding(rule, { ...figures, missing: [missing] });
  return {
    ...definition,
    ...rule,
    key: `groups.${name}.${definition.key}`,
    title: `${definition.title} of ${name}`,
    // Not the market: the workers know one account at a time.
    triggers: { market: false, position: true, ledger: true },
    watches: () => [],

    evaluate(context, config) {
      const group = together(context, name);
      if (typeof group === 'string') return [unknown(group)];
      const mayMove = definition.triggers.market && group.context.facts.positions.length > 0;
      const due = mayMove ? { dueAtMs: addExact(context.nowMs, lookAgainMs) } : {};
      const owned = (finding: RuleFinding): RuleFinding => {
        const wants = finding.wants.flatMap((action) => group.own(action));
        return { ...finding, ...due, ruleId: id, wants };
      };
      return definition.evaluate(group.context, config).map(owned);
    },

    judgeOrder(context, config, order) {
      const group = together(context, name);
      if (typeof group === 'string') return unknown(group);
      const instrument = group.nameOf(context.facts.accountId, order.instrument);
      const finding = definition.judgeOrder?.(group.context, config, { ...order, instrument });
      if (finding === undefined) return unknown('judgement');
      return { ...finding, ruleId: id };
    },
  };
}

type Together = {
  readonly context: RuleContext;
  readonly nameOf: (account: AccountId, instrument: InstrumentId) => InstrumentId;
  /** What of a wanted action is for the account that asks. */
  readonly own: (action: WantedAction) => readonly WantedAction[];
};

/** The members as one account, or the name of what is missing for that. */
function together(context: RuleContext, name: string): Together | string {
  const members = context.membersOf?.(name);
  if (members === undefined || members.length === 0) return `group:${name}`;
  const { facts, marks, instrumentOf } = context;
  const stranger = members.find(({ currency }) => currency !== facts.currency);
  if (stranger !== undefined) return `currency:${stranger.accountId}`;
  const real = new Map<InstrumentId, readonly [AccountId, InstrumentId]>();
  const nameOf = (account: AccountId, instrument: InstrumentId): InstrumentId => {
    const common = `${account}/${instrument}` as InstrumentId;
    real.set(common, [account, instrument]);
    return common;
  };
  const merged: AccountFacts = {
    accountId: facts.accountId,
    version: facts.version,
    currency: facts.currency,
    isReconciled: members.every(({ isReconciled }) => isReconciled),
    realizedUnits: sum(members, ({ realizedUnits }) => realizedUnits),
    feesUnits: sum(members, ({ feesUnits }) => feesUnits),
    dayStartMs: facts.dayStartMs,
    positions: members.flatMap(({ accountId, positions }) =>
      positions.map((one) => ({ ...one, instrument: nameOf(accountId, one.instrument) })),
    ),
    workingOrders: members.flatMap(({ accountId, workingOrders }) =>
      workingOrders.map((one) => ({ ...one, instrument: nameOf(accountId, one.instrument) })),
    ),
    trades: [],
    memory: {},
  };
  const realOf = (id: InstrumentId): InstrumentId => real.get(id)?.[1] ?? id;
  return {
    context: {
      facts: merged,
      marks: (id) => marks(realOf(id)),
      instrumentOf: (id) => instrumentOf(realOf(id)),
      nowMs: context.nowMs,
    },
    nameOf,
    own(action) {
      if (!('instrument' in action)) return [action];
      const [account, instrument] = real.get(action.instrument) ?? [];
      if (account !== facts.accountId || instrument === undefined) return [];
      return [{ ...action, instrument }];
    },
  };
}

function sum(members: readonly AccountFacts[], of: (facts: AccountFacts) => number): number {
  return members.reduce((total, facts) => addExact(total, of(facts)), 0);
}

/** `RULE-003` of `RULE-003@DESK`: the rule that a group applies; of any other id the id itself. */
export function appliedRule(id: RuleId): RuleId {
  return (id.split('@')[0] ?? id) as RuleId;
}
