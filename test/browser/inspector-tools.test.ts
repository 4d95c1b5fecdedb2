/**
 * The developer's and auditor's tools in a real browser, against the real service.
 *
 * Verifies: inspector 3 (pages 5, 8, 9, 12), 5 (roles), 6, 7 (axe-clean), 13 cases 3, 10 and 12
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openBundle } from '../../src/bin/bundle/open.ts';
import { writeDrill } from '../../src/bin/drill/log.ts';
import type { Wall } from '../../src/inspector/protocol.ts';
import {
  chromiumPath,
  enter,
  look,
  openBrowser,
  startService,
  type Look,
  type Service,
} from '../support/inspector-service.ts';

if (chromiumPath === undefined)
  console.warn(
    'SKIPPED: no Chromium here, the tools of the inspector are not tested in a browser.',
  );

let service: Service;
let browser: Browser;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

async function violationsOf(page: Page): Promise<readonly string[]> {
  // The page lets no text become code, so axe is put in past it.
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { run } = (globalThis as unknown as { axe: { run: () => Promise<AxeResult> } }).axe;
    const { violations } = await run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join()}`);
  });
}
type AxeResult = {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { target: string[] }[];
  }[];
};

async function signedIn(role: 'auditor' | 'viewer' = 'auditor'): Promise<Look> {
  const opened = await look(browser, service);
  await enter(opened.page, service, service.createToken(role));
  return opened;
}

async function both(page: Page): Promise<readonly string[]> {
  const found: string[] = [];
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    found.push(...(await violationsOf(page)).map((one) => `${colorScheme} ${one}`));
  }
  return found;
}

describe.skipIf(chromiumPath === undefined)('the tools of the inspector', () => {
  beforeAll(async () => {
    service = await startService();
    browser = await openBrowser();
    await vi.waitFor(
      async () => {
        const { accounts } = await service.get<Wall>('wall');
        if (accounts.length === 0) throw new Error('no account yet');
      },
      { timeout: 60_000, interval: 250 },
    );
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await service?.stop();
  });

  it('answers a query from the keyboard, shows where a wrong one is wrong, and ends one that is endless', async () => {
    const { page, context, complaints } = await signedIn();
    await page.keyboard.press('g');
    await page.keyboard.press('s');
    const field = page.getByLabel('Query', { exact: true });
    await field.fill('SELECT machine, version FROM v_machines ORDER BY machine');
    await field.press('Control+Enter');
    await page.getByRole('region', { name: 'Rows of the query' }).waitFor();
    expect(await page.locator('table tbody tr').first().textContent()).toContain('account');
    expect(await both(page)).toEqual([]);
    await field.fill('SELECT machine\n FRM v_machines');
    await field.press('Control+Enter');
    await page.getByText('line 2').waitFor();
    await field.fill(
      'WITH RECURSIVE c(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c',
    );
    await field.press('Control+Enter');
    await page.getByText('longer than 250 ms').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('has no query for a viewer', async () => {
    const { page, context } = await signedIn('viewer');
    await page.goto(`${service.url}sql`);
    await page.locator('.problem').waitFor();
    expect(await page.locator('textarea').count()).toBe(0);
    await context.close();
  });

  it('forks from the moment that Rewind shows, with an event of one’s own', async () => {
    const { page, context, complaints } = await signedIn();
    await page.goto(`${service.url}rewind?at=15`);
    await page.getByRole('link', { name: 'Fork here' }).click();
    await page.getByRole('button', { name: 'Order', exact: true }).click();
    await page.getByRole('button', { name: 'Add' }).click();
    await page.getByRole('button', { name: 'Run the sandbox' }).click();
    await page.getByRole('heading', { name: 'First difference' }).waitFor({ timeout: 60_000 });
    expect(await page.locator('.figures').first().textContent()).toContain(
      'nothing left the sandbox',
    );
    expect(await both(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('compares versions, and lists drills', async () => {
    writeDrill(service.dataDir, { name: 'kill-switch', isPassed: false, totalMs: 9, text: 'late' });
    const { page, context, complaints } = await signedIn();
    await page.goto(`${service.url}versions`);
    await page
      .getByText('Every actor does today what the journal tells.')
      .waitFor({ timeout: 60_000 });
    expect(await both(page)).toEqual([]);
    await page.goto(`${service.url}faults?tab=drills`);
    await page.getByRole('region', { name: 'Drills' }).waitFor();
    expect(await page.getByText('failed').count()).toBeGreaterThan(0);
    expect(await both(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('gives a bundle that opens', async () => {
    const { page, context, complaints } = await signedIn();
    await page.goto(`${service.url}rewind`);
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export bundle' }).click();
    const file = join(service.dataDir, 'saved.json');
    writeFileSync(file, readFileSync((await (await download).path()) ?? ''));
    expect(openBundle(file).manifest.subject.kind).toBe('account');
    expect(complaints).toEqual([]);
    await context.close();
  });
});
