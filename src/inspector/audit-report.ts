/** What people did, also what they were denied. Source: inspector 3 (Audit), security 3. */
import type { DenialKind } from '../domain/access-denied.ts';
import { journalRedactor } from '../domain/classified-fields.ts';
import type { CommandOrigin, OperatorCommand } from '../domain/operator.ts';
import { ownerSight, type Redacted, type Sight } from '../domain/redaction.ts';
import type { JournalView, ViewedRow } from '../ports/journal-view.port.ts';
import type { ChainProof } from './history-scan.ts';
import type { AuditReport, AuditRow } from './protocol-reports.ts';
import { eventOf, rowsPage } from './row-report.ts';
import type { Identity } from './tokens.ts';

const shownMax = 200;

/** Commands of people and requests that were turned away, newest first. */
export function auditReport(
  view: JournalView,
  before: number | undefined,
  proof: ChainProof,
  reader: { readonly identity: Identity; readonly sight: Sight },
): AuditReport {
  const { accounts } = reader.identity;
  const page = rowsPage(view, { before, limit: shownMax, type: 'operator.' });
  const rows = page.rows.flatMap(({ seq }): readonly AuditRow[] => {
    const row = view.row(seq);
    if (row === undefined || !(accounts?.includes(row.account) ?? true)) return [];
    return auditRowOf(row).map((one) => asSeenBy(one, reader));
  });
  const { isProven, upToSeq, problem } = proof;
  return {
    rows,
    ...(page.next === undefined ? {} : { next: page.next }),
    chain: {
      isProven,
      upToSeq,
      headHash: view.head.hash,
      ...(problem === undefined ? {} : { problem }),
    },
  };
}

/** What a reader did is the reader's own, with the address it came from. */
function asSeenBy(
  row: AuditRow,
  { identity, sight }: { readonly identity: Identity; readonly sight: Sight },
): AuditRow {
  const isOwn = row.tokenId === identity.tokenId;
  const { by, tokenId, ip } = journalRedactor.shown(
    { by: row.by, tokenId: row.tokenId, ip: row.ip },
    isOwn ? ownerSight : sight,
  ) as Readonly<Record<'by' | 'tokenId' | 'ip', string | Redacted>>;
  return { ...row, by, tokenId, ip };
}

type AuditEvent = {
  readonly type?: string;
  readonly command?: OperatorCommand;
  readonly outcome?: string;
  readonly text?: string;
  readonly paramsHash?: string;
  readonly beforeHash?: string;
  readonly afterHash?: string;
  readonly by?: string;
  readonly role?: string;
  readonly origin?: CommandOrigin;
  readonly counts?: Readonly<Partial<Record<DenialKind, number>>>;
};

/** What else begins with their word has nobody who asked. */
function auditRowOf(row: ViewedRow): readonly AuditRow[] {
  const event = eventOf(row) as AuditEvent;
  const { outcome = '', paramsHash = '', beforeHash = '', afterHash = '' } = event;
  const { seq, atMs, hash } = row;
  const common = { seq, atMs, hash, outcome, paramsHash, beforeHash, afterHash };
  const said = event.type === 'operator.denied' ? deniedOf(event) : commandOf(event);
  return said === undefined ? [] : [{ ...common, ...said }];
}

type Said = Omit<AuditRow, keyof ViewedRow | 'outcome' | 'paramsHash' | 'beforeHash' | 'afterHash'>;

function deniedOf({ by = '', role = '', origin, counts = {}, text = '' }: AuditEvent): Said {
  const listed = Object.entries(counts).map(([kind, count]) => `${kind} ×${count}`);
  return {
    by,
    role,
    verb: 'unread request',
    target: '',
    reason: '',
    text: `${listed.join(', ')}: ${text}`,
    ...originOf(origin),
  };
}

function commandOf({ command, text = '' }: AuditEvent): Said | undefined {
  if (command === undefined) return undefined;
  const { by, role, verb, reason, accountId: target = 'everything', origin } = command;
  return { by, role, verb, target, reason, text, ...originOf(origin) };
}

function originOf({ tokenId = '', ip = '' }: Partial<CommandOrigin> = {}): CommandOrigin {
  return { tokenId, ip };
}
