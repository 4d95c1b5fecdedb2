/**
 * Every place of the source that can make something go to a venue, found by how it is written: calls of the gateway and
 * of the venue, approvals, orders placed or offered, and records and messages that ask for a placement, a change, a
 * cancel or a close.
 */
import { blank, type SourceFile } from './source-tree.ts';

export type WayKind = 'send' | 'approve' | 'place' | 'change' | 'cancel' | 'close' | 'kill';

/** A kind of asking at a place of the source: `actors/recorded.ts send`. */
export type Way = `${string} ${WayKind}`;

const patterns: readonly (readonly [WayKind, RegExp])[] = [
  ['send', /\b(?:gateway|parts\.venue|options\.venue)\.(?:submit|cancel|modify)\(/u],
  ['approve', /(?<!function )\bapprove(?:Protective)?\(/u],
  ['approve', /\bas Approved</u],
  ['place', /(?<!function )\b(?:placeOrder|offerIntent)\(/u],
  ['place', /\btype: '(?:intent|order\.place|venue\.submitOrder)'/u],
  ['change', /\btype: '(?:order\.modifyRequested|venue\.modifyOrder)'/u],
  [
    'cancel',
    /\btype: '(?:order\.cancelRequested|orders\.cancel|kill\.cancelOrders|venue\.cancelOrder)'/u,
  ],
  ['close', /\btype: 'exit\.required?'/u],
  ['kill', /\btype: '(?:kill\.require|kill\.triggered)'/u],
];

/** A type that is named, and no record or message that is made. */
const isType = (line: string): boolean =>
  /Extract<|Exclude</u.test(line) || /\breadonly type: /u.test(line);

/** The ways of the engine itself: simulators, drills and checks only play the outside. */
const isEngine = (path: string): boolean =>
  /^src\/(?:actors|machines|rules|domain|kernel)\//u.test(path);

/** Sorted, each once. */
export function venueWays(files: readonly SourceFile[]): readonly Way[] {
  const found = new Set<Way>();
  for (const { path, text } of files) {
    if (!isEngine(path) || !path.endsWith('.ts')) continue;
    for (const line of blank(text, 'codeAndStrings').split('\n')) {
      if (isType(line)) continue;
      for (const [kind, pattern] of patterns)
        if (pattern.test(line)) found.add(`${path.slice('src/'.length)} ${kind}`);
    }
  }
  return [...found].toSorted();
}

/** A row of the table of docs/every-way-to-the-venue.md. */
export type WayRow = {
  readonly way: string;
  readonly places: readonly string[];
  readonly proofs: readonly string[];
};

/** The rows of the table; a place is `file.ts kind` in backticks, a proof the name of a scenario or of a test file. */
export function wayRows(page: string): readonly WayRow[] {
  const quoted = (cell = ''): readonly string[] =>
    [...cell.matchAll(/`([^`]+)`/gu)].map(([, text = '']) => text);
  return page
    .split('\n')
    .filter((line) => line.startsWith('| ') && line.includes('`'))
    .map((line) => {
      const [, way = '', place, , , proof] = line.split('|').map((cell) => cell.trim());
      return { way, places: quoted(place), proofs: quoted(proof) };
    });
}
