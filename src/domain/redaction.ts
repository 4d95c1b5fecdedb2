/**
 * Who may see what of the data: classes are tagged in the schemas, and one redactor, made from schemas, serves the log, the
 * inspector, exports and what a crash leaves behind. What no schema names is scanned for what looks like a secret, because
 * texts of venues and of people may hold anything. Source: security 1 (Redaction), inspector 1 and 5, decision 0010.
 */
import type { z } from 'zod';
import type { Role } from './operator.ts';

/** `secret`: nobody sees it. `pii`: who a person is. `money`: amounts of an account. The strictest first. */
export const dataClasses = ['secret', 'pii', 'money'] as const;
export type DataClass = (typeof dataClasses)[number];

/** What stands in the place of a value. */
export type Redacted = { readonly redacted: DataClass };

/** What one reader may see. */
export type Sight = {
  readonly classes: ReadonlySet<DataClass>;
  /** Values of class `pii` that are the reader's own. */
  readonly own: ReadonlySet<unknown>;
};

/** A reader who is a person with a token. */
export type Reader = {
  readonly role: Role;
  readonly by: string;
  readonly tokenId: string;
  /** Absent: all. */
  readonly accounts?: readonly string[];
};

/** For the log and for files of their owner: everything but secrets. */
export const ownerSight: Sight = { classes: new Set(['pii', 'money']), own: new Set() };

/**
 * Operators, admins and auditors see money and persons; a viewer sees the money of the accounts that the token names and,
 * of persons, only what is the viewer's own. Nobody sees a secret.
 */
export function sightOf({ role, by, tokenId, accounts }: Reader): Sight {
  if (role !== 'viewer') return ownerSight;
  const classes: readonly DataClass[] = accounts === undefined ? [] : ['money'];
  return { classes: new Set(classes), own: new Set([by, tokenId]) };
}

/** What a schema says of its fields: by name, and by the shape of a name. */
type FieldClasses = {
  readonly names: Map<string, DataClass>;
  readonly shapes: { readonly shape: z.ZodType; readonly dataClass: DataClass }[];
};

/** Parts of a schema's definition that are walked; zod names them so. */
type Definition = {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly element?: z.ZodType;
  readonly innerType?: z.ZodType;
  readonly in?: z.ZodType;
  readonly out?: z.ZodType;
  readonly left?: z.ZodType;
  readonly right?: z.ZodType;
  readonly keyType?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly options?: readonly z.ZodType[];
  readonly items?: readonly z.ZodType[];
};

function definitionOf({ def }: z.ZodType): Definition {
  return def;
}

function innerSchemas(schema: z.ZodType): readonly z.ZodType[] {
  const { element, innerType, in: before, out, left, right, options, items } = definitionOf(schema);
  const single = [element, innerType, before, out, left, right];
  return [...single.filter((one) => one !== undefined), ...(options ?? []), ...(items ?? [])];
}

/** The tag of a schema, also below `optional`, `default`, a pipe, a list or a choice; the strictest of them. */
export function classOf(schema: z.ZodType): DataClass | undefined {
  const own = schema.meta()?.['class'];
  const classes = new Set([own, ...innerSchemas(schema).map((inner) => classOf(inner))]);
  return dataClasses.find((one) => classes.has(one));
}

function stricter(one: DataClass | undefined, other: DataClass): DataClass {
  if (one === undefined) return other;
  return dataClasses.indexOf(one) < dataClasses.indexOf(other) ? one : other;
}

/** Walks a schema and notes the class of every field that has one. */
function collect(schema: z.ZodType, found: FieldClasses): void {
  const { shape = {}, keyType, valueType } = definitionOf(schema);
  for (const [name, field] of Object.entries(shape)) {
    const dataClass = classOf(field);
    if (dataClass !== undefined) found.names.set(name, stricter(found.names.get(name), dataClass));
    collect(field, found);
  }
  if (keyType !== undefined && valueType !== undefined) {
    const dataClass = classOf(valueType);
    // Only a key that is said in more detail than "text" says anything about a name.
    const isShaped = definitionOf(keyType).type === 'template_literal';
    if (dataClass !== undefined && isShaped) found.shapes.push({ shape: keyType, dataClass });
    collect(valueType, found);
  }
  for (const inner of innerSchemas(schema)) collect(inner, found);
}

/** Names that hold secrets where no schema says what they are. */
const secretName =
  /(?:token|secret|passw(?:or)?d|passphrase|api[-_]?key|private[-_]?key|authorization|credential|cookie|webhook)/iu;

