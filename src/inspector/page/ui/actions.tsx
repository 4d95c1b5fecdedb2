/** Buttons of what a person may do. The server judges everything again: a hidden button protects nothing. */
import { isPermitted } from '../../../domain/operator-policy.ts';
import { destructiveVerbs } from '../../command-guard.ts';
import { store, useSelect, type AskedAction } from '../data/store.ts';

export function ActionButton({
  action,
  label,
  kind = 'quiet',
}: {
  action: AskedAction;
  label: string;
  kind?: 'quiet' | 'danger' | 'halt';
}) {
  const hello = useSelect((context) => context.hello);
  if (hello === undefined || !hello.isRunning) return null;
  if (!isPermitted(action.verb, hello.role, hello.mode)) return null;
  const isOff = !hello.allowActions && destructiveVerbs.has(action.verb);
  return (
    <button
      type="button"
      class={kind}
      disabled={isOff}
      title={isOff ? 'Off: the service runs without --allow-actions' : action.title}
      onClick={() => store.trigger.actionAsked({ action })}
    >
      {label}
    </button>
  );
}

export function haltOf(account: string): AskedAction {
  return {
    verb: 'kill',
    title: `Halt ${account}`,
    account,
    subject: `account/${account}`,
    fields: { scope: 'account' },
    effect: `Everything of ${account} stops: working orders are cancelled, positions are treated as configured, and nothing new passes until a person arms it again.`,
    isDestructive: true,
  };
}

export function flattenOf(account: string, instrument?: string): AskedAction {
  const subject = instrument ?? 'every position';
  return {
    verb: 'flatten',
    title: `Flatten ${instrument === undefined ? account : `${instrument} of ${account}`}`,
    account,
    subject: `account/${account}`,
    fields: instrument === undefined ? {} : { instrument },
    effect: `Orders that add risk are cancelled and ${subject} is closed at the market.`,
    isDestructive: true,
  };
}

export function lockOf(account: string): AskedAction {
  return {
    verb: 'lock',
    title: `Lock ${account}`,
    account,
    subject: `account/${account}`,
    fields: { scope: 'account', duration: '1h' },
    effect: `No new risk in ${account} until the lock ends. Exits stay possible.`,
    isDestructive: false,
  };
}

export function unlockOf(account: string, lockId: string): AskedAction {
  return {
    verb: 'unlock',
    title: `Unlock ${lockId}`,
    account,
    subject: `account/${account}`,
    fields: { lock: lockId },
    effect: 'The lock ends early, if its rule lets your role do that. New risk becomes possible.',
    isDestructive: false,
  };
}

export function rearmOf(account: string): AskedAction {
  return {
    verb: 'rearm',
    title: `Arm ${account} again`,
    account,
    subject: `account/${account}`,
    fields: {},
    effect: 'The account leaves HALTED, when everything is known about it.',
    isDestructive: false,
  };
}

export function cancelOf(account: string, orderId: string): AskedAction {
  return {
    verb: 'cancel',
    title: `Cancel ${orderId}`,
    account,
    subject: `account/${account}/order/${orderId}`,
    fields: { order: orderId },
    effect: 'The venue is asked to cancel the order.',
    isDestructive: false,
  };
}

export function pausingOf(verb: 'pause' | 'resume', account: string, actor: string): AskedAction {
  const isPause = verb === 'pause';
  return {
    verb,
    title: `${isPause ? 'Pause' : 'Resume'} ${actor}`,
    account,
    subject: actor,
    fields: { actor },
    effect: isPause
      ? 'Messages wait for it; its account is REDUCING: nothing that adds risk passes.'
      : 'It comes back from its last row and takes in what waits for it, in order.',
    isDestructive: isPause,
  };
}
