/** A sequence diagram: a lane for each actor, an arrow from the cause to what it caused; idle time takes no room. */
import type { RowSummary } from '../../protocol.ts';
import { ArrowHead } from '../chart/arrow-head.tsx';
import { durationText, nameInAccount } from '../data/format.ts';
import { addressOf } from '../data/router.ts';

const laneWidth = 168;
const stepHeight = 34;
const headHeight = 46;
const left = 92;
const gapShownMs = 1_000;

export function SequenceDiagram({ rows, chosen }: { rows: readonly RowSummary[]; chosen: number }) {
  const lanes = [...new Set(rows.map(({ actor }) => actor))];
  const laneOf = new Map(lanes.map((actor, index) => [actor, index] as const));
  const bySeq = new Map(rows.map((row, index) => [row.seq, { row, index }] as const));
  const width = left + lanes.length * laneWidth;
  const height = headHeight + rows.length * stepHeight + 12;
  const x = (actor: string): number => left + ((laneOf.get(actor) ?? 0) + 0.5) * laneWidth;
  const y = (index: number): number => headHeight + (index + 0.5) * stepHeight;
  return (
    <div class="chart-frame sequence" tabIndex={0} role="region" aria-label="Sequence diagram">
      <svg
        width={width}
        height={height}
        role="group"
        aria-label="Sequence diagram; the table below says the same"
      >
        <defs>
          <ArrowHead id="arrow-step" kind="line" />
        </defs>
        {lanes.map((actor) => (
          <Lane key={actor} actor={actor} x={x(actor)} height={height} />
        ))}
        {rows.map((row, index) => {
          const cause = bySeq.get(row.causeSeq);
          const before = rows[index - 1];
          return (
            <g key={row.seq} class={`step ${row.importance}${row.seq === chosen ? ' chosen' : ''}`}>
              <Gap
                ms={before === undefined ? 0 : row.atMs - before.atMs}
                y={y(index) - stepHeight / 2}
                width={width}
              />
              <text class="seq" x={8} y={y(index) + 4}>
                #{row.seq}
              </text>
              {cause !== undefined && (
                <Arrow
                  from={{ x: x(cause.row.actor), y: y(cause.index) }}
                  to={{ x: x(row.actor), y: y(index) }}
                />
              )}
              <Step
                row={row}
                x={x(row.actor)}
                y={y(index)}
                isFromRight={cause !== undefined && x(cause.row.actor) > x(row.actor)}
              />
            </g>
          );
        })}
      </svg>
    </div>
  );
}

function Lane({ actor, x, height }: { actor: string; x: number; height: number }) {
  const name = actor === '' ? 'input' : nameInAccount(actor);
  const shown = name.length > 24 ? `${name.slice(0, 10)}…${name.slice(-13)}` : name;
  return (
    <g class="lane">
      <line x1={x} x2={x} y1={headHeight - 8} y2={height} />
      <text x={x} y={22} text-anchor="middle">
        <title>{actor}</title>
        {shown}
      </text>
    </g>
  );
}

function Gap({ ms, y, width }: { ms: number; y: number; width: number }) {
  if (ms < gapShownMs) return null;
  return (
    <g class="gap">
      <line x1={left} x2={width} y1={y} y2={y} />
      <text x={left + 6} y={y - 3}>
        {durationText(ms)} later
      </text>
    </g>
  );
}

type Place = { readonly x: number; readonly y: number };

function Arrow({ from, to }: { from: Place; to: Place }) {
  if (from.x === to.x) {
    const bow = from.x - 16;
    return (
      <path
        class="cause"
        d={`M${from.x - 5} ${from.y} H${bow} V${to.y} H${to.x - 8}`}
        marker-end="url(#arrow-step)"
      />
    );
  }
  const side = to.x > from.x ? -8 : 8;
  return (
    <path
      class="cause"
      d={`M${from.x} ${from.y} V${to.y} H${to.x + side}`}
      marker-end="url(#arrow-step)"
    />
  );
}

const textMax = 22;

/** The text stands where the arrow does not come from. */
function Step({
  row,
  x,
  y,
  isFromRight,
}: {
  row: RowSummary;
  x: number;
  y: number;
  isFromRight: boolean;
}) {
  const { event, importance } = row;
  const name = event.slice(event.indexOf('.') + 1);
  const shown = name.length > textMax ? `${name.slice(0, textMax - 1)}…` : name;
  return (
    <a href={addressOf('timeline', { seq: row.seq })}>
      <title>
        {event} {row.from} → {row.to}
      </title>
      {importance === 'anomaly' ? (
        <rect x={x - 5} y={y - 5} width={10} height={10} />
      ) : (
        <circle cx={x} cy={y} r={importance === 'decision' ? 5 : 3.5} />
      )}
      <text x={isFromRight ? x - 10 : x + 10} y={y + 4} text-anchor={isFromRight ? 'end' : 'start'}>
        {shown}
      </text>
    </a>
  );
}
