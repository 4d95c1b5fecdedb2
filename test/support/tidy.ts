/**
 * Checks of the tree itself, as pure functions: text in, findings out. `test/tidy` feeds them the
 * repository, and for each one a bad example that it must find.
 *
 * The only escape is `// tidy-ok: reason` on the line of the finding (`#` or `<!--` where `//` is
 * not a comment).
 */
import { blank, lineAt, type SourceFile } from './source-tree.ts';

export type Finding = {
  readonly path: string;
  /** From 1; absent when the finding is about the whole file. */
  readonly line?: number;
  readonly found: string;
  /** Why this is not allowed and what to do instead. */
  readonly reason: string;
};

type TextKind = 'code' | 'codeAndStrings' | 'text';

export type Ban = {
  readonly name: string;
  /** Global; each match is a finding. */
  readonly pattern: RegExp;
  readonly reason: string;
  /** What the pattern reads: code alone, code with its strings, or everything with comments. */
  readonly reads: TextKind;
  readonly appliesTo: (path: string) => boolean;
};

/** Throws one error that lists every finding, so that nothing of it is cut. */
export function expectNoFindings(findings: readonly Finding[]): void {
  if (findings.length > 0) {
    throw new Error(`${findings.length} finding(s)\n${findings.map(describeFinding).join('\n')}`);
  }
}

export function describeFinding({ path, line, found, reason }: Finding): string {
  return `${path}${line === undefined ? '' : `:${line}`}: ${found}\n    ${reason}`;
}

// Which files -----------------------------------------------------------------------------------

const isCode = (path: string): boolean => /\.(?:ts|mjs|js)$/u.test(path);

const isIn =
  (...folders: readonly string[]) =>
  (path: string): boolean =>
    folders.some((folder) => path.startsWith(`${folder}/`));

/** Our code that runs in Node; the inspector's page runs in a browser. */
const isEngine = (path: string): boolean =>
  isCode(path) && path.startsWith('src/') && !path.startsWith('src/inspector/page/');

const isMachine = (path: string): boolean => isCode(path) && path.startsWith('src/machines/');

const isExact = (path: string): boolean =>
  isEngine(path) &&
  path !== 'src/domain/arithmetic.ts' &&
  !isIn('src/cli', 'src/bin', 'src/inspector', 'src/observability')(path);

/** The checkers and their bad examples name what they ban. */
const isChecker = (path: string): boolean =>
  path.startsWith('test/tidy/') || path === 'test/support/tidy.ts';

const isTest = (path: string): boolean =>
  isCode(path) && path.startsWith('test/') && !isChecker(path);

// Bans ------------------------------------------------------------------------------------------

const EXACT_NAME = String.raw`\b(?:\w*(?:Micros|Units|Ticks|Lots)|micros|units|ticks|lots)(?:Min|Max)?\b`;

