/** The data of an actor, and what is different from another row. */
import type { ActorDetail } from '../../protocol.ts';
import { useFetch } from '../data/fetching.ts';
import { countText } from '../data/format.ts';
import { addressOf, change, type Query } from '../data/router.ts';
import { Panel, Pending } from '../ui/parts.tsx';
import { Headings } from '../ui/table.tsx';
import { changesBetween, Leaf, ValueTree } from '../ui/value-tree.tsx';

export function ActorContext({ detail, query }: { detail: ActorDetail; query: Query }) {
  const { id } = detail.summary;
  const b = query['b'] === undefined ? undefined : Number(query['b']);
  const other = useFetch<ActorDetail>('actor', b === undefined ? undefined : { id, at: b });
  const isCompared = b !== undefined && other.data !== undefined;
  const changes = isCompared
    ? changesBetween(other.data?.context, detail.context)
    : new Map<string, unknown>();
  return (
    <div class="split">
      <Panel title="Context" note={`after row ${detail.seq}`}>
        <ValueTree value={detail.context} changed={changes} />
      </Panel>
      <Panel title="Difference">
        <label class="field">
          From the row
          <input
            type="number"
            min={0}
            value={b ?? ''}
            onChange={({ currentTarget }) => change({ b: currentTarget.value })}
          />
        </label>
        <p class="links">
          {detail.previousSeq !== undefined && (
            <a href={addressOf('actor', { ...query, b: detail.previousSeq })}>previous row</a>
          )}
          {b !== undefined && <a href={addressOf('actor', { ...query, b: undefined })}>none</a>}
        </p>
        {b !== undefined && <Pending {...other} />}
        {isCompared && <Changes changes={changes} context={detail.context} />}
      </Panel>
    </div>
  );
}

function Changes({
  changes,
  context,
}: {
  changes: ReadonlyMap<string, unknown>;
  context: unknown;
}) {
  return (
    <table>
      <caption>{countText(changes.size)} value(s) differ</caption>
      <Headings heads={['Value', 'Was', 'Is']} />
      <tbody>
        {[...changes].map(([path, before]) => (
          <tr key={path}>
            <th scope="row" class="mono">
              {path}
            </th>
            <td>
              <Shown value={before} />
            </td>
            <td>
              <Shown value={valueAt(context, path)} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const shortText = 60;

/** A branch in one line, and all of it when one looks. */
export function Shown({ value }: { value: unknown }) {
  const isBranch = typeof value === 'object' && value !== null && !('redacted' in value);
  if (!isBranch) return <Leaf value={value} />;
  const text = JSON.stringify(value);
  if (text.length <= shortText) return <span class="mono text">{text}</span>;
  return (
    <details>
      <summary class="mono text">{text.slice(0, shortText)}…</summary>
      <ValueTree value={value} />
    </details>
  );
}

function valueAt(value: unknown, path: string): unknown {
  let found = value;
  let rest = path;
  // Keys may hold dots themselves: the longest that fits is taken.
  while (rest !== '' && typeof found === 'object' && found !== null) {
    const holder = found as Record<string, unknown>;
    const key = Object.keys(holder)
      .filter((one) => rest === one || rest.startsWith(`${one}.`))
      .toSorted((one, other) => other.length - one.length)[0];
    if (key === undefined) return undefined;
    found = holder[key];
    rest = rest.slice(key.length + 1);
  }
  return found;
}
