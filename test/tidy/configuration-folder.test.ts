/** Verifies: rules 10.1: the shipped files of a configuration folder are good, complete, and what holds without them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadConfiguration } from '../../src/bin/configuration.ts';
import { ConfigurationFile } from '../../src/bin/configuration/schema.ts';
import { topicFiles } from '../../src/bin/configuration/topics.ts';
import { topicSchema } from '../support/schema-keys.ts';
import { repositoryRoot } from '../support/source-tree.ts';

const folder = join(repositoryRoot, 'config');
const files = Object.entries(topicFiles);

function treeOf(file: string): Record<string, unknown> {
  return parse(readFileSync(join(folder, file), 'utf8')) as Record<string, unknown>;
}

describe('the configuration folder', () => {
  it('is good and warns of nothing', () => {
    expect(loadConfiguration({ path: folder, environment: {} }).warnings).toEqual([]);
  });

  it('says what holds without it', () => {
    const shipped = loadConfiguration({ path: folder, environment: {} });
    const bare = loadConfiguration({ overrides: { rules: {}, trader: 'vwap' } });
    const settingsOf = ({ accounts, execution, resets, calendar, sessions }: typeof bare) => ({
      accounts,
      execution,
      resets,
      calendar,
      sessions,
    });
    expect(settingsOf(shipped)).toEqual(settingsOf(bare));
  });

  it.each(files)('has its topic in %s, and nothing else', (file, keys) => {
    const tree = treeOf(file);
    expect(Object.keys(tree).filter((key) => !keys.includes(key))).toEqual([]);
    const missing = keys.filter((key) => key in ConfigurationFile.shape && !(key in tree));
    expect(missing.filter((key) => key !== 'gateways')).toEqual([]);
  });

  it.each(files)('names a schema for editors in %s that accepts it', (file, keys) => {
    const [first] = readFileSync(join(folder, file), 'utf8').split('\n');
    const schemaFile = file.replace('.yaml', '.schema.json');
    expect(first).toBe(`# yaml-language-server: $schema=./${schemaFile}`);
    // The reader of schemas that is used here knows no classes of Unicode characters.
    const text = JSON.stringify(topicSchema(keys)).replaceAll(
      String.raw`\\p{L}\\p{N}`,
      String.raw`\\w`,
    );
    const schema = z.fromJSONSchema(JSON.parse(text) as z.core.JSONSchema.JSONSchema);
    expect(schema.safeParse(treeOf(file)).error?.issues ?? []).toEqual([]);
    expect(schema.safeParse({ ...treeOf(file), another: 1 }).success).toBe(false);
  });
});
