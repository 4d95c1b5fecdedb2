/**
 * What `tsc` leaves undone: files of deleted sources are removed from `dist`, files that are not
 * TypeScript are copied, and the command becomes executable. The inspector's page is built by Vite
 * and left alone.
 *
 * `npm ci` and `npm install` build through the script `postprepare`. It is not called `prepare`,
 * because `npx bulkhead` counts that as an install script, which strict-allow-scripts refuses.
 */
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const src = join(root, 'src');
const dist = join(root, 'dist');
const command = join(dist, 'bin', 'bulkhead.js');
const page = join('inspector', 'page');
const EXECUTABLE = 0o755;

for (const file of filesBelow(dist)) {
  const path = relative(dist, file);
  if (isOfPage(path)) continue;
  const stem = path.replace(/(?:\.d\.ts|\.js)(?:\.map)?$/u, '');
  if (!existsSync(join(src, `${stem}.ts`)) && !existsSync(join(src, path))) {
    rmSync(file);
  }
}

for (const file of filesBelow(src)) {
  if (!file.endsWith('.ts') && !isOfPage(relative(src, file))) {
    const copy = join(dist, relative(src, file));
    mkdirSync(dirname(copy), { recursive: true });
    copyFileSync(file, copy);
  }
}

chmodSync(command, EXECUTABLE);

function isOfPage(path) {
  return path.startsWith(page);
}

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
