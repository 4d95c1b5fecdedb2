/**
 * Incidents as files: what a bundle holds, that it is believed only as it was written, and that it opens again.
 *
 * Verifies: inspector 4 (Exports, import), 5 (export incident bundle), 13 case 9
 */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { exportBundle } from '../../../src/bin/bundle/export.ts';
import { importBundle, openBundle } from '../../../src/bin/bundle/open.ts';
import { PastAccounts } from '../../../src/inspector/past.ts';
import type { BundleFiles } from '../../../src/inspector/tool-reports.ts';
import { openJournalView } from '../../../src/persistence/journal-view.ts';
import type { ActorState } from '../../../src/ports/journal.port.ts';
import { removeDirectory, startTestEngine, type TestEngine } from '../../support/engine.ts';
import { ask, startTestInspector, type TestInspector } from '../../support/inspector.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let test: TestEngine;
let inspector: TestInspector;
let folder = '';
let count = 0;
const canary = 'hunter2-canary-77';
const newFolder = (): string => join(folder, `out-${(count += 1)}`);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bulkhead-bundle-test-'));
  test = await startTestEngine({ accounts: ['A1', 'B2'], rules: { maxContracts: { limit: '5' } } });
  await test.quote('MNQ', 80_000, 80_001);
  await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 2 });
  await test.submit({ instrument: 'MNQ', side: 'buy', quantityLots: 9 });
  await test.submit({ instrument: 'MNQ', side: 'sell', quantityLots: 1, account: 'B2' });
  test.engine.operate({
    verb: 'lock',
    accountId: 'A1',
    scope: 'account',
    durationMs: 60_000,
    requestId: 'request-1',
    role: 'operator',
    by: 'ann',
    reason: `token=${canary}`,
  } as never);
  await test.lockstep.rest();
  inspector = await startTestInspector(test);
});
afterAll(async () => {
  await inspector.close();
  await test.engine.stop();
  removeDirectory(test.directory);
  rmSync(folder, { recursive: true });
});

