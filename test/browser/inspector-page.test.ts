/**
 * The inspector's page in a real browser, against the real service: what a person sees and may do.
 *
 * Verifies: inspector 1, 3, 5, 6, 7; security 1 (CSP)
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { AuditReport, WhyReport } from '../../src/inspector/protocol-reports.ts';
import type { RowDetail, RowsPage, Wall } from '../../src/inspector/protocol.ts';
import {
  chromiumPath,
  enter,
  look,
  openBrowser,
  startService,
  type Service,
} from '../support/inspector-service.ts';

if (chromiumPath === undefined)
  console.warn('SKIPPED: no Chromium here, the page of the inspector is not tested in a browser.');

let service: Service;
let browser: Browser;

/** The account of the built-in market loses its day within seconds and is locked for most of a minute. */
async function untilLocked(): Promise<number> {
  return vi.waitFor(
    async () => {
      const { rows } = await service.get<RowsPage>('rows?type=account.lockStarted&limit=1');
      const [row] = rows;
      if (row === undefined) throw new Error('no account was locked yet');
      return row.seq;
    },
    { timeout: 60_000, interval: 250 },
  );
}

async function textOf(page: Page, selector: string): Promise<string> {
  return (await page.locator(selector).first().textContent()) ?? '';
}

describe.skipIf(chromiumPath === undefined)('the page of the inspector', () => {
  beforeAll(async () => {
    service = await startService(['--allow-actions']);
    browser = await openBrowser();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await service?.stop();
  });

  it('signs in by the link of the service and takes the token out of the address', async () => {
    const { page, context, complaints } = await look(browser, service);
    await page.goto(service.signInUrl);
    await page.locator('article.account').waitFor();
    expect(page.url()).not.toContain('token');
    expect(await textOf(page, 'h1')).toBe('Wall');
    const again = await look(browser, service);
    await again.page.goto(service.signInUrl);
    await again.page.locator('.sign-in').waitFor();
    expect(complaints).toEqual([]);
    await again.context.close();
    await context.close();
  });

  it('shows a breach on the wall, in the tree, on the chart, with its reason and in the past', async () => {
    const { page, context, complaints } = await look(browser, service);
    await enter(page, service, service.createToken('auditor'));
    const seq = await untilLocked();
    const row = await service.get<RowDetail>(`row?seq=${seq}`);
    const lock = (
      row.body as { readonly lock: { readonly lockId: string; readonly source: string } }
    ).lock;

    const wall = await service.get<Wall>('wall');
    await page.goto(`${service.url}wall`);
    await page.locator('.badge.big').waitFor();
    const state = await textOf(page, '.badge.big');
    expect(['ACTIVE', 'REDUCING', 'LOCKED', 'HALTED'].some((word) => state.includes(word))).toBe(
      true,
    );
    const limits = await page.locator('table.limits tbody th').allTextContents();
    expect(limits).toContain('daily loss');
    expect(wall.accounts.map(({ account }) => account)).toContain('A1');

    await page.goto(`${service.url}tree?q=${encodeURIComponent(lock.source)}`);
    await page.locator('[role=treegrid]').waitFor();
    await expect
      .poll(async () => page.locator('[role=row] a').allTextContents())
      .toContain(lock.source);

    await page.goto(`${service.url}actor?id=account/A1&at=${seq}`);
    await page.locator('.state.active').first().waitFor();
    expect(await page.locator('.state.active text').allTextContents()).toEqual(['● locked']);
    expect(await textOf(page, '.past-banner')).toContain('VIEWING PAST — read only');
    expect(await page.locator('.transition.last').count()).toBe(1);

    const why = await service.get<WhyReport>(`why?seq=${seq}`);
    await page.goto(`${service.url}why?seq=${seq}`);
    await page.locator('.verdict .sentence').waitFor();
    expect(await textOf(page, '.verdict .sentence')).toBe(why.verdict);
    expect(why.verdict).toContain(lock.source);
    expect(await page.locator('.chain > li').count()).toBe(why.chain.length);

    await page.goto(`${service.url}rewind?account=A1&at=${seq}`);
    await page.locator('.scrub-tools .badge').waitFor();
    expect(await textOf(page, '.scrub-tools .badge')).toContain('LOCKED');
    await page.goto(`${service.url}rewind?account=A1&at=${row.causeSeq - 1}`);
    await expect.poll(async () => textOf(page, '.scrub-tools .badge')).toContain('ACTIVE');
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('is walked by keyboard alone', async () => {
    const { page, context } = await look(browser, service);
    await enter(page, service, service.createToken('auditor'));
    await page.keyboard.press('?');
    await page.locator('dialog').waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(async () => page.locator('dialog').count()).toBe(0);
    await page.keyboard.press('g');
    await page.keyboard.press('t');
    await page.locator('[role=treegrid]').waitFor();
    await page.locator('[role=row][aria-level="2"]').first().waitFor();
    await page.keyboard.press('j');
    await expect.poll(async () => page.locator(':focus').getAttribute('aria-rowindex')).toBe('3');
    await page.keyboard.press('Enter');
    await page.locator('nav.tabs').waitFor();
    expect(page.url()).toContain('/actor?id=');
    await page.keyboard.press('Escape');
    await expect.poll(() => page.url()).toContain('/tree');
    await page.locator('[role=treegrid]').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('ledger');
    await expect.poll(() => page.url()).toContain('q=ledger');
    await context.close();
  });

  it('keeps at most 120 rows of the tree in the document, with one tab stop', async () => {
    const { page, context } = await look(browser, service);
    await enter(page, service, service.createToken('auditor'));
    await page.goto(`${service.url}tree?q=account`);
    await page.locator('[role=row][aria-level="3"]').first().waitFor();
    expect(await page.locator('[role=row]').count()).toBeLessThanOrEqual(120);
    expect(await page.locator('[role=treegrid] [tabindex="0"]').count()).toBe(1);
    await context.close();
  });

  it('lets a viewer see and tighten, but not halt', async () => {
    const { page, context } = await look(browser, service);
    await enter(page, service, service.createToken('viewer'));
    await page.locator('article.account').waitFor();
    const buttons = await page.locator('article.account .tools button').allTextContents();
    expect(buttons).toEqual(['Lock']);
    const status = await page.evaluate(`(async () => {
      const { csrf } = await (await fetch('/api/hello')).json();
      const body = JSON.stringify({ requestId: 'viewer-halts', account: 'A1', verb: 'kill', scope: 'account' });
      const answer = await fetch('/api/command', { method: 'POST', body, headers: { 'x-bulkhead-csrf': csrf } });
      return answer.status;
    })()`);
    expect(status).toBe(403);
    await context.close();
  });

  it('has nothing serious for axe to find', async () => {
    const source = readFileSync(
      createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
      'utf8',
    );
    const seq = await untilLocked();
    const context = await browser.newContext({ bypassCSP: true, colorScheme: 'dark' });
    const page = await context.newPage();
    await enter(page, service, service.createToken('auditor'));
    const paths = [
      'wall',
      'tree',
      'actor?id=account/A1',
      `actor?id=account/A1&at=${seq}&tab=context&b=${seq - 5}`,
      'rules?all=1',
      `why?seq=${seq}`,
      `rewind?account=A1&at=${seq}&b=${seq - 3}`,
      `timeline?seq=${seq}`,
      `journal?seq=${seq}`,
      'faults?tab=denials',
      'audit',
      'machines?id=lock',
      'blast?id=account/A1',
    ];
    const found: string[] = [];
    for (const path of paths) {
      await page.goto(`${service.url}${path}`);
      await page.locator('h1').waitFor();
      await page.waitForLoadState('networkidle').catch(() => undefined);
      await page.evaluate(source);
      const violations = await page.evaluate(`(async () => {
        const { violations } = await axe.run(document);
        return violations
          .filter(({ impact }) => impact === 'serious' || impact === 'critical')
          .map(({ id, nodes }) => id + ' ' + nodes[0].html);
      })()`);
      found.push(...(violations as string[]).map((text) => `${path}: ${text}`));
    }
    expect(found).toEqual([]);
    await context.close();
  });

  it('halts an account in two steps, and the audit says who did', async () => {
    const { page, context, complaints } = await look(browser, service);
    await enter(page, service, service.createToken('admin'));
    await page.locator('article.account').waitFor();
    await page.getByRole('button', { name: 'Halt', exact: true }).click();
    await page.locator('dialog .blast').waitFor();
    expect(await textOf(page, '.badge.big')).not.toContain('HALTED');
    await page.locator('dialog input').fill('the test says so');
    await page.getByRole('button', { name: 'Continue to confirmation' }).click();
    await page.getByRole('button', { name: 'Confirm: Halt A1' }).click();
    await page.locator('dialog .badge').waitFor();
    expect(await textOf(page, 'dialog .badge')).toContain('accepted');
    await page.getByRole('button', { name: 'Close', exact: true }).last().click();
    await expect
      .poll(async () => textOf(page, '.badge.big'), { timeout: 15_000 })
      .toContain('HALTED');
    const { rows } = await service.get<AuditReport>('audit');
    expect(rows.find(({ verb }) => verb === 'kill')).toMatchObject({
      role: 'admin',
      outcome: 'accepted',
    });
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('loses its line when its token is revoked', async () => {
    const { page, context } = await look(browser, service);
    await enter(page, service, service.createToken('operator'));
    await page.locator('.engine-line .badge.ok').waitFor();
    service.revokeToken('operator');
    await page.locator('.sign-in').waitFor({ timeout: 40_000 });
    expect(await page.locator('#app > header').count()).toBe(0);
    await context.close();
  });
});
