/** Our own commands and those of an operator. */
import type { AccountId, ActorId, InstrumentId, LockId } from '../../../domain/ids.ts';
import type { Instrument } from '../../../domain/instrument.ts';
import type { OrderIntent, Purpose } from '../../../domain/order.ts';
import { condition } from '../../../kernel/assert.ts';
import { lots, ticks } from '../numbers.ts';
import type { Stage } from '../stage.ts';
import type { Body, Step } from '../step-format.ts';
import { durationMs } from '../times.ts';
import { Unsupported } from '../unsupported.ts';
import { ruleIdByKey } from '../vocabulary.ts';
import { venueTimeMs } from './venue-time.ts';

type Of<Action extends Step['action']> = Extract<Step, { action: Action }>;
type Wish = Omit<OrderIntent, 'intentId'>;

export function playSubmit(stage: Stage, step: Of<'submit'>): void {
  stage.submit(step.body.ref, wishOf(stage, step));
}

function wishOf(stage: Stage, step: Of<'submit'>): Wish {
  const { body } = step;
  const atMs = stage.nowMs();
  const instrument = stage.names.find(body.instrument);
  const reduceOnly = body.reduceOnly ?? false;
  return {
    accountId: stage.accountOf(step),
    instrument: instrument?.id ?? (body.instrument as InstrumentId),
    side: body.side,
    orderType: body.type,
    quantityLots: quantity(instrument, body),
    ...prices(instrument, body),
    timeInForce: body.timeInForce ?? 'day',
    reduceOnly,
    purpose: purposeOf(body, reduceOnly),
    source: body.strategy === undefined ? 'operator' : 'strategy',
    by: body.strategy ?? 'trader',
    ...(body.signalId === undefined
      ? {}
      : {
          signal: {
            id: body.signalId,
            type: body.signalType ?? 'signal',
            atMs: venueTimeMs(stage, body.signalTime),
          },
        }),
    maxAgeMs: body.maxAge === undefined ? stage.settings.intentMaxAgeMs : durationMs(body.maxAge),
    // The age of an intent counts from its signal.
    atMs:
      body.signalTime === undefined ? atMs : Math.min(atMs, venueTimeMs(stage, body.signalTime)),
  };
}

function purposeOf({ type }: Body<'submit'>, reduceOnly: boolean): Purpose {
  if (!reduceOnly) return 'entry';
  return type === 'market' ? 'exit' : 'protective';
}

/** A quantity that is no number is delivered as such: the gate has to refuse it. */
function quantity(instrument: Instrument | undefined, { quantity: text }: Body<'submit'>): number {
  if (text === null || text === 'NaN') return Number.NaN;
  if (instrument === undefined) return Number(text);
  return lots(instrument, text);
}

function prices(
  instrument: Instrument | undefined,
  { limitPrice, stopPrice }: Body<'submit'>,
): Pick<Wish, 'limitTicks' | 'stopTicks'> {
  const inTicks = (text: string | null): number => {
    if (text === null || text === 'NaN') return Number.NaN;
    if (instrument === undefined)
      throw new Unsupported('priced orders of an instrument without specification');
    return ticks(instrument, text);
  };
  return {
    ...(limitPrice === undefined ? {} : { limitTicks: inTicks(limitPrice) }),
    ...(stopPrice === undefined ? {} : { stopTicks: inTicks(stopPrice) }),
  };
}

export function playCancel(stage: Stage, step: Of<'cancel'>): void {
  cancel(stage, step.body.ref);
}

function cancel(stage: Stage, ref: string): void {
  const orderId = stage.orderIdOf(ref);
  condition(orderId !== undefined, () => `a cancel is of an order that was not denied, was ${ref}`);
  stage.running.engine.cancel(accountOfOrder(stage, ref), orderId, 'asked for by the scenario');
}

function accountOfOrder(stage: Stage, ref: string): AccountId {
  const orderId = stage.orderIdOf(ref);
  for (const account of stage.running.engine.world.accounts.values()) {
    if (stage.running.journal.readActor(`account/${account.id}/order/${orderId}`) !== undefined)
      return account.id;
  }
  return stage.accountOf({});
}

type Order = {
  readonly accountId: AccountId;
  readonly by: string;
  readonly reason: string;
  readonly args: NonNullable<Body<'operator'>['args']>;
};

const verbs: Readonly<Record<string, (stage: Stage, order: Order) => Promise<boolean>>> = {
  unlock,
  rearm,
  resume,
  cancel: cancelByOperator,
};

export async function playOperator(stage: Stage, step: Of<'operator'>): Promise<void> {
  const { verb, args = {} } = step.body;
  const play = verbs[verb];
  if (play === undefined) throw new Unsupported(`operator ${verb}`);
  const { by = 'operator', reason = '' } = args;
  const isAccepted = await play(stage, { accountId: stage.accountOf(step), by, reason, args });
  stage.operatorAnswer = isAccepted ? 'accepted' : 'refused';
}

async function rearm(stage: Stage, { accountId, by, reason }: Order): Promise<boolean> {
  const { engine } = stage.running;
  engine.put('control', { type: 'rearm', accountId, by, reason, atMs: stage.nowMs() });
  await stage.rest();
  return engine.world.accounts.get(accountId)?.effectiveState !== 'HALTED';
}

async function resume(stage: Stage, { accountId, by, reason, args }: Order): Promise<boolean> {
  condition(args.scope !== undefined, 'resume names its actor as scope');
  const { engine } = stage.running;
  const actor = actorName(accountId, args.scope) as ActorId;
  engine.resume(actor, { skipEvent: true, by, reason });
  await stage.rest();
  return engine.world.cells.get(actor)?.status === 'live';
}

async function cancelByOperator(stage: Stage, { args }: Order): Promise<boolean> {
  const ref = args.ref ?? args.order;
  condition(ref !== undefined, 'cancel names its order as ref');
  cancel(stage, ref);
  await stage.rest();
  return true;
}

/** All active locks of the rule, or the one that is named; accepted when none of them is left. */
async function unlock(stage: Stage, { accountId, args, by, reason }: Order): Promise<boolean> {
  const { engine } = stage.running;
  const account = engine.world.accounts.get(accountId);
  condition(account !== undefined, 'an unlock is of an account');
  const meant = [...account.locks.values()].filter(
    ({ lockId, source }) =>
      (args.lock === undefined || lockId === args.lock) &&
      (args.rule === undefined || source === (ruleIdByKey[args.rule] ?? args.rule)),
  );
  for (const { lockId } of meant) {
    const input = { accountId, lockId: lockId as LockId, by, reason, atMs: stage.nowMs() };
    engine.put('control', { type: 'unlock', ...input });
  }
  await stage.rest();
  return meant.length > 0 && !meant.some(({ lockId }) => account.locks.has(lockId));
}

/** `ledger`, `position/MNQ` or the whole path. */
export function actorName(accountId: AccountId, name: string): string {
  if (name.startsWith('account/')) return name;
  return name === 'account' ? `account/${accountId}` : `account/${accountId}/${name}`;
}