function keys(): { readonly privateFile: string; readonly publicFile: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const [privateFile, publicFile] = [`${newFolder()}.key`, `${newFolder()}.pub`];
  writeFileSync(privateFile, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(publicFile, publicKey.export({ type: 'spki', format: 'pem' }));
  return { privateFile, publicFile };
}

describe('a bundle', () => {
  it('of an account holds its rows and no other account’s, with the head of the chain', async () => {
    const out = newFolder();
    const manifest = await exportBundle({ dataDir: test.directory, account: 'A1', out });
    const { extract, signature } = openBundle(out);
    expect(new Set(extract.rows.map(({ account }) => account))).toEqual(new Set(['A1']));
    expect(JSON.stringify(extract)).not.toContain('"B2"');
    expect(manifest.chain.headHash).toBe(test.engine.world.options.journal.head.hash);
    expect(signature).toBe('none');
  });

  it('case 9: holds no secret', async () => {
    const out = newFolder();
    const { files } = await exportBundle({ dataDir: test.directory, account: 'A1', out });
    const texts = files.map(({ name }) => readFileSync(join(out, name), 'utf8')).join('');
    expect(texts).toContain('operator.command');
    expect(texts).not.toContain(canary);
  });

  it.each(['rows.jsonl', 'tables.json', 'chart.json'])(
    'is not opened when %s was changed on the way',
    async (name) => {
      const out = newFolder();
      await exportBundle({ dataDir: test.directory, account: 'A1', out });
      const file = join(out, name);
      writeFileSync(file, `${readFileSync(file, 'utf8')} `);
      expect(() => openBundle(out)).toThrow(/does not have the hash/u);
    },
  );

  it('that is signed is held against the key that is given, and not opened with another one', async () => {
    const out = newFolder();
    const [own, other] = [keys(), keys()];
    const signKey = own.privateFile;
    await exportBundle({ dataDir: test.directory, account: 'A1', out, signKey });
    expect(openBundle(out).signature).toBe('own');
    expect(openBundle(out, own.publicFile).signature).toBe('valid');
    expect(() => openBundle(out, other.publicFile)).toThrow(/signature does not hold/u);
    rmSync(join(out, 'manifest.sig'));
    expect(() => openBundle(out)).toThrow(/signature does not hold/u);
  });

  it('that is not signed is refused where a key is asked for', async () => {
    const out = newFolder();
    await exportBundle({ dataDir: test.directory, account: 'A1', out });
    expect(() => openBundle(out, keys().publicFile)).toThrow(/signature does not hold/u);
  });

  it('is refused where there is nothing to export, and where the folder has something', async () => {
    const dataDir = test.directory;
    await expect(async () =>
      exportBundle({ dataDir, account: 'nobody', out: newFolder() }),
    ).rejects.toMatchObject({ code: 'NOTHING_TO_EXPORT' });
    await expect(async () =>
      exportBundle({ dataDir, account: 'A1', out: dataDir }),
    ).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
  });
});

describe('a bundle that is opened', () => {
  it('shows the account as the journal did, after every row of it', async () => {
    const [out, dataDir] = [newFolder(), newFolder()];
    await exportBundle({ dataDir: test.directory, account: 'A1', out });
    importBundle(out, dataDir);
    const [journal, opened] = [openJournalView(test.directory), openJournalView(dataDir)];
    try {
      const [past, pastOpened] = [new PastAccounts(journal), new PastAccounts(opened)];
      const rows = opened.rowsAfter(0, 1_000);
      expect(rows.length).toBeGreaterThan(20);
      for (const { seq } of rows) {
        const [one, other] = [past.at('A1', seq), pastOpened.at('A1', seq)];
        const actorsText = ({ actors }: typeof one): string => JSON.stringify([...actors]);
        expect(actorsText(other).replaceAll('[secret]', canary)).toBe(actorsText(one));
      }
      const text = ({ actor, stateJson }: ActorState): string => `${actor} ${stateJson}`;
      const states = opened.states().map(text);
      const mine = journal.states().filter(({ account }) => account === 'A1');
      expect(new Set(states)).toEqual(new Set(mine.map(text)));
    } finally {
      journal.close();
      opened.close();
    }
  });

  it('of one input has whole contexts, although the rows before it are left out', async () => {
    const view = openJournalView(test.directory);
    const last = view
      .rowsBefore(Number.MAX_SAFE_INTEGER, 200)
      .find(({ machine }) => machine === 'ledger');
    const ledger = view.states().find(({ actor }) => actor === last?.actor);
    view.close();
    const [out, dataDir] = [newFolder(), newFolder()];
    const correlation = last?.correlationSeq ?? 0;
    await exportBundle({ dataDir: test.directory, correlation, out });
    importBundle(out, dataDir);
    const opened = openJournalView(dataDir);
    const found = opened.states().find(({ actor }) => actor === last?.actor);
    opened.close();
    expect(JSON.parse(found?.contextJson ?? '{}')).toEqual(JSON.parse(ledger?.contextJson ?? '{}'));
  });
});

describe('who may export', () => {
  const get = (token: string, query: string) =>
    ask(inspector.port, `/api/export?${query}`, {
      headers: { host: `127.0.0.1:${inspector.port}`, authorization: `Bearer ${token}` },
    });

  it.each(['auditor', 'admin'] as const)('%s, as one file that opens', async (role) => {
    const { status, text } = await get(inspector.client(role).token, 'account=A1');
    expect(status).toBe(200);
    expect(Object.keys(JSON.parse(text) as BundleFiles)).toContain('manifest.json');
    expect(text).not.toContain(canary);
    const file = `${newFolder()}.json`;
    writeFileSync(file, text);
    expect(openBundle(file).manifest.subject).toEqual({ kind: 'account', id: 'A1' });
  });

  it.each(['viewer', 'operator'] as const)('not %s', async (role) => {
    const { status } = await get(inspector.client(role).token, 'account=A1');
    expect(status).toBe(403);
  });

  it('only of the accounts of the token', async () => {
    const { token } = inspector.client('auditor', ['A1']);
    expect((await get(token, 'account=A1')).status).toBe(200);
    expect((await get(token, 'actor=account/A1/ledger')).status).toBe(200);
    for (const query of ['account=B2', 'actor=account/B2/ledger', 'correlation=1'])
      expect((await get(token, query)).status, query).toBe(403);
  });

  it('one thing at a time', async () => {
    const { token } = inspector.client('auditor');
    for (const query of ['', 'account=A1&correlation=1'])
      expect((await get(token, query)).status, query).toBe(400);
  });
});