export const bans: readonly Ban[] = [
  {
    name: 'wall clock',
    pattern:
      /\bDate\s*\.\s*now\b|\bnew\s+Date\b\s*(?:\(\s*\)|(?!\s*\())|\bDateTime\s*\.\s*(?:now\s*\(|(?:local|utc)\s*\(\s*\))/gu,
    reason: 'Time comes in by the injected Clock, or a replay gives another state.',
    reads: 'code',
    appliesTo: (path) => isEngine(path) && path !== 'src/kernel/clock.ts',
  },
  {
    name: 'chance',
    pattern: /\bMath\s*\.\s*random\b/gu,
    reason:
      'Chance comes in by the injected Random, or a failure cannot be repeated from its seed.',
    reads: 'code',
    appliesTo: (path) => isEngine(path) || isTest(path),
  },
  {
    name: 'random ids',
    pattern: /\brandom(?:UUID|Bytes|Int|FillSync)\b|\bgetRandomValues\b/gu,
    reason: 'Ids come from the injected Ids; only kernel and bin may ask the platform for chance.',
    reads: 'code',
    appliesTo: (path) => isEngine(path) && !isIn('src/kernel', 'src/bin')(path),
  },
  {
    name: 'unfinished',
    pattern: /\b(?:FIXME|TODO)\b/gu,
    reason: 'Unfinished work is an issue or a page in docs/gaps, not a comment.',
    reads: 'text',
    appliesTo: (path) =>
      !isChecker(path) && (isCode(path) || /\.(?:css|html|ya?ml|sh|sql)$|^\.ci\//u.test(path)),
  },
  {
    name: 'bigint',
    pattern: /\bBigInt\b|(?<![\w.])\d[\d_]*n\b|(?<!\.)\bbigint\b/gu,
    reason:
      'bigint lives only in src/domain/arithmetic.ts: JSON.stringify throws on it, so it must not reach context, rows or messages.',
    reads: 'code',
    appliesTo: (path) => isEngine(path) && path !== 'src/domain/arithmetic.ts',
  },
  {
    name: 'parse float',
    pattern: /\bparseFloat\b/gu,
    reason:
      'Money, prices and quantities are exact integers parsed from their text (src/domain/arithmetic.ts); a binary float is wrong in the last digit.',
    reads: 'code',
    appliesTo: isEngine,
  },
  {
    name: 'number of text',
    pattern: /(?<![.\w$])Number\s*(?:\(|(?=\)))|\bcoerce\s*\.\s*(?:number|bigint)\b/gu,
    reason:
      "Number('') is 0 and Number('0.1') is a float: parse with zod or the exact parsers of src/domain.",
    reads: 'code',
    appliesTo: isExact,
  },
  {
    name: 'float in an exact quantity',
    pattern: new RegExp(
      String.raw`${EXACT_NAME}['"]?\s*\??\s*[:=]\s*(?:z\s*\.\s*number\s*\(|-?\d[\d_]*\.\d)`,
      'gu',
    ),
    reason: 'Money, ticks and lots are safe integers: use the branded schemas (z.int()).',
    reads: 'codeAndStrings',
    appliesTo: isEngine,
  },
  {
    name: 'division of an exact quantity',
    pattern: new RegExp(String.raw`${EXACT_NAME}\)?\s*\/=?(?![/*])`, 'gu'),
    reason:
      'A division makes a float: use a helper of src/domain/arithmetic.ts that names its rounding.',
    reads: 'code',
    appliesTo: (path) => isExact(path) && !path.startsWith('src/workers/'),
  },
  {
    name: 'after in a machine',
    pattern: /\bafter\s*:/gu,
    reason: 'Lost on restore. A timer is a durable row with dueAtMs: record timer.put.',
    reads: 'code',
    appliesTo: isMachine,
  },
  {
    name: 'delay in a machine',
    pattern: /\bdelays?\s*:/gu,
    reason: 'Lost on restore. A timer is a durable row with dueAtMs: record timer.put.',
    reads: 'code',
    appliesTo: isMachine,
  },
  {
    name: 'invoke in a machine',
    pattern: /\binvoke\s*:/gu,
    reason: 'Runs again on restore. Record an effect; it is executed after the commit, once.',
    reads: 'code',
    appliesTo: isMachine,
  },
  {
    name: 'spawn in a machine',
    pattern: /\bspawn(?:Child)?\b/gu,
    reason: 'Machines have no children: each entity is its own root in a cell of the registry.',
    reads: 'code',
    appliesTo: isMachine,
  },
  {
    name: 'sendTo in a machine',
    pattern: /\b(?:sendTo|sendParent|forwardTo)\b/gu,
    reason: 'Machines hold no reference to another actor: record a message as an effect.',
    reads: 'code',
    appliesTo: isMachine,
  },
  {
    name: 'acting import in a machine',
    pattern:
      /\bimport\b[^;'"]*\{[^}]*\b(?:emit|log|cancel|stopChild|enqueueActions|createActor|fromPromise|fromCallback|fromObservable|fromEventObservable)\b[^}]*\}\s*from\s*['"]xstate(?:\/\w+)?['"]/gu,
    reason: 'Machines use assign, raise without delay, and named actions that record effects.',
    reads: 'codeAndStrings',
    appliesTo: isMachine,
  },
  {
    name: 'self or system in a machine',
    pattern: /\(\s*\{[^{}()]*\b(?:self|system)\b[^{}()]*\}/gu,
    reason: 'A machine decides from its state and its event alone.',
    reads: 'code',
    appliesTo: isMachine,
  },
  {
    name: 'unnamed action or guard',
    pattern:
      /\b(?:actions|guard|entry|exit)\s*:\s*\[?\s*(?:assign\s*\(|async\b|\(\s*[{)]|function\b)/gu,
    reason: 'Everything is named in setup: the chart and the journal show the names.',
    reads: 'code',
    appliesTo: isMachine,
  },
  {
    name: 'path of one machine',
    pattern: /(?<![\w.~/-])\/(?:work|tmp|home|Users|root)\/\w?/gu,
    reason: 'The tree must work wherever it is checked out: use a relative path or os.tmpdir().',
    reads: 'text',
    appliesTo: (path) => !isChecker(path),
  },
  {
    name: 'registry host',
    pattern:
      /\bregistry\.[\w-]+\.\w+|https?:\/\/[^\s"'/]*(?:registry|mirror|artifactory|nexus|verdaccio)|"resolved"\s*:|_authToken/gu,
    reason:
      'Where packages come from belongs to the machine, not to the tree (.npmrc has omit-lockfile-registry-resolved).',
    reads: 'text',
    appliesTo: (path) => !isChecker(path),
  },
  {
    name: 'should in a test name',
    pattern: /\b(?:it|test|describe)(?:\.\w+)*\s*\(\s*(['"`])(?:(?!\1)[^\n])*\bshould\b/gu,
    reason:
      'A test name states the behaviour: "counts a fill once", not "should count a fill once".',
    reads: 'codeAndStrings',
    appliesTo: isTest,
  },
  {
    name: 'focused test',
    pattern: /\b(?:it|test|describe)(?:\s*\.\s*\w+)*\s*\.\s*only\b/gu,
    reason: 'A focused test switches all others off.',
    reads: 'code',
    appliesTo: isTest,
  },
  {
    name: 'name without meaning',
    pattern:
      /\b(?:class|interface|type)\s+(?:I[A-Z][a-z]\w*|\w*(?:Manager|Helper|Helpers|Util|Utils))\b/gu,
    reason: 'No I prefix, no Manager, Helper or Util: name what it is (docs/style.md).',
    reads: 'code',
    appliesTo: (path) => isCode(path) && isIn('src', 'test')(path),
  },
];

/** Everything one ban finds in one file. */
export function banFindings(ban: Ban, file: SourceFile): readonly Finding[] {
  if (!ban.appliesTo(file.path)) return [];
  const text = ban.reads === 'text' ? file.text : blank(file.text, ban.reads);
  const lines = file.text.split('\n');
  return [...text.matchAll(ban.pattern)].flatMap((match) => {
    const line = lineAt(text, match.index);
    if (isEscaped(lines[line - 1])) return [];
    return [
      { path: file.path, line, found: oneLine(match[0]), reason: `${ban.name}: ${ban.reason}` },
    ];
  });
}

function isEscaped(line: string | undefined): boolean {
  return /(?:\/\/|#|<!--) tidy-ok: \S/u.test(line ?? '');
}

const oneLine = (text: string): string => text.replaceAll(/\s+/gu, ' ').trim();

/** A skipped test names an id, a reason and a date, and is a finding after that date. */
export function quarantineFindings(file: SourceFile, today: string): readonly Finding[] {
  if (!isTest(file.path)) return [];
  const code = blank(file.text, 'code');
  const lines = file.text.split('\n');
  const skips = /\b(?:it|test|describe)(?:\s*\.\s*\w+)*\s*\.\s*(?:skip|todo|fails)\b/gu;
  return [...code.matchAll(skips)].flatMap((match) => {
    const line = lineAt(code, match.index);
    const before = `${lines[line - 2] ?? ''}\n${lines[line - 1] ?? ''}`;
    const note = /\/\/ quarantine: [A-Z]+-[\w-]+, .{3,}, until (\d{4}-\d{2}-\d{2})/u.exec(before);
    if (note?.[1] !== undefined && note[1] >= today) return [];
    const reason =
      note === null
        ? 'A test that does not run needs `// quarantine: GAP-001, reason, until YYYY-MM-DD` on its line or the one above.'
        : 'The quarantine of this test is over: repair it or remove it.';
    return [{ path: file.path, line, found: oneLine(match[0]), reason }];
  });
}

/** A file's name says what is in it: kebab-case, a role suffix where there is one, no drawers. */
export function fileNameFindings({ path }: Pick<SourceFile, 'path'>): readonly Finding[] {
  if (!/^(?:src|test)\/.*\.ts$/u.test(path)) return [];
  const name = path.split('/').at(-1) ?? '';
  if (!/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9-]+)*\.ts$/u.test(name)) {
    return [{ path, found: name, reason: 'File names are kebab-case: order-event.ts.' }];
  }
  if (/^(?:.*-)?(?:manager|helpers?|utils?|common|misc|types|data)\.ts$/u.test(name)) {
    return [{ path, found: name, reason: 'A drawer for everything: name the one thing it holds.' }];
  }
  return [];
}

/** Dependencies are pinned: the same tree installs the same code. */
export function versionFindings({ path, text }: SourceFile): readonly Finding[] {
  const parsed = JSON.parse(text) as Record<string, unknown>;
  return ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((section) =>
    Object.entries((parsed[section] ?? {}) as Record<string, string>)
      .filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/u.test(version))
      .map(([name, version]) => ({
        path,
        found: `${name}: ${version}`,
        reason: 'A dependency has one exact version.',
      })),
  );
}

// Sizes -----------------------------------------------------------------------------------------

/** Lines a file may have. A ratchet: these numbers only go down. */
const lineLimits = { src: 400, test: 600 } as const;

/** Files longer than their limit. Functions are measured by the linter. */
export function sizeFindings({ path, text }: SourceFile): readonly Finding[] {
  const area = path.split('/')[0];
  if (!isCode(path) || (area !== 'src' && area !== 'test')) return [];
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  const limit = lineLimits[area];
  if (lines <= limit) return [];
  const reason = `A file of ${area} has at most ${limit} lines: a reader holds one subject at a time. Split it by subject.`;
  return [{ path, found: `${lines} lines`, reason }];
}

// Changelog -------------------------------------------------------------------------------------

const changelogSections = ['Safety', 'Added', 'Changed', 'Fixed', 'Internals'];

/** Headings of CHANGELOG.md: versions, newest first and Unreleased on top, with the five sections in order. */
export function changelogFindings({ path, text }: SourceFile): readonly Finding[] {
  const findings: Finding[] = [];
  const report = (line: number, found: string, reason: string): void => {
    findings.push({ path, line, found, reason });
  };
  let versions = 0;
  let sectionBefore = -1;
  let isFenced = false;
  for (const [index, line] of text.split('\n').entries()) {
    if (line.startsWith('```')) isFenced = !isFenced;
    const heading = isFenced ? null : /^(#{2,}) (.*)$/u.exec(line);
    const [, level, title = ''] = heading ?? [];
    if (level === '##') {
      versions += 1;
      sectionBefore = -1;
      if (versions === 1 && title !== 'Unreleased') {
        report(index + 1, line, 'The first heading is "## Unreleased": a change goes there.');
      }
      if (versions > 1 && !/^\d+\.\d+\.\d+ – \d{4}-\d{2}-\d{2}$/u.test(title)) {
        report(index + 1, line, 'A version is "## 1.2.3 – 2026-11-20".');
      }
    } else if (level !== undefined) {
      const section = changelogSections.indexOf(title);
      if (level !== '###' || section === -1) {
        report(index + 1, line, `The sections are ${changelogSections.join(', ')}, as "###".`);
      } else if (section <= sectionBefore) {
        report(
          index + 1,
          line,
          `Sections come once, in the order ${changelogSections.join(', ')}.`,
        );
      }
      sectionBefore = Math.max(sectionBefore, section);
    }
  }
  if (versions === 0) report(1, 'no version', 'The changelog has an "## Unreleased" heading.');
  return findings;
}
