/** The real service with its page, and a browser to look at it. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import type { Role } from '../../src/domain/operator.ts';
import { TokenFile } from '../../src/inspector/tokens.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { startBulkhead } from './bulkhead.ts';

/** Where Debian and others put it; undefined: the browser tests are skipped. */
export const chromiumPath = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => existsSync(path));

export type Service = {
  readonly url: string;
  /** Works once. */
  readonly signInUrl: string;
  readonly dataDir: string;
  createToken(role: Role): string;
  revokeToken(role: Role): void;
  /** An answer of the server, asked past the page. */
  get<T>(path: string): Promise<T>;
  stop(): Promise<void>;
};

export async function startService(more: readonly string[] = []): Promise<Service> {
  const dataDir = mkdtempSync(join(tmpdir(), 'bulkhead-browser-'));
  const args = ['run', '--data-dir', dataDir, '--inspector-port', '0', '--progress', 'none'];
  let found: (url: string) => void = () => undefined;
  const signIn = new Promise<string>((resolve) => {
    found = resolve;
  });
  const { child, ended } = startBulkhead([...args, ...more], (line) => {
    const match = /http:\/\/127\.0\.0\.1:\d+\/#token=\S+/u.exec(line);
    if (match !== null) found(match[0]);
  });
  const signInUrl = await Promise.race([
    signIn,
    ended.then(({ stderr }) => {
      throw new Error(`the service ended before it listened: ${stderr}`);
    }),
  ]);
  const url = signInUrl.slice(0, signInUrl.indexOf('#'));
  const tokens = new TokenFile(dataDir, systemClock);
  const created = new Map<Role, string>();
  const { token: own } = tokens.create({ role: 'auditor', by: 'test', days: 1 });
  return {
    url,
    signInUrl,
    dataDir,
    createToken: (role) => {
      const { token, stored } = tokens.create({ role, by: `${role} of the test`, days: 1 });
      created.set(role, stored.id);
      return token;
    },
    revokeToken: (role) => {
      tokens.revoke(created.get(role) ?? '');
    },
    get: async <T>(path: string): Promise<T> => {
      const response = await fetch(`${url}api/${path}`, {
        headers: { authorization: `Bearer ${own}` },
      });
      return (await response.json()) as T;
    },
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export async function openBrowser(): Promise<Browser> {
  return chromium.launch({
    ...(chromiumPath === undefined ? {} : { executablePath: chromiumPath }),
    // The tests may run as root, where the sandbox of the browser does not work.
    args: ['--no-sandbox'],
  });
}

export type Look = {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Errors of the page, refused scripts and styles, requests to other hosts. */
  readonly complaints: readonly string[];
};

/** A window of its own, with its own cookies. */
export async function look(browser: Browser, service: Service): Promise<Look> {
  const context = await browser.newContext({
    viewport: { width: 1_440, height: 900 },
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (/Content Security Policy|Trusted ?Type/iu.test(message.text()))
      complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(service.url) && !request.url().startsWith('ws://127.0.0.1'))
      complaints.push(`asked ${request.url()}`);
  });
  return { context, page, complaints };
}

/** Signs in and waits for the frame of the page. */
export async function enter(page: Page, service: Service, token: string): Promise<void> {
  await page.goto(`${service.url}#token=${token}`);
  await page.locator('#app > header').waitFor();
}
