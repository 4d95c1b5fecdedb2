/** Verifies: no code path reaches a venue without the gate: every way stands in a table, with a scenario that shows it (trading-controls 2, execution 2.4, 10) */
import { describe, expect, it } from 'vitest';
import { readTree, type SourceFile } from '../support/source-tree.ts';
import { venueWays, wayRows } from '../support/venue-ways.ts';

const tree = readTree();
const textOf = (path: string): string => tree.find((file) => file.path === path)?.text ?? '';
const rows = wayRows(textOf('docs/every-way-to-the-venue.md'));
const scenarios = [
  ...textOf('test/scenarios/every-way-to-the-venue.yaml').matchAll(/^scenario: (.*)$/gmu),
].map(([, name = '']) => name);

describe('the ways to the venue', () => {
  it('stand in the table, each place that the source has and no other', () => {
    const listed = new Set(rows.flatMap(({ places }) => places));
    expect([...listed].toSorted()).toEqual(venueWays(tree));
  });

  it.each(rows.map(({ way, places, proofs }) => [way, places, proofs] as const))(
    '%s: has a place and a proof that exists',
    (_way, places, proofs) => {
      expect(places.length).toBeGreaterThan(0);
      expect(proofs.length).toBeGreaterThan(0);
      const missing = proofs.filter(
        (proof) => !scenarios.includes(proof) && !tree.some(({ path }) => path === proof),
      );
      expect(missing).toEqual([]);
    },
  );

  it('are what every scenario of their file is about', () => {
    const named = new Set(rows.flatMap(({ proofs }) => proofs));
    expect(scenarios.length).toBeGreaterThan(30);
    expect(scenarios.filter((name) => !named.has(name))).toEqual([]);
  });
});

describe('the wire', () => {
  const callers = (pattern: RegExp): readonly string[] =>
    tree
      .filter(({ path, text }) => path.startsWith('src/actors/') && pattern.test(text))
      .map(({ path }) => path);

  it('is held by the gateway alone', () => {
    expect(callers(/\bvenue\.(?:submit|cancel|modify)\(/u)).toEqual([
      'src/actors/venue-gateway.ts',
    ]);
  });

  it('takes a placement only where the effect of an approved order is recorded', () => {
    expect(callers(/\bgateway\.submit\(/u)).toEqual(['src/actors/recorded.ts']);
    expect(callers(/\bgateway\.modify\(/u)).toEqual(['src/actors/recorded.ts']);
  });

  it('is approved for by the gate and for what only protects, and by nobody else', () => {
    const approving = tree
      .filter(({ path, text }) => path.startsWith('src/') && /\bapprove\(/u.test(text))
      .map(({ path }) => path);
    expect(approving).toEqual([
      'src/rules/approve.ts',
      'src/rules/gate/judge-change.ts',
      'src/rules/gate/judge.ts',
    ]);
    const casting = tree
      .filter(({ path, text }) => path.startsWith('src/') && /\bas Approved</u.test(text))
      .map(({ path }) => path);
    expect(casting).toEqual(['src/rules/approve.ts']);
  });
});

describe('a way', () => {
  const ways = (text: string): readonly string[] =>
    venueWays([{ path: 'src/actors/new.ts', text } satisfies SourceFile]);

  it.each<[string, string]>([
    ['world.gateway.submit(order, 1);', 'send'],
    ['return { approved: approve(order) };', 'approve'],
    ['const one = order as Approved<SubmitOrder>;', 'approve'],
    ['placeOrder(world, turn, account, intent, approved, cause);', 'place'],
    ["record({ type: 'intent', intent });", 'place'],
    ["const event = { type: 'order.modifyRequested', values, atMs } as const;", 'change'],
    ["const event = { type: 'order.cancelRequested', reason, atMs } as const;", 'cancel'],
    ["record({ type: 'exit.require', instrument });", 'close'],
    ["record({ type: 'kill.require', scope });", 'kill'],
  ])('is found in %j', (text, kind) => {
    expect(ways(text)).toEqual([`actors/new.ts ${kind}`]);
  });

  it.each([
    "// record({ type: 'intent' })",
    "recorded: Extract<Recorded, { type: 'order.place' }>,",
    "  | { readonly type: 'intent'; readonly intent: Wish }",
    'export function placeOrder(',
    "case 'orders.cancel':",
  ])('is not %j', (text) => {
    expect(ways(text)).toEqual([]);
  });
});
