import { describe, expect, it } from 'vitest';
import { readTree } from '../support/source-tree.ts';
import { changelogFindings, expectNoFindings } from '../support/tidy.ts';

it('keeps the changelog in order', () => {
  const changelog = readTree().filter(({ path }) => path === 'CHANGELOG.md');
  expect(changelog).toHaveLength(1);
  expectNoFindings(changelog.flatMap(changelogFindings));
});

describe('a changelog', () => {
  const find = (...lines: readonly string[]): readonly string[] =>
    changelogFindings({ path: 'CHANGELOG.md', text: lines.join('\n') }).map(({ found }) => found);

  it('is accepted with versions and sections in order', () => {
    const text = ['# Changelog', '## Unreleased', '### Safety', '- a', '### Internals', '- b'];
    expect(find(...text, '## 0.1.0 – 2026-11-20', '### Added', '- c')).toEqual([]);
  });

  it.each<[string, readonly string[], string]>([
    ['has no version', ['# Changelog'], 'no version'],
    ['does not begin with Unreleased', ['## 0.1.0 – 2026-11-20'], '## 0.1.0 – 2026-11-20'],
    ['has a version without a date', ['## Unreleased', '## 0.1.0'], '## 0.1.0'],
    ['has another section', ['## Unreleased', '### Features'], '### Features'],
    ['has a section twice', ['## Unreleased', '### Added', '### Added'], '### Added'],
    ['has sections out of order', ['## Unreleased', '### Fixed', '### Safety'], '### Safety'],
    ['has a deeper heading', ['## Unreleased', '#### Added'], '#### Added'],
  ])('is refused when it %s', (_name, lines, found) => {
    expect(find(...lines)).toEqual([found]);
  });
});
