/** Verifies: security 1 (Redaction), inspector 1 and 5, decision 0010: classes come from the schemas, roles see by class. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigurationFile } from '../../src/bin/configuration/schema.ts';
import { OperatorRequest } from '../../src/bin/operator-request.ts';
import { journalRedactor } from '../../src/domain/classified-fields.ts';
import { roles, type Role } from '../../src/domain/operator.ts';
import {
  classOf,
  dataClasses,
  ownerSight,
  Redactor,
  scrubbed,
  sightOf,
} from '../../src/domain/redaction.ts';

const reader = (role: Role, accounts?: readonly string[]) =>
  sightOf({
    role,
    by: 'tom',
    tokenId: 'tok-1',
    ...(accounts === undefined ? {} : { accounts }),
  });

describe('tags of schemas', () => {
  it.each([
    ['below a wrapper', z.string().meta({ class: 'secret' }).min(3).optional()],
    ['below a default', z.string().meta({ class: 'secret' }).default('x')],
    ['in a pipe', z.string().meta({ class: 'secret' }).transform(Number).pipe(z.number())],
    ['in a choice', z.union([z.number(), z.string().meta({ class: 'secret' })])],
    ['in a list', z.array(z.string().meta({ class: 'secret' }))],
    ['of the whole', z.strictObject({ a: z.string() }).meta({ class: 'secret' })],
  ])('are found %s', (_, schema) => {
    expect(classOf(schema)).toBe('secret');
    const redactor = new Redactor([z.strictObject({ nested: z.strictObject({ thing: schema }) })]);
    expect(redactor.shown({ deep: [{ thing: 'x' }] }, ownerSight)).toEqual({
      deep: [{ thing: { redacted: 'secret' } }],
    });
  });

  it('hold by the stricter class where two schemas disagree', () => {
    const one = z.object({ field: z.string().meta({ class: 'money' }) });
    const other = z.object({ field: z.string().meta({ class: 'pii' }) });
    for (const schemas of [
      [one, other],
      [other, one],
    ])
      expect(new Redactor(schemas).classOfField('field')).toBe('pii');
  });

  it('stand on every field of the configuration that names a secret, and on the person of a command', () => {
    const configuration = new Redactor([ConfigurationFile]);
    for (const name of ['apiKey', 'username', 'webhookUrl', 'botToken', 'chatId'])
      expect(configuration.classOfField(name), name).toBe('secret');
    const request = new Redactor([OperatorRequest]);
    expect(request.classOfField('by')).toBe('pii');
    expect(request.classOfField('amount')).toBe('money');
    expect(request.classOfField('verb')).toBeUndefined();
  });
});

describe('what a role sees', () => {
  const data = {
    by: 'ann',
    origin: { tokenId: 'tok-9', ip: '127.0.0.1' },
    realizedUnits: 5,
    costMicros: 7,
    apiKey: 'k',
    lots: 3,
  };
  const [secret, pii, money] = dataClasses.map((one) => ({ redacted: one }));

  it.each<[string, Role, readonly string[] | undefined, boolean, boolean]>([
    ['a viewer of named accounts', 'viewer', ['A1'], false, true],
    ['a viewer of everything', 'viewer', undefined, false, false],
    ['an operator', 'operator', undefined, true, true],
    ['an admin', 'admin', undefined, true, true],
    ['an auditor', 'auditor', undefined, true, true],
  ])('%s', (_, role, accounts, seesPersons, seesMoney) => {
    expect(journalRedactor.shown(data, reader(role, accounts))).toEqual({
      by: seesPersons ? 'ann' : pii,
      origin: seesPersons ? data.origin : { tokenId: pii, ip: pii },
      realizedUnits: seesMoney ? 5 : money,
      costMicros: seesMoney ? 7 : money,
      apiKey: secret,
      lots: 3,
    });
  });

  it('of persons, a viewer sees the own name and token', () => {
    const shown = journalRedactor.shown({ by: 'tom', tokenId: 'tok-1' }, reader('viewer', ['A1']));
    expect(shown).toEqual({ by: 'tom', tokenId: 'tok-1' });
  });

  it('no role sees a secret', () => {
    for (const role of roles)
      expect(
        journalRedactor.shown({ password: 'x', csrf: 'y', refresh_token: 'z' }, reader(role)),
      ).toEqual({ password: secret, csrf: secret, refresh_token: secret });
  });

  it('a value at a path is hidden by any name of the path', () => {
    const viewer = reader('viewer');
    expect(journalRedactor.shownAt('book.costUnits', 5, viewer)).toEqual(money);
    expect(journalRedactor.shownAt('voices.x.atMs', 5, viewer)).toEqual(pii);
    expect(journalRedactor.shownAt('context.lots', 5, viewer)).toBe(5);
  });

  it('JSON inside a text is data, and a name inside the data does not reach the prototype', () => {
    const text = '{"by":"ann","inner":"{\\"realizedUnits\\":5}","lots":1}';
    expect(journalRedactor.shown(text, reader('viewer'))).toBe(
      '{"by":{"redacted":"pii"},"inner":"{\\"realizedUnits\\":{\\"redacted\\":\\"money\\"}}","lots":1}',
    );
    const hostile = JSON.parse('{"__proto__":{"polluted":true}}') as unknown;
    const shown = journalRedactor.shown(hostile, ownerSight) as Record<string, unknown>;
    expect(shown['polluted']).toBeUndefined();
  });
});

describe('texts', () => {
  const random = 'aB3'.repeat(15);
  it.each([
    ['a token of ours', `token bh_admin_${random} said`, 'token [secret] said'],
    ['a header', 'Authorization: Bearer abc.def-1234 end', 'Authorization: Bearer [secret] end'],
    [
      'a pair',
      'login failed: password=hunter2secret, retry',
      'login failed: password=[secret], retry',
    ],
    ['a pair in JSON', 'got "api_key":"k-123456" back', 'got "api_key":"[secret]" back'],
    ['a signed token', 'x eyJhbGciOiJIUzI1NiJ9.eyJzdWIi.c2ln y', 'x [secret] y'],
    [
      'a key block',
      'a -----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY----- b',
      'a [secret] b',
    ],
    ['a long random word', `venue said ${random}`, 'venue said [secret]'],
    ['a hook', 'https://discord.com/api/webhooks/123/AbC-def', 'https://discord.com[secret]'],
  ])('lose %s', (_, text, shown) => {
    expect(scrubbed(text)).toBe(shown);
    expect(journalRedactor.shown({ note: text }, ownerSight)).toEqual({ note: shown });
  });

  it.each([
    ['a hash', 'a'.repeat(60) + '1234'],
    ['a path', '/opt/Bulkhead7/lib/persistence/SqliteJournal/connection.ts:12:3'],
    ['an actor', 'account/A1/order/BH1A2B-1-000017'],
    [
      'a sentence',
      'RULE-003: realized -501.20 is below the limit of -500.00; locked until 17:00 CT',
    ],
    ['a word about secrets', 'this token is unknown, revoked or expired'],
  ])('keep %s', (_, text) => {
    expect(scrubbed(text)).toBe(text);
  });
});
