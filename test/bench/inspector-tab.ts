/** The inspector's page in a real browser while a thousand steps a second go through: what the tab takes, and how it feels. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type CDPSession, type Page } from 'playwright-core';
import { build } from 'vite';
import { chromiumPath } from '../support/inspector-service.ts';
import { percentile } from './measure.ts';
import { tabScript } from './tab-script.ts';

const viteConfig = fileURLToPath(
  new URL('../../src/inspector/page/vite.config.ts', import.meta.url),
);
const bytesPerMb = 1_000_000;

/** Builds the page of these sources into a folder of its own. */
export async function withBuiltPage<Result>(
  run: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'bulkhead-page-'));
  try {
    await build({ configFile: viteConfig, logLevel: 'error', build: { outDir: folder } });
    return await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export type TabMemory = {
  /** After a full collection. */
  readonly heapMb: number;
  /** Of the whole process of the tab, what it shares with nobody: code, layout, pictures and heap. */
  readonly privateMb: number;
  readonly atS: number;
};

/** What the page's own thread did in a stretch of time. */
export type TabWork = {
  /** ms on a processor, by the kernel's count: foreign load hardly changes it. */
  readonly cpuMs: number;
  readonly busyPercent: number;
  /** By the clock: a processor that others take away makes a task long. */
  readonly longTasksMs: readonly number[];
};

export class Tab {
  private readonly browser: Browser;
  readonly page: Page;
  private readonly cdp: CDPSession;

  private constructor(browser: Browser, page: Page, cdp: CDPSession) {
    this.browser = browser;
    this.page = page;
    this.cdp = cdp;
  }

  /** Undefined where there is no browser. */
  static async open(): Promise<Tab | undefined> {
    if (chromiumPath === undefined) return undefined;
    const browser = await chromium.launch({
      executablePath: chromiumPath,
      // As root the sandbox of the browser does not work.
      args: ['--no-sandbox'],
    });
    const context = await browser.newContext({ viewport: { width: 1_440, height: 900 } });
    const page = await context.newPage();
    const cdp = await context.newCDPSession(page);
    await cdp.send('Performance.enable');
    await page.addInitScript({ content: tabScript });
    return new Tab(browser, page, cdp);
  }

  async signIn(signInUrl: string): Promise<void> {
    await this.page.goto(signInUrl);
    await this.page.locator('#app > header').waitFor();
  }

  /** ms since the navigation began: something is drawn, rows can be walked, all actors are there. */
  async load(url: string, actors: number): Promise<readonly [number, number, number]> {
    await this.page.goto(url);
    return this.ask(`untilComplete(${JSON.stringify(actors.toLocaleString('en-US'))})`);
  }

  /** Scrolls for so long as the frames come. */
  async scroll(durationMs: number): Promise<{
    readonly framesPerSecond: number;
    readonly frameP95Ms: number;
    /** ms on a processor for one frame, at most 16.7 for 60 of them a second. */
    readonly frameCpuMs: number;
    readonly rowsMost: number;
    readonly work: TabWork;
  }> {
    let found = { frames: [] as number[], rowsMost: 0 };
    const work = await this.during(async () => {
      found = await this.ask(`scroll(${durationMs})`);
    });
    const total = found.frames.reduce((sum, one) => sum + one, 0);
    return {
      framesPerSecond: (1_000 * found.frames.length) / total,
      frameP95Ms: percentile(found.frames, 0.95),
      frameCpuMs: work.cpuMs / found.frames.length,
      rowsMost: found.rowsMost,
      work,
    };
  }

  /** ms from a letter of the filter to the changed rows, and to the frame that shows them. */
  async filter(words: string): Promise<readonly [changedMs: number, shownMs: number]> {
    return this.ask(`filter(${JSON.stringify(words)})`);
  }

  /** What the page's thread did while something ran. */
  async during(run: () => Promise<void>): Promise<TabWork> {
    await this.ask('longTasks.splice(0)');
    const before = await this.metrics();
    await run();
    const after = await this.metrics();
    const longTasksMs = await this.ask<readonly number[]>('longTasks');
    const [cpuS = 0, totalS = 1] = (['ThreadTime', 'Timestamp'] as const).map(
      (name) => (after.get(name) ?? 0) - (before.get(name) ?? 0),
    );
    return { cpuMs: cpuS * 1_000, busyPercent: (100 * cpuS) / totalS, longTasksMs };
  }

  async memory(atS: number): Promise<TabMemory> {
    await this.cdp.send('HeapProfiler.collectGarbage');
    const heap = (await this.metrics()).get('JSHeapUsedSize') ?? 0;
    return { heapMb: heap / bytesPerMb, privateMb: await this.privateMb(), atS };
  }

  async close(): Promise<void> {
    await this.browser.close();
  }

  /** An answer of the measuring script in the page. */
  private async ask<Answer>(what: string): Promise<Answer> {
    return this.page.evaluate<Answer>(`bench.${what}`);
  }

  private async metrics(): Promise<ReadonlyMap<string, number>> {
    const { metrics } = await this.cdp.send('Performance.getMetrics');
    return new Map(metrics.map(({ name, value }) => [name, value]));
  }

  /** The largest of the browser's processes that draw pages: ours is the only page. */
  private async privateMb(): Promise<number> {
    const session = await this.browser.newBrowserCDPSession();
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    await session.detach();
    const sizes = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => anonMb(id));
    return Math.max(0, ...sizes);
  }
}

function anonMb(processId: number): number {
  try {
    const found = /^RssAnon:\s+(\d+) kB/mu.exec(readFileSync(`/proc/${processId}/status`, 'utf8'));
    return (Number(found?.[1] ?? 0) * 1_024) / bytesPerMb;
  } catch {
    return 0;
  }
}
