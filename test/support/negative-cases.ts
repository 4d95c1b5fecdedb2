/** The negative cases: what each says, and which tests name it. Source: negative-cases 1 to 6. */
import type { SourceFile } from './source-tree.ts';

/** Faults that engines in the field have had and that must not come back here. */
export const faults: Readonly<Record<string, string>> = {
  H1: 'A rule that counts as done and is not loaded.',
  H2: 'A rule that counts as enforced and whose action never reaches the venue.',
  H3: 'A gate that passes because there was nothing to compare.',
  H4: 'Tests that use names which do not exist.',
  H5: 'Published figures that differ from the measured ones.',
  N1: 'A fill on a closed order that is dropped.',
  N2: 'A change and a cancel at once, of which one answer is lost.',
  N3: 'A rejection of a partly filled order that loops.',
  N4: 'A partial fill that a late acceptance hides.',
  N5: 'An order that cannot end or trigger before its acknowledgement.',
  N6: 'A silent order that is called rejected although it may live.',
  N7: 'An own order that enters by the path of adopted ones.',
  O1: 'An event that counts as handled although its effect is lost.',
  O2: 'A second order after a crash behind the acceptance.',
  O3: 'A hedge that is filled in part and never completed.',
  O4: 'A time limit that never ends, or ends by counting looks instead of time.',
  O5: 'An end state that is overwritten, or a gap between states that is accepted.',
  O6: 'Tests that name states the machine does not have.',
  T1: 'A repeated order that becomes two, or a wanted equal one that is dropped.',
  T2: 'An alert that never escalates because nothing tells of it again.',
  T3: 'One alert that is sent again and again because a number in it has changed.',
  T4: 'A drawdown that can never be reached because nobody keeps the high-water mark.',
  T5: 'A regression gate that passes because its baseline is zero or empty.',
  T6: 'A value in force that differs from the one that is shown.',
  T7: 'A guard against outliers that is another one than the described.',
  A1: 'A guard that runs on an empty list because the data was missing.',
  A2: 'A question to the venue that fails and lets an order pass.',
  A3: 'Layers against duplicates that an unrelated option switches off.',
  A4: 'A crash between a placement and its record.',
  A5: 'Positions that a failed list deletes.',
  A6: 'A symbol lock that a restart forgets.',
  V1: 'A daily reset that never fires.',
  V2: 'A reset in another zone than the configured one.',
  V3: 'A reset that runs twice for one trading day, or for the wrong one.',
  V4: 'A reset that clears locks that are not its own.',
  V5: 'A realized result that two rules count twice.',
  V6: 'A fill that is not counted because the account is locked.',
  V7: 'A trading day that ends at local midnight instead of its boundary.',
  V8: 'A position opened while locked that stays open.',
  V9: 'A short cooldown that overwrites a lock until the reset.',
  V10: 'A lock that loses its kind, source or end by a restart.',
  V11: 'A timer that a restart loses or extends.',
  V12: 'Too many trades that breach and set no lock.',
  V13: 'A count of contracts on another basis than the configured one.',
  V14: 'A breach whose action nobody carries out.',
  V15: 'An open loss judged over the account where each position was meant.',
  V16: 'A protective stop that is not recognised, or whose end goes unnoticed.',
  V17: 'The end of a session that nothing notices in a quiet market, on a holiday or over midnight.',
  V18: 'A lost permission to trade that only raises an alert.',
  V19: 'An order update or a partial fill that is dropped as a repetition.',
  V20: 'A venue call that hangs and so holds the lock back.',
  V21: 'A wrong or assumed tick value.',
  V22: 'A limit written for one spelling of an instrument that never matches the other.',
  V23: 'A count of the session that forgets after an hour.',
  V24: 'A reset that fires once in the life of a process, or on a weekend.',
  V25: 'One failing close that stops the others.',
  V26: 'Worked numbers and code that contradict each other.',
  V27: 'Codes or addresses of a venue that do not exist.',
};

/** Cases of parts that this version does not have, with the part. */
export const withoutPart: Readonly<Record<string, string>> = {
  T5: 'the regression gate of backtests',
};

/** Every name of a test or a scenario that holds the id of a case, as `path: name`. */
export function namesOfCase(files: readonly SourceFile[], id: string): readonly string[] {
  const pattern = new RegExp(String.raw`(?<![\w-])(?<!accounts?[ /])${id}\b(?!/)`, 'u');
  return files.flatMap(({ path, text }) =>
    namesIn(path, text)
      .filter((name) => pattern.test(name))
      .map((name) => `${path}: ${name}`),
  );
}

const testName =
  /\b(?:it|test|describe)(?:\.\w+(?:<[^>]*>)?(?:\([^()]*\))?)*\(\s*(['"`])((?:(?!\1).)*)\1/gu;

function namesIn(path: string, text: string): readonly string[] {
  if (path.startsWith('test/scenarios/'))
    return [...text.matchAll(/^scenario:\s*(.*)$/gmu)].map(([, name = '']) => name);
  if (!/^test\/.*\.test\.tsx?$/u.test(path)) return [];
  return [...text.matchAll(testName)].map(([, , name = '']) => name);
}
