/** A statechart as a drawing: active states are filled and marked, the last transition is thick and moves once. */
import { useState } from 'preact/hooks';
import type { ChartLayout, PlacedEdge, PlacedNode, Point } from '../../chart-layout.ts';
import { ArrowHead } from './arrow-head.tsx';
import { isTaken, nothingLit, type Lit } from './machine-view.ts';

const margin = 14;
const lineHeight = 14;
const zooms = [0.5, 0.75, 1, 1.25, 1.5] as const;

export function ChartDrawing({
  title,
  layout,
  lit = nothingLit,
  onEvent,
}: {
  title: string;
  layout: ChartLayout;
  lit?: Lit;
  onEvent?: (event: string) => void;
}) {
  const [zoom, setZoom] = useState(1);
  const [isFit, setIsFit] = useState(true);
  const { width, height, nodes, edges } = layout;
  const [wide, high] = [width + 2 * margin, height + 2 * margin];
  const inner = new Set(nodes.filter((node) => isOuter(node, nodes)).map(({ id }) => id));
  const size = isFit ? { maxWidth: '100%', maxHeight: 'calc(100vh - 270px)' } : {};
  return (
    <div class="chart">
      <Zoom
        zoom={zoom}
        isFit={isFit}
        onFit={() => setIsFit(!isFit)}
        onZoom={(value) => {
          setIsFit(false);
          setZoom(value);
        }}
      />
      <div class="chart-frame" tabIndex={0} role="region" aria-label={`Chart of ${title}`}>
        <svg
          viewBox={`${-margin} ${-margin} ${wide} ${high}`}
          width={wide * zoom}
          height={high * zoom}
          style={size}
          role="img"
          aria-label={`Statechart of ${title}; the table says the same`}
        >
          <Markers />
          {nodes.map((node) => (
            <State
              key={node.id}
              node={node}
              isOuter={inner.has(node.id)}
              isActive={lit.active.has(node.id)}
            />
          ))}
          {edges.map((edge) => (
            <Transition
              key={`${edge.source} ${edge.target}`}
              edge={edge}
              isLast={isTaken(edge, lit)}
              step={lit.step}
              {...(onEvent === undefined ? {} : { onEvent })}
            />
          ))}
        </svg>
      </div>
    </div>
  );
}

function Zoom({
  zoom,
  isFit,
  onFit,
  onZoom,
}: {
  zoom: number;
  isFit: boolean;
  onFit: () => void;
  onZoom: (zoom: number) => void;
}) {
  const next = (step: number): number => {
    const index = zooms.findIndex((one) => one === zoom) + step;
    return zooms[Math.max(0, Math.min(zooms.length - 1, index))] ?? 1;
  };
  return (
    <div class="chart-tools">
      <button type="button" class="plain" aria-label="Smaller" onClick={() => onZoom(next(-1))}>
        −
      </button>
      <button type="button" class="plain" aria-label="Larger" onClick={() => onZoom(next(1))}>
        +
      </button>
      <button type="button" class="plain" aria-pressed={isFit} onClick={onFit}>
        fit
      </button>
    </div>
  );
}

/** A state with others inside. */
function isOuter({ id }: PlacedNode, nodes: readonly PlacedNode[]): boolean {
  return nodes.some((other) => other.id !== id && (id === '' || other.id.startsWith(`${id}.`)));
}

function Markers() {
  return (
    <defs>
      {['line', 'last'].map((name) => (
        <ArrowHead key={name} id={`arrow-${name}`} kind={name} />
      ))}
    </defs>
  );
}

function State({
  node,
  isOuter: isAround,
  isActive,
}: {
  node: PlacedNode;
  isOuter: boolean;
  isActive: boolean;
}) {
  const { x, y, width, height, key, type, isInitial } = node;
  const classes = ['state', isAround ? 'outer' : 'leaf', type, isActive ? 'active' : ''].join(' ');
  return (
    <g class={classes}>
      <rect x={x} y={y} width={width} height={height} rx={isAround ? 8 : 6} />
      {type === 'final' && (
        <rect x={x + 3} y={y + 3} width={width - 6} height={height - 6} rx="4" class="inside" />
      )}
      {isInitial && <circle cx={x} cy={y} r="4" class="initial" />}
      {isAround ? (
        <text x={x + 10} y={y + 20}>
          {isActive ? '● ' : ''}
          {key}
        </text>
      ) : (
        <text x={x + width / 2} y={y + height / 2 + 4} text-anchor="middle">
          {isActive ? '● ' : ''}
          {key}
        </text>
      )}
    </g>
  );
}

function Transition({
  edge,
  isLast,
  step,
  onEvent,
}: {
  edge: PlacedEdge;
  isLast: boolean;
  step: number;
  onEvent?: (event: string) => void;
}) {
  const { points, lines, label, events } = edge;
  const [first = ''] = events;
  return (
    <g
      class={`transition${isLast ? ' last' : ''}${onEvent === undefined ? '' : ' clickable'}`}
      {...(onEvent === undefined ? {} : { onClick: () => onEvent(first) })}
    >
      <path
        key={isLast ? step : 'line'}
        d={pathOf(points)}
        pathLength={100}
        marker-end={`url(#arrow-${isLast ? 'last' : 'line'})`}
      />
      {lines.map((line, index) => (
        <text key={line} x={label.x + 4} y={label.y + (index + 1) * lineHeight - 3}>
          {line}
        </text>
      ))}
    </g>
  );
}

function pathOf(points: readonly Point[]): string {
  return points
    .map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`)
    .join(' ');
}
