/**
 * One action on everything that the filter of the tree shows: first how many, of what and where, then what hangs on them,
 * then the confirmation. Each is a command of its own, judged and written down like any other. Source: inspector 5.
 */
import { useState } from 'preact/hooks';
import { isPermitted } from '../../../domain/operator-policy.ts';
import { destructiveVerbs } from '../../command-guard.ts';
import type { BlastReport } from '../../protocol-reports.ts';
import type { ActorSummary } from '../../protocol.ts';
import { command, get } from '../data/api.ts';
import { countText, nameInAccount, shortName } from '../data/format.ts';
import { useSelect } from '../data/store.ts';
import { cancelOf, pausingOf } from './actions.tsx';
import { Dialog } from './dialog.tsx';
import { Facts } from './parts.tsx';
import { ReasonField } from './reason-field.tsx';
import { Badge } from './status.tsx';

type Verb = 'pause' | 'resume' | 'cancel';

/** The server takes a hundred commands a minute of one token. */
const subjectsMax = 90;
const namedMax = 8;
const texts: Readonly<Record<Verb, string>> = {
  pause: 'Pause',
  resume: 'Resume',
  cancel: 'Cancel the orders',
};
const closedOrder = /execution:(?:none|filled|canceled|rejected|denied|expired|failed)/u;

/** What a verb means something for. */
function subjectsOf(verb: Verb, actors: readonly ActorSummary[]): readonly ActorSummary[] {
  return actors.filter(({ kind, state, status }) => {
    if (verb === 'cancel') return kind === 'order' && !closedOrder.test(state);
    return (verb === 'resume') === (status === 'quarantined');
  });
}

/** Opens the dialog; not there for who may do none of it. */
export function BulkButton({ actors }: { actors: () => readonly ActorSummary[] }) {
  const hello = useSelect((context) => context.hello);
  const [shown, setShown] = useState<readonly ActorSummary[]>();
  if (hello === undefined || !hello.isRunning) return null;
  const verbs = (['pause', 'resume', 'cancel'] as const).filter(
    (verb) =>
      isPermitted(verb, hello.role, hello.mode) &&
      (hello.allowActions || !destructiveVerbs.has(verb)),
  );
  if (verbs.length === 0) return null;
  return (
    <>
      <button type="button" class="quiet" onClick={() => setShown(actors())}>
        Act on what is shown …
      </button>
      {shown !== undefined && (
        <BulkDialog actors={shown} verbs={verbs} onClose={() => setShown(undefined)} />
      )}
    </>
  );
}

type Done = { readonly id: string; readonly outcome: string; readonly text: string };

function BulkDialog({
  actors,
  verbs,
  onClose,
}: {
  actors: readonly ActorSummary[];
  verbs: readonly Verb[];
  onClose: () => void;
}) {
  const [verb, setVerb] = useState<Verb>(verbs[0] ?? 'pause');
  const [reason, setReason] = useState('');
  const [isConfirming, setIsConfirming] = useState(false);
  const [done, setDone] = useState<readonly Done[]>();
  const subjects = subjectsOf(verb, actors);
  const isTooMany = subjects.length > subjectsMax;
  const run = (): Promise<void> => actOnAll(verb, subjects, reason.trim(), setDone);
  if (done !== undefined)
    return <Results verb={verb} done={done} count={subjects.length} onClose={onClose} />;
  const isReady = subjects.length > 0 && !isTooMany && reason.trim() !== '';
  return (
    <Dialog title="Act on what is shown" onClose={onClose} isWide>
      <VerbField
        verbs={verbs}
        verb={verb}
        onChange={(chosen) => {
          setVerb(chosen);
          setIsConfirming(false);
        }}
      />
      <Preview subjects={subjects} shown={actors.length} />
      {isTooMany && (
        <p class="problem" role="alert">
          At most {subjectsMax} at a time: make the filter narrower.
        </p>
      )}
      <ReasonField isNeeded reason={reason} onChange={setReason} />
      <div class="steps">
        <button type="button" class="quiet" onClick={onClose}>
          Leave it
        </button>
        {isConfirming ? (
          <button type="button" class="danger" disabled={!isReady} onClick={() => void run()}>
            Confirm: {texts[verb].toLowerCase()} {countText(subjects.length)}
          </button>
        ) : (
          <button
            type="button"
            class="primary"
            disabled={!isReady}
            onClick={() => setIsConfirming(true)}
          >
            Continue to confirmation
          </button>
        )}
      </div>
    </Dialog>
  );
}

