/** Adapters for the kinds that need an engine which lives: throttles, repeats, and states over a restart. */
import { z } from 'zod';
import { quotientText } from '../../domain/arithmetic.ts';
import { Controls } from '../../domain/controls.ts';
import { condition } from '../../kernel/assert.ts';
import { judgeCancel } from '../../rules/gate/judge-change.ts';
import { SlidingWindow } from '../../rules/gate/sliding-window.ts';
import { parseScenarios } from '../scenario/format.ts';
import { Stage } from '../scenario/stage.ts';
import type { Step } from '../scenario/step-format.ts';
import { moveTo, playStep } from '../scenario/steps/play.ts';
import { same, type Check, type Outcome } from './compare.ts';
import { vectorFacts, vectorGate } from './gate-facts.ts';
import { instrumentOfCase } from './instrument-of-case.ts';

/** Lives through steps of a scenario, and answers what a look at the end finds. */
async function live<Result>(
  config: string,
  steps: readonly string[],
  look: (stage: Stage) => Result,
): Promise<Result> {
  const text = [
    'scenario: vector',
    'start: "2026-03-10T10:00:00"',
    `config: ${config}`,
    'instruments: [ES]',
    'steps:',
    '  - quote: { instrument: ES, bid: 5800, ask: 5800.25 }',
    ...steps.map((step) => `  - ${step}`),
  ].join('\n');
  const [scenario] = parseScenarios('vector', text);
  if (scenario === undefined) throw new Error('a vector has one scenario');
  const stage = new Stage(scenario);
  try {
    await stage.start();
    for (const step of scenario.steps) await play(stage, step);
    return look(stage);
  } finally {
    await stage.close();
  }
}

async function play(stage: Stage, step: Step): Promise<void> {
  if (step.action === 'expect') await moveTo(stage, step);
  else await playStep(stage, step);
}

/** A market buy of one lot by a strategy, at a time after the start, on a fresh quote. */
function buyAt(ref: string, at: string): readonly string[] {
  return [
    `{ at: "${at}", quote: { instrument: ES, bid: 5800, ask: 5800.25 } }`,
    `submit: { ref: ${ref}, instrument: ES, side: buy, type: market, quantity: 1, strategy: s }`,
  ];
}

function isSent(stage: Stage, ref: string): boolean {
  return stage.orderIdOf(ref) !== undefined;
}

const clock = (ms: number): string =>
  `2026-03-10T10:00:${(ms / 1_000).toFixed(3).padStart(6, '0')}`;

export const DuplicateOrderCase = z.object({
  input: z.strictObject({
    maxIdentical: z.int(),
    windowMs: z.int(),
    ordersAtMs: z.array(z.int()).min(1),
  }),
  expect: z.strictObject({ verdicts: z.array(z.enum(['PASS', 'DENY'])) }),
});

export async function checkDuplicateOrder({
  input,
  expect,
}: z.output<typeof DuplicateOrderCase>): Promise<Outcome> {
  const { maxIdentical, windowMs, ordersAtMs } = input;
  const config = `{ repeat: { identicalMax: ${maxIdentical}, identicalWindow: ${windowMs}ms } }`;
  const steps = ordersAtMs.flatMap((atMs, index) => buyAt(`o${index}`, clock(atMs)));
  const verdicts = await live(config, steps, (stage) =>
    ordersAtMs.map((_, index) => (isSent(stage, `o${index}`) ? 'PASS' : 'DENY')),
  );
  return { checks: [same('verdicts', expect.verdicts, verdicts)] };
}

export const RepeatedCase = z.object({
  input: z.strictObject({
    maxExecutions: z.int(),
    windowSec: z.int(),
    executionsAt: z.array(z.int()).min(1),
  }),
  expect: z.strictObject({
    allowed: z.array(z.boolean()),
    stateAfter: z.literal('DISABLED_UNTIL_HUMAN'),
  }),
});

