/**
 * What has left for the venue, for the limits that count it. Seconds are counted in memory; the day and the repeats of a
 * strategy are values of the journal, committed with the order they count.
 */
import type { AccountId } from '../domain/ids.ts';
import type { OrderIntent } from '../domain/order.ts';
import { limits } from '../kernel/limits.ts';
import type { MessageCounts } from '../rules/gate/context.ts';
import { orderLikeness } from '../rules/gate/signal.ts';
import { SlidingWindow } from '../rules/gate/sliding-window.ts';
import type { AccountRuntime } from './account-runtime.ts';
import type { Turn } from './turn.ts';

type Send = readonly [likeness: string, atMs: number];
type Windows = { readonly submits: SlidingWindow; readonly modifies: SlidingWindow };

const secondMs = 1_000;

export class SendLog {
  private readonly windows = new Map<AccountId, Windows>();
  private readonly days = new Map<AccountId, { day: string; count: number }>();
  private readonly sends = new Map<string, Send[]>();

  counts(account: AccountRuntime, nowMs: number): MessageCounts {
    const { submits, modifies } = this.windowsOf(account);
    return {
      submits: submits.countAt(nowMs),
      modifies: modifies.countAt(nowMs),
      today: this.today(account).count,
    };
  }

  /** When one more submit has room in its second. */
  submitFreeAtMs(account: AccountRuntime, nowMs: number): number {
    return this.windowsOf(account).submits.freeAtMs(nowMs);
  }

  /** The same order of the same strategy or person that has left within the window that ends now. */
  identical(intent: OrderIntent, windowMs: number, nowMs: number): number {
    const likeness = orderLikeness(intent);
    const sends = this.sends.get(sendsKey(intent.accountId, intent.by)) ?? [];
    return sends.filter(
      ([other, atMs]) => other === likeness && atMs > nowMs - windowMs && atMs <= nowMs,
    ).length;
  }

  noteSubmit(turn: Turn, account: AccountRuntime, intent: OrderIntent): void {
    this.windowsOf(account).submits.take(turn.atMs);
    this.noteMessage(turn, account);
    const key = sendsKey(account.id, intent.by);
    const { windowSeconds, identicalWindow } = account.controls.repeat;
    const oldestMs = turn.atMs - Math.max(windowSeconds * secondMs, identicalWindow);
    const sends = (this.sends.get(key) ?? []).filter(([, atMs]) => atMs > oldestMs);
    sends.push([orderLikeness(intent), turn.atMs]);
    this.sends.set(key, sends);
    turn.values.set(key, JSON.stringify(sends.slice(-limits.sendsRememberedMax)));
  }

  noteModify(turn: Turn, account: AccountRuntime): void {
    this.windowsOf(account).modifies.take(turn.atMs);
    this.noteMessage(turn, account);
  }

  /** A cancel counts as a message of the day and is never refused for it. */
  noteMessage(turn: Turn, account: AccountRuntime): void {
    const today = this.today(account);
    today.count += 1;
    turn.values.set(dayKey(account.id), JSON.stringify(today));
  }

  /** What earlier runs have stored. */
  restore(accounts: Iterable<AccountRuntime>, values: ReadonlyMap<string, string>): void {
    for (const { id } of accounts) {
      const stored = values.get(dayKey(id));
      if (stored !== undefined)
        this.days.set(id, JSON.parse(stored) as { day: string; count: number });
    }
    for (const [key, value] of values)
      if (key.startsWith(sendsPrefix)) this.sends.set(key, JSON.parse(value) as Send[]);
  }

  private today(account: AccountRuntime): { day: string; count: number } {
    const known = this.days.get(account.id);
    if (known?.day === account.tradingDay) return known;
    const fresh = { day: account.tradingDay, count: 0 };
    this.days.set(account.id, fresh);
    return fresh;
  }

  private windowsOf({ id, controls }: AccountRuntime): Windows {
    const { submitPerSecond, modifyPerSecond } = controls.messages;
    const known = this.windows.get(id);
    if (known?.submits.limit === submitPerSecond && known.modifies.limit === modifyPerSecond)
      return known;
    const made = {
      submits: new SlidingWindow(submitPerSecond, secondMs),
      modifies: new SlidingWindow(modifyPerSecond, secondMs),
    };
    this.windows.set(id, made);
    return made;
  }
}

const sendsPrefix = 'sends|';

function sendsKey(account: AccountId, by: string): string {
  return `${sendsPrefix}${account}|${by}`;
}

function dayKey(account: AccountId): string {
  return `messages|${account}`;
}
