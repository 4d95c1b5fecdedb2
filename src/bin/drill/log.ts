/**
 * The log of drills beside the journal: one line per drill, each with the hash of the line before it, so that a failed one
 * cannot be taken out unseen. Source: crash-testing 8, inspector 3 (Faults and recovery).
 */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { DrillRow, DrillsReport } from '../../inspector/tool-reports.ts';
import { systemClock } from '../../kernel/clock.ts';

type Line = DrillRow & { readonly hash: string };
type Outcome = Omit<DrillRow, 'atMs' | 'by'>;

const shownMax = 100;

function drillFile(dataDir: string): string {
  return join(dataDir, 'drills.jsonl');
}

/** Adds a line. @returns false where there is no such data directory: a drill needs none */
export function writeDrill(dataDir: string, outcome: Outcome): boolean {
  if (!existsSync(dataDir)) return false;
  const row: DrillRow = { atMs: systemClock.nowMs(), by: userInfo().username, ...outcome };
  const line: Line = { ...row, hash: hashOf(linesOf(dataDir).at(-1)?.hash ?? '', row) };
  appendFileSync(drillFile(dataDir), `${JSON.stringify(line)}\n`, { mode: 0o600 });
  return true;
}

/** Newest first. */
export function readDrills(dataDir: string): DrillsReport {
  const lines = linesOf(dataDir);
  const drills = lines.map(rowOf).toReversed();
  const problem = chainProblem(lines);
  return { drills: drills.slice(0, shownMax), ...(problem === undefined ? {} : { problem }) };
}

function linesOf(dataDir: string): readonly Line[] {
  const file = drillFile(dataDir);
  if (!existsSync(file)) return [];
  const texts = readFileSync(file, 'utf8').split('\n');
  return texts.flatMap((text) => (text === '' ? [] : [lineOf(text)]));
}

/** A line that is none stays visible as one that does not fit. */
function lineOf(text: string): Line {
  try {
    return JSON.parse(text) as Line;
  } catch {
    const name = 'unreadable line';
    return { atMs: 0, name, isPassed: false, totalMs: 0, text: '', by: '', hash: '' };
  }
}

function rowOf({ atMs, name, isPassed, totalMs, text, by }: Line): DrillRow {
  return { atMs, name, isPassed, totalMs, text, by };
}

function chainProblem(lines: readonly Line[]): string | undefined {
  let before = '';
  for (const [index, { hash, ...row }] of lines.entries()) {
    if (hashOf(before, row) !== hash)
      return `line ${index + 1} does not follow from the one before it`;
    before = hash;
  }
  return undefined;
}

function hashOf(before: string, { atMs, name, isPassed, totalMs, text, by }: DrillRow): string {
  const told = JSON.stringify([before, atMs, name, isPassed, totalMs, text, by]);
  return createHash('sha256').update(told).digest('hex');
}
