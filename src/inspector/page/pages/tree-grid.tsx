/** The grid of the tree: one tab stop, arrow keys, rows only where one looks. Source: inspector 6 and 7. */
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ActorSummary } from '../../protocol.ts';
import { addressOf, open } from '../data/router.ts';
import { store, useEngineNowEvery } from '../data/store.ts';
import { rowHeight, type TreeLine } from '../data/tree.ts';
import { useKeys, type Keys } from '../ui/keyboard.ts';
import { Empty } from '../ui/parts.tsx';
import { TreeRow } from './tree-row.tsx';

const overscan = 8;
/** Never more rows than this are in the document, whatever the window. */
const rowsMax = 110;

const columns = ['Name', 'State', 'Mailbox', 'Restarts', 'Steps', 'Last event', 'Last', 'Activity'];

export function TreeGrid({
  lines,
  changed,
  onToggle,
  onPin,
}: {
  lines: readonly TreeLine[];
  changed: number;
  onToggle: (id: string) => void;
  onPin: (id: string) => void;
}) {
  const frame = useRef<HTMLDivElement>(null);
  const view = useWindow(frame, lines.length);
  const [activeKey, setActiveKey] = useState('');
  const rows = useRows({ onFocus: setActiveKey, onToggle, onPin });
  const found = lines.findIndex(({ key }) => key === activeKey);
  const active = Math.max(0, found);
  const keys = keysOf({ lines, active, onToggle, onPin, move: moveTo });
  useKeys(keys);
  function moveTo(index: number): void {
    const next = Math.max(0, Math.min(lines.length - 1, index));
    const line = lines[next];
    const { current: holder } = frame;
    if (line === undefined || holder === null) return;
    setActiveKey(line.key);
    const top = next * rowHeight;
    if (top < holder.scrollTop) holder.scrollTop = top;
    const bottom = top + 2 * rowHeight - holder.clientHeight;
    if (bottom > holder.scrollTop) holder.scrollTop = bottom;
    requestAnimationFrame(() =>
      holder.querySelector<HTMLElement>(`[aria-rowindex="${next + 2}"]`)?.focus({
        preventScroll: true,
      }),
    );
  }
  if (lines.length === 0) return <Empty>Nothing matches the filter.</Empty>;
  const shown = indexesOf(view, lines.length, active);
  return (
    <div
      ref={frame}
      class="tree"
      role="treegrid"
      aria-label="Actors"
      aria-rowcount={lines.length + 1}
      aria-colcount={columns.length}
      data-version={changed}
    >
      <Heads />
      <div class="tree-body" role="rowgroup" style={{ height: `${lines.length * rowHeight}px` }}>
        {shown.map((index) => {
          const line = lines[index];
          return line === undefined ? null : rows(line, index, index === active);
        })}
      </div>
    </div>
  );
}

type RowInputs = {
  readonly line: TreeLine;
  readonly index: number;
  readonly isActive: boolean;
  readonly actor: ActorSummary | undefined;
  readonly nowMs: number;
};

type Handlers = {
  readonly onFocus: (key: string) => void;
  readonly onToggle: (id: string) => void;
  readonly onPin: (id: string) => void;
};

/** How often ages and activity move on in lines whose actor does nothing. */
const agePauseMs = 1_000;

/**
 * A row is drawn again only when something in it is new: an element that is the same as before is not even compared. A
 * tree that follows a thousand steps a second otherwise draws a hundred rows for each of the few that changed.
 */
function useRows(handlers: Handlers): (line: TreeLine, index: number, isActive: boolean) => VNode {
  const nowMs = useEngineNowEvery(agePauseMs);
  const latest = useRef(handlers);
  latest.current = handlers;
  const before = useRef(new Map<string, { inputs: RowInputs; row: VNode }>());
  const drawn = new Map<string, { inputs: RowInputs; row: VNode }>();
  const known = before.current;
  before.current = drawn;
  const { actors } = store.getSnapshot().context;
  return (line, index, isActive) => {
    const inputs = { line, index, isActive, actor: actors.get(line.id), nowMs };
    const found = known.get(line.key);
    const kept =
      found !== undefined && isSame(found.inputs, inputs)
        ? found
        : { inputs, row: rowOf(inputs, latest) };
    drawn.set(line.key, kept);
    return kept.row;
  };
}

