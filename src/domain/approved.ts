declare const approved: unique symbol;

/**
 * Proof that the gate has passed this request. Only `rules/approve.ts` can make one
 * (`test/tidy` keeps every other cast out); the venue port accepts nothing else.
 */
export type Approved<Request> = Request & { readonly [approved]: true };
