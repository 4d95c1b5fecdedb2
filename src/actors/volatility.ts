/**
 * The breaker `volatility`: an account that holds or works an instrument whose price moves too much may only reduce, and
 * nobody enters such an instrument. Prices are taken once a minute and kept in memory; after a start a breaker that was
 * open stays so until there are enough of them to judge. Source: trading-controls 3.
 */
import type { InstrumentId } from '../domain/ids.ts';
import type { Mark } from '../domain/view.ts';
import { closingTicks, markFault } from '../rules/marks.ts';
import { isOn } from '../rules/portfolio/switches.ts';
import { isVolatile, volatilitySamplesMax } from '../rules/volatility.ts';
import type { AccountRuntime } from './account-runtime.ts';
import { raiseAlert } from './alerts.ts';
import { armPulse } from './pulse.ts';
import { exposed } from './staleness.ts';
import { outside, type Turn } from './turn.ts';
import type { World } from './world.ts';

const cause = 'breaker:volatility';
const sampleMs = 60_000;
/** Between two looks for a price that is fresh: slow markets have one now and then only. */
const lookMs = 5_000;
/** Without a price for longer, what came before says nothing of now. */
const gapMs = 300_000;

export type Volatility = {
  /** Monotonic time of the next look. */
  nextLookMs: number;
  readonly prices: Map<InstrumentId, { readonly values: number[]; atMs: number }>;
};

export function emptyVolatility(): Volatility {
  return { nextLookMs: -Infinity, prices: new Map() };
}

export function followVolatility(world: World, turn: Turn): void {
  const accounts = [...world.accounts.values()].filter(({ controls }) =>
    isOn(controls, 'BREAKER_VOLATILITY'),
  );
  const { volatility, options } = world;
  const nowMs = options.clock.monotonicMs();
  const isDue = accounts.length > 0 && nowMs >= volatility.nextLookMs;
  if (isDue) {
    volatility.nextLookMs = nowMs + lookMs;
    for (const id of options.instruments.keys()) sample(world, id, nowMs);
  }
  for (const account of world.accounts.values()) {
    const isWatched = accounts.includes(account);
    if ((isDue || account.isUnpublished) && (isWatched || account.causes.includes(cause)))
      look(world, turn, account, isWatched);
  }
  if (accounts.length > 0) armPulse(world, volatility.nextLookMs);
}

/** Breakers that forbid an entry into one instrument. */
export function volatileBreakers(
  world: World,
  { controls }: AccountRuntime,
  instrument: InstrumentId,
): readonly string[] {
  if (!isOn(controls, 'BREAKER_VOLATILITY')) return [];
  return judge(world, controls.breakers.volatilityPct, instrument) === true ? ['volatility'] : [];
}

function judge({ volatility }: World, limitPpm: number, id: InstrumentId): boolean | undefined {
  return isVolatile(volatility.prices.get(id)?.values ?? [], limitPpm);
}

function sample({ volatility, options }: World, id: InstrumentId, monotonicMs: number): void {
  const known = volatility.prices.get(id);
  if (known !== undefined && monotonicMs - known.atMs < sampleMs) return;
  const mark = options.evaluator.markOf(id);
  if (mark === undefined) return;
  if (markFault(mark, options.clock.nowMs(), options.quoteMaxAgeMs) !== undefined) return;
  const price = twiceMid(mark);
  if (price === undefined) return;
  const values = known === undefined || monotonicMs - known.atMs > gapMs ? [] : known.values;
  values.push(price);
  if (values.length > volatilitySamplesMax) values.shift();
  volatility.prices.set(id, { values, atMs: monotonicMs });
}

/** Bid and ask together; undefined without both. */
function twiceMid(mark: Mark): number | undefined {
  const [bid, ask] = [closingTicks(mark, true, 'exitSide'), closingTicks(mark, false, 'exitSide')];
  return bid === undefined || ask === undefined || bid + ask <= 0 ? undefined : bid + ask;
}

function look(world: World, turn: Turn, account: AccountRuntime, isWatched: boolean): void {
  const { volatilityPct } = account.controls.breakers;
  const verdicts = isWatched
    ? [...exposed(account)].map((id) => [id, judge(world, volatilityPct, id)] as const)
    : [];
  const isOpen = account.causes.includes(cause);
  const wild = verdicts.find(([, verdict]) => verdict === true)?.[0];
  const { atMs } = turn;
  if (wild !== undefined && !isOpen) {
    const reason = `the price of ${wild} moves by more than ${volatilityPct / 10_000} % a year`; // tidy-ok: words for people
    const seq = turn.addInput(account.id, {
      type: 'breaker.opened',
      breaker: 'volatility',
      instrument: wild,
      reason,
    });
    const from = { causeSeq: seq, correlationSeq: seq };
    const added = { cause, state: 'REDUCING', reason } as const;
    turn.sendSibling(
      account.id,
      'account',
      { type: 'account.causeAdded', cause: added, atMs },
      from,
    );
    const alert = { severity: 'warning', code: 'VOLATILITY', text: reason } as const;
    raiseAlert(turn, account, { ...alert, entity: `cause/${cause}`, isLasting: true }, from);
  }
  if (!isOpen || verdicts.some(([, verdict]) => verdict !== false)) return;
  turn.addInput(account.id, { type: 'breaker.closed', breaker: 'volatility' });
  turn.sendSibling(account.id, 'account', { type: 'account.causeRemoved', cause, atMs }, outside);
}
