/** What the zod schemas say of their keys, as JSON schema: the source of the pages, and of the file for editors. */
import { parse } from 'yaml';
import { z } from 'zod';
import { ConfigurationFile } from '../../src/bin/configuration/schema.ts';
import { ruleCatalogue } from '../../src/rules/registry.ts';

/** A JSON schema as far as ours go. `values`, `enforcement` and `edges` are words for people, kept out of the file. */
export type KeySchema = {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly anyOf?: readonly KeySchema[];
  readonly items?: KeySchema;
  readonly properties?: Readonly<Record<string, KeySchema>>;
  readonly required?: readonly string[];
  readonly examples?: readonly string[];
  readonly values?: string;
  readonly enforcement?: string;
  readonly edges?: readonly string[];
};

/** One key of a table. */
export type KeyLine = {
  readonly path: string;
  readonly values: string;
  readonly default: string;
  readonly meaning: string;
};

const wordsForPeople = ['values', 'enforcement', 'edges'] as const;

/** The schema of what a person writes, with everything that is said of it. */
export function keySchemaOf(schema: z.ZodType): KeySchema {
  return z.toJSONSchema(schema, { io: 'input', override: complete }) as KeySchema;
}

/** Zod leaves out defaults of values that are transformed, and bounds every integer. */
function complete({
  zodSchema,
  jsonSchema,
}: {
  zodSchema: z.core.$ZodTypes;
  jsonSchema: z.core.JSONSchema.BaseSchema;
}): void {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  const { def } = zodSchema as z.ZodDefault;
  if (def.type !== 'default') return;
  // What the schema says of itself stands over its parsed default: -500 and not -500000000.
  const said = z.globalRegistry.get(zodSchema)?.['default'];
  if (said !== undefined) {
    jsonSchema.default =
      jsonSchema.type === 'object' && typeof said === 'string' ? parse(said) : said;
  } else if (def.defaultValue === null || typeof def.defaultValue !== 'object') {
    jsonSchema.default = def.defaultValue;
  }
}

/** The keys of an object, the objects in it flattened: `paper.latencyMs`, `configOverrides.general`. */
export function keyLines(
  schema: KeySchema,
  defaults: Readonly<Record<string, KeySchema>> = {},
  prefix = '',
): readonly KeyLine[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    const path = `${prefix}${key}`;
    if (value.properties !== undefined && value.description !== undefined)
      return keyLines(value, {}, `${path}.`);
    const given = 'default' in value ? value.default : defaults[key]?.default;
    const isRequired = schema.required?.includes(key) === true;
    const meaning = value.description ?? '';
    return [{ path, values: valuesText(value), default: defaultText(given, isRequired), meaning }];
  });
}

/** Paths of keys without a word about them; nothing is looked for inside a rule's block, which is a schema of its own. */
export function undescribedKeys(schema: KeySchema, path = ''): readonly string[] {
  const { properties = {}, items } = schema;
  const silent = items === undefined ? [] : [...undescribedKeys(items, `${path}[]`)];
  for (const [key, value] of Object.entries(properties)) {
    const own = path === '' ? key : `${path}.${key}`;
    // Overrides repeat the keys of `general` and `rules`.
    if (path.endsWith('configOverrides')) continue;
    if ((value.description ?? '') === '') silent.push(own);
    silent.push(...undescribedKeys(value, own));
  }
  return silent;
}

/** The defaults that a schema shows, as a person would write them. */
export function shownDefaults(schema: KeySchema): Readonly<Record<string, unknown>> {
  const shown: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema.properties ?? {})) {
    if (value.properties !== undefined) shown[key] = shownDefaults(value);
    // Numbers reach the schemas as their text.
    else if (typeof value.default === 'number') shown[key] = String(value.default);
    else if (value.default !== undefined) shown[key] = value.default;
  }
  return shown;
}

