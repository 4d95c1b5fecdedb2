/** Data as a tree: contexts, events, pictures. What a reader may not see is a ▒ with its class. */
import { Badge } from './status.tsx';

const depthMax = 12;

export function ValueTree({
  value,
  changed = new Map(),
  path = '',
  depth = 0,
}: {
  value: unknown;
  /** Paths whose value was another one, with what it was. */
  changed?: ReadonlyMap<string, unknown>;
  path?: string;
  depth?: number;
}) {
  if (!isBranch(value) || depth > depthMax) return <Leaf value={value} />;
  const entries = Object.entries(value);
  if (entries.length === 0)
    return <span class="muted mono">{Array.isArray(value) ? '[ ]' : '{ }'}</span>;
  return (
    <ul class="value-tree">
      {entries.map(([key, inner]) => {
        const innerPath = path === '' ? key : `${path}.${key}`;
        return (
          <Entry
            key={key}
            name={key}
            value={inner}
            path={innerPath}
            changed={changed}
            depth={depth}
          />
        );
      })}
    </ul>
  );
}

function Entry({
  name,
  value,
  path,
  changed,
  depth,
}: {
  name: string;
  value: unknown;
  path: string;
  changed: ReadonlyMap<string, unknown>;
  depth: number;
}) {
  const isChanged = changed.has(path);
  const isInside = !isChanged && [...changed.keys()].some((one) => one.startsWith(`${path}.`));
  const isOpen = depth < 2 || isInside;
  if (isBranch(value) && Object.keys(value).length > 0)
    return (
      <li class={isChanged ? 'changed' : ''}>
        <details open={isOpen}>
          <summary>
            <span class="key">{name}</span> <small>{sizeText(value)}</small>
            {isChanged && <Badge word="new" tone="past" />}
          </summary>
          <ValueTree value={value} changed={changed} path={path} depth={depth + 1} />
        </details>
      </li>
    );
  return (
    <li class={isChanged ? 'changed' : ''}>
      <span class="key">{name}</span> <Leaf value={value} name={name} />
      {isChanged && (
        <span class="was">
          was <Leaf value={changed.get(path)} />
        </span>
      )}
    </li>
  );
}

function sizeText(value: object): string {
  const size = Object.keys(value).length;
  return Array.isArray(value) ? `[${size}]` : `{${size}}`;
}

function isBranch(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !isRedacted(value);
}

function isRedacted(value: object): value is { readonly redacted: string } {
  const keys = Object.keys(value);
  return keys.length === 1 && keys[0] === 'redacted';
}

/** One value as text; a time in ms also as a time. */
export function Leaf({ value, name = '' }: { value: unknown; name?: string }) {
  if (value === undefined) return <span class="muted">absent</span>;
  if (typeof value === 'object' && value !== null && isRedacted(value))
    return <span class="redacted" title="not shown">{`▒▒▒ ${value.redacted}`}</span>;
  if (typeof value === 'number' && name.endsWith('Ms') && value > 1_000_000_000_000)
    return (
      <span class="mono">
        {new Date(value).toISOString().replace('T', ' ').slice(0, 23)} <small>{value}</small>
      </span>
    );
  if (typeof value === 'string')
    return <span class="mono text">{value === '' ? '""' : value}</span>;
  return <span class={`mono ${typeof value}`}>{JSON.stringify(value)}</span>;
}

/** Paths at which two values differ, with what stood there before. */
export function changesBetween(
  before: unknown,
  after: unknown,
  path = '',
  found = new Map<string, unknown>(),
): Map<string, unknown> {
  if (isBranch(before) && isBranch(after)) {
    const one = before as Record<string, unknown>;
    const other = after as Record<string, unknown>;
    for (const key of new Set([...Object.keys(one), ...Object.keys(other)]))
      changesBetween(one[key], other[key], path === '' ? key : `${path}.${key}`, found);
    return found;
  }
  if (JSON.stringify(before) !== JSON.stringify(after)) found.set(path, before);
  return found;
}
