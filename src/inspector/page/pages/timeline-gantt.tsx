/**
 * When each actor was at it: a line for each of them from its first step to its last, a mark for each step. A stretch of
 * it is chosen with two sliders, by mouse or by keyboard. Source: inspector 3 (Timeline).
 */
import type { RowSummary } from '../../protocol.ts';
import { countText, durationText, nameInAccount, timeText } from '../data/format.ts';
import { addressOf, change, type Query } from '../data/router.ts';
import { scaleOf } from './timeline-scale.ts';

const left = 190;
const width = 900;
const laneHeight = 26;
const headHeight = 30;
const right = 24;

export function Gantt({
  rows,
  chosen,
  isCompressed,
  query,
}: {
  rows: readonly RowSummary[];
  chosen: number;
  isCompressed: boolean;
  query: Query;
}) {
  const scale = scaleOf(
    rows.map(({ atMs }) => atMs),
    isCompressed,
  );
  const lanes = [...new Set(rows.map(({ actor }) => actor))];
  const places = new Map(rows.map(({ seq }, index) => [seq, scale.places[index] ?? 0] as const));
  const x = (seq: number): number => left + (places.get(seq) ?? 0) * (width - left - right);
  const y = (index: number): number => headHeight + (index + 0.5) * laneHeight;
  const height = headHeight + lanes.length * laneHeight + 8;
  const [first, last] = [rows[0], rows.at(-1)];
  return (
    <div class="chart-frame gantt" tabIndex={0} role="region" aria-label="Times of the actors">
      <svg
        width={width}
        height={height}
        role="group"
        aria-label="Times of the actors; the table below says the same"
      >
        {first !== undefined && (
          <text class="axis" x={left} y={16}>
            {timeText(first.atMs)}
          </text>
        )}
        {last !== undefined && (
          <text class="axis" x={width - right} y={16} text-anchor="end">
            {durationText(last.atMs - (first?.atMs ?? last.atMs))} in all
          </text>
        )}
        {scale.pauses.map(({ place, ms }) => (
          <g key={place} class="gap">
            <line
              x1={left + place * (width - left - right)}
              x2={left + place * (width - left - right)}
              y1={headHeight - 6}
              y2={height}
            />
            <text x={left + place * (width - left - right) + 4} y={headHeight - 4}>
              {durationText(ms)}
            </text>
          </g>
        ))}
        {lanes.map((actor, index) => (
          <Lane
            key={actor}
            actor={actor}
            rows={rows.filter((row) => row.actor === actor)}
            chosen={chosen}
            x={x}
            y={y(index)}
            query={query}
          />
        ))}
      </svg>
    </div>
  );
}

function Lane({
  actor,
  rows,
  chosen,
  x,
  y,
  query,
}: {
  actor: string;
  rows: readonly RowSummary[];
  chosen: number;
  x: (seq: number) => number;
  y: number;
  query: Query;
}) {
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined) return null;
  const name = actor === '' ? 'input' : nameInAccount(actor);
  return (
    <g class="lane">
      <text x={left - 12} y={y + 4} text-anchor="end">
        <title>{actor}</title>
        {name.length > 26 ? `${name.slice(0, 11)}…${name.slice(-14)}` : name}
      </text>
      <line
        class="span"
        x1={x(first.seq)}
        x2={Math.max(x(last.seq), x(first.seq) + 1)}
        y1={y}
        y2={y}
      />
      {rows.map((row) => (
        <a key={row.seq} href={addressOf('timeline', { ...query, seq: row.seq })}>
          <title>
            #{row.seq} {row.event} {timeText(row.atMs)}
          </title>
          <g class={`step ${row.importance}${row.seq === chosen ? ' chosen' : ''}`}>
            {row.importance === 'anomaly' ? (
              <rect x={x(row.seq) - 5} y={y - 5} width={10} height={10} />
            ) : (
              <circle cx={x(row.seq)} cy={y} r={row.importance === 'decision' ? 5 : 3.5} />
            )}
          </g>
        </a>
      ))}
    </g>
  );
}

/** Two sliders over the steps: what lies outside is not shown. */
export function Brush({ all, from, to }: { all: readonly RowSummary[]; from: number; to: number }) {
  const max = Math.max(0, all.length - 1);
  const told = (index: number): string => {
    const row = all[index];
    return row === undefined ? '' : `row ${countText(row.seq)}, ${timeText(row.atMs)}`;
  };
  const slider = (name: string, value: number, choose: (index: number) => void) => (
    <label class="field inline">
      {name}
      <input
        type="range"
        min={0}
        max={max}
        value={value}
        aria-valuetext={told(value)}
        onInput={({ currentTarget }) => choose(Number(currentTarget.value))}
      />
      <small class="mono">{told(value)}</small>
    </label>
  );
  return (
    <div class="brush" role="group" aria-label="Stretch of the timeline">
      {slider('From', from, (index) =>
        change({ from: index === 0 ? undefined : Math.min(index, to) }),
      )}
      {slider('To', to, (index) =>
        change({ to: index === max ? undefined : Math.max(index, from) }),
      )}
    </div>
  );
}
