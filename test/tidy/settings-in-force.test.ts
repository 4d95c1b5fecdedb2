/** Verifies: negative case T6: a value that can be configured is read by somebody, or it says why nobody needs it. */
import { describe, expect, it } from 'vitest';
import { defaultExecutionSettings } from '../../src/domain/execution-settings.ts';
import { blank, readTree } from '../support/source-tree.ts';

/** Keys that nobody reads, with the reason: what they say holds without being read. */
const unread: Readonly<Record<string, string>> = {
  onUnknown: 'has one value only',
  lateWatchHours: 'the journal knows an order for as long as it has it, which is longer',
  hedgePollMs:
    'a hedge is followed by its events; what the stream loses is asked for by the comparison',
  bufferEvents: 'the inbox has its own bound, and nothing is lost at it',
  inflightSeconds:
    'a question is asked when a time limit of the order ends, and again in growing pauses',
  inflightThresholdSeconds: 'as inflightSeconds',
};

/** The last names of all values. */
function keysOf(settings: object): readonly string[] {
  return Object.entries(settings).flatMap(([key, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? keysOf(value) : [key],
  );
}

const code = readTree()
  .filter(
    ({ path }) =>
      /^src\/(?:actors|rules|machines|bin|persistence|venues)\/.*\.ts$/u.test(path) &&
      (!path.startsWith('src/bin/configuration/') || path.endsWith('/engine-settings.ts')),
  )
  .map(({ text }) => blank(text, 'code'))
  .join('\n');

const isRead = (key: string): boolean => new RegExp(String.raw`\b${key}\b`, 'u').test(code);

describe('a key of execution.yaml', () => {
  const keys = [...new Set(keysOf(defaultExecutionSettings))];

  it.each(keys.filter((key) => unread[key] === undefined))('%s is read by somebody', (key) => {
    expect(isRead(key)).toBe(true);
  });

  it('that nobody reads exists, and is read by nobody', () => {
    expect(Object.keys(unread).filter((key) => !keys.includes(key) || isRead(key))).toEqual([]);
  });
});