const secretTexts: readonly RegExp[] = [
  // Our own tokens and sign-in links.
  /\bbh_[a-z]+_[\w-]{16,}/gu,
  /-----BEGIN [\s\S]*?(?:-----END [^-]*-----|$)/gu,
  /\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/gu,
  /\b(?:sk|pk|ghp|gho|xox[abps])[-_][\w-]{16,}/gu,
  /\/api\/webhooks\/\d+\/[\w-]+/gu,
  /(?<=\b(?:bearer|basic)\s+)[\w+/=.~-]{8,}/giu,
  // `api_key=…`, `"password":"…"`: the value only.
  /(?<=(?:token|secret|passw(?:or)?d|passphrase|api[-_]?key|private[-_]?key|credentials?)["']?\s?[=:]\s?["']?)[^\s"',;&})]{4,}/giu,
  // A long random word: both cases and a digit, so that a hash in hex, a path or an identifier is none.
  /(?<![\w+=./-])(?=[\w+=-]*\d)(?=[\w+=-]*[a-z])(?=[\w+=-]*[A-Z])[\w+=-]{40,}(?![\w.-])/gu,
];

/** What looks like a secret is taken out of a text; the rest of it stays. */
export function scrubbed(text: string): string {
  if (text.length < shortestSecret) return text;
  return secretTexts.reduce((rest, pattern) => rest.replaceAll(pattern, '[secret]'), text);
}

const shortestSecret = 10;
const depthMax = 64;

export class Redactor {
  private readonly fields: FieldClasses = { names: new Map(), shapes: [] };
  private readonly classes = new Map<string, DataClass | undefined>();
  /** What has been gone through already and is not gone through again on its way out. */
  private readonly done = new WeakSet();

  /** @param schemas tagged with `.meta({ class })`; where two disagree about a name, the stricter class holds */
  constructor(schemas: readonly z.ZodType[]) {
    for (const schema of schemas) collect(schema, this.fields);
  }

  /** Class of a field by its name; undefined when it has none. */
  classOfField(name: string): DataClass | undefined {
    if (this.classes.has(name)) return this.classes.get(name);
    const byShape = this.fields.shapes.find(
      ({ shape }) => shape.safeParse(name).success,
    )?.dataClass;
    const declared = this.fields.names.get(name) ?? byShape;
    const dataClass = declared ?? (secretName.test(name) ? 'secret' : undefined);
    if (this.classes.size < namesRemembered) this.classes.set(name, dataClass);
    return dataClass;
  }

  /** A copy of plain data as this reader may see it. Text that is JSON is gone through as data. */
  shown(value: unknown, sight: Sight): unknown {
    return this.visit(value, sight, 0);
  }

  /** One value that stands at a path, `book.realizedUnits`: every part of the path is a name. */
  shownAt(path: string, value: unknown, sight: Sight): unknown {
    for (const name of path.split('.')) {
      const hidden = this.hidden(name, value, sight);
      if (hidden !== undefined) return hidden;
    }
    return this.shown(value, sight);
  }

  private visit(value: unknown, sight: Sight, depth: number): unknown {
    if (typeof value === 'string') return this.text(value, sight, depth);
    if (typeof value !== 'object' || value === null || this.done.has(value)) return value;
    if (depth > depthMax) return { redacted: 'secret' } satisfies Redacted;
    const copy = Array.isArray(value)
      ? value.map((inner) => this.visit(inner, sight, depth + 1))
      : this.record(value, sight, depth);
    this.done.add(copy);
    return copy;
  }

  private record(value: object, sight: Sight, depth: number): Record<string, unknown> {
    const copy: Record<string, unknown> = {};
    for (const [name, inner] of Object.entries(value)) {
      const shown = this.hidden(name, inner, sight) ?? this.visit(inner, sight, depth + 1);
      // Plain assignment to this one name would change the prototype.
      if (name === '__proto__') continue;
      copy[scrubbed(name)] = shown;
    }
    return copy;
  }

  private hidden(name: string, value: unknown, sight: Sight): Redacted | undefined {
    if (value === undefined || value === null || value === '') return undefined;
    const dataClass = this.classOfField(name);
    if (dataClass === undefined || sight.classes.has(dataClass)) return undefined;
    if (typeof value === 'object' && 'redacted' in value) return undefined;
    if (dataClass === 'pii' && sight.own.has(value)) return undefined;
    return { redacted: dataClass };
  }

  private text(value: string, sight: Sight, depth: number): string {
    const first = value[0];
    if ((first === '{' || first === '[') && depth <= depthMax) {
      try {
        const data = JSON.parse(value) as unknown;
        return JSON.stringify(this.visit(data, sight, depth + 1));
      } catch {
        // No JSON: a text like any other.
      }
    }
    return scrubbed(value);
  }
}

/** Names are those of our own contexts and events; more than this come from outside and are not remembered. */
const namesRemembered = 10_000;
