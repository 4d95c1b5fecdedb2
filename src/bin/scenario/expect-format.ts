/** Schema of what a scenario expects. Source: scenario-format 4. */
import { z } from 'zod';
import { executionStates, integrityStates, requestStates } from '../../domain/order.ts';
import { Amount, Flag, Text, word } from './values.ts';
import {
  isDenialCode,
  isRuleName,
  lockKinds,
  orderTypes,
  ruleIdByKey,
  sides,
  statuses,
  tradingStates,
  verdictKinds,
} from './vocabulary.ts';

const none = z.literal('none');
/** A single entry may stand without a list around it. */
const listOf = <Item extends z.ZodType>(item: Item) =>
  z.union([none, z.array(item), item.transform((one) => [one])]);

const RuleName = z
  .string()
  .transform((name) => ruleIdByKey[name] ?? name.toUpperCase())
  .refine(isRuleName, { error: 'a rule is RULE-001 to RULE-013' });
const DenialName = z.string().refine(isDenialCode, { error: 'a code of the denial catalogue' });

const OrderShape = {
  ref: Text.optional(),
  venueOrderId: Text.optional(),
  instrument: Text.optional(),
  side: word(sides).optional(),
  type: word(orderTypes).optional(),
  quantity: Amount.optional(),
  limitPrice: Amount.optional(),
  stopPrice: Amount.optional(),
};
const VenueOrderShape = z.strictObject({ ...OrderShape, status: word(statuses).optional() });

const SubmitShape = z.strictObject({
  ...OrderShape,
  reduceOnly: Flag.optional(),
  timeInForce: word(['day', 'gtc', 'ioc', 'fok']).optional(),
});

const Sent = z.union([
  z.strictObject({ submit: z.union([Text, SubmitShape]) }),
  z.strictObject({ cancel: Text }),
  z.strictObject({ close: Text }),
  z.strictObject({ closePartial: z.record(z.string(), Amount) }),
  z.strictObject({
    modify: z.strictObject({
      ref: Text.optional(),
      instrument: Text.optional(),
      quantity: Amount.optional(),
      limitPrice: Amount.optional(),
      stopPrice: Amount.optional(),
    }),
  }),
]);

const LockShape = z.strictObject({
  rule: z
    .string()
    .transform((name) =>
      name.toLowerCase() === 'operator' ? 'operator' : (ruleIdByKey[name] ?? name.toUpperCase()),
    )
    .optional(),
  scope: Text.optional(),
  kind: word(lockKinds).optional(),
  /** An instant, or `none` for a lock without an end in time. */
  until: z.union([Text, z.null()]).optional(),
});

export const Expectation = z.strictObject({
  positions: z.record(z.string(), Amount).optional(),
  venuePositions: z.record(z.string(), Amount).optional(),
  venueOrders: listOf(VenueOrderShape).optional(),
  realized: Amount.optional(),
  fees: Amount.optional(),
  net: Amount.optional(),
  unrealized: z
    .union([
      z
        .string()
        .regex(/^unknown$/iu)
        .transform((): 'unknown' => 'unknown'),
      Amount,
    ])
    .optional(),
  balance: Amount.optional(),
  tradingState: word(tradingStates).optional(),
  locks: listOf(LockShape).optional(),
  killSwitch: word(['latched', 'clear']).optional(),
  verdicts: z.record(RuleName, word(verdictKinds)).optional(),
  denied: z.union([none, z.record(z.string(), DenialName)]).optional(),
  operator: word(['accepted', 'refused']).optional(),
  orders: z
    .record(
      z.string(),
      z.strictObject({
        execution: word(executionStates).optional(),
        request: word(requestStates).optional(),
        integrity: word(integrityStates).optional(),
      }),
    )
    .optional(),
  sent: listOf(Sent).optional(),
  ordered: Flag.optional(),
  submissions: z.record(z.string(), Amount).optional(),
  alerts: listOf(Text).optional(),
  incidents: listOf(Text).optional(),
  timers: listOf(z.strictObject({ name: Text.optional(), due: Text.optional() })).optional(),
});
export type Expectation = z.output<typeof Expectation>;
export type SentShape = z.output<typeof Sent>;
export type LockShape = z.output<typeof LockShape>;
export type VenueOrderShape = z.output<typeof VenueOrderShape>;
