/** Schemas of the steps. Source: scenario-format 3. */
import { z } from 'zod';
import { Expectation } from './expect-format.ts';
import { Amount, DurationText, Flag, Text, VenueTimeText, word } from './values.ts';
import {
  operatorVerbs,
  orderTypes,
  productStatuses,
  sides,
  statuses,
  venueEvents,
} from './vocabulary.ts';

const Side = word(sides);
const OrderType = word(orderTypes);
const venueTime = VenueTimeText.optional();

const Match = z.strictObject({
  ref: Text.optional(),
  instrument: Text.optional(),
  side: Side.optional(),
  command: word(['submit', 'cancel', 'modify', 'close', 'query']).optional(),
});
const code = z.string().min(1);

/** Settings of the scripted venue; what is not named stays as it is. Source: scenario-format 2. */
export const VenueSettings = z.strictObject({
  fillAt: word(['touch', 'last', 'scripted']).optional(),
  latency: DurationText.optional(),
  feePerLot: Amount.optional(),
  reject: z.array(z.strictObject({ match: Match.optional(), code })).optional(),
  status: z.array(z.strictObject({ match: Match.optional(), code: Amount })).optional(),
  hang: z.array(z.strictObject({ match: Match.optional(), for: DurationText })).optional(),
  loseAck: z.array(z.strictObject({ match: Match.optional() })).optional(),
  hideFromSearch: z
    .array(z.strictObject({ match: Match.optional(), for: DurationText.optional() }))
    .optional(),
  failQuery: z
    .array(
      z.strictObject({
        match: Match.optional(),
        code: code.optional(),
        timeout: z.union([Flag, DurationText]).optional(),
        times: Amount.optional(),
        for: DurationText.optional(),
      }),
    )
    .optional(),
  partial: z.union([z.null(), z.strictObject({ sizes: z.array(Amount) })]).optional(),
  duplicateEvents: Flag.optional(),
  reorder: Flag.optional(),
  nullLists: Flag.optional(),
  missingAccount: Flag.optional(),
  // Beyond the document: what else a venue gets wrong. Shares of what happens are percentages from 0 to 100.
  drop: Amount.optional(),
  jitter: DurationText.optional(),
  repeat: z.union([z.null(), z.strictObject({ share: Amount, within: DurationText })]).optional(),
  overfill: z
    .union([z.null(), z.strictObject({ share: Amount.optional(), quantity: Amount })])
    .optional(),
  cancelRace: z
    .array(
      z.strictObject({
        match: Match.optional(),
        race: z.enum(['fillFirst', 'fillBeside', 'fillAfter']),
        after: DurationText.optional(),
      }),
    )
    .optional(),
  listLag: DurationText.optional(),
  halfLists: Amount.optional(),
  wrongPositions: Amount.optional(),
  clockSkew: DurationText.optional(),
  products: z.record(Text, word(productStatuses)).optional(),
});
export type VenueSettings = z.output<typeof VenueSettings>;

