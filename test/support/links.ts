/** Relative links of Markdown pages, and whether they lead anywhere. */
import type { SourceFile } from './source-tree.ts';
import type { Finding } from './tidy.ts';

const reason =
  'A relative link names a file or folder of this repository, and after # a heading of that page.';

/** Every relative link that leads nowhere. `exists` knows files and folders by their path from the root. */
export function linkFindings(
  pages: readonly SourceFile[],
  exists: (path: string) => boolean,
): readonly Finding[] {
  const anchors = new Map(pages.map(({ path, text }) => [path, anchorsOf(text)]));
  return pages.flatMap((page) =>
    linksOf(page.text).flatMap(({ line, target }) => {
      const [to = '', anchor] = target.split('#', 2);
      const path = to === '' ? page.path : joined(page.path, decodeURI(to));
      const isThere = path !== undefined && (path === '' || exists(path));
      const known = path === undefined ? undefined : anchors.get(path);
      const isHeading = anchor === undefined || known === undefined || known.has(anchor);
      return isThere && isHeading ? [] : [{ path: page.path, line, found: target, reason }];
    }),
  );
}

/** Links with a target inside the repository, outside of code; also those of `[name]: target` lines. */
export function linksOf(
  text: string,
): readonly { readonly line: number; readonly target: string }[] {
  let isFenced = false;
  return text.split('\n').flatMap((line, index) => {
    if (/^\s*(?:```|~~~)/u.test(line)) isFenced = !isFenced;
    if (isFenced) return [];
    const plain = line.replaceAll(/`[^`]*`/gu, '``');
    const inline = /\]\(<?([^()\s<>]+)>?(?:\s+"[^"]*")?\)/gu;
    const named = /^\s{0,3}\[[^\]]+\]:\s+<?([^\s<>]+)>?/gu;
    return [...plain.matchAll(inline), ...plain.matchAll(named)]
      .map(([, target = '']) => target)
      .filter((target) => !/^(?:[a-z][a-z\d+.-]*:|\/\/)/iu.test(target))
      .map((target) => ({ line: index + 1, target }));
  });
}

/** Anchors of the headings as code hosts make them: lower case, spaces to hyphens, the second of a name with -1. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  const seen = new Map<string, number>();
  let isFenced = false;
  for (const line of text.split('\n')) {
    if (/^\s*(?:```|~~~)/u.test(line)) isFenced = !isFenced;
    const [, heading] = isFenced ? [] : (/^#{1,6}\s+(.*?)\s*#*$/u.exec(line) ?? []);
    if (heading === undefined) continue;
    const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/gu, '$1');
    const slug = plain
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    anchors.add(count === 0 ? slug : `${slug}-${count}`);
  }
  return anchors;
}

/** The path from the root that a target means on a page; undefined when it leaves the repository. */
function joined(page: string, target: string): string | undefined {
  const parts = target.startsWith('/') ? [] : page.split('/').slice(0, -1);
  for (const part of target.split('/')) {
    if (part === '..') {
      if (parts.length === 0) return undefined;
      parts.pop();
    } else if (part !== '.' && part !== '') {
      parts.push(part);
    }
  }
  return parts.join('/');
}
