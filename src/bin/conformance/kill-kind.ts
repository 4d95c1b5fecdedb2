/** Vectors of the kill switch: the situation is played through the whole engine, and the run is asked what it says. */
import { z } from 'zod';
import { killOutcome } from '../../domain/kill.ts';
import { invariant } from '../../kernel/assert.ts';
import { parseScenarios } from '../scenario/format.ts';
import { Stage } from '../scenario/stage.ts';
import { playStep } from '../scenario/steps/play.ts';
import { same, type Outcome } from './compare.ts';

export const KillCase = z.object({
  input: z.strictObject({
    positions: z.int().min(0).optional(),
    openOrders: z.int().min(0).optional(),
    type: z.string().optional(),
    reachable: z.boolean().optional(),
    triggers: z.int().positive().optional(),
  }),
  expect: z.strictObject({
    result: z.string().optional(),
    keepsRetrying: z.boolean().optional(),
    escalates: z.boolean().optional(),
    runs: z.int().optional(),
  }),
});
type KillCase = z.output<typeof KillCase>;

/** Lots, orders that will not go, a venue that cannot be reached: then the kill, and time until it is overdue. */
function storyOf({ input }: KillCase): string {
  const { positions = 0, openOrders = 0, type = 'LIMIT', reachable = true, triggers = 1 } = input;
  const price = type.toUpperCase() === 'STOP' ? 'stopPrice: 21100' : 'limitPrice: 20900';
  const orders = Array.from(
    { length: openOrders },
    (_, index) =>
      `  - order: { venueOrderId: V${index}, instrument: MNQ, side: buy, type: ${type.toLowerCase()}, quantity: 1, ${price}, status: open }`,
  );
  const refused =
    'reject: [{ match: { command: cancel }, code: no }, { match: { command: close }, code: no }]';
  return [
    'scenario: vector',
    'zone: UTC',
    'start: "2026-03-10T15:00:00"',
    'account: { id: A1 }',
    'instruments: [MNQ]',
    'steps:',
    '  - quote: { instrument: MNQ, bid: 21000, ask: 21000.25, last: 21000 }',
    `  - venue: { ${openOrders + positions > 0 ? refused : 'reject: []'} }`,
    ...(positions === 0
      ? []
      : [`  - fill: { id: F1, instrument: MNQ, side: buy, quantity: ${positions}, price: 21000 }`]),
    ...orders,
    ...(reachable ? [] : ['  - link: { down: all }']),
    ...Array.from(
      { length: triggers },
      () => '  - kill: { scope: account, by: api, mode: flatten }',
    ),
    '  - advance: 25s',
  ].join('\n');
}

export async function checkKill(vector: KillCase): Promise<Outcome> {
  const [scenario] = parseScenarios('vector', storyOf(vector));
  invariant(scenario !== undefined, 'the story of a vector is a scenario');
  const stage = new Stage(scenario);
  try {
    await stage.start();
    stage.faults.change(scenario.venue);
    for (const step of scenario.steps) if (step.action !== 'expect') await playStep(stage, step);
    return compare(stage, vector);
  } finally {
    await stage.close();
  }
}

function compare(stage: Stage, { expect }: KillCase): Outcome {
  const { world } = stage.running.engine;
  const kills = [...world.accounts.values()].flatMap((account) => account.kills);
  const [run] = kills;
  const isArmed = world.timers.list().some(({ event }) => event === 'kill.checkDue');
  const actual = {
    result: run === undefined ? 'NONE' : killOutcome(run),
    keepsRetrying: isArmed,
    escalates: stage.alerts.includes('KILL_INCOMPLETE'),
    runs: kills.length,
  };
  const fields = Object.keys(expect) as (keyof typeof actual)[];
  return { checks: fields.map((field) => same(field, expect[field], actual[field])) };
}
