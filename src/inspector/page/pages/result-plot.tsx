/** How the day went: result and balance over time, with the money limits drawn in. The same as a table beside it. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import type { SeriesReport } from '../../protocol-reports.ts';
import type { LimitBar } from '../../protocol.ts';
import { useFetch, useThrottled } from '../data/fetching.ts';
import { dateTimeText, moneyText } from '../data/format.ts';
import { useSelect } from '../data/store.ts';

const refreshMs = 3_000;
const height = 190;
/** Rules whose limit is an amount of the day's result. */
const dayRules: ReadonlySet<string> = new Set(['RULE-003', 'RULE-013']);

export function ResultPlot({ account, limits }: { account: string; limits: readonly LimitBar[] }) {
  const version = useThrottled(
    useSelect(({ wall }) => wall?.engine.headSeq ?? 0),
    refreshMs,
  );
  const { data } = useFetch<SeriesReport>('series', { account, points: 600 }, version);
  const lines = limits
    .filter(({ ruleId, limit }) => dayRules.has(ruleId) && Number.isFinite(Number(limit)))
    .map(({ title, limit }) => ({ title, value: Number(limit) }));
  if (data === undefined || data.atMs.length < 2) return null;
  return (
    <div class="plot">
      <Plot data={data} lines={lines} />
      <details>
        <summary>Result as a table</summary>
        <SeriesTable data={data} />
      </details>
    </div>
  );
}

type Line = { readonly title: string; readonly value: number };

function Plot({ data, lines }: { data: SeriesReport; lines: readonly Line[] }) {
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const theme = useSelect((context) => context.theme);
  const [wide, setWide] = useState(0);
  useEffect(() => {
    const { current: holder } = element;
    if (holder === null) return;
    const observer = new ResizeObserver(() => setWide(holder.clientWidth));
    observer.observe(holder);
    return () => observer.disconnect();
  }, []);
  const key = lines.map(({ title, value }) => `${title} ${value}`).join();
  useEffect(() => {
    const { current: holder } = element;
    if (holder === null || wide === 0) return;
    let isGone = false;
    const draw = async (): Promise<void> => {
      const { default: Create } = await import('uplot');
      if (isGone) return;
      const stepped = Create.paths.stepped?.({ align: 1 });
      const options = optionsOf(holder, wide, lines, stepped);
      plot.current = new Create(options, columnsOf(data, lines), holder);
    };
    void draw();
    return () => {
      isGone = true;
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [wide, theme, key]);
  useEffect(() => plot.current?.setData(columnsOf(data, lines)), [data]);
  return <div ref={element} class="plot-holder" aria-hidden="true" />;
}

function columnsOf(data: SeriesReport, lines: readonly Line[]): uPlot.AlignedData {
  return [
    data.atMs.map((atMs) => atMs / 1_000),
    data.net.map((value) => value ?? null),
    ...lines.map(({ value }) => data.atMs.map(() => value)),
  ];
}

function optionsOf(
  holder: HTMLElement,
  width: number,
  lines: readonly Line[],
  stepped: uPlot.Series.PathBuilder | undefined,
): uPlot.Options {
  const colour = (name: string): string => resolved(holder, name);
  const axis = {
    stroke: colour('--muted'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1 },
    font: '12px sans-serif',
  };
  return {
    width,
    height,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: true } },
    axes: [
      {
        ...axis,
        space: 110,
        values: (_, splits) => splits.map((seconds) => tickText(seconds, splits)),
      },
      { ...axis, size: 64 },
    ],
    series: [
      {},
      {
        label: 'net',
        stroke: colour('--accent'),
        width: 2,
        points: { show: false },
        ...(stepped === undefined ? {} : { paths: stepped }),
      },
      ...lines.map(({ title }) => ({
        label: title,
        stroke: colour('--bad'),
        width: 1.5,
        dash: [6, 4],
        points: { show: false },
      })),
    ],
  };
}

/** The engine's time is UTC, wherever the browser stands; the day stands where it changes. */
function tickText(seconds: number, splits: readonly number[]): string {
  const text = new Date(seconds * 1_000).toISOString();
  const isLong = (splits.at(-1) ?? 0) - (splits[0] ?? 0) > 2 * 86_400;
  return isLong ? text.slice(5, 16).replace('T', ' ') : text.slice(11, 16);
}

/** A canvas needs the colour itself, not the name of a property. */
function resolved(holder: HTMLElement, name: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${name})`;
  holder.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

const rowsShown = 30;

function SeriesTable({ data }: { data: SeriesReport }) {
  const rows = data.atMs.map(
    (atMs, index) => [atMs, data.net[index], data.balance[index]] as const,
  );
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Time (UTC)</th>
          <th scope="col" class="number">
            Net
          </th>
          <th scope="col" class="number">
            Balance
          </th>
        </tr>
      </thead>
      <tbody>
        {rows
          .slice(-rowsShown)
          .toReversed()
          .map(([atMs, net, balance], index) => (
            <tr key={`${atMs} ${index}`}>
              <td class="mono">{dateTimeText(atMs)}</td>
              <td class="number">{net === undefined ? '–' : moneyText(String(net))}</td>
              <td class="number">{balance === undefined ? '–' : moneyText(String(balance))}</td>
            </tr>
          ))}
      </tbody>
    </table>
  );
}
