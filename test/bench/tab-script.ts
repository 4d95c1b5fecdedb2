/** What runs inside the page of the inspector to measure it: plain text, because it is no part of this program. */
export const tabScript = `
(() => {
  const bench = { longTasks: [], firstRowMs: 0, allMs: 0 };
  window.bench = bench;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) bench.longTasks.push(Math.round(duration));
  }).observe({ type: 'longtask', buffered: true });
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const lookForRows = () => {
    if (document.querySelector('[role=treegrid] [role=row][aria-rowindex="2"]') === null)
      requestAnimationFrame(lookForRows);
    else bench.firstRowMs = performance.now();
  };
  lookForRows();
  bench.untilComplete = async (count) => {
    while (document.querySelector('.note')?.textContent?.startsWith(count) !== true) await frame();
    bench.allMs = performance.now();
    return bench.loadTimes();
  };
  bench.loadTimes = () => {
    const [paint] = performance.getEntriesByName('first-contentful-paint');
    return [paint?.startTime ?? 0, bench.firstRowMs, bench.allMs];
  };
  bench.scroll = async (durationMs) => {
    const grid = document.querySelector('[role=treegrid]');
    const frames = [];
    let rowsMost = 0;
    let step = 240;
    const fromMs = performance.now();
    let lastMs = await frame();
    while (performance.now() - fromMs < durationMs) {
      if (grid.scrollTop + grid.clientHeight >= grid.scrollHeight - 300) step = -240;
      else if (grid.scrollTop < 300) step = 240;
      grid.scrollTop += step;
      const atMs = await frame();
      frames.push(atMs - lastMs);
      lastMs = atMs;
      if (frames.length % 10 === 0)
        rowsMost = Math.max(rowsMost, document.querySelectorAll('[role=row]').length);
    }
    return { frames, rowsMost };
  };
  bench.filter = async (words) => {
    const input = document.querySelector('[data-filter]');
    const note = document.querySelector('.note');
    const changed = new Promise((resolve) => {
      const observer = new MutationObserver(() => {
        observer.disconnect();
        resolve(performance.now());
      });
      observer.observe(note, { subtree: true, childList: true, characterData: true });
    });
    const fromMs = performance.now();
    input.value = words;
    input.dispatchEvent(new Event('input', { bubbles: true }));
    const changedMs = await Promise.race([changed, new Promise((resolve) => setTimeout(resolve, 3_000, NaN))]);
    await frame();
    await new Promise((resolve) => setTimeout(resolve));
    return [changedMs - fromMs, performance.now() - fromMs];
  };
})();
`;
