/** The files of the page, read once: nothing that a request names is ever looked up on the disk. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';

export type PageFile = { readonly body: Buffer; readonly type: string };

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.json': 'application/json; charset=utf-8',
};

export class PageFiles {
  private readonly files = new Map<string, PageFile>();

  /** An empty or missing folder gives a page that says so. */
  constructor(folder: string) {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) this.read(folder, '');
    if (!this.files.has('/index.html')) {
      const body = Buffer.from('The page is not built. Run `npm run build`.\n');
      this.files.set('/index.html', { body, type: 'text/plain; charset=utf-8' });
    }
  }

  /** Every path without an ending is a view of the page itself. */
  find(path: string): PageFile | undefined {
    const known = this.files.get(path);
    if (known !== undefined) return known;
    return extname(path) === '' ? this.files.get('/index.html') : undefined;
  }

  private read(folder: string, prefix: string): void {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) this.read(path, `${prefix}/${entry.name}`);
      const type = types[extname(entry.name)];
      if (entry.isFile() && type !== undefined)
        this.files.set(`${prefix}/${entry.name}`, { body: readFileSync(path), type });
    }
  }
}
