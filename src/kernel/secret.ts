/** Secrets: chance of the platform, never of a seed, because nobody may repeat them. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** 32 random bytes as URL-safe text. */
export function createSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** SHA-256 as hex. Enough for what has 32 random bytes; not for passwords. */
export function secretHash(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Compares in a time that does not tell where they differ. */
export function isSameSecret(one: string, other: string): boolean {
  return timingSafeEqual(
    Buffer.from(secretHash(one), 'hex'),
    Buffer.from(secretHash(other), 'hex'),
  );
}
