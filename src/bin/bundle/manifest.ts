/** What a bundle is made of, and how its manifest is signed and checked. Source: inspector 4 (Exports), 13 case 9. */
import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { errorText, exitCodes, OperatorError } from '../../kernel/errors.ts';

export const manifestName = 'manifest.json';
export const signatureName = 'manifest.sig';

export const Manifest = z.strictObject({
  format: z.literal('bulkhead-bundle'),
  version: z.literal(1),
  product: z.string(),
  /** What was asked for. */
  subject: z.strictObject({
    kind: z.enum(['account', 'actor', 'correlation']),
    id: z.string(),
  }),
  environment: z.enum(['DRY_RUN', 'PAPER', 'LIVE']),
  database: z.string(),
  exportedAtMs: z.int(),
  rows: z.strictObject({ count: z.int(), fromSeq: z.int(), toSeq: z.int() }),
  /** The journal's own chain: its head when it was exported, and the hash of the last row here. */
  chain: z.strictObject({ headSeq: z.int(), headHash: z.string(), lastHash: z.string() }),
  /** What was taken out. */
  redacted: z.literal('secrets'),
  files: z.array(
    z.strictObject({ name: z.string().regex(/^[\w.-]+$/u), bytes: z.int(), sha256: z.string() }),
  ),
  /** Public key whose private half has signed this file; absent: nobody has. */
  signedBy: z.string().optional(),
});
export type Manifest = z.output<typeof Manifest>;

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The public half of a private key file in PEM. @throws OperatorError SIGN_KEY_INVALID */
export function publicKeyOf(file: string): string {
  const key = createPublicKey(privateKeyOf(file));
  return String(key.export({ type: 'spki', format: 'pem' }));
}

/** @returns base64. @throws OperatorError SIGN_KEY_INVALID */
export function signatureOf(text: string, file: string): string {
  return sign(undefined, Buffer.from(text), privateKeyOf(file)).toString('base64');
}

export function isSignedBy(text: string, signature: string, publicKey: string): boolean {
  try {
    const key = createPublicKey(publicKey);
    return verify(undefined, Buffer.from(text), key, Buffer.from(signature.trim(), 'base64'));
  } catch {
    return false;
  }
}

function privateKeyOf(file: string) {
  try {
    const key = createPrivateKey(readFileSync(file, 'utf8'));
    if (key.asymmetricKeyType === 'ed25519') return key;
    throw new Error(`it is of type ${key.asymmetricKeyType}`);
  } catch (error) {
    throw new OperatorError({
      code: 'SIGN_KEY_INVALID',
      exitCode: exitCodes.usage,
      message: `${file} is no private Ed25519 key in PEM: ${errorText(error)}`,
      remedy: 'Make one with: openssl genpkey -algorithm ed25519 -out bundle.key',
    });
  }
}
