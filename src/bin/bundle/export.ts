/**
 * An incident as files: the rows of an actor, of an account or of everything that one input has caused, with what stands
 * beside them, the charts, and a manifest with the hash of each file. Redacted like everything that leaves.
 *
 * Source: inspector 4 (Exports), 5 (export incident bundle), 13 case 9.
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { journalRedactor } from '../../domain/classified-fields.ts';
import { ownerSight } from '../../domain/redaction.ts';
import { statelyJson } from '../../inspector/chart-export.ts';
import type { BundleFiles, ExportRequest } from '../../inspector/tool-reports.ts';
import { systemClock } from '../../kernel/clock.ts';
import { exitCodes, OperatorError } from '../../kernel/errors.ts';
import {
  extractRows,
  type Extract,
  type ExtractedRow,
  type Wanted,
} from '../../persistence/extract.ts';
import { openJournalReader } from '../../persistence/journal-reader.ts';
import type { Head } from '../../ports/journal.port.ts';
import { productVersion } from '../composition.ts';
import { chartsOfEngine } from '../machine-files.ts';
import {
  manifestName,
  publicKeyOf,
  sha256,
  signatureName,
  signatureOf,
  type Manifest,
} from './manifest.ts';

/** A bundle is read as a whole. */
const rowsMax = 200_000;

export type BundleOptions = ExportRequest & {
  readonly dataDir: string;
  /** Private Ed25519 key in PEM; without one the bundle is not signed. */
  readonly signKey?: string;
};

/** @throws OperatorError NO_JOURNAL, NOTHING_TO_EXPORT, BUNDLE_TOO_LARGE, SIGN_KEY_INVALID */
export function bundleOf(options: BundleOptions): { manifest: Manifest; files: BundleFiles } {
  const { dataDir, signKey } = options;
  const { subject, wanted } = subjectOf(options);
  const head = headOf(dataDir);
  const extract = extractRows(dataDir, { ...wanted, rowsMax });
  if (extract === undefined)
    throw bundleFault('BUNDLE_TOO_LARGE', `there are more than ${rowsMax} rows`, 'Name less.');
  if (extract.rows.length === 0)
    throw bundleFault(
      'NOTHING_TO_EXPORT',
      `there is no row of ${subject.kind} ${subject.id}`,
      'Name an account, an actor or a row that the journal has.',
    );
  const files = filesOf(extract);
  const manifest = manifestOf(subject, extract, head, files, signKey);
  const text = `${JSON.stringify(manifest, undefined, 2)}\n`;
  const signed =
    signKey === undefined ? {} : { [signatureName]: `${signatureOf(text, signKey)}\n` };
  return { manifest, files: { ...files, [manifestName]: text, ...signed } };
}

/** Writes the files into a new folder. @throws OperatorError as `bundleOf`, OUTPUT_EXISTS */
export function exportBundle(options: BundleOptions & { readonly out: string }): Promise<Manifest> {
  const { out } = options;
  if (existsSync(out) && readdirSync(out).length > 0)
    throw bundleFault(
      'OUTPUT_EXISTS',
      `${out} is not empty`,
      'Name a folder that is not there yet.',
    );
  const { manifest, files } = bundleOf(options);
  mkdirSync(out, { recursive: true, mode: 0o700 });
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(out, name), text, { mode: 0o600 });
  return Promise.resolve(manifest);
}

type Subject = { readonly subject: Manifest['subject']; readonly wanted: Omit<Wanted, 'rowsMax'> };

function subjectOf({ account, actor, correlation }: ExportRequest): Subject {
  if (account !== undefined)
    return {
      subject: { kind: 'account', id: account },
      wanted: { isWanted: (row) => row.account === account },
    };
  if (actor !== undefined) return subjectOfActor(actor);
  return {
    subject: { kind: 'correlation', id: String(correlation) },
    wanted: { isWanted: (row) => row.correlationSeq === correlation },
  };
}

/** With everything that the inputs have caused of which it has heard. */
function subjectOfActor(actor: string): Subject {
  const correlations = new Set<number>();
  return {
    subject: { kind: 'actor', id: actor },
    wanted: {
      isWanted: (row) => {
        if (row.actor === actor) correlations.add(row.correlationSeq);
        return row.actor === actor;
      },
      comesAlong: (row) => correlations.has(row.correlationSeq),
    },
  };
}

function headOf(dataDir: string): Head {
  const reader = openJournalReader(dataDir);
  try {
    return reader.head;
  } finally {
    reader.close();
  }
}

function shown<Value>(value: Value): Value {
  return journalRedactor.shown(value, ownerSight) as Value;
}

function filesOf({ rows, bases, tables }: Extract): BundleFiles {
  const lines = (values: readonly unknown[]): string =>
    values.map((value) => `${JSON.stringify(shown(value))}\n`).join('');
  return {
    'rows.jsonl': lines(rows),
    'states.jsonl': lines(bases),
    'tables.json': `${JSON.stringify(shown(tables))}\n`,
    'chart.json': `${JSON.stringify(chartOf(rows))}\n`,
  };
}

/** The machines that occur, and the way that each actor has gone through its own. */
function chartOf(rows: readonly ExtractedRow[]) {
  const machines = new Set<string>(rows.map(({ machine }) => machine));
  const actors = new Map<string, { seq: number; event: string; from: string; to: string }[]>();
  for (const { actor, machine, seq, eventJson, fromState: from, toState: to } of rows) {
    if (machine === 'input') continue;
    const steps = actors.get(actor) ?? [];
    const { type: event } = JSON.parse(eventJson) as { readonly type: string };
    steps.push({ seq, event, from, to });
    actors.set(actor, steps);
  }
  return {
    machines: chartsOfEngine()
      .filter(({ id }) => machines.has(id))
      .map((chart) => ({ id: chart.id, version: chart.version, definition: statelyJson(chart) })),
    actors: [...actors].map(([actor, steps]) => ({ actor, steps })),
  };
}

function manifestOf(
  subject: Manifest['subject'],
  extract: Extract,
  head: Head,
  files: BundleFiles,
  signKey: string | undefined,
): Manifest {
  const { rows, environment, databaseUuid } = extract;
  const [first, last] = [rows[0], rows.at(-1)];
  return {
    format: 'bulkhead-bundle',
    version: 1,
    product: productVersion,
    subject,
    environment,
    database: databaseUuid,
    exportedAtMs: systemClock.nowMs(),
    rows: { count: rows.length, fromSeq: first?.seq ?? 0, toSeq: last?.seq ?? 0 },
    chain: { headSeq: head.seq, headHash: head.hash, lastHash: last?.hash ?? '' },
    redacted: 'secrets',
    files: Object.entries(files).map(([name, text]) => ({
      name,
      bytes: Buffer.byteLength(text),
      sha256: sha256(text),
    })),
    ...(signKey === undefined ? {} : { signedBy: publicKeyOf(signKey) }),
  };
}

function bundleFault(code: string, message: string, remedy: string): OperatorError {
  return new OperatorError({ code, exitCode: exitCodes.usage, message, remedy });
}