export async function checkRepeated({
  input,
  expect,
}: z.output<typeof RepeatedCase>): Promise<Outcome> {
  const { maxExecutions, windowSec, executionsAt } = input;
  const config = `{ repeat: { max: ${maxExecutions}, windowSeconds: ${windowSec} } }`;
  const executions = executionsAt.flatMap((at, index) => buyAt(`o${index}`, clock(at * 1_000)));
  // Long after the window only a person lets it in again.
  const later = [
    'advance: 10m',
    ...buyAt('later', '+0s'),
    'operator: { verb: resume, role: admin, args: { by: ann, reason: seen } }',
    ...buyAt('resumed', '+0s'),
  ];
  const [allowed, stateAfter] = await live(
    config,
    [...executions, ...later],
    (stage) =>
      [
        executionsAt.map((_, index) => isSent(stage, `o${index}`)),
        !isSent(stage, 'later') && isSent(stage, 'resumed') ? 'DISABLED_UNTIL_HUMAN' : 'ENABLED',
      ] as const,
  );
  return {
    checks: [
      same('allowed', expect.allowed, allowed),
      same('stateAfter', expect.stateAfter, stateAfter),
    ],
  };
}

export const HaltedCase = z.object({
  input: z.strictObject({ state: z.enum(['HALTED', 'RESTART while HALTED']), action: z.string() }),
  expect: z.object({ proposed: z.string() }),
});

const kill = 'kill: { scope: account, by: operator, mode: cancelOnly, reason: vector }';
const limitBuy = 'instrument: ES, type: limit, side: buy';
const holding = [
  'submit: { ref: held, instrument: ES, side: buy, type: market, quantity: 2 }',
  'submit: { ref: stop, instrument: ES, side: sell, type: stop, quantity: 2, stopPrice: 5790, reduceOnly: true }',
];

/** What each action does, and the ref whose fate answers. */
const haltedActions: Readonly<Record<string, { steps: readonly string[]; ref: string }>> = {
  open: {
    steps: [kill, `submit: { ref: x, ${limitBuy}, quantity: 1, limitPrice: 5790 }`],
    ref: 'x',
  },
  'modify that raises qty': {
    steps: [...holding, kill, 'modify: { ref: stop, quantity: 4 }'],
    ref: 'stop',
  },
  'remove protective stop': { steps: [...holding, kill, 'cancel: { ref: stop }'], ref: 'stop' },
  'any open': {
    steps: [
      kill,
      'restart: crash',
      'quote: { instrument: ES, bid: 5800, ask: 5800.25 }',
      `submit: { ref: x, ${limitBuy}, quantity: 1, limitPrice: 5790 }`,
    ],
    ref: 'x',
  },
};

export async function checkHalted({
  input,
  expect,
}: z.output<typeof HaltedCase>): Promise<Outcome> {
  if (input.action === 'cancel')
    return { checks: [same('proposed', expect.proposed, cancelOfEntryWhenHalted())] };
  const action = haltedActions[input.action];
  if (action === undefined) return { checks: [], reason: `no action "${input.action}"` };
  const [verdict, state] = await live('{}', action.steps, (stage) => {
    const outcome = stage.refs.get(action.ref);
    const isDenied = outcome === undefined || ('denial' in outcome && outcome.denial !== undefined);
    const account = stage.running.engine.world.accounts.get(stage.accountOf({}));
    return [isDenied ? 'DENY' : 'ALLOW', account?.effectiveState] as const;
  });
  const expected = expect.proposed.split(' ')[0];
  return { checks: [same('proposed', expected, verdict)], reason: `state ${state ?? 'unknown'}` };
}

/** A kill cancels every entry itself, so that only the gate alone can show a cancel that a person asks for. */
function cancelOfEntryWhenHalted(): 'ALLOW' | 'DENY' {
  const instrument = instrumentOfCase({ prices: ['1'], quantities: ['1'] });
  const book = { instrument, position: 0, workingBuys: 1, workingSells: 0 };
  const [order] = vectorFacts(book).workingOrders;
  condition(order !== undefined, 'an order of the case works');
  const denial = judgeCancel(order, vectorGate(book, { tradingState: 'HALTED' }), false);
  return denial === undefined ? 'ALLOW' : 'DENY';
}

