/**
 * What a reader may see of a context or an event. Keys that hold secrets are known by their names and never shown; money
 * and identities are shown to whoever may see the account. Source: security 1, inspector 3.
 */
const secretKey = /(?:token|secret|password|api_?key|authorization|credential|cookie)/iu;

export type Redacted = { readonly redacted: 'secret' };

/** A copy without secrets; plain data only. */
export function redacted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redacted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      secretKey.test(key) ? ({ redacted: 'secret' } satisfies Redacted) : redacted(inner),
    ]),
  );
}
