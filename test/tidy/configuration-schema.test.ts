/** Verifies: style 13: the schemas say what every key means, and the file for editors accepts what the loader accepts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { ConfigurationFile } from '../../src/bin/configuration/schema.ts';
import { ruleByKey, ruleCatalogue } from '../../src/rules/registry.ts';
import {
  editorSchema,
  formattedJson,
  keyLines,
  keySchemaOf,
  shownDefaults,
  undescribedKeys,
} from '../support/schema-keys.ts';
import { repositoryRoot } from '../support/source-tree.ts';

const rules = ruleCatalogue.map((rule) => [rule.id, rule] as const);

describe('a configuration key', () => {
  it('says what it means', () => {
    expect(undescribedKeys(keySchemaOf(ConfigurationFile))).toEqual([]);
  });

  it.each(rules)('of %s says what it means', (_id, rule) => {
    const schema = keySchemaOf(rule.config);
    expect(undescribedKeys(schema)).toEqual([]);
    expect({
      description: schema.description ?? '',
      enforcement: schema.enforcement ?? '',
      edges: schema.edges ?? [],
    }).not.toMatchObject({ description: '', enforcement: '', edges: [] });
  });

  it.each(rules)('of %s shows the default that it has', (_id, rule) => {
    expect(rule.config.parse(shownDefaults(keySchemaOf(rule.config)))).toEqual(
      rule.config.parse({}),
    );
  });

  it('shows the default that it has', () => {
    const { general, ...shown } = shownDefaults(keySchemaOf(ConfigurationFile));
    expect(general).toMatchObject({ timezone: 'America/Chicago' });
    expect(ConfigurationFile.parse(shown)).toEqual(ConfigurationFile.parse({}));
  });

  it('without a word is found', () => {
    const schema = z.strictObject({
      told: z.string().describe('what it is'),
      silent: z.string(),
      inner: z.strictObject({ silent: z.string() }).describe('what it is'),
    });
    expect(undescribedKeys(keySchemaOf(schema))).toEqual(['silent', 'inner.silent']);
  });

  it('is shown with its values, its default and its meaning', () => {
    const rule = ruleByKey('dailyRealizedLoss');
    const lines = rule === undefined ? [] : keyLines(keySchemaOf(rule.config));
    expect(lines.find(({ path }) => path === 'limit')).toEqual({
      path: 'limit',
      values: 'amount of money below 0',
      default: '`-500`',
      meaning: 'the loss of a trading day at which trading ends',
    });
  });
});

describe('the schema for editors', () => {
  // The reader of schemas that is used here knows no classes of Unicode characters.
  const text = JSON.stringify(editorSchema()).replaceAll(String.raw`\\p{L}\\p{N}`, String.raw`\\w`);
  const schema = z.fromJSONSchema(JSON.parse(text) as z.core.JSONSchema.JSONSchema);
  const example = (): Record<string, unknown> =>
    parse(readFileSync(join(repositoryRoot, 'config/bulkhead.example.yaml'), 'utf8')) as Record<
      string,
      unknown
    >;

  it('accepts the example', () => {
    expect(schema.safeParse(example()).error?.issues ?? []).toEqual([]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['an unknown key', { traders: 'vwap' }],
    ['a value outside its list', { trader: 'nobody' }],
    ['an unknown key of a rule', { rules: { maxContracts: { limits: 5 } } }],
    ['a fraction of a contract', { rules: { maxContracts: { limit: 2.5 } } }],
    ['a number outside its range', { general: { quoteMaxAgeSeconds: 0 } }],
  ])('refuses %s', (_what, given) => {
    expect(schema.safeParse({ ...example(), ...given }).success).toBe(false);
  });

  it('accepts an amount with cents', () => {
    const rule = { rules: { dailyRealizedLoss: { limit: -500.1 } } };
    expect(schema.safeParse(rule).success).toBe(true);
  });

  it('is named by the example', () => {
    const [first] = readFileSync(
      join(repositoryRoot, 'config/bulkhead.example.yaml'),
      'utf8',
    ).split('\n');
    expect(first).toBe('# yaml-language-server: $schema=./bulkhead.schema.json');
  });

  it('keeps short lists on a line', () => {
    expect(formattedJson({ a: ['x', 'y'], b: [{ c: 1 }], d: [] })).toBe(
      '{\n  "a": ["x", "y"],\n  "b": [\n    {\n      "c": 1\n    }\n  ],\n  "d": []\n}',
    );
  });
});
