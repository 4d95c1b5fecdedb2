import type { AccountRuntime, LockFacts } from '../../actors/account-runtime.ts';
/** What a stage shows at one moment, in the words of the format. */
import { ruleContext } from '../../actors/judge.ts';
import { boundaryTimer, weekTimer } from '../../actors/resets.ts';
import { actorId } from '../../actors/world.ts';
import { addExact } from '../../domain/arithmetic.ts';
import { RuleId, type AccountId, type OrderId } from '../../domain/ids.ts';
import { formatLots, formatTicks } from '../../domain/instrument.ts';
import { formatMoney } from '../../domain/money.ts';
import type { VerdictKind } from '../../domain/verdict.ts';
import { condition } from '../../kernel/assert.ts';
import type { TimerRow } from '../../ports/journal.port.ts';
import { openProfit, type MarkReading } from '../../rules/marks.ts';
import type { PaperOrder } from '../../venues/paper/paper-order.ts';
import type { Stage } from './stage.ts';
import { instantText } from './times.ts';
import type { SentCommand } from './venue-tap.ts';

type Fields = Readonly<Record<string, string | boolean>>;

export function accountOf(stage: Stage, id: AccountId): AccountRuntime {
  const account = stage.running.engine.world.accounts.get(id);
  condition(account !== undefined, () => `an account of the engine, was ${id}`);
  return account;
}

/** Signed quantities by the spelling of the scenario, flat ones left out. */
export function positions(stage: Stage, id: AccountId): Readonly<Record<string, string>> {
  const rows = [...accountOf(stage, id).positions.values()];
  return byInstrument(
    stage,
    rows.map(({ instrument, openLots }) => ({ instrument, openLots })),
  );
}

export function venuePositions(stage: Stage, id: AccountId): Readonly<Record<string, string>> {
  const rows = stage.venue.ledger().positions.filter(({ accountId }) => accountId === id);
  return byInstrument(
    stage,
    rows.map(({ instrument, book }) => ({ instrument, openLots: book.openLots })),
  );
}

function byInstrument(
  stage: Stage,
  rows: readonly {
    instrument: AccountRuntime['positions'] extends Map<infer Id, unknown> ? Id : never;
    openLots: number;
  }[],
): Readonly<Record<string, string>> {
  const entries = rows.flatMap(({ instrument, openLots }): [string, string][] => {
    const known = stage.names.atVenue.get(instrument);
    return known === undefined || openLots === 0
      ? []
      : [[stage.names.spellingOf(instrument), formatLots(known, openLots)]];
  });
  return Object.fromEntries(entries);
}

/** Today's figures of the ledger as decimal text. */
export function moneyOf(
  stage: Stage,
  id: AccountId,
  what: 'realized' | 'fees' | 'net' | 'balance',
): string {
  const account = accountOf(stage, id);
  const text = (units: number): string => formatMoney(units, account.currency);
  switch (what) {
    case 'realized':
      return text(account.realizedUnits);
    case 'fees':
      return text(account.feesUnits);
    case 'net':
      return text(addExact(account.realizedUnits, -account.feesUnits));
    case 'balance': {
      const units = stage.running.engine.world.cells.get(actorId(id, 'ledger'))?.context[
        'balanceUnits'
      ];
      return typeof units === 'number' ? text(units) : 'unknown';
    }
  }
}

/** Open profit over all positions, or `unknown` when one of them has no usable price. */
export function unrealized(stage: Stage, id: AccountId): string {
  const account = accountOf(stage, id);
  const context = ruleContext(stage.running.engine.world, account.facts());
  const { scenario, settings } = stage;
  const general = (scenario.config['general'] ?? {}) as { markPrice?: MarkReading['markPrice'] };
  const reading: MarkReading = {
    markPrice: general.markPrice ?? 'exitSide',
    quoteMaxAgeSeconds: settings.quoteMaxAgeMs / 1_000,
  };
  let sum = 0;
  for (const position of account.positions.values()) {
    const profit = openProfit(context, position, reading);
    if (!profit.isKnown) return 'unknown';
    sum = addExact(sum, profit.units);
  }
  return formatMoney(sum, account.currency);
}

