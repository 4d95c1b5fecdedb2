/** Adapters for the kinds that are decisions of the gate on given facts. */
import { z } from 'zod';
import { Controls } from '../../domain/controls.ts';
import { denialText } from '../../domain/denial.ts';
import { AccountId, InstrumentId, RuleId } from '../../domain/ids.ts';
import { formatLots, type Instrument, type Lots } from '../../domain/instrument.ts';
import type { Side } from '../../domain/position.ts';
import { condition } from '../../kernel/assert.ts';
import { worstCase, worstLots, wouldReduceOnly } from '../../rules/exposure.ts';
import type { GateContext } from '../../rules/gate/context.ts';
import { judge } from '../../rules/gate/judge.ts';
import { ruleById } from '../../rules/registry.ts';
import type { RuleDefinition } from '../../rules/rule.ts';
import { same, sameDecimal, type Check, type Outcome } from './compare.ts';
import { vectorFacts, vectorGate, vectorIntent, type VectorBook } from './gate-facts.ts';
import { instrumentOfCase, lotsOf } from './instrument-of-case.ts';
import { Decimal, VectorSide } from './vectors.ts';

const Order = z.strictObject({ side: VectorSide, qty: Decimal });

export const ReduceOnlyCase = z.object({
  input: z.strictObject({
    side: VectorSide,
    qty: Decimal,
    positionSide: z.enum(['LONG', 'SHORT', 'FLAT']),
    positionQty: Decimal,
  }),
  expect: z.strictObject({ reduceOnly: z.boolean() }),
});

export function checkReduceOnly({ input, expect }: z.output<typeof ReduceOnlyCase>): Outcome {
  const { side, qty, positionSide, positionQty } = input;
  const signed = positionSide === 'SHORT' ? `-${positionQty}` : positionQty;
  const instrument = instrumentOfCase({ prices: ['1'], quantities: [qty, positionQty] });
  const actual = wouldReduceOnly(
    { side, quantityLots: lotsOf(instrument, qty) },
    lotsOf(instrument, signed),
  );
  return { checks: [same('reduceOnly', expect.reduceOnly, actual)] };
}

const Book = {
  position: Decimal,
  workingBuys: Decimal,
  workingSells: Decimal,
  order: Order,
};

function bookOf(input: {
  readonly position: string;
  readonly workingBuys: string;
  readonly workingSells: string;
  readonly order: { readonly side: Side; readonly qty: string };
}): VectorBook & { readonly lots: Lots } {
  const { position, workingBuys, workingSells, order } = input;
  const quantities = [position, workingBuys, workingSells, order.qty];
  const instrument = instrumentOfCase({ prices: ['1'], quantities });
  return {
    instrument,
    position: lotsOf(instrument, position),
    workingBuys: lotsOf(instrument, workingBuys),
    workingSells: lotsOf(instrument, workingSells),
    lots: lotsOf(instrument, order.qty),
  };
}

function instrumentLimit(): RuleDefinition {
  const definition = ruleById(RuleId.parse('RULE-002'));
  condition(definition !== undefined, 'RULE-002 is part of this version');
  return definition;
}

export const WorstCaseCase = z.object({
  input: z.strictObject({ ...Book, maxAbsPosition: Decimal }),
  expect: z.strictObject({ worstCase: Decimal, verdict: z.enum(['PASS', 'DENY']) }),
});

/** The limit of the case is RULE-002, the limit of one instrument. */
export function checkWorstCase({ input, expect }: z.output<typeof WorstCaseCase>): Outcome {
  const book = bookOf(input);
  const { instrument, lots } = book;
  const intent = vectorIntent(instrument, input.order.side, lots);
  const definition = instrumentLimit();
  const config = definition.config.parse({
    enabled: true,
    defaultLimit: input.maxAbsPosition,
  });
  const decision = judge(intent, vectorGate(book, { rules: [{ definition, config }] }));
  const worst = worstLots(worstCase(vectorFacts(book), instrument.id, intent));
  return {
    checks: [
      sameDecimal('worstCase', expect.worstCase, formatLots(instrument, worst)),
      same('verdict', expect.verdict, 'approved' in decision ? 'PASS' : 'DENY'),
    ],
    ...('denial' in decision ? { reason: denialText(decision.denial) } : {}),
  };
}