function defaultText(value: unknown, isRequired: boolean): string {
  if (value === undefined) return isRequired ? 'required' : '–';
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

function valuesText(schema: KeySchema): string {
  const { values, type, anyOf, items, pattern } = schema;
  if (values !== undefined) return values;
  if (Array.isArray(type))
    return unionText(
      schema,
      type.map((one: string) => ({ type: one })),
    );
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (anyOf !== undefined) return unionText(schema, anyOf);
  if (type === 'array') return `list of ${items === undefined ? 'values' : valuesText(items)}`;
  if (type === 'object') return 'a block';
  if (type === 'string') return pattern === undefined ? 'text' : `text like \`${pattern}\``;
  return String(type);
}

/** Our values are unions because a number may also be text: a flag, a whole number, or an amount of money. */
function unionText(schema: KeySchema, options: readonly KeySchema[]): string {
  const other = options.filter(({ type }) => type !== 'null');
  const [only] = other;
  if (other.length === 1 && only !== undefined) return `${valuesText(only)}, or \`null\``;
  if (options.some(({ type }) => type === 'boolean')) return '`true`, `false`';
  if (!options.some(({ type }) => type === 'integer')) return options.map(valuesText).join(', or ');
  const isWhole = options.some(({ pattern }) => pattern !== undefined);
  return `${isWhole ? 'whole number' : 'amount of money'}${rangeText(schema)}`;
}

function rangeText({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: KeySchema): string {
  if (minimum !== undefined && maximum !== undefined) return `, ${minimum} to ${maximum}`;
  if (minimum !== undefined) return `, ${minimum} or more`;
  if (exclusiveMinimum !== undefined) return ` above ${exclusiveMinimum}`;
  return exclusiveMaximum === undefined ? '' : ` below ${exclusiveMaximum}`;
}

/** The file that editors check a configuration with: the configuration's schema, with that of every rule in it. */
export function editorSchema(): unknown {
  const whole = forEditors(keySchemaOf(ConfigurationFile));
  const rules = ruleCatalogue.map(({ key, config }) => [key, forEditors(keySchemaOf(config))]);
  return {
    ...withRules(whole),
    $defs: Object.fromEntries(rules.map(([key, schema]) => [key, without(schema, ['$schema'])])),
  };
}

/** The schema of one file of a configuration folder: its top-level keys out of that of the whole. */
export function topicSchema(keys: readonly string[]): unknown {
  const whole = editorSchema() as KeySchema & { readonly $defs: object };
  const { properties = {}, $defs, ...rest } = whole;
  const own = Object.entries(properties).filter(([key]) => keys.includes(key));
  const isWithRules = own.some(([key]) => key === 'rules' || key === 'accounts');
  return {
    ...without(rest, ['required']),
    properties: Object.fromEntries(own),
    ...(isWithRules ? { $defs } : {}),
  };
}

/** The loader reads every number as its text, so a number is right wherever text is. */
function forEditors(schema: KeySchema): KeySchema {
  const { properties, items, anyOf, ...rest } = schema;
  const inner: KeySchema = {
    ...(without(rest, wordsForPeople) as KeySchema),
    ...(items === undefined ? {} : { items: forEditors(items) }),
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map((option) => optionOf(schema, option)) }),
    ...(properties === undefined ? {} : { properties: mapped(properties) }),
  };
  return isNumberToo(inner) ? { ...inner, type: ['string', 'number'] } : inner;
}

/** A whole number stays one: within its range as a number, as text of digits, never a fraction. */
function optionOf({ anyOf = [], minimum, maximum }: KeySchema, option: KeySchema): KeySchema {
  if (!anyOf.some(isInteger)) return forEditors(option);
  if (!isInteger(option)) return option;
  return {
    ...option,
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum === undefined ? {} : { maximum }),
  };
}

/** A key may have the name of a word for people: only what is said of a key is left out. */
function mapped(properties: Readonly<Record<string, KeySchema>>): Record<string, KeySchema> {
  return Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [key, forEditors(value)]),
  );
}

function isInteger({ type }: KeySchema): boolean {
  return type === 'integer';
}

/** Money and free text; no words of a list, and no form that a number cannot have. */
function isNumberToo(schema: KeySchema): boolean {
  const { type, pattern, examples } = schema;
  if (Array.isArray(type)) return true;
  if (type !== 'string' || schema.enum !== undefined || examples !== undefined) return false;
  return pattern === undefined || new RegExp(pattern, 'u').test('1');
}

/** Every block under a key `rules` refers to the schema of its rule. */
function withRules(schema: unknown): object {
  const keys = new Set(ruleCatalogue.map(({ key }) => key));
  const visit = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(visit);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => {
        const { description, type } = inner as KeySchema;
        // The timers name rules too, with the length of a lock.
        if (!keys.has(key) || type !== 'object') return [key, visit(inner)];
        return [key, { description, $ref: `#/$defs/${key}` }];
      }),
    );
  };
  return visit(schema) as object;
}

function without(value: unknown, names: readonly string[]): object {
  return Object.fromEntries(
    Object.entries(value as object).filter(([name]) => !names.includes(name)),
  );
}

/** JSON as the formatter writes it: lists of plain values on one line where they fit. */
export function formattedJson(value: unknown, indent = '', used = 0): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Array.isArray(value)
    ? value.map((item): [string, unknown] => ['', item])
    : Object.entries(value).map(([key, item]): [string, unknown] => [
        `${JSON.stringify(key)}: `,
        item,
      ]);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  if (entries.length === 0) return `${open}${close}`;
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object' || item === null)) {
    const line = `[${value.map((item) => JSON.stringify(item)).join(', ')}]`;
    if (indent.length + used + line.length + 1 <= 100) return line;
  }
  const deeper = `${indent}  `;
  const lines = entries.map(
    ([name, item]) => `${deeper}${name}${formattedJson(item, deeper, name.length)}`,
  );
  return `${open}\n${lines.join(',\n')}\n${indent}${close}`;
}