function isSame(one: RowInputs, other: RowInputs): boolean {
  return (
    one.actor === other.actor &&
    one.nowMs === other.nowMs &&
    one.index === other.index &&
    one.isActive === other.isActive &&
    isSameLine(one.line, other.line)
  );
}

/** Lines are made anew whenever an actor comes; most say the same again. */
function isSameLine(one: TreeLine, other: TreeLine): boolean {
  if (one === other) return true;
  return (Object.keys(one) as (keyof TreeLine)[]).every((field) => one[field] === other[field]);
}

function rowOf(
  { line, index, isActive, nowMs }: RowInputs,
  latest: { readonly current: Handlers },
): VNode {
  return (
    <TreeRow
      key={line.key}
      line={line}
      index={index}
      isActive={isActive}
      nowMs={nowMs}
      onFocus={() => latest.current.onFocus(line.key)}
      onToggle={(id) => latest.current.onToggle(id)}
      onPin={(id) => latest.current.onPin(id)}
    />
  );
}

function Heads() {
  return (
    <div class="tree-line head" role="row" aria-rowindex={1}>
      {columns.map((name) => (
        <span key={name} role="columnheader">
          {name}
        </span>
      ))}
    </div>
  );
}

/** The rows in sight, and the one that has the focus wherever it is, so that the focus is never lost. */
function indexesOf(view: View, count: number, active: number): readonly number[] {
  const last = Math.min(count, view.end, view.start + rowsMax);
  const indexes = Array.from(
    { length: Math.max(0, last - view.start) },
    (_, step) => view.start + step,
  );
  if (active < count && !indexes.includes(active)) indexes.push(active);
  return indexes;
}

type View = { readonly start: number; readonly end: number };

function useWindow(frame: { readonly current: HTMLElement | null }, count: number): View {
  const [view, setView] = useState<View>({ start: 0, end: 40 });
  useEffect(() => {
    const { current: holder } = frame;
    if (holder === null) return;
    const look = (): void => {
      const start = Math.max(0, Math.floor(holder.scrollTop / rowHeight) - overscan);
      const end = Math.ceil((holder.scrollTop + holder.clientHeight) / rowHeight) + overscan;
      setView((known) => (known.start === start && known.end === end ? known : { start, end }));
    };
    look();
    holder.addEventListener('scroll', look, { passive: true });
    const observer = new ResizeObserver(look);
    observer.observe(holder);
    return () => {
      holder.removeEventListener('scroll', look);
      observer.disconnect();
    };
  }, [count > 0]);
  return view;
}

type Moves = {
  readonly lines: readonly TreeLine[];
  readonly active: number;
  readonly onToggle: (id: string) => void;
  readonly onPin: (id: string) => void;
  readonly move: (index: number) => void;
};

const pageRows = 20;

function keysOf({ lines, active, onToggle, onPin, move }: Moves): Keys {
  const line = lines[active];
  const down = (): void => move(active + 1);
  const up = (): void => move(active - 1);
  const collapse = (): void => {
    if (line?.isOpen === true) onToggle(line.id);
    else
      move(lines.findLastIndex(({ level }, index) => index < active && level < (line?.level ?? 1)));
  };
  const expand = (): void => {
    if (line === undefined || line.below === 0) return;
    if (line.isOpen) down();
    else onToggle(line.id);
  };
  return {
    j: down,
    ArrowDown: down,
    k: up,
    ArrowUp: up,
    h: collapse,
    ArrowLeft: collapse,
    l: expand,
    ArrowRight: expand,
    Home: () => move(0),
    End: () => move(lines.length - 1),
    PageDown: () => move(active + pageRows),
    PageUp: () => move(active - pageRows),
    p: () => {
      if (line !== undefined) onPin(line.id);
    },
    Enter: () => {
      if (line !== undefined) open(addressOf('actor', { id: line.id }), false);
    },
  };
}