export const ThrottleCase = z.object({
  input: z.strictObject({
    limit: z.int(),
    interval: z.int(),
    mode: z.literal('buffer').optional(),
    sends: z.int().optional(),
    advance: z.literal('interval').optional(),
    sends2: z.int().optional(),
    reserve: z.array(z.int()).optional(),
    config: z.array(z.tuple([z.int(), z.int()])).optional(),
  }),
  expect: z.strictObject({
    sent: z.int().optional(),
    queued: z.int().optional(),
    recv: z.int().optional(),
    limiting: z.boolean().optional(),
    used: z.string().optional(),
    results: z.array(z.boolean()).optional(),
    errors: z.int().optional(),
  }),
});
type ThrottleVector = z.output<typeof ThrottleCase>;

export async function checkThrottle(vector: ThrottleVector): Promise<Outcome> {
  const { input } = vector;
  if (input.config !== undefined) return { checks: checkWindows(input.config, vector) };
  if (input.reserve !== undefined) return { checks: checkReserve(input.reserve, vector) };
  return { checks: await checkBuffer(vector) };
}

/** A window without room, or without time, is refused where it is made. */
function checkWindows(
  windows: readonly (readonly [number, number])[],
  { expect }: ThrottleVector,
): readonly Check[] {
  const refused = windows.filter(([limit, intervalMs]) => {
    try {
      return new SlidingWindow(limit, intervalMs).limit !== limit;
    } catch {
      return true;
    }
  });
  const isConfigRefused = !Controls.safeParse({ messages: { submitPerSecond: 0 } }).success;
  return [same('errors', expect.errors, refused.length), same('config', true, isConfigRefused)];
}

function checkReserve(
  batches: readonly number[],
  { input, expect }: ThrottleVector,
): readonly Check[] {
  const window = new SlidingWindow(input.limit, input.interval);
  const results = batches.map((count) => window.reserve(count, 0));
  const actual = {
    results,
    sent: window.countAt(0),
    recv: window.received,
    used: usedText(window.countAt(0), input.limit),
  };
  return compared(expect, actual);
}

function buys(from: number, count: number): readonly string[] {
  return Array.from(
    { length: count },
    (_, index) =>
      `submit: { ref: o${from + index}, instrument: ES, side: buy, type: market, quantity: 1 }`,
  );
}

/** In the engine the interval is a second. */
async function checkBuffer({ input, expect }: ThrottleVector): Promise<readonly Check[]> {
  const { limit, sends = 0, advance, sends2 = 0 } = input;
  const config = `{ messages: { submitPerSecond: ${limit}, mode: buffer }, repeat: { max: 100 } }`;
  const steps = [
    ...buys(0, sends),
    ...(advance === undefined ? [] : ['advance: 1s', ...buys(sends, sends2)]),
  ];
  const actual = await live(config, steps, (stage) => {
    const { world } = stage.running.engine;
    const account = world.accounts.get(stage.accountOf({}));
    const inWindow =
      account === undefined ? 0 : world.submission.sends.counts(account, stage.nowMs()).submits;
    const queued = world.submission.waiting.size;
    return {
      sent: stage.sent.filter(({ kind }) => kind === 'submit').length,
      queued,
      recv: stage.refs.size,
      limiting: queued > 0,
      used: usedText(inWindow, limit),
    };
  });
  return compared(expect, actual);
}

function usedText(count: number, limit: number): string {
  return quotientText([count], [limit], 1);
}

function compared(
  expect: ThrottleVector['expect'],
  actual: Readonly<Record<string, unknown>>,
): readonly Check[] {
  return Object.entries(expect).map(([field, value]) => same(field, value, actual[field]));
}