function VerbField({
  verbs,
  verb,
  onChange,
}: {
  verbs: readonly Verb[];
  verb: Verb;
  onChange: (verb: Verb) => void;
}) {
  return (
    <label class="field">
      What
      <select
        value={verb}
        onChange={({ currentTarget }) => {
          const chosen = verbs.find((one) => one === currentTarget.value);
          if (chosen !== undefined) onChange(chosen);
        }}
      >
        {verbs.map((one) => (
          <option key={one} value={one}>
            {texts[one]}
          </option>
        ))}
      </select>
    </label>
  );
}

/** How many, of which kind, in which accounts, and the first of them by name. */
function Preview({ subjects, shown }: { subjects: readonly ActorSummary[]; shown: number }) {
  const counted = (name: (actor: ActorSummary) => string): string => {
    const counts = new Map<string, number>();
    for (const actor of subjects) counts.set(name(actor), (counts.get(name(actor)) ?? 0) + 1);
    return [...counts].map(([word, count]) => `${countText(count)} ${word}`).join(', ');
  };
  const named = subjects.slice(0, namedMax).map(({ id }) => id);
  return (
    <Facts
      facts={[
        ['Concerned', `${countText(subjects.length)} of ${countText(shown)} that are shown`],
        ['Kinds', counted(({ kind }) => kind) || 'none'],
        ['Accounts', counted(({ account }) => `in ${account}`) || 'none'],
        [
          'Such as',
          <span key="named" class="mono text">
            {named.map(nameInAccount).join(', ') || 'nothing'}
            {subjects.length > namedMax && ' …'}
          </span>,
        ],
      ]}
    />
  );
}

/** One after the other, so that none is refused for haste. */
async function actOnAll(
  verb: Verb,
  subjects: readonly ActorSummary[],
  reason: string,
  tell: (done: readonly Done[]) => void,
): Promise<void> {
  const done: Done[] = [];
  tell(done);
  for (const subject of subjects) {
    done.push(await actOn(verb, subject, reason));
    tell([...done]);
  }
}

/** The stamp of the blast report is taken right before, so that it is still true. */
async function actOn(verb: Verb, { id, account }: ActorSummary, reason: string): Promise<Done> {
  try {
    const { fields } =
      verb === 'cancel' ? cancelOf(account, shortName(id)) : pausingOf(verb, account, id);
    const { seq } = await get<BlastReport>('blast', { id });
    const { outcome, text } = await command({
      requestId: `page-${crypto.randomUUID()}`,
      account,
      verb,
      reason,
      ...fields,
      blastSeq: seq,
    });
    return { id, outcome, text };
  } catch (error) {
    return { id, outcome: 'refused', text: error instanceof Error ? error.message : String(error) };
  }
}

function Results({
  verb,
  done,
  count,
  onClose,
}: {
  verb: Verb;
  done: readonly Done[];
  count: number;
  onClose: () => void;
}) {
  const refused = done.filter(({ outcome }) => outcome === 'refused');
  return (
    <Dialog
      title={`${texts[verb]}: ${countText(done.length)} of ${countText(count)}`}
      onClose={onClose}
    >
      <p role="status">
        <Badge word="accepted" /> {countText(done.length - refused.length)}{' '}
        {refused.length > 0 && (
          <>
            <Badge word="refused" /> {countText(refused.length)}
          </>
        )}
      </p>
      <ul class="list">
        {refused.slice(0, namedMax).map(({ id, text }) => (
          <li key={id}>
            <span class="mono">{nameInAccount(id)}</span> {text}
          </li>
        ))}
      </ul>
      <div class="steps">
        <a href="/audit" onClick={onClose}>
          See the audit
        </a>
        <button type="button" class="primary" onClick={onClose}>
          {done.length < count ? 'Close; the rest goes on' : 'Close'}
        </button>
      </div>
    </Dialog>
  );
}
