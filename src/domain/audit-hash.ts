import { secretHash } from '../kernel/secret.ts';

/** Who, when and why stand beside what was asked, in the clear. */
const aside: ReadonlySet<string> = new Set([
  'requestId',
  'role',
  'by',
  'reason',
  'origin',
  'denied',
]);

/**
 * SHA-256 of what a command asks, hex: the same from the command and from its row, so that anybody can say whether a row is
 * about this request. Source: security 3.
 */
export function paramsHash(command: Readonly<Record<string, unknown>>): string {
  const asked = Object.entries(command).filter(
    ([name, value]) => !aside.has(name) && value !== undefined,
  );
  return secretHash(JSON.stringify(asked.toSorted(([one], [other]) => (one < other ? -1 : 1))));
}
