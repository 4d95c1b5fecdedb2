/** Vector files: numeric cases by kind, as in section 7 of the scenario format. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { isDecimalText } from '../../domain/arithmetic.ts';
import { errorText, exitCodes, OperatorError } from '../../kernel/errors.ts';

/** A number as the vectors write it: decimal text, also with an exponent. */
export const Decimal = z
  .string()
  .transform(plainDecimal)
  .refine(isDecimalText, { error: 'a number is decimal text' });

export const VectorSide = z
  .enum(['BUY', 'SELL'])
  .transform((side) => (side === 'BUY' ? 'buy' : 'sell'));

const Vector = z.object({
  id: z.string().min(1),
  kind: z.string().min(1),
  desc: z.string().default(''),
  input: z.record(z.string(), z.unknown()),
  expect: z.record(z.string(), z.unknown()),
});
export type Vector = z.output<typeof Vector>;

const VectorFile = z.object({ meta: z.record(z.string(), z.unknown()), vectors: z.array(Vector) });

/** @throws OperatorError naming file, path in the file, and remedy */
export async function readVectors(file: string): Promise<readonly Vector[]> {
  const parsed = VectorFile.safeParse(parseJson(file, await readText(file)));
  if (!parsed.success) throw invalidVectors(file, parsed.error.issues[0]);
  const seen = new Map<string, number>();
  for (const [index, { id }] of parsed.data.vectors.entries()) {
    const before = seen.get(id);
    if (before !== undefined) {
      throw invalidVectors(file, {
        path: ['vectors', index, 'id'],
        message: `${id} is also the id of vectors[${before}]`,
      });
    }
    seen.set(id, index);
  }
  return parsed.data.vectors;
}

/** One case as its kind wants it. @throws OperatorError naming the place of what does not fit */
export function parseCase<Schema extends z.ZodType>(
  file: string,
  index: number,
  vector: Vector,
  schema: Schema,
): z.output<Schema> {
  const parsed = schema.safeParse({
    desc: vector.desc,
    input: vector.input,
    expect: vector.expect,
  });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalidVectors(file, {
    path: ['vectors', index, ...(issue?.path ?? [])],
    message: `${issue?.message ?? ''} (${vector.id})`,
  });
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new OperatorError({
      code: 'VECTORS_UNREADABLE',
      exitCode: exitCodes.usage,
      message: `${file} cannot be read: ${errorText(cause)}`,
      remedy: 'name a readable vector file with --vectors',
      cause,
    });
  }
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new OperatorError({
      code: 'VECTORS_INVALID',
      exitCode: exitCodes.usage,
      message: `${file} is not JSON: ${errorText(cause)}`,
      remedy: 'give a vector file: JSON with meta and vectors',
      cause,
    });
  }
}

function invalidVectors(
  file: string,
  issue: { path: readonly PropertyKey[]; message: string } | undefined,
): OperatorError {
  return new OperatorError({
    code: 'VECTORS_INVALID',
    exitCode: exitCodes.usage,
    message: `${file}: ${pathText(issue?.path ?? [])}: ${issue?.message ?? 'not valid'}`,
    remedy:
      'correct this place of the file; a vector has id, kind, input and expect, and its numbers are decimal text',
  });
}

/** `vectors[3].input.fills[0].price` */
function pathText(path: readonly PropertyKey[]): string {
  const text = path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('');
  return text === '' ? 'the file' : text.replace(/^\./, '');
}

/** `5e-9` → `0.000000005`; any other text as it is. */
function plainDecimal(text: string): string {
  const [, sign = '', whole = '', fraction = '', power = ''] =
    /^([+-]?)(\d+)\.?(\d*)[eE]([+-]?\d{1,2})$/.exec(text) ?? [];
  if (power === '') return text;
  const digits = whole + fraction;
  const point = whole.length + Number(power);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return `${sign}${digits.slice(0, point).padEnd(point, '0')}.${digits.slice(point)}0`;
}
