/** One line of the tree: an actor, or a group of actors that is none itself. */
import { activityOf } from '../data/activity.ts';
import { agoText, countText, shortName } from '../data/format.ts';
import { addressOf } from '../data/router.ts';
import { store } from '../data/store.ts';
import { rowHeight, type TreeLine } from '../data/tree.ts';
import { Badge, toneOf } from '../ui/status.tsx';

export function TreeRow({
  line,
  index,
  isActive,
  nowMs,
  onFocus,
  onToggle,
  onPin,
}: {
  line: TreeLine;
  index: number;
  isActive: boolean;
  nowMs: number;
  onFocus: () => void;
  onToggle: (id: string) => void;
  onPin: (id: string) => void;
}) {
  const { id, level, position, siblings, below, isOpen } = line;
  return (
    <div
      class={`tree-line${isActive ? ' active' : ''}`}
      role="row"
      aria-rowindex={index + 2}
      aria-level={level}
      aria-posinset={position}
      aria-setsize={siblings}
      aria-expanded={below > 0 ? isOpen : undefined}
      tabIndex={isActive ? 0 : -1}
      style={{ transform: `translateY(${index * rowHeight}px)` }}
      onFocus={onFocus}
      onDblClick={() => onToggle(id)}
    >
      <Name line={line} onToggle={onToggle} onPin={onPin} />
      <Cells id={id} line={line} nowMs={nowMs} />
    </div>
  );
}

function Name({
  line,
  onToggle,
  onPin,
}: {
  line: TreeLine;
  onToggle: (id: string) => void;
  onPin: (id: string) => void;
}) {
  const { id, level, below, isOpen, isPinned } = line;
  const isActor = store.getSnapshot().context.actors.has(id);
  return (
    <span role="gridcell" class="name" style={{ paddingLeft: `${(level - 1) * 18}px` }}>
      <button
        type="button"
        class="twisty"
        tabIndex={-1}
        aria-hidden="true"
        disabled={below === 0}
        onClick={() => onToggle(id)}
      >
        {below === 0 ? '' : isOpen ? '▾' : '▸'}
      </button>
      {isActor ? (
        <a href={addressOf('actor', { id })} tabIndex={-1} title={id}>
          {shortName(id)}
        </a>
      ) : (
        <span class="group">{shortName(id)}</span>
      )}
      {below > 0 && <small>{countText(below)}</small>}
      {isActor && (
        <button
          type="button"
          class={`pin${isPinned ? ' on' : ''}`}
          tabIndex={-1}
          aria-label={isPinned ? `Unpin ${id}` : `Pin ${id}`}
          onClick={() => onPin(id)}
        >
          {isPinned ? '★' : '☆'}
        </button>
      )}
    </span>
  );
}

function Cells({ id, line, nowMs }: { id: string; line: TreeLine; nowMs: number }) {
  const actor = store.getSnapshot().context.actors.get(id);
  if (actor === undefined)
    return (
      <span role="gridcell" class="wide">
        {line.unhealthyBelow > 0 && <Badge word={`${line.unhealthyBelow} unhealthy`} tone="crit" />}
      </span>
    );
  const { state, status, waiting, restarts, steps, lastEvent, lastAtMs, alarm } = actor;
  const isOdd = status === 'quarantined' || status === 'restarting';
  const word = actor.kind === 'account' ? state.toUpperCase() : state;
  return (
    <>
      <span role="gridcell" class="state" title={alarm ?? state}>
        {isOdd ? <Badge word={status} /> : null}
        {actor.kind === 'account' ? (
          <Badge word={word} tone={toneOf(word)} />
        ) : (
          <span class={status === 'passive' ? 'muted' : ''}>{state}</span>
        )}
      </span>
      <span role="gridcell" class={`number${waiting > 0 ? ' warn-text' : ''}`}>
        {countText(waiting)}
      </span>
      <span role="gridcell" class={`number${restarts > 0 ? ' warn-text' : ''}`}>
        {countText(restarts)}
      </span>
      <span role="gridcell" class="number">
        {countText(steps)}
      </span>
      <span role="gridcell" class="mono event" title={lastEvent}>
        {lastEvent}
      </span>
      <span role="gridcell" class="muted last">
        {agoText(lastAtMs, nowMs)}
      </span>
      <span role="gridcell" class="spark">
        <Sparkline counts={activityOf(id)} />
      </span>
    </>
  );
}

const sparkWidth = 72;
const sparkHeight = 18;

function Sparkline({ counts }: { counts: readonly number[] }) {
  if (counts.length === 0) return null;
  const most = Math.max(...counts, 1);
  const step = sparkWidth / 15;
  const points = counts
    .map((count, index) => {
      const x = sparkWidth - (counts.length - 1 - index) * step;
      return `${x.toFixed(1)},${(sparkHeight - 2 - (count / most) * (sparkHeight - 4)).toFixed(1)}`;
    })
    .join(' ');
  return (
    <svg width={sparkWidth} height={sparkHeight} role="img" aria-label="steps of the last seconds">
      <polyline points={points} />
    </svg>
  );
}
