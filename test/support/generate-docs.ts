/** Entry of `npm run docs`: writes every page that is made from the code. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { referencePages } from './reference-pages.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

for (const { path, text } of referencePages) {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, await text());
  console.log(path);
}
