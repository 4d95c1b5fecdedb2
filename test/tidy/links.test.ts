/** Verifies: style 1.5: every relative link of every page leads somewhere. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorsOf, linkFindings, linksOf } from '../support/links.ts';
import { readTree, repositoryRoot } from '../support/source-tree.ts';
import { expectNoFindings } from '../support/tidy.ts';

const pages = readTree().filter(({ path }) => path.endsWith('.md'));

it('leads somewhere with every relative link', () => {
  expect(pages.map(({ path }) => path)).toContain('README.md');
  expectNoFindings(linkFindings(pages, (path) => existsSync(join(repositoryRoot, path))));
});

describe('a link', () => {
  const files = new Set(['README.md', 'docs', 'docs/a.md', 'src/one.ts']);
  const found = (text: string, path = 'docs/a.md'): readonly string[] =>
    linkFindings([{ path, text }], (one) => files.has(one)).map(({ found: link }) => link);

  it.each<[string, string]>([
    ['to a file beside it', '[a](a.md)'],
    ['to a folder', '[docs](../docs)'],
    ['to a file of the source', '[one](../src/one.ts)'],
    ['to a heading of its page', '# One two\n[x](#one-two)'],
    ['to another host', '[x](https://example.org/none) [y](mailto:a@example.org)'],
    ['inside code', '`[x](none.md)`\n```\n[x](none.md)\n```'],
  ])('%s is accepted', (_where, text) => {
    expect(found(text)).toEqual([]);
  });

  it.each<[string, string, string]>([
    ['to a missing file', '[x](none.md)', 'none.md'],
    ['to a heading that is not there', '# One\n[x](#two)', '#two'],
    ['to a heading of another page that is not there', '# One\n[x](a.md#two)', 'a.md#two'],
    ['out of the repository', '[x](../../README.md)', '../../README.md'],
    ['in a line of names', '[x]: none.md', 'none.md'],
    ['with a title', '[x](none.md "title")', 'none.md'],
  ])('%s is found', (_where, text, link) => {
    expect(found(text)).toEqual([link]);
  });

  it('is reported with its line', () => {
    expect(linksOf('one\n[a](b.md) [c](d.md)')).toEqual([
      { line: 2, target: 'b.md' },
      { line: 2, target: 'd.md' },
    ]);
  });
});

it('makes the anchors of headings as code hosts do', () => {
  const text = '# A `code` word\n## RULE-003 daily loss\n## Same\n## Same\n### [Link](x.md), too';
  expect([...anchorsOf(text)]).toEqual([
    'a-code-word',
    'rule-003-daily-loss',
    'same',
    'same-1',
    'link-too',
  ]);
});
