/** The journal's form of a context change: changed keys with their new values, `"-"` lists keys that went away. */
import { invariant } from '../kernel/assert.ts';

type Context = Readonly<Record<string, unknown>>;

const goneKey = '-';

/**
 * JSON text of what changed at the top level; `{}` when nothing did. Values are compared by identity.
 * A value of `undefined` is an absent key, as in JSON.
 *
 * @throws InvariantViolation when the context has a key `"-"`, which would read as a list of removals
 */
export function contextDiff(before: Context | undefined, after: Context): string {
  if (before === after) return '{}';
  invariant(after[goneKey] === undefined, 'a context has no key "-"');
  let text = '';
  for (const key in after) {
    const value = after[key];
    if (value === undefined || value === before?.[key]) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${JSON.stringify(value)}`;
  }
  const gone = keysGone(before ?? {}, after);
  if (gone.length > 0)
    text += `${text === '' ? '' : ','}${JSON.stringify(goneKey)}:${JSON.stringify(gone)}`;
  return `{${text}}`;
}

function keysGone(before: Context, after: Context): readonly string[] {
  const gone: string[] = [];
  // Own keys: a context may have had a key such as `constructor`, which every object inherits. Asked last: it is slow.
  for (const key in before) {
    const [was, is] = [before[key], after[key]];
    if (was === undefined || is === was) continue;
    if (is === undefined || !Object.hasOwn(after, key)) gone.push(key);
  }
  return gone;
}

/** The context after a change. Pure. @throws InvariantViolation when the text is no JSON object */
export function applyContextDiff(before: Context, diffJson: string): Context {
  const diff: unknown = JSON.parse(diffJson);
  invariant(
    typeof diff === 'object' && diff !== null && !Array.isArray(diff),
    'a context change is an object',
  );
  const { [goneKey]: gone, ...changed } = diff as Record<string, unknown>;
  const after: Record<string, unknown> = { ...before, ...changed };
  if (Array.isArray(gone)) for (const key of gone) delete after[String(key)];
  return after;
}