/** The verdict of a rule, evaluated now; a rule that is off has nothing to watch. */
export function verdict(stage: Stage, id: AccountId, rule: string): VerdictKind {
  const account = accountOf(stage, id);
  const { world } = stage.running.engine;
  const configured = account.rules.find(({ definition }) => definition.id === rule);
  if (configured === undefined) return 'PASS';
  const cell = world.cells.get(actorId(id, `rule/${RuleId.parse(rule)}`));
  const unknown = cell?.context['unknown'] as Readonly<Record<string, unknown>> | undefined;
  if (cell?.status !== 'live' || unknown?.['evaluation'] !== undefined) return 'UNKNOWN';
  const findings = configured.definition.evaluate(
    ruleContext(world, account.facts()),
    configured.config,
  );
  const kinds = new Set(findings.map((finding) => finding.verdict));
  return kinds.has('DENY') ? 'DENY' : kinds.has('UNKNOWN') ? 'UNKNOWN' : 'PASS';
}

export function lockFields(stage: Stage, lock: LockFacts): Fields {
  return {
    rule: lock.source,
    scope: lock.scope,
    kind: lock.kind,
    until:
      lock.expiresAtMs === undefined ? 'none' : instantText(lock.expiresAtMs, stage.scenario.zone),
  };
}

/** Regions of an order by its ref: what is committed, whether or not its actor is live. */
export function orderRegions(stage: Stage, ref: string): Fields {
  const outcome = stage.refs.get(ref);
  if (outcome === undefined) return {};
  const orderId = 'orderId' in outcome ? outcome.orderId : stage.wishes.get(ref)?.intentId;
  for (const { id } of orderId === undefined ? [] : stage.settings.accounts) {
    const state = stage.running.journal.readActor(actorId(id, `order/${orderId}`));
    if (state !== undefined) return JSON.parse(state.stateJson) as Fields;
  }
  // It has an actor only once the venue has spoken of it.
  return 'orderId' in outcome ? {} : { execution: 'denied', request: 'none', integrity: 'clean' };
}

const statusNames: Readonly<Record<string, string>> = {
  working: 'open',
  partial: 'open',
  triggered: 'open',
};

/** An order as the venue has it; the quantity is what may still fill. */
export function venueOrderFields(stage: Stage, order: PaperOrder): Fields {
  const instrument = stage.names.atVenue.get(order.instrument);
  condition(instrument !== undefined, 'the venue has orders of known instruments only');
  const ref = order.orderId === undefined ? undefined : stage.refOf(order.orderId);
  return {
    ...(ref === undefined ? {} : { ref }),
    venueOrderId: order.venueOrderId,
    instrument: stage.names.spellingOf(order.instrument),
    side: order.side,
    type: order.orderType,
    quantity: formatLots(instrument, order.quantityLots - order.filledLots),
    ...(order.limitTicks === undefined
      ? {}
      : { limitPrice: formatTicks(instrument, order.limitTicks) }),
    ...(order.stopTicks === undefined
      ? {}
      : { stopPrice: formatTicks(instrument, order.stopTicks) }),
    status: statusName(order),
  };
}

function statusName({ status, isCancelPending, isUnreadable }: PaperOrder): string {
  if (isUnreadable === true) return 'none';
  return isCancelPending === true ? 'pendingCancel' : (statusNames[status] ?? status);
}

export type SentFields =
  | { readonly kind: 'submit'; readonly fields: Fields }
  | { readonly kind: 'cancel'; readonly fields: Fields }
  | { readonly kind: 'close'; readonly fields: Fields }
  | { readonly kind: 'closePartial'; readonly fields: Fields }
  | { readonly kind: 'modify'; readonly fields: Fields };

