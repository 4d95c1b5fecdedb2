/** Every actor as a tree grid; only what is in the window is in the document. Source: inspector 3 (Tree), 7. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import { useThrottled } from '../data/fetching.ts';
import { countText } from '../data/format.ts';
import { change, type PageProps } from '../data/router.ts';
import { store, useSelect } from '../data/store.ts';
import { useFeed } from '../data/stream.ts';
import { isWanted, linesOf, type SortKey } from '../data/tree.ts';
import { BulkButton } from '../ui/bulk-dialog.tsx';
import { PageHead } from '../ui/parts.tsx';
import { TreeGrid } from './tree-grid.tsx';

const pinsKey = 'bulkhead.pins';
const sorts: readonly (readonly [key: SortKey, text: string])[] = [
  ['name', 'name'],
  ['recent', 'newest step'],
  ['steps', 'most steps'],
  ['restarts', 'most restarts'],
  ['waiting', 'longest mailbox'],
];

export function TreePage({ query }: PageProps) {
  useFeed('index');
  const { structure, changed, toggled, toggle, pins, pin } = useTreeState();
  const sort = sorts.find(([key]) => key === query['sort'])?.[0] ?? 'name';
  const words = (query['q'] ?? '').trim().toLowerCase();
  const account = query['account'] ?? '';
  const onlyUnhealthy = query['unhealthy'] === '1';
  const { actors } = store.getSnapshot().context;
  const isPartial = useSelect((context) => context.forgotten > 0);
  // A sorted or filtered tree follows values, a plain one only new actors.
  const version = sort === 'name' && words === '' && !onlyUnhealthy ? structure : changed;
  const lines = useMemo(
    () => linesOf(actors, { words, account, onlyUnhealthy, sort, pinned: pins, toggled }),
    [version, words, account, onlyUnhealthy, sort, pins, toggled],
  );
  return (
    <>
      <PageHead
        title="Tree"
        note={`${countText(actors.size)} actors, ${countText(lines.length)} lines${leftOut(isPartial)}`}
      >
        <TreeTools query={query} sort={sort} />
        {(words !== '' || onlyUnhealthy || account !== '') && (
          <BulkButton
            actors={() =>
              [...actors.values()].filter((one) => isWanted(one, { words, account, onlyUnhealthy }))
            }
          />
        )}
      </PageHead>
      <TreeGrid lines={lines} changed={changed} onToggle={toggle} onPin={pin} />
    </>
  );
}

/** Nobody may take the tree for all there ever was. */
function leftOut(isPartial: boolean): string {
  return isPartial ? '; older ones that are over are left out, the journal has them' : '';
}

function useTreeState() {
  const structure = useThrottled(
    useSelect((context) => context.structure),
    250,
  );
  const changed = useThrottled(
    useSelect((context) => context.changed),
    250,
  );
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const [pins, setPins] = useState<ReadonlySet<string>>(savedPins);
  useEffect(() => window.localStorage.setItem(pinsKey, JSON.stringify([...pins])), [pins]);
  return {
    structure,
    changed,
    toggled,
    toggle: (id: string) => setToggled((known) => flipped(known, id)),
    pins,
    pin: (id: string) => setPins((known) => flipped(known, id)),
  };
}

function flipped(known: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(known);
  if (!next.delete(id)) next.add(id);
  return next;
}

function savedPins(): ReadonlySet<string> {
  try {
    return new Set(JSON.parse(window.localStorage.getItem(pinsKey) ?? '[]') as string[]);
  } catch {
    return new Set();
  }
}

function TreeTools({ query, sort }: PageProps & { sort: SortKey }) {
  const hello = useSelect((context) => context.hello);
  const accounts = hello?.accounts ?? [];
  return (
    <>
      <input
        type="search"
        data-filter
        aria-label="Filter by path, state or event"
        placeholder="filter  ( / )"
        value={query['q'] ?? ''}
        onInput={({ currentTarget }) => change({ q: currentTarget.value })}
      />
      {accounts.length > 1 && (
        <select
          aria-label="Account"
          value={query['account'] ?? ''}
          onChange={({ currentTarget }) => change({ account: currentTarget.value })}
        >
          <option value="">every account</option>
          {accounts.map((account) => (
            <option key={account} value={account}>
              {account}
            </option>
          ))}
        </select>
      )}
      <select
        aria-label="Order"
        value={sort}
        onChange={({ currentTarget }) => change({ sort: currentTarget.value })}
      >
        {sorts.map(([key, text]) => (
          <option key={key} value={key}>
            by {text}
          </option>
        ))}
      </select>
      <label class="check">
        <input
          type="checkbox"
          checked={query['unhealthy'] === '1'}
          onChange={({ currentTarget }) =>
            change({ unhealthy: currentTarget.checked ? '1' : undefined })
          }
        />
        only unhealthy
      </label>
    </>
  );
}
