/**
 * What a class hides is hidden wherever it stands, and nothing else is.
 *
 * Verifies: security 1 (Redaction), security 9 case 7, inspector 13 case 9
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigurationFile } from '../../src/bin/configuration/schema.ts';
import { OperatorRequest } from '../../src/bin/operator-request.ts';
import { classifiedFields, journalRedactor } from '../../src/domain/classified-fields.ts';
import { roles } from '../../src/domain/operator.ts';
import { dataClasses, Redactor, sightOf, type DataClass } from '../../src/domain/redaction.ts';

const redactor = new Redactor([...classifiedFields, ConfigurationFile, OperatorRequest]);

/** Names of every class, taken from the schemas; the ones of money also by their shape. */
const namesOf: Readonly<Record<DataClass, readonly string[]>> = {
  secret: ['apiKey', 'webhookUrl', 'botToken', 'chatId', 'csrf', 'venue_password', 'clientSecret'],
  pii: ['by', 'tokenId', 'ip', 'voices', 'venueAccountName'],
  money: ['amount', 'balance', 'observed', 'limit', 'realizedUnits', 'weekNetUnits', 'costMicros'],
};
const plainNames = ['lots', 'state', 'kind', 'seq', 'reason', 'instrument', '0'];

const classified = (dataClass: DataClass) =>
  fc.constantFrom(...namesOf[dataClass]).map((name) => [name, `canary-${dataClass}`] as const);
const plain = fc
  .tuple(fc.constantFrom(...plainNames), fc.oneof(fc.constant('canary-plain'), fc.integer()))
  .map(([name, value]) => [name, value] as const);

type Leaf = readonly [string, unknown];
const { tree } = fc.letrec<{ tree: unknown; leaf: Leaf }>((tie) => ({
  leaf: fc.oneof(plain, classified('secret'), classified('pii'), classified('money')),
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.array(tie('leaf'), { maxLength: 6 }).map((leaves) => Object.fromEntries(leaves)),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc
      .tuple(fc.array(tie('leaf'), { maxLength: 4 }), fc.constantFrom(...plainNames), tie('tree'))
      .map(([leaves, name, inner]) => Object.fromEntries([...leaves, [name, inner]])),
    // Text that is JSON, as stored events are.
    fc.tuple(tie('tree'), fc.constantFrom('eventJson', 'text')).map(([inner, name]) => ({
      [name]: JSON.stringify(inner),
    })),
  ),
}));

const sights = roles.flatMap((role) =>
  [undefined, ['A1']].map((accounts) =>
    sightOf({
      role,
      by: 'tom',
      tokenId: 'tok',
      ...(accounts === undefined ? {} : { accounts }),
    }),
  ),
);

it('INV-SEC-1: no canary of a hidden class is in what is shown, at whatever depth it stood', () => {
  fc.assert(
    fc.property(tree, fc.constantFrom(...sights), (data, sight) => {
      const shown = JSON.stringify(redactor.shown(data, sight));
      const hidden = dataClasses.filter((dataClass) => !sight.classes.has(dataClass));
      expect(hidden.filter((dataClass) => shown.includes(`canary-${dataClass}`))).toEqual([]);
      // By the names of the journal alone as well; the configuration adds to its secrets.
      const own = JSON.stringify(journalRedactor.shown(data, sight));
      const ofJournal = hidden.filter((dataClass) => dataClass !== 'secret');
      expect(ofJournal.filter((dataClass) => own.includes(`canary-${dataClass}`))).toEqual([]);
    }),
    { numRuns: 1_000 },
  );
});

it('INV-SEC-2: what has no hidden class stays as it was', () => {
  fc.assert(
    fc.property(tree, fc.constantFrom(...sights), (data, sight) => {
      const count = (text: string, word: string): number => text.split(word).length - 1;
      const before = JSON.stringify(data);
      const shown = JSON.stringify(redactor.shown(data, sight));
      expect(count(shown, 'canary-plain')).toBe(
        // What stood below a hidden field went with it; no such field of the tree holds more than a text.
        count(before, 'canary-plain'),
      );
      const seen = [...sight.classes].map((dataClass) => `canary-${dataClass}`);
      expect(seen.map((word) => count(shown, word))).toEqual(
        seen.map((word) => count(before, word)),
      );
    }),
    { numRuns: 1_000 },
  );
});

it('INV-SEC-3: a schema with a tag anywhere hides the field of that name', () => {
  const name = fc.stringMatching(/^[a-z]{3,12}$/u);
  const wrap = fc.constantFrom<(schema: z.ZodType) => z.ZodType>(
    (schema) => schema,
    (schema) => schema.optional(),
    (schema) => z.array(schema),
    (schema) => z.union([z.number(), schema]),
    (schema) => schema.default('x'),
    (schema) => schema.nullable(),
  );
  fc.assert(
    fc.property(name, wrap, wrap, (field, one, other) => {
      const tagged = z.string().meta({ class: 'secret' });
      const made = new Redactor([
        z.object({ outer: z.array(z.object({ [field]: one(other(tagged)) })) }),
      ]);
      const shown = made.shown(
        { any: { [field]: 'canary' } },
        sightOf({ role: 'admin', by: '', tokenId: '' }),
      );
      expect(JSON.stringify(shown)).not.toContain('canary');
    }),
  );
});
