/** The supervision tree as lines: pure, so that ten thousand actors are folded in a few milliseconds. */
import type { ActorSummary } from '../../protocol.ts';
import { NameOrder } from './name-order.ts';

/** Height of a line in pixels. */
export const rowHeight = 30;

export type SortKey = 'name' | 'recent' | 'steps' | 'restarts' | 'waiting';

export type TreeWish = {
  readonly words: string;
  readonly account: string;
  readonly onlyUnhealthy: boolean;
  readonly sort: SortKey;
  readonly pinned: ReadonlySet<string>;
  /** Ids that stand against what is open by itself. */
  readonly toggled: ReadonlySet<string>;
};

export type TreeLine = {
  readonly key: string;
  readonly id: string;
  readonly level: number;
  readonly position: number;
  readonly siblings: number;
  /** Actors below it; 0 for a leaf. */
  readonly below: number;
  readonly unhealthyBelow: number;
  readonly isOpen: boolean;
  readonly isPinned: boolean;
};

/** A group of so few is open by itself. */
const smallGroup = 12;

type Node = { readonly id: string; readonly children: Node[]; below: number; unhealthy: number };

function isUnhealthy({ status, restarts, waiting }: ActorSummary): boolean {
  return status === 'quarantined' || status === 'restarting' || restarts > 0 || waiting > 0;
}

export function linesOf(
  actors: ReadonlyMap<string, ActorSummary>,
  wish: TreeWish,
): readonly TreeLine[] {
  const roots = nodesOf(actors, wish);
  const isSearch = wish.words !== '' || wish.onlyUnhealthy;
  const isFew = roots.length <= 3;
  const lines: TreeLine[] = [...pinnedLines(actors, wish.pinned)];
  const walk = (nodes: readonly Node[], level: number): void => {
    const sorted = inOrder(nodes, actors, wish.sort);
    for (const [index, node] of sorted.entries()) {
      const byItself = isSearch || (isFew && (level === 1 || node.below <= smallGroup));
      const isOpen = node.children.length > 0 && byItself !== wish.toggled.has(node.id);
      lines.push({
        key: node.id,
        id: node.id,
        level,
        position: index + 1,
        siblings: sorted.length,
        below: node.below,
        unhealthyBelow: node.unhealthy,
        isOpen,
        isPinned: wish.pinned.has(node.id),
      });
      if (isOpen) walk(node.children, level + 1);
    }
  };
  walk(roots, 1);
  return lines;
}

function pinnedLines(
  actors: ReadonlyMap<string, ActorSummary>,
  pinned: ReadonlySet<string>,
): readonly TreeLine[] {
  const there = [...pinned].filter((id) => actors.has(id));
  return there.map((id, index) => ({
    key: `pinned ${id}`,
    id,
    level: 1,
    position: index + 1,
    siblings: there.length,
    below: 0,
    unhealthyBelow: 0,
    isOpen: false,
    isPinned: true,
  }));
}

function nodesOf(actors: ReadonlyMap<string, ActorSummary>, wish: TreeWish): readonly Node[] {
  const nodes = new Map<string, Node>();
  const roots: Node[] = [];
  const nodeOf = (id: string, parent: string): Node => {
    const known = nodes.get(id);
    if (known !== undefined) return known;
    const node: Node = { id, children: [], below: 0, unhealthy: 0 };
    nodes.set(id, node);
    if (parent === '') roots.push(node);
    else nodeOf(parent, parentOfGroup(parent)).children.push(node);
    return node;
  };
  for (const name of order.of(actors)) {
    const actor = actors.get(name);
    if (actor === undefined || !isWanted(actor, wish)) continue;
    nodeOf(actor.id, actor.parent);
    const bad = isUnhealthy(actor) ? 1 : 0;
    for (let up = actor.parent; up !== ''; up = parentOfGroup(up)) {
      const node = nodes.get(up);
      if (node === undefined) break;
      node.below += 1;
      node.unhealthy += bad;
    }
  }
  return roots;
}

/** `account/A1/order` stands under `account/A1`, and that under nothing. */
function parentOfGroup(id: string): string {
  const end = id.lastIndexOf('/');
  return end === id.indexOf('/') ? '' : id.slice(0, end);
}

/** Whether the filter means this actor itself. */
export function isWanted(
  actor: ActorSummary,
  { words, account, onlyUnhealthy }: Pick<TreeWish, 'words' | 'account' | 'onlyUnhealthy'>,
): boolean {
  if (account !== '' && actor.account !== account) return false;
  if (onlyUnhealthy && !isUnhealthy(actor)) return false;
  if (words === '') return true;
  return textOf(actor).includes(words);
}

/** What a filter looks in; made once for each picture of an actor. */
const texts = new WeakMap<ActorSummary, string>();

function textOf(actor: ActorSummary): string {
  const known = texts.get(actor);
  if (known !== undefined) return known;
  const text = `${actor.id} ${actor.state} ${actor.lastEvent}`.toLowerCase();
  texts.set(actor, text);
  return text;
}

const order = new NameOrder();

/** Nodes were made in the order of their names; a stable sort leaves equals in it. */
function inOrder(
  nodes: readonly Node[],
  actors: ReadonlyMap<string, ActorSummary>,
  sort: SortKey,
): readonly Node[] {
  if (sort === 'name') return nodes;
  const field = sort === 'recent' ? 'lastSeq' : sort;
  const value = ({ id }: Node): number => actors.get(id)?.[field] ?? 0;
  return nodes.toSorted((one, other) => value(other) - value(one));
}
