/** What went wrong, and what people did. Source: inspector 3 (Faults and recovery, Audit), security 3. */
import type { OperatorCommand } from '../domain/operator.ts';
import type { JournalView, ViewedRow } from '../ports/journal-view.port.ts';
import type { ChainProof } from './history-scan.ts';
import type { AuditReport, AuditRow, FaultsReport } from './protocol-reports.ts';
import { eventOf, rowsPage } from './row-report.ts';

const shownMax = 200;

/** @param mayRead the accounts that the reader may see */
export function faultsReport(
  view: JournalView,
  mayRead: (account: string) => boolean,
): FaultsReport {
  const ofActor = ({ actor }: { readonly actor: string }): boolean => mayRead(accountOf(actor));
  const ofAccount = ({ account }: { readonly account: string }): boolean => mayRead(account);
  const letters = view
    .deadLetters(shownMax)
    .filter(({ from, to }) => mayRead(accountOf(to)) || mayRead(accountOf(from)));
  return {
    deadLetters: letters.map(({ atMs, from, to, eventJson, reason }) => ({
      atMs,
      from,
      to,
      event: eventJson,
      reason,
    })),
    quarantines: view.quarantines().filter(ofActor),
    poisons: view
      .poisons(shownMax)
      .filter(ofActor)
      .map(({ seq, actor, eventJson, stack }) => ({
        seq,
        actor,
        event: eventJson,
        stack,
      })),
    crashes: view
      .crashes(shownMax)
      .filter(ofActor)
      .map(({ atMs, actor, kind, message }) => ({
        atMs,
        actor,
        kind,
        message,
      })),
    incidents: view.incidents(shownMax).filter(ofAccount),
    denials: view
      .denials(shownMax)
      .filter(ofAccount)
      .map(({ atMs, account, code, text, causeSeq }) => ({
        atMs,
        account,
        code,
        text,
        causeSeq,
      })),
    alerts: view
      .alerts(shownMax)
      .map(({ payloadJson, state }) => {
        const alert = JSON.parse(payloadJson) as Omit<FaultsReport['alerts'][number], 'state'>;
        const { atMs, account, severity, code, text } = alert;
        return { atMs, account, severity, code, text, state };
      })
      .filter(ofAccount),
    effectsInDoubt: view
      .openEffects()
      .filter(ofAccount)
      .map(({ id, kind, account, state, causeSeq }) => ({ id, kind, account, state, causeSeq })),
    recovery: { epoch: view.epoch, wasClean: view.wasClean },
  };
}

/** `account/A1/order/BH-1` is of A1; what is no path of an account is of none. */
function accountOf(actor: string): string {
  const [root, account = ''] = actor.split('/');
  return root === 'account' ? account : '';
}

/** Commands of people, newest first: also those that were refused. */
export function auditReport(
  view: JournalView,
  before: number | undefined,
  proof: ChainProof,
  mayRead: (account: string) => boolean,
): AuditReport {
  const page = rowsPage(view, { before, limit: shownMax, type: 'operator.' });
  const rows = page.rows.flatMap(({ seq }): readonly AuditRow[] => {
    const row = view.row(seq);
    return row === undefined || !mayRead(row.account) ? [] : auditRowOf(row);
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

/** Rows of commands only: what else begins with their word has nobody who asked. */
function auditRowOf(row: ViewedRow): readonly AuditRow[] {
  const {
    command,
    outcome = '',
    text = '',
  } = eventOf(row) as {
    readonly command?: OperatorCommand;
    readonly outcome?: string;
    readonly text?: string;
  };
  if (command === undefined) return [];
  const { by, role, verb, reason, accountId: target = 'everything', origin } = command;
  const { tokenId = '', ip = '' } = origin ?? {};
  const { seq, atMs, hash } = row;
  return [{ seq, atMs, by, role, verb, target, reason, outcome, text, hash, tokenId, ip }];
}
