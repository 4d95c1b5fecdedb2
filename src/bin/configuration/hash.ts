/** The name of a configuration in the journal: the first 16 hex digits of its SHA-256. Source: rules 10.1. */
import { createHash } from 'node:crypto';

/** The same for the same keys and values, in whatever order and file they stand. Secrets are references and stay so. */
export function configurationHash(tree: unknown): string {
  return createHash('sha256').update(canonical(tree)).digest('hex').slice(0, 16);
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(',')}}`;
}
