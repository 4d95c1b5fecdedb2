/** Blocks of one account as all its layers together make them. Source: rules 11. */
import type { z } from 'zod';
import { issueProblems, keyText, valueAt, type KeyPath, type Problem } from './problem.ts';
import { leafValues } from './values.ts';

/** One effective value and where it comes from: `default`, a file with line, or a command line option. */
export type ConfiguredValue = {
  /** `*` for what holds for all accounts. */
  readonly account: string;
  readonly key: string;
  readonly value: string;
  readonly source: string;
};

/** One file, or one place in it, that speaks of the risk of an account; the later one wins. */
export type Layer = {
  readonly tree: unknown;
  /** Where `general`, `rules` and the other blocks stand in the tree. */
  readonly prefix: KeyPath;
  readonly whereOf: (path: KeyPath) => string;
};

export type EffectiveBlocks<Parsed> = {
  /** Absent when there are problems. */
  readonly parsed?: Parsed;
  readonly values: readonly ConfiguredValue[];
  readonly problems: readonly Problem[];
  /** Where the value of a path was given, or undefined. */
  readonly whereGiven: (path: KeyPath) => string | undefined;
};

/** @param schema of a map: one key for each block */
export function effectiveBlocks<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  layers: readonly Layer[],
  account: string,
): EffectiveBlocks<z.output<z.ZodObject<Shape>>> {
  const names = Object.keys(schema.shape);
  const merge = (below: unknown, { tree, prefix }: Layer): unknown =>
    names.reduce((all, name) => {
      const value = valueAt(tree, [...prefix, name]);
      return value === undefined ? all : merged(all, { [name]: value });
    }, below);
  const tree = layers.reduce<unknown>(merge, {});
  const giver = (path: KeyPath): { readonly layer: Layer; readonly path: KeyPath } | undefined => {
    const layer = layers.findLast(
      (one) => valueAt(one.tree, [...one.prefix, ...path]) !== undefined,
    );
    return layer === undefined ? undefined : { layer, path: [...layer.prefix, ...path] };
  };
  const whereGiven = (path: KeyPath): string | undefined => {
    const found = giver(path);
    return found?.layer.whereOf(found.path);
  };
  const parsed = schema.safeParse(tree);
  if (!parsed.success) {
    const problems = issueProblems(
      schema,
      tree,
      parsed.error.issues,
      (path) => whereGiven(path) ?? whereGiven(path.slice(0, 1)) ?? 'default',
    );
    return { values: [], problems, whereGiven };
  }
  const values = leafValues(parsed.data, tree).map(({ path, value }) => {
    const found = giver(path);
    const source =
      found === undefined ? 'default' : `${found.layer.whereOf(found.path)} ${keyText(found.path)}`;
    return { account, key: keyText(path), value, source };
  });
  return { parsed: parsed.data, values, problems: [], whereGiven };
}

/** Maps merge by key, at every depth; scalars and lists are replaced. Source: rules 11. */
export function merged(below: unknown, above: unknown): unknown {
  if (!isMap(below) || !isMap(above)) return above;
  const both: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above)) both[key] = merged(below[key], value);
  return both;
}

export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
