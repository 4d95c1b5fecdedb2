/**
 * What the page shows to people who develop machines and rules, in a real browser against the real service: guards, timers,
 * the timeline held still, counterfactuals, and one action on everything that a filter shows.
 *
 * Verifies: inspector 3 (Actor, Timeline, Why, Rules), 4, 5, 6
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { AuditReport, RuleCell, WhyReport } from '../../src/inspector/protocol-reports.ts';
import type { ActorDetail, RowDetail, RowsPage } from '../../src/inspector/protocol.ts';
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
let seq = 0;

async function textOf(page: Page, selector: string): Promise<string> {
  return (await page.locator(selector).first().textContent()) ?? '';
}

describe.skipIf(chromiumPath === undefined)('the page for developers of machines', () => {
  beforeAll(async () => {
    service = await startService(['--allow-actions']);
    browser = await openBrowser();
    seq = await vi.waitFor(
      async () => {
        const { rows } = await service.get<RowsPage>('rows?type=account.lockStarted&limit=1');
        const [row] = rows;
        if (row === undefined) throw new Error('no account was locked yet');
        return row.seq;
      },
      { timeout: 60_000, interval: 250 },
    );
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await service?.stop();
  });

  it('tells of a past step what its guards said, and what blocks the next ones', async () => {
    const { page, context, complaints } = await look(browser, service);
    await enter(page, service, service.createToken('auditor'));
    const detail = await service.get<ActorDetail>(`actor?id=account/A1&at=${seq}`);
    expect(detail.guards.length).toBeGreaterThan(0);
    await page.goto(`${service.url}actor?id=account/A1&at=${seq}`);
    await page.locator('.guards li').first().waitFor();
    expect(await page.locator('.guards li').count()).toBe(detail.guards.length);
    expect(await textOf(page, '.guards li .mono')).toBe(detail.guards[0]?.guard);
    const next = await page.locator('.next').textContent();
    expect(next).toContain('blocked: not met');
    expect(next).toContain('the event decides');
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('leads from a timer to the step that set it', async () => {
    const row = await service.get<RowDetail>(`row?seq=${seq}`);
    const { lock } = row.body as { readonly lock: { readonly lockId: string } };
    const id = `account/A1/lock/${lock.lockId}`;
    const { page, context } = await look(browser, service);
    await enter(page, service, service.createToken('auditor'));
    await page.goto(`${service.url}actor?id=${encodeURIComponent(id)}&tab=timers`);
    await page.locator('table.rows a').first().click();
    await page.locator('.page-head').waitFor();
    await expect.poll(() => new URL(page.url()).searchParams.get('at')).not.toBeNull();
    const at = new URL(page.url()).searchParams.get('at') ?? '';
    const { summary, timers } = await service.get<ActorDetail>(`actor?id=${id}&at=${at}`);
    expect(summary.id).toBe(id);
    expect(timers.map(({ name }) => name)).toContain('expiry');
    await context.close();
  });

  it('holds a timeline still, shows failures only, and gives a stretch of it as an address', async () => {
    const { page, context, complaints } = await look(browser, service);
    await enter(page, service, service.createToken('auditor'));
    await page.goto(`${service.url}timeline`);
    await page.locator('.sequence').waitFor();
    await page.locator('.sequence').hover();
    await page.mouse.wheel(0, 40);
    await expect.poll(() => page.url()).toContain('seq=');
    await page.goto(`${service.url}timeline?seq=${seq}`);
    await page.locator('.sequence').waitFor();
    const all = await page.locator('table.rows tbody tr').count();
    await page.getByLabel('Steps that are shown').selectOption('anomaly');
    await expect.poll(async () => page.locator('table.rows tbody tr').count()).toBeLessThan(all);
    const failures = await page.locator('table.rows tbody tr').count();
    expect(await page.locator('table.rows .mark.bad').count()).toBe(failures);
    await page.getByLabel('Steps that are shown').selectOption('');
    await page.getByLabel('Picture').selectOption('times');
    await page.locator('.gantt').waitFor();
    await page.getByLabel('From').fill('3');
    await expect.poll(() => page.url()).toContain('from=3');
    await expect.poll(async () => page.locator('table.rows tbody tr').count()).toBe(all - 3);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('names what a rule lets pass, and the change that the rule itself has judged', async () => {
    const { page, context } = await look(browser, service);
    await enter(page, service, service.createToken('auditor'));
    await page.goto(`${service.url}rules`);
    await expect
      .poll(async () => textOf(page, 'table.rules'), { timeout: 15_000 })
      .toContain('MNQ:');
    const { rules } = await service.get<{ readonly rules: readonly RuleCell[] }>('rules');
    expect(
      rules.filter(({ isEnabled }) => isEnabled).every(({ judgedBy }) => judgedBy !== undefined),
    ).toBe(true);
    const why = await service.get<WhyReport>(`why?seq=${seq}`);
    expect(why.counterfactualBy).toBe('rule');
    await page.goto(`${service.url}why?seq=${seq}`);
    await page.locator('.counterfactual').waitFor();
    expect(await textOf(page, '.counterfactual')).toContain(why.counterfactual ?? 'a change');
    expect(await textOf(page, '.counterfactual')).toContain('The rule itself has judged it again.');
    await context.close();
  });

  it('goes through rows by j and k, and to the next anomaly by the brace', async () => {
    const { page, context } = await look(browser, service);
    await enter(page, service, service.createToken('auditor'));
    await page.goto(`${service.url}actor?id=account/A1&tab=history`);
    await page.locator('table.rows tbody a').first().waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    const second = await page
      .locator('table.rows tbody tr')
      .nth(1)
      .locator('a')
      .first()
      .textContent();
    expect(await page.locator(':focus').textContent()).toBe(second);
    await page.keyboard.press('k');
    expect(await page.locator(':focus').textContent()).not.toBe(second);
    await page.goto(`${service.url}why?seq=${seq + 1}`);
    await page.locator('.chain').waitFor();
    await page.keyboard.press('{');
    await expect.poll(() => page.url()).toContain(`seq=${seq}`);
    await context.close();
  });

  it('acts on everything that the filter shows, with a count first, each as a command of its own', async () => {
    const { page, context, complaints } = await look(browser, service);
    await enter(page, service, service.createToken('admin'));
    await page.goto(`${service.url}tree?q=${encodeURIComponent('/position/')}`);
    await page.locator('[role=row] a').getByText('MNQ').first().waitFor();
    await page.getByRole('button', { name: 'Act on what is shown …' }).click();
    await page.locator('dialog .facts').waitFor();
    const told = await textOf(page, 'dialog .facts');
    const count = Number(/Concerned(\d+)/u.exec(told)?.[1] ?? '0');
    expect(count).toBeGreaterThan(0);
    expect(told).toContain(`${count} position`);
    expect(await page.getByRole('button', { name: 'Continue to confirmation' }).isDisabled()).toBe(
      true,
    );
    await page.locator('dialog input').fill('the test pauses them');
    await page.getByRole('button', { name: 'Continue to confirmation' }).click();
    await page.getByRole('button', { name: `Confirm: pause ${count}` }).click();
    await expect
      .poll(async () => page.locator('dialog').getAttribute('aria-label'), { timeout: 15_000 })
      .toBe(`Pause: ${count} of ${count}`);
    const { rows } = await service.get<AuditReport>('audit');
    const pauses = rows.filter(
      ({ verb, reason }) => verb === 'pause' && reason === 'the test pauses them',
    );
    expect(pauses).toHaveLength(count);
    expect(pauses.every(({ outcome }) => outcome === 'accepted')).toBe(true);
    expect(complaints).toEqual([]);
    await context.close();
  });
});
