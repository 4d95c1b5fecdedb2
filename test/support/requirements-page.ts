/**
 * Which test verifies which requirement, read from the tests themselves: the `Verifies:` header of each file and the
 * names of the scenarios. What an invariant says is read from the file that states it.
 */
import { ruleCatalogue } from '../../src/rules/registry.ts';
import { faults } from './negative-cases.ts';
import { readTree, type SourceFile } from './source-tree.ts';

/** Where an id is verified, in the order of the paths. */
export type Verified = ReadonlyMap<string, readonly string[]>;

const prefixes = 'C I G V T N O A H'.split(' ');
// `REQ-O1` is another requirement than O1, and `account A1` an account.
const idPattern = new RegExp(
  String.raw`(?<![\w-])(?<!accounts? )(RULE-\d{3}|(INV-[A-Z]+-|[${prefixes.join('')}])(\d+)(?: to (?:\2)?(\d+))?)\b`,
  'gu',
);

/** Ids of a text; `C1 to C3` are three. `S3.2` and `C-1` are none. */
export function idsIn(text: string): readonly string[] {
  return [...text.matchAll(idPattern)].flatMap(([all, , prefix, from, to]) => {
    if (prefix === undefined || from === undefined) return [all];
    const first = Number(from);
    const count = to === undefined ? 1 : Number(to) - first + 1;
    return Array.from({ length: Math.max(1, count) }, (_, index) => `${prefix}${first + index}`);
  });
}

/** The first comment that says `Verifies:`, from there to its end or its first empty line. */
export function verifiesText(text: string): string {
  const comment =
    /\/\*\*(?:(?!\*\/)[\s\S])*?Verifies:((?:(?!\*\/)[\s\S])*)\*\//u.exec(text)?.[1] ?? '';
  const [first = ''] = comment.split(/\n\s*\*\s*\n/u);
  return first.replaceAll(/\n\s*\*/gu, ' ');
}

/** Every id that a test file or a scenario names. */
export function verifiedIds(files: readonly SourceFile[]): Verified {
  const found = new Map<string, Set<string>>();
  for (const { path, text } of files) {
    for (const id of idsNamedIn(path, text)) {
      const paths = found.get(id) ?? new Set();
      found.set(id, paths.add(path));
    }
  }
  return new Map([...found].map(([id, paths]) => [id, [...paths].toSorted()]));
}

function idsNamedIn(path: string, text: string): readonly string[] {
  if (/^test\/.*\.ts$/u.test(path)) return idsIn(verifiesText(text));
  if (!/^test\/scenarios\/.*\.ya?ml$/u.test(path)) return [];
  return [...text.matchAll(/^scenario:\s*(.*)$/gmu)].flatMap(([, name = '']) => idsIn(name));
}

/** What the invariants say: the lines ` - INV-…: sentence` of the file headers. */
export function invariantTexts(files: readonly SourceFile[]): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  const statement =
    /^ *(?:\* - |\/\*\* )(INV-[A-Z]+-\d+): ((?:(?!\n \* - |\n \*\n|\*\/)[\s\S])*)/gmu;
  const isSource = ({ path }: SourceFile): boolean => path.startsWith('src/');
  // The source speaks first, a test only for what no source states.
  for (const file of [...files.filter(isSource), ...files.filter((one) => !isSource(one))]) {
    if (!file.path.endsWith('.ts')) continue;
    for (const [, id = '', text = ''] of file.text.matchAll(statement)) {
      const plain = text.replaceAll(/\s*\n \*\s*/gu, ' ').trim();
      if (!texts.has(id)) texts.set(id, plain);
    }
  }
  return texts;
}

/** What the durability contract promises. */
export const contract: Readonly<Record<string, string>> = {
  C1: 'Nothing leaves the process, and nothing is called done, before the commit that holds its cause.',
  C2: 'What goes out is a row first: the effect stands in the transaction of the step that wants it.',
  C3: 'That it is being sent is on the disk before it is sent; after a crash it is asked about, never repeated.',
  C4: 'A commit that fails ends the process with exit code 74; nothing goes out after it.',
  C5: 'The state of an actor is what its journal rows give, in order, from the first.',
  C6: 'A start reads back every acknowledged row, within its time.',
  C7: 'An unknown schema, an unknown machine or a hash that does not fit is refused, never guessed around.',
  C8: 'A data directory has one writer: a second one is refused, and one that wrote all the same is found.',
};

/** What holds after every crash, whatever was killed. */
export const crashInvariants: Readonly<Record<string, string>> = {
  I1: 'The database file is sound, the hash chain holds, rows and steps have no gap.',
  I2: 'Whatever was acknowledged is on the disk.',
  I3: 'Rows, snapshot and living actor give the same state.',
  I4: 'The venue received each order id at most once, and every order it has is known here after one comparison.',
  I5: 'A position is the sum of its fills.',
  I6: 'The status of an order never goes back.',
  I7: 'No order that adds risk leaves while the account is locked, reducing, halted or not yet compared; a lock survives and never ends early.',
  I8: 'What could be open at worst stays within the limit at every moment.',
  I9: 'The kill switch keeps its times on slow and failing disks.',
  I10: 'Recovering twice gives what recovering once gives.',
  I11: 'No secret is in the journal, the log or what an inspector sees.',
  I12: 'Memory, queues and log stay within their bounds over a day.',
  I13: 'Every action of an operator leaves a row, also one that failed.',
  I14: 'A start is safe within 3 seconds, and trading opens only after the comparison with the venue.',
};

