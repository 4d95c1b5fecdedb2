/**
 * A verdict of the past judged once more: the rule itself, on what the journal says of the account at that row, with the
 * prices that the verdict names. Only where that gives exactly the verdict that was written down is one value changed
 * until the verdict is another one. Source: inspector 3 (Why), 10.
 */
import type { InstrumentId, OrderId, RuleId } from '../domain/ids.ts';
import { parseTicks } from '../domain/instrument.ts';
import { builtInInstruments } from '../domain/instruments.ts';
import { formatMoney } from '../domain/money.ts';
import type { OrderIntent } from '../domain/order.ts';
import type { SessionCalendar } from '../domain/session.ts';
import type { RuleFinding } from '../domain/verdict.ts';
import type { AccountFacts, Mark } from '../domain/view.ts';
import type { PastAccount } from '../inspector/past.ts';
import { ruleById, ruleCatalogue } from '../rules/registry.ts';
import type { RuleDefinition } from '../rules/rule.ts';
import { flipVerdict, judgeEntity } from './flip-verdict.ts';
import type { JudgedWorld } from './flip-world.ts';
import { factsOfPast, memoryOfPast } from './past-facts.ts';

/** What may be known besides the picture. */
export type RerunSources = {
  /** The account before the input that led to the verdict: what rules remembered then. */
  readonly before?: PastAccount | undefined;
  /** Executions of the day, for the rules that count them. */
  readonly trades?: () => AccountFacts['trades'];
  /** Configuration of the rule as the engine has it now. */
  readonly config?: unknown;
  readonly sessions?: SessionCalendar | undefined;
};

/** Which keys of a rule's configuration may be its limit. */
const limitKeys = ['limit', 'target', 'defaultLimit'] as const;
/** Configuration is not in the journal: these are tried until one gives what was written down. */
const variants: readonly Readonly<Record<string, unknown>>[] = [
  {},
  { includeFees: true },
  { includeFees: false },
  { combinedWithUnrealized: false },
  { includeFees: true, combinedWithUnrealized: false },
  { countType: 'miniEquivalent' },
  { countType: 'gross' },
  { includeWorkingOrders: true },
  { breachAtEquality: false },
  { breachAtEquality: true },
  { scope: 'total' },
  { markPrice: 'last' },
];

/** What a verdict names was fresh enough for it. */
const base = { enabled: true, quoteMaxAgeSeconds: 3_600 };

/** Undefined where the rule cannot be brought to say again what it said, or nothing gives another verdict. */
export function triedCounterfactual(
  picture: PastAccount,
  finding: RuleFinding,
  sources: RerunSources = {},
): string | undefined {
  const rule = ruleById(finding.ruleId);
  if (rule === undefined || finding.verdict === 'UNKNOWN') return undefined;
  const marks = marksOf(finding, picture.atMs);
  if (marks === undefined) return undefined;
  for (const facts of factsThatMayBe(picture, sources)) {
    const world: JudgedWorld = {
      facts,
      marks,
      nowMs: picture.atMs,
      instrumentOf: (id) => builtInInstruments.get(id),
      ...(sources.sessions === undefined ? {} : { sessions: sources.sessions }),
    };
    for (const config of configsThatMayBe(rule, finding, sources)) {
      const again = judgeEntity(rule, config, world, finding.entity);
      if (again === undefined || figuresOf(again) !== figuresOf(finding)) continue;
      const flip = flipVerdict(rule, config, world, finding);
      return flip === undefined ? undefined : `${beginnings[flip.verdict]} ${flip.words}.`;
    }
  }
  return undefined;
}

/** A refusal of the gate: what it said, and the order that was asked for. */
export type Refusal = {
  readonly code: string;
  readonly text: string;
  readonly intent: OrderIntent;
};

/**
 * The same for an order that a rule has refused at the gate, on the account as it was before it.
 * Undefined where no rule refuses it again with the same figures.
 */