const actions = {
  quote: z.strictObject({
    instrument: Text,
    bid: Amount.optional(),
    ask: Amount.optional(),
    last: Amount.optional(),
    venueTime,
  }),
  fill: z.strictObject({
    id: Text,
    instrument: Text,
    side: Side,
    quantity: Amount,
    price: Amount,
    fees: Amount.optional(),
    realizedPnl: Amount.optional(),
    orderId: Text.optional(),
    voided: Flag.optional(),
    venueTime,
  }),
  position: z.strictObject({
    instrument: Text,
    quantity: Amount,
    averagePrice: Amount.optional(),
    venueTime,
  }),
  order: z.strictObject({
    venueOrderId: Text,
    instrument: Text,
    side: Side,
    type: OrderType,
    quantity: Amount,
    limitPrice: Amount.optional(),
    stopPrice: Amount.optional(),
    status: word(statuses),
    filled: Amount.optional(),
    parent: Text.optional(),
    venueTime,
  }),
  submit: z.strictObject({
    ref: Text,
    instrument: Text,
    side: Side,
    type: OrderType,
    quantity: Amount,
    limitPrice: Amount.optional(),
    stopPrice: Amount.optional(),
    timeInForce: word(['day', 'gtc', 'ioc', 'fok']).optional(),
    reduceOnly: Flag.optional(),
    strategy: Text.optional(),
    signalId: Text.optional(),
    signalTime: VenueTimeText.optional(),
    signalType: Text.optional(),
    maxAge: DurationText.optional(),
    bracket: z
      .strictObject({ stopTicks: Amount.optional(), targetTicks: Amount.optional() })
      .optional(),
    linkedTo: Text.optional(),
    parent: Text.optional(),
    // Beyond the document.
    postOnly: Flag.optional(),
  }),
  group: z.strictObject({
    ref: Text,
    legs: z.array(
      z.strictObject({
        ref: Text,
        instrument: Text,
        side: Side,
        quantity: Amount,
        type: OrderType,
        limitPrice: Amount.optional(),
        priority: Amount.optional(),
      }),
    ),
  }),
  cancel: z.strictObject({ ref: Text }),
  modify: z.strictObject({
    ref: Text,
    quantity: Amount.optional(),
    limitPrice: Amount.optional(),
    stopPrice: Amount.optional(),
  }),
  venueEvent: z
    .strictObject({
      ref: Text.optional(),
      venueOrderId: Text.optional(),
      event: word(venueEvents),
      quantity: Amount.optional(),
      price: Amount.optional(),
      fillId: Text.optional(),
      venueTime,
    })
    .refine(({ ref, venueOrderId }) => (ref === undefined) !== (venueOrderId === undefined), {
      error: 'exactly one of ref and venueOrderId',
    }),
  account: z.strictObject({
    id: Text.optional(),
    canTrade: Flag.optional(),
    balance: Amount.optional(),
    isVisible: Flag.optional(),
    name: Text.optional(),
    simulated: Flag.optional(),
    venueTime,
  }),
  link: z.union([
    word(['down', 'up', 'stale', 'authFailed', 'silent']),
    z.strictObject({ down: z.literal('all') }).transform((): 'downAll' => 'downAll'),
  ]),
  clock: z.strictObject({
    venue: DurationText.optional(),
    local: DurationText.optional(),
    pause: DurationText.optional(),
  }),
  advance: z.union([DurationText, z.strictObject({ to: Text })]),
  operator: z.strictObject({
    verb: word(operatorVerbs),
    role: Text.optional(),
    args: z
      .strictObject({
        by: Text.optional(),
        reason: z.string().optional(),
        rule: Text.optional(),
        lock: Text.optional(),
        scope: Text.optional(),
        duration: DurationText.optional(),
        irrevocable: Flag.optional(),
        amount: Amount.optional(),
        ref: Text.optional(),
        order: Text.optional(),
        instrument: Text.optional(),
        outcome: Text.optional(),
        limit: Amount.optional(),
        second: Text.optional(),
        key: Text.optional(),
        value: Text.optional(),
        actor: Text.optional(),
        strategy: Text.optional(),
        target: Text.optional(),
        evidence: Text.optional(),
        reset: Text.optional(),
        mode: Text.optional(),
        emergency: Flag.optional(),
        skipEvent: Flag.optional(),
        requestId: Text.optional(),
      })
      .optional(),
  }),
  config: z.record(z.string(), z.unknown()),
  kill: z.strictObject({
    scope: word(['account', 'all', 'instrument', 'strategy', 'order']),
    target: Text.optional(),
    by: word(['file', 'operator', 'api', 'signal']),
    mode: word(['cancelOnly', 'flatten']).optional(),
    emergency: Flag.optional(),
    reason: Text.optional(),
  }),
  venue: VenueSettings,
  fault: z.strictObject({
    worker: word(['crash', 'hang']).optional(),
    rule: Text.optional(),
    store: word(['full', 'error']).optional(),
    for: DurationText.optional(),
    actor: Text.optional(),
    poison: Flag.optional(),
  }),
  expect: Expectation,
} as const;

type Actions = typeof actions;
export type SimpleAction = keyof Actions;
export type Body<Action extends SimpleAction> = z.output<Actions[Action]>;

export type RestartBody = {
  readonly kind: 'clean' | 'crash';
  readonly downFor?: string;
  readonly meanwhile: readonly Step[];
  readonly crashAt?: 'afterCommit' | 'beforeSend' | 'afterSend';
  readonly during?: Step;
};

type Common = { readonly at?: string; readonly account?: string };
export type Step =
  | {
      [Action in SimpleAction]: Common & { readonly action: Action; readonly body: Body<Action> };
    }[SimpleAction]
  | (Common & { readonly action: 'restart'; readonly body: RestartBody });

export function actionSchema(action: string): z.ZodType | undefined {
  return Object.hasOwn(actions, action) ? actions[action as SimpleAction] : undefined;
}

export const actionNames: readonly string[] = [...Object.keys(actions), 'restart'];

/** The long form of `restart`, without the steps inside it. */
export const RestartForm = z.strictObject({
  kind: word(['clean', 'crash']),
  downFor: DurationText.optional(),
  meanwhile: z.array(z.unknown()).optional(),
  at: word(['afterCommit', 'beforeSend', 'afterSend']).optional(),
  during: z.unknown().optional(),
});
