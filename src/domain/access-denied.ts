/**
 * Requests that were turned away before anybody could tell what was asked: no JSON, too much of it, an unknown verb, too
 * many. They are counted, so that a flood of them is one row a minute and not a full journal. Source: security 3.
 */
export const denialKinds = [
  'INVALID_JSON',
  'TOO_LARGE',
  'INVALID_REQUEST',
  'UNKNOWN_VERB',
  'OTHER_SITE',
  'CSRF',
  'NOT_SIGNED_IN',
  'SIGN_IN_FAILED',
  'TOO_MANY_ATTEMPTS',
  'TOO_MANY_COMMANDS',
] as const;
export type DenialKind = (typeof denialKinds)[number];

/** One request that was turned away. */
export type DeniedAccess = {
  readonly kind: DenialKind;
  /** Says why; never what was sent, which may be anything. */
  readonly text: string;
  readonly ip: string;
  /** Who, where the token was known. */
  readonly by?: string;
  readonly role?: string;
  readonly tokenId?: string;
};

/** Those of one stretch of time: the first of them whole, and how many there were of each kind. */
export type DeniedAccesses = {
  readonly first: DeniedAccess;
  readonly counts: Readonly<Partial<Record<DenialKind, number>>>;
};
