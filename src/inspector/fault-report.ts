/** What went wrong. Source: inspector 3 (Faults and recovery). */
import { journalRedactor } from '../domain/classified-fields.ts';
import type { Sight } from '../domain/redaction.ts';
import type { JournalView } from '../ports/journal-view.port.ts';
import type { FaultsReport, StartFigures } from './protocol-reports.ts';

const shownMax = 200;

/** @param mayRead the accounts that the reader may see */
export function faultsReport(
  view: JournalView,
  mayRead: (account: string) => boolean,
  sight: Sight,
  start?: StartFigures,
): FaultsReport {
  const eventText = (json: string): string => String(journalRedactor.shown(json, sight));
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
      event: eventText(eventJson),
      reason,
    })),
    quarantines: view.quarantines().filter(ofActor),
    poisons: view
      .poisons(shownMax)
      .filter(ofActor)
      .map(({ seq, actor, eventJson, stack }) => ({
        seq,
        actor,
        event: eventText(eventJson),
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
    recovery: { epoch: view.epoch, wasClean: view.wasClean, ...start },
  };
}

/** `account/A1/order/BH-1` is of A1; what is no path of an account is of none. */
function accountOf(actor: string): string {
  const [root, account = ''] = actor.split('/');
  return root === 'account' ? account : '';
}
