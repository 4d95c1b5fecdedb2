/** Verifies: what docs/scenarios.md shows is what the product does: its scenario passes, its vectors answer as printed. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runConformance } from '../../src/bin/conformance/run-conformance.ts';
import { runScenarios } from '../../src/bin/scenario/run-scenarios.ts';
import { conformanceLines, scenarioLine, totalLine } from '../../src/cli/report-text.ts';
import { repositoryRoot } from '../support/source-tree.ts';

const page = readFileSync(join(repositoryRoot, 'docs/scenarios.md'), 'utf8');

/** The first block of a language. */
function block(language: string): string {
  return new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'u').exec(page)?.[1] ?? '';
}

describe('the page about scenarios', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'bulkhead-page-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs a scenario as the command does; the lines as they are printed, with the name of the file alone. */
  const play = async (text: string): Promise<string> => {
    const file = join(folder, 'first.yaml');
    writeFileSync(file, text);
    const lines: string[] = [];
    const report = await runScenarios([file], (result) =>
      lines.push(scenarioLine({ ...result, file: 'first.yaml' })),
    );
    return [...lines, totalLine(report)].join('');
  };

  it('shows a scenario that passes, with what it prints', async () => {
    const printed = await play(block('yaml'));
    expect(printed).toContain('1 passed');
    expect(page).toContain(printed);
  });

  it('shows what a wrong expectation prints', async () => {
    const printed = await play(block('yaml').replace('realized: -541.50', 'realized: -540'));
    expect(printed).toContain('1 failed');
    expect(page).toContain(printed);
  });

  it('shows vectors, with what they print', async () => {
    const vectorsFile = join(folder, 'vectors.json');
    writeFileSync(vectorsFile, block('json'));
    const printed = conformanceLines(await runConformance({ vectorsFile }));
    expect(printed).toContain('1 passed, 0 failed, 1 unsupported');
    expect(page).toContain(printed);
  });
});