/** Golden scenarios in a few words, where no scenario file names them. */
const golden: Readonly<Record<string, string>> = {
  G2: 'a limit of one instrument cuts that instrument alone',
  G3: 'an instrument without a limit is refused, or allowed on request',
  G7: 'two rules read one result',
  G11: 'an open profit at its target is closed, without a lock',
  G12: 'one trade too many within a minute is a breach and cools down',
  G13: 'trades that have left the window no longer count',
  G14: 'the length of a cooldown follows the size of the loss',
  G15: 'the loss of one order counts once, however many fills it has',
  G16: 'a position without a stop is closed after its grace',
  G17: 'a stop for a part of the position does not protect it',
  G18: 'a stop that is cancelled begins the grace again',
  G19: 'a restart does not lengthen the grace',
  G20: 'the end of the session closes what is open',
  G21: 'the end of the session closes in a quiet market too',
  G22: 'a position outside the session is closed and the account locked until its start',
  G23: 'a lock until the next session skips weekends and holidays',
  G24: 'the session follows the wall clock over a change of daylight saving',
  G25: 'a lost permission to trade locks until it is back',
  G26: 'a blocked symbol matches what it names and nothing else',
  G27: 'a blocked product is closed in all its contracts',
  G28: 'a trailing stop follows the best price and never goes back',
  G29: 'a stop at breakeven lies on the safe side of the entry',
  G30: 'a cooldown beside a hard lock leaves the longer one',
  G40: 'a hedge that is filled in part is completed, at most three deep',
  G41: 'a time limit is judged by the clock it belongs to',
  G43: 'a query that fails refuses new risk and says so',
  G45: 'a position that only the venue knows is adopted or closed',
  G46: 'live trading is refused without its confirmations',
  G47: 'a second process on the same data directory is refused',
  G48: 'reads are tried again with growing pauses, an ambiguous placement never',
  G49: 'an alert that repeats is sent once and escalates',
  G50: 'the kill file stops trading within its times and stays latched',
  G51: 'a comparison without a base is refused',
  G52: 'a stop that the venue holds back does not protect yet',
  G53: 'an account event means the same with and without its wrapper',
  G54: 'fills that the stream lost are found by asking',
  G55: 'a limit written for one spelling holds for the other',
};

export type Requirement = {
  readonly id: string;
  readonly text: string;
  readonly files: readonly string[];
};

export type RequirementGroup = { readonly title: string; readonly rows: readonly Requirement[] };

/** All requirements, those without a test included: an empty list of files says so. */
export function requirementGroups(
  files: readonly SourceFile[] = readTree(),
): readonly RequirementGroup[] {
  const verified = verifiedIds(files);
  const scenarios = scenarioNames(files);
  const named = (pattern: RegExp): readonly string[] =>
    [...verified.keys()].filter((id) => pattern.test(id));
  const group = (
    title: string,
    ids: Iterable<string>,
    textOf: (id: string) => string,
  ): RequirementGroup => ({
    title,
    rows: [...new Set(ids)]
      .toSorted(byId)
      .map((id) => ({ id, text: textOf(id), files: verified.get(id) ?? [] })),
  });
  const invariants = invariantTexts(files);
  const rules = new Map<string, string>(ruleCatalogue.map(({ id, title }) => [id, title]));
  return [
    group(
      'Rules',
      [...rules.keys(), ...named(/^RULE-/u)],
      (id) => rules.get(id) ?? 'no rule of this version',
    ),
    group(
      'Durability contract',
      [...Object.keys(contract), ...named(/^C\d/u)],
      (id) => contract[id] ?? '',
    ),
    group(
      'After every crash',
      [...Object.keys(crashInvariants), ...named(/^I\d/u)],
      (id) => crashInvariants[id] ?? '',
    ),
    group(
      'Invariants of the parts',
      [...invariants.keys(), ...named(/^INV-/u)],
      (id) => invariants.get(id) ?? '',
    ),
    group(
      'Golden scenarios',
      named(/^G\d/u),
      (id) => scenarios.get(id)?.join('; ') ?? golden[id] ?? '',
    ),
    group(
      'Faults that must not come back',
      [...Object.keys(faults), ...named(/^[VTNOAH]\d/u)],
      (id) => faults[id] ?? scenarios.get(id)?.join('; ') ?? '',
    ),
  ];
}

/** Names of the scenarios of an id, without the id. */
function scenarioNames(files: readonly SourceFile[]): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>();
  for (const { path, text } of files) {
    if (!path.startsWith('test/scenarios/')) continue;
    for (const [, id = '', name = ''] of text.matchAll(/^scenario:\s*([A-Z]\d+) (.*)$/gmu)) {
      names.set(id, [...(names.get(id) ?? []), name]);
    }
  }
  return names;
}

/** `C2` before `C10`. */
function byId(left: string, right: string): number {
  return left.localeCompare(right, 'en', { numeric: true });
}
