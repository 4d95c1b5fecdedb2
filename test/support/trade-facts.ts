/** Executions of a trading day for tests of the rules that count them. Times in seconds, money as people write it. */
import { FillId, InstrumentId, OrderId } from '../../src/domain/ids.ts';
import { parseMoney } from '../../src/domain/money.ts';
import type { RuleFinding } from '../../src/domain/verdict.ts';
import { memoryKey, type AccountFacts, type TradeFacts } from '../../src/domain/view.ts';
import type { RuleContext, RuleDefinition } from '../../src/rules/rule.ts';
import { facts } from './rule-facts.ts';

/** Start of the trading day in these tests, UTC ms. */
export const dayStartMs = 1_000_000_000;
export const second = (seconds: number): number => dayStartMs + seconds * 1_000;

export type TradeOptions = {
  readonly id?: string;
  readonly order?: string;
  readonly instrument?: string;
  readonly open?: number;
  readonly close?: number;
  /** Profit of what it closed; gives `close` 1 when that is not said. */
  readonly pnl?: string;
  readonly fee?: string;
  readonly isEnforcement?: boolean;
};

/** An execution at a second of the day; it opens one lot unless it says otherwise. */
export function trade(at: number, options: TradeOptions = {}): TradeFacts {
  const { id = `t${at}`, order, instrument = 'ES', pnl, fee = '0' } = options;
  const closedLots = options.close ?? (pnl === undefined ? 0 : 1);
  return {
    fillId: FillId.parse(id),
    ...(order === undefined ? {} : { orderId: OrderId.parse(order) }),
    instrument: InstrumentId.parse(instrument),
    atMs: second(at),
    openedLots: options.open ?? (closedLots === 0 ? 1 : 0),
    closedLots,
    ...(closedLots === 0 ? {} : { realizedUnits: parseMoney(pnl ?? '0', 'USD') }),
    feeUnits: parseMoney(fee, 'USD'),
    isEnforcement: options.isEnforcement ?? false,
  };
}

/** A rule with its durable memory, as the engine carries it from one judgement to the next. */
export class RememberingRule<Config> {
  private memory: AccountFacts['memory'] = {};
  private config: Config;
  private readonly rule: RuleDefinition<Config>;

  constructor(rule: RuleDefinition<Config>, given: Readonly<Record<string, unknown>> = {}) {
    this.rule = rule;
    this.config = rule.config.parse(given);
  }

  /** Judges by another configuration from now on. */
  reload(given: Readonly<Record<string, unknown>>): void {
    this.config = this.rule.config.parse(given);
  }

  /** Judges at a second of the day, and remembers what the finding asks to remember. */
  at(
    seconds: number,
    trades: readonly TradeFacts[],
    more: Partial<Omit<AccountFacts, 'realizedUnits' | 'feesUnits'>> = {},
  ): RuleFinding {
    const account = facts({
      trades: trades.toSorted((one, other) => one.atMs - other.atMs),
      dayStartMs,
      ...more,
      memory: this.memory,
    });
    const context: RuleContext = {
      facts: account,
      marks: () => undefined,
      instrumentOf: () => undefined,
      nowMs: second(seconds),
    };
    const [finding] = this.rule.evaluate(context, this.config);
    if (finding === undefined) throw new Error('the account is always judged');
    if (finding.remember !== undefined)
      this.memory = { ...this.memory, [memoryKey(this.rule.id, 'account')]: finding.remember };
    return finding;
  }
}

/** `cooldown 60s from 30`, `untilReset`, `none`; with `, alert`. */
export function asked(finding: RuleFinding): string {
  const words = finding.wants.map((want) => {
    if (want.type !== 'setLock') return want.type;
    if (want.kind !== 'cooldown') return want.kind;
    const from = ((want.fromMs ?? Number.NaN) - dayStartMs) / 1_000;
    return `cooldown ${(want.durationMs ?? 0) / 1_000}s from ${from}`;
  });
  return words.length === 0 ? 'none' : words.join(', ');
}
