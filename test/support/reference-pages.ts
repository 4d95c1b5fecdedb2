/** The pages that are made from the code. `npm run docs` writes them; a test compares them. */
import type { AnyStateMachine } from 'xstate';
import { topicFiles } from '../../src/bin/configuration/topics.ts';
import { denialCatalogue } from '../../src/domain/denial.ts';
import { matrixOf, type MatrixCell, type MatrixRegion } from '../../src/inspector/chart-matrix.ts';
import { mermaidOf } from '../../src/inspector/chart-mermaid.ts';
import { chartOf } from '../../src/inspector/chart.ts';
import { alertsPage } from './alerts-page.ts';
import { configurationPage, rulesPage } from './configuration-pages.ts';
import { engineHolesPage } from './engine-holes-page.ts';
import { loadMachines } from './exported-machines.ts';
import { inspectorProtocolPage } from './inspector-protocol-page.ts';
import { generated, markdownTable } from './page-text.ts';
import { requirementGroups, type RequirementGroup } from './requirements-page.ts';
import { coveragePage } from './scenario-coverage.ts';
import { editorSchema, formattedJson, topicSchema } from './schema-keys.ts';

/** One generated page: where it goes, and how its text is made. */
export type ReferencePage = {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: () => Promise<string> | string;
};

/** A page is added here. */
export const referencePages: readonly ReferencePage[] = [
  { path: 'docs/reference/machines.md', text: machinesPage },
  { path: 'docs/reference/coverage.md', text: coveragePage },
  { path: 'docs/reference/denial-codes.md', text: denialCodesPage },
  { path: 'docs/reference/inspector-protocol.md', text: inspectorProtocolPage },
  { path: 'docs/reference/alerts.md', text: alertsPage },
  { path: 'docs/reference/rules.md', text: rulesPage },
  { path: 'docs/reference/config.md', text: configurationPage },
  { path: 'docs/requirements/foundation.md', text: requirementsPage },
  { path: 'docs/requirements/trading-engines.md', text: engineHolesPage },
  { path: 'config/bulkhead.schema.json', text: () => `${formattedJson(editorSchema())}\n` },
  ...Object.entries(topicFiles).map(([file, keys]) => ({
    path: `config/${file.replace('.yaml', '.schema.json')}`,
    text: () => `${formattedJson(topicSchema(keys))}\n`,
  })),
];

async function machinesPage(): Promise<string> {
  const machines = await loadMachines();
  return `${generated}

# Machines

Every statechart of the engine: what each state does with each event, and the chart. A cell names the states that the
event may lead to; \`=\` stays and changes data or records something; \`-\` is ignored on purpose; an empty cell is
unhandled: no event of this kind belongs there, and one that comes all the same becomes a dead letter, unless another
region takes it. \`?\` means that guards decide whether it is taken at all. Which guard leads where is written in
\`src/machines\`.

${machines.map(machineSection).join('\n\n')}
`;
}

function machineSection(machine: AnyStateMachine): string {
  const chart = chartOf(machine);
  return [
    `## ${machine.id}, version ${machine.version ?? 'none'}`,
    ...matrixOf(chart).map(regionSection),
    `\`\`\`mermaid\n${mermaidOf(chart)}\n\`\`\``,
  ].join('\n\n');
}

function regionSection({ name, states, rows }: MatrixRegion): string {
  const head = ['Event', ...states];
  const table = markdownTable(
    head,
    rows.map(({ event, cells }) => [event, ...cells.map(cellText)]),
  );
  return name === '' ? table : `### Region \`${name}\`\n\n${table}`;
}

function cellText({ kind, outcomes, isConditional }: MatrixCell): string {
  if (kind === 'unhandled') return '';
  const text = kind === 'ignored' ? '-' : outcomes.join(', ');
  return isConditional ? `${text} ?` : text;
}

function denialCodesPage(): string {
  const rows = denialCatalogue.map(({ code, meaning, remedy }, index) => [
    String(index + 1),
    `\`${code}\``,
    meaning,
    remedy,
  ]);
  return `${generated}

# Denial codes

A denial is a refusal of our own gate: the order never reached the venue. The order of this page is the order of
checking; the first code that applies is the answer.

${markdownTable(['#', 'Code', 'Meaning', 'Remedy'], rows)}
`;
}

function requirementsPage(): string {
  return `${generated}

# Requirements of the foundation

Which test verifies what: read from the \`Verifies:\` header of every test file and from the names of the scenarios. A
dash says that no test names the id, which is not yet a proof that nothing tests it.

${requirementGroups().map(requirementSection).join('\n\n')}
`;
}

function requirementSection({ title, rows }: RequirementGroup): string {
  const table = rows.map(({ id, text, files }) => [
    id,
    text,
    files.map(fileLink).join(', ') || '–',
  ]);
  return `## ${title}\n\n${markdownTable(['Id', 'Says', 'Verified by'], table)}`;
}

function fileLink(path: string): string {
  return `[${path.replace(/^test\//u, '').replace(/\.test\.ts$/u, '')}](../../${path})`;
}