/** A command in the words of `sent`: a market order of the engine itself that only reduces is a close. */
export function sentFields(stage: Stage, command: SentCommand): SentFields {
  if (command.kind === 'submit') return submitFields(stage, command);
  const request = command.kind === 'cancel' ? command.cancel : command.modify;
  const instrument = stage.names.atVenue.get(request.instrument);
  const ref = stage.refOf(request.orderId);
  const venueOrderId = venueIdOf(stage, request.orderId);
  const names = {
    ...(ref === undefined ? {} : { ref }),
    ...(venueOrderId === undefined ? {} : { venueOrderId }),
    instrument: stage.names.spellingOf(request.instrument),
  };
  if (command.kind === 'cancel' || instrument === undefined)
    return { kind: 'cancel', fields: names };
  const { quantityLots, limitTicks, stopTicks } = command.modify;
  return {
    kind: 'modify',
    fields: {
      ...names,
      ...(quantityLots === undefined ? {} : { quantity: formatLots(instrument, quantityLots) }),
      ...(limitTicks === undefined ? {} : { limitPrice: formatTicks(instrument, limitTicks) }),
      ...(stopTicks === undefined ? {} : { stopPrice: formatTicks(instrument, stopTicks) }),
    },
  };
}

function submitFields(
  stage: Stage,
  { order, openLots }: Extract<SentCommand, { kind: 'submit' }>,
): SentFields {
  const instrument = stage.names.atVenue.get(order.instrument);
  condition(instrument !== undefined, 'only known instruments are sent');
  const ref = stage.refOf(order.orderId);
  const spelling = stage.names.spellingOf(order.instrument);
  const quantity = formatLots(instrument, order.quantityLots);
  if (ref === undefined && order.reduceOnly && order.orderType === 'market') {
    const isWhole = order.quantityLots >= Math.abs(openLots);
    return { kind: isWhole ? 'close' : 'closePartial', fields: { instrument: spelling, quantity } };
  }
  return {
    kind: 'submit',
    fields: {
      ...(ref === undefined ? {} : { ref }),
      instrument: spelling,
      side: order.side,
      type: order.orderType,
      quantity,
      ...(order.limitTicks === undefined
        ? {}
        : { limitPrice: formatTicks(instrument, order.limitTicks) }),
      ...(order.stopTicks === undefined
        ? {}
        : { stopPrice: formatTicks(instrument, order.stopTicks) }),
      timeInForce: order.timeInForce,
      reduceOnly: order.reduceOnly,
    },
  };
}

function venueIdOf(stage: Stage, orderId: OrderId): string | undefined {
  return stage.venue
    .ledger()
    .orders.find((order) => order.orderId === orderId || (order.venueOrderId as string) === orderId)
    ?.venueOrderId;
}

/**
 * Durable timers of an account, without the engine's own clock for the end of the trading day. The graces of RULE-008
 * are among them: their rows are the facts that they are computed from.
 */
export function timers(stage: Stage, id: AccountId): readonly Pick<TimerRow, 'name' | 'dueAtMs'>[] {
  const root = actorId(id, 'account');
  const rows = stage.running.engine.world.timers
    .list()
    .filter(
      ({ owner, name }) =>
        (owner === root || owner.startsWith(`${root}/`)) &&
        name !== boundaryTimer &&
        name !== weekTimer,
    );
  return [...rows, ...graces(stage, id)];
}

function graces(stage: Stage, id: AccountId): readonly Pick<TimerRow, 'name' | 'dueAtMs'>[] {
  const account = accountOf(stage, id);
  const context = ruleContext(stage.running.engine.world, account.facts());
  const rule = account.rules.find(({ definition }) => definition.id === 'RULE-008');
  const findings = rule?.definition.evaluate(context, rule.config) ?? [];
  return findings.flatMap(({ verdict: kind, entity, dueAtMs }) =>
    kind === 'PASS' && dueAtMs !== undefined && dueAtMs > context.nowMs
      ? [{ name: `grace/${entity}`, dueAtMs }]
      : [],
  );
}