export function triedRefusal(
  picture: PastAccount,
  { code, text, intent }: Refusal,
  sources: RerunSources & { readonly configOf?: (ruleId: RuleId) => unknown },
): string | undefined {
  const named = /\brule=([\w-]+)/u.exec(text)?.[1];
  const rule = ruleCatalogue.find((one) => one.id === named || one.code === code);
  if (rule?.judgeOrder === undefined) return undefined;
  const config = sources.configOf?.(rule.id);
  const order = { ...intent, orderId: intent.intentId as string as OrderId };
  for (const facts of factsThatMayBe(picture, sources)) {
    const world: JudgedWorld = {
      facts,
      order,
      marks: new Map(),
      nowMs: picture.atMs,
      instrumentOf: (id) => builtInInstruments.get(id),
      ...(sources.sessions === undefined ? {} : { sessions: sources.sessions }),
    };
    const limit = Number(figureIn(text, 'limit') ?? 0);
    const shape = { unit: 'contracts', limit } as const;
    for (const given of configsThatMayBe(rule, shape, { config })) {
      const again = judgeEntity(rule, given, world, intent.instrument);
      if (again === undefined || !isSaid(again, code, text)) continue;
      const flip = flipVerdict(rule, given, world, again);
      return flip === undefined ? undefined : `${beginnings[flip.verdict]} ${flip.words}.`;
    }
  }
  return undefined;
}

function figureIn(text: string, name: string): string | undefined {
  return new RegExp(`\\b${name}=(-?[\\d.]+)`, 'u').exec(text)?.[1];
}

/** The refusal has the figures of the finding. */
function isSaid({ verdict, code, ...finding }: RuleFinding, said: string, text: string): boolean {
  const has = (name: 'observed' | 'limit'): boolean => {
    const value = finding[name];
    const written = figureIn(text, name);
    if (value === undefined || written === undefined) return value === undefined;
    return written === (finding.unit === 'money' ? formatMoney(value, 'USD') : String(value));
  };
  return verdict === 'DENY' && code === said && has('observed') && has('limit');
}

const beginnings = {
  PASS: 'It would have passed',
  DENY: 'It would have been a breach',
  UNKNOWN: 'It would have been no breach, though not known to pass,',
} as const;

/** What the journal leaves open: what was remembered a moment before, and what the venue permitted. */
function* factsThatMayBe(
  picture: PastAccount,
  { before, trades }: RerunSources,
): Generator<AccountFacts> {
  const facts = factsOfPast(picture, trades?.() ?? []);
  if (facts === undefined) return;
  const memories = [facts.memory, ...(before === undefined ? [] : [memoryOfPast(before)])];
  for (const memory of memories) {
    for (const canTrade of [true, false]) yield { ...facts, memory, canTrade };
    yield { ...facts, memory };
  }
}

function* configsThatMayBe(
  rule: RuleDefinition,
  finding: Pick<RuleFinding, 'unit' | 'limit'>,
  { config }: RerunSources,
): Generator {
  if (config !== undefined) yield config;
  const { unit, limit = 0 } = finding;
  const value = unit === 'money' ? formatMoney(limit, 'USD') : limit;
  for (const key of limitKeys) {
    for (const variant of variants) {
      const given = { ...variant, [key]: value };
      // Rules refuse keys that they do not have.
      const strict = rule.config.safeParse({ ...base, ...given });
      const parsed = strict.success ? strict : rule.config.safeParse({ enabled: true, ...given });
      if (parsed.success) yield parsed.data;
    }
  }
  for (const variant of variants) {
    const parsed = rule.config.safeParse({ enabled: true, ...variant });
    if (parsed.success) yield parsed.data;
  }
}

/** Positions are named in the order in which they were opened, which says nothing. */
function figuresOf({ verdict, code, observed, limit, headroom, inputs }: RuleFinding): string {
  const named = inputs.toSorted((left, right) => (left.name < right.name ? -1 : 1));
  return JSON.stringify([verdict, code, observed, limit, headroom, named]);
}

/** Prices are not in the journal; a verdict that depends on them names them. */
function marksOf(
  { inputs }: RuleFinding,
  nowMs: number,
): ReadonlyMap<InstrumentId, Mark> | undefined {
  const marks = new Map<InstrumentId, Mark>();
  for (const { name, value, ageMs = 0 } of inputs) {
    if (!name.startsWith('mark:')) continue;
    const id = name.slice('mark:'.length) as InstrumentId;
    const instrument = builtInInstruments.get(id);
    const ticks = instrument === undefined ? undefined : parseTicks(instrument, value);
    if (ticks === undefined) return undefined;
    marks.set(id, {
      bidTicks: ticks,
      askTicks: ticks,
      lastTicks: ticks,
      receivedAtMs: nowMs - ageMs,
    });
  }
  return marks;
}