export const ReducingCase = z.object({
  input: z.strictObject({ state: z.literal('REDUCING'), ...Book }),
  expect: z.object({ proposed: z.enum(['ALLOW', 'DENY']) }),
});

export function checkReducing({ input, expect }: z.output<typeof ReducingCase>): Outcome {
  const book = bookOf(input);
  const intent = vectorIntent(book.instrument, input.order.side, book.lots);
  const decision = judge(intent, vectorGate(book, { tradingState: 'REDUCING' }));
  return { checks: [same('proposed', expect.proposed, 'approved' in decision ? 'ALLOW' : 'DENY')] };
}

export const FailClosedCase = z.object({
  input: z.strictObject({ order: z.literal('risk-increasing'), missing: z.string() }),
  expect: z.object({ proposed: z.literal('DENY with reason naming the missing input') }),
});

/** What a case takes away, and the word by which the refusal has to name it. */
type Missing = {
  readonly word: string;
  readonly change: (book: VectorBook) => Partial<GateContext>;
};

const margin = { margin: { enabled: true } };

function failing(): never {
  throw new Error('as the vector says');
}

const missingInputs: Readonly<Record<string, Missing>> = {
  'account unknown': { word: 'account', change: (book) => ofAnotherAccount(book) },
  'margin calculation error': {
    word: 'OTHER',
    // What is held already needs margin, and nobody knows the instrument.
    change: (book) => {
      const { context } = vectorGate(book);
      const held = { instrument: InstrumentId.parse('OTHER'), openLots: 1, costUnits: 0 };
      return {
        controls: Controls.parse(margin),
        context: { ...context, facts: { ...context.facts, positions: [held] } },
      };
    },
  },
  'no balance in margin currency': {
    word: 'balance',
    change: (book) => ({ controls: Controls.parse(margin), ...withoutPortfolio(book) }),
  },
  'quote older than staleness limit': {
    word: 'stale',
    change: (book) => {
      const { context } = vectorGate(book);
      return { context: { ...context, nowMs: context.nowMs + 5_001 }, quoteMaxAgeMs: 5_000 };
    },
  },
  'equity is NaN/null': {
    word: 'balance',
    change: (book) => ({
      controls: Controls.parse({ caps: { enabled: true } }),
      ...withoutPortfolio(book),
    }),
  },
  'rule threw': {
    word: 'RULE-002',
    change: () => {
      const definition = instrumentLimit();
      return { rules: [{ definition: { ...definition, judgeOrder: failing }, config: {} }] };
    },
  },
  'clock skew above limit': {
    word: 'drift',
    change: () => ({ mode: 'LIVE', clockDriftMs: 151 }),
  },
  'user stream disconnected': {
    word: 'link:',
    change: () => ({ tradingState: 'REDUCING', stateCauses: ['link:vector'] }),
  },
};

function ofAnotherAccount(book: VectorBook): Partial<GateContext> {
  const { context } = vectorGate(book);
  const accountId = AccountId.parse('OTHER');
  return { context: { ...context, facts: { ...context.facts, accountId } } };
}

function withoutPortfolio(book: VectorBook): Partial<GateContext> {
  const { context } = vectorGate(book);
  const { portfolio: _, ...facts } = context.facts;
  return { context: { ...context, facts } };
}

export function checkFailClosed({ input }: z.output<typeof FailClosedCase>): Outcome {
  const missing = missingInputs[input.missing];
  const instrument: Instrument = instrumentOfCase({ prices: ['1'], quantities: ['1'] });
  const book = { instrument, position: 0, workingBuys: 0, workingSells: 0 };
  if (missing === undefined)
    return { checks: [], reason: `nothing here can be missing as "${input.missing}" says` };
  // The same order passes where nothing is missing: the refusal is about what the case takes away.
  const whole = judge(vectorIntent(instrument, 'buy', 1), vectorGate(book));
  const decision = judge(
    vectorIntent(instrument, 'buy', 1),
    vectorGate(book, missing.change(book)),
  );
  const text = 'denial' in decision ? denialText(decision.denial) : '';
  const checks: Check[] = [
    same('whole', 'ALLOW', 'approved' in whole ? 'ALLOW' : 'DENY'),
    same('verdict', 'DENY', 'denial' in decision ? 'DENY' : 'ALLOW'),
    same('named', true, text.includes(missing.word)),
  ];
  return { checks, reason: text };
}
