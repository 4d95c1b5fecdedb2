/** The page of what other engines get wrong and what shows that it is otherwise here. */
import type { EngineHole, Evidence, HoleGroup } from './engine-hole.ts';
import { holeGroups } from './engine-holes.ts';
import { generated, markdownTable } from './page-text.ts';

export function engineHolesPage(): string {
  return `${generated}

# What other engines get wrong

The holes, weak points and complaints of the trading engines that were studied, how it is here, and the tests and
scenarios that show it. The evidence is by name, and a test looks every name up. What is of later work says which.

${holeGroups.map(section).join('\n\n')}
`;
}

function section({ section: number, title, rows }: HoleGroup): string {
  return `## ${title} (${number})\n\n${markdownTable(
    ['#', 'Elsewhere', 'Here', 'Shown by'],
    rows.map((row, index) => [`${number}.${index + 1}`, row.hole, row.ours, shown(row)]),
  )}`;
}

function shown({ evidence, later }: EngineHole): string {
  return later === undefined ? evidence.map(link).join('; ') : `later work: ${later}`;
}

function link([file, name]: Evidence): string {
  const text = name === 'Verifies:' ? file.replace('.test.ts', '') : name;
  return `[${text}](../../test/${file})`;
}
