/**
 * Two steps before anything is done: what hangs on it, then the confirmation. The answer of the engine stays until it is
 * closed. Source: inspector 5.
 */
import { useState } from 'preact/hooks';
import { operatorPolicy } from '../../../domain/operator-policy.ts';
import type { BlastReport } from '../../protocol-reports.ts';
import { command, prove, type Outcome } from '../data/api.ts';
import { useFetch } from '../data/fetching.ts';
import { store, type AskedAction } from '../data/store.ts';
import { BlastView } from '../pages/blast-view.tsx';
import { Dialog } from './dialog.tsx';
import { Pending } from './parts.tsx';
import { ReasonField } from './reason-field.tsx';
import { Badge } from './status.tsx';
import { TokenField } from './token-field.tsx';

const close = (): void => store.trigger.actionClosed();

export function ActionDialog({ action }: { action: AskedAction }) {
  const [reason, setReason] = useState('');
  const [fields, setFields] = useState(action.fields);
  const [isConfirming, setIsConfirming] = useState(false);
  const [answer, setAnswer] = useState<Outcome>();
  const [looks, setLooks] = useState(0);
  const blast = useFetch<BlastReport>('blast', { id: action.subject }, looks);
  const policy = Object.entries(operatorPolicy).find(([verb]) => verb === action.verb)?.[1];
  const needsReason = policy?.needsReason === true;
  const isReady = blast.data !== undefined && (!needsReason || reason.trim() !== '');
  const send = async (): Promise<void> => {
    const seq = blast.data?.seq;
    setAnswer(
      await command({
        requestId: `page-${crypto.randomUUID()}`,
        account: action.account,
        verb: action.verb,
        reason: reason.trim(),
        ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== '')),
        ...(seq === undefined ? {} : { blastSeq: seq }),
      }),
    );
  };
  if (answer?.code === 'STEP_UP')
    return <Proof action={action} onProven={() => void send()} text={answer.text} />;
  if (answer !== undefined)
    return (
      <Answer
        action={action}
        answer={answer}
        onAgain={() => {
          setLooks(looks + 1);
          setIsConfirming(false);
          setAnswer(undefined);
        }}
      />
    );
  return (
    <Dialog title={action.title} onClose={close} isWide>
      <p>{action.effect}</p>
      <Pending {...blast} isLoading={blast.data === undefined && blast.isLoading} />
      {blast.data !== undefined && <BlastView report={blast.data} isShort />}
      <Fields
        action={action}
        fields={fields}
        onChange={(name, value) => setFields({ ...fields, [name]: value })}
      />
      <ReasonField isNeeded={needsReason} reason={reason} onChange={setReason} />
      <Steps
        action={action}
        isReady={isReady}
        isConfirming={isConfirming}
        onFirst={() => setIsConfirming(true)}
        onSecond={() => void send()}
      />
    </Dialog>
  );
}

const choices: Readonly<Record<string, readonly (readonly [value: string, text: string])[]>> = {
  kill: [
    ['', 'as configured'],
    ['cancelOnly', 'cancel orders, keep positions'],
    ['flatten', 'cancel orders, close positions'],
  ],
};

function Fields({
  action,
  fields,
  onChange,
}: {
  action: AskedAction;
  fields: Readonly<Record<string, string>>;
  onChange: (name: string, value: string) => void;
}) {
  const modes = choices[action.verb];
  return (
    <>
      {action.verb === 'lock' && (
        <label class="field">
          For how long (30m, 4h, 1d)
          <input
            type="text"
            value={fields['duration'] ?? ''}
            onInput={({ currentTarget }) => onChange('duration', currentTarget.value)}
          />
        </label>
      )}
      {modes !== undefined && (
        <label class="field">
          Positions
          <select onChange={({ currentTarget }) => onChange('mode', currentTarget.value)}>
            {modes.map(([value, text]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </select>
        </label>
      )}
    </>
  );
}

function Steps({
  action,
  isReady,
  isConfirming,
  onFirst,
  onSecond,
}: {
  action: AskedAction;
  isReady: boolean;
  isConfirming: boolean;
  onFirst: () => void;
  onSecond: () => void;
}) {
  const kind = action.isDestructive ? 'danger' : 'primary';
  return (
    <div class="steps">
      <button type="button" class="quiet" onClick={close}>
        Leave it
      </button>
      {isConfirming ? (
        <button type="button" class={kind} disabled={!isReady} onClick={onSecond}>
          Confirm: {action.title}
        </button>
      ) : (
        <button type="button" class="primary" disabled={!isReady} onClick={onFirst}>
          Continue to confirmation
        </button>
      )}
    </div>
  );
}

/** An admin shows a token again when the sign-in is a while ago. */
function Proof({
  action,
  text,
  onProven,
}: {
  action: AskedAction;
  text: string;
  onProven: () => void;
}) {
  const [token, setToken] = useState('');
  const [problem, setProblem] = useState('');
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      await prove(token.trim());
      onProven();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <Dialog title={action.title} onClose={close}>
      <p>{text}</p>
      <form onSubmit={(event) => void submit(event)}>
        <TokenField value={token} onChange={setToken} />
        {problem !== '' && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        <div class="steps">
          <button type="button" class="quiet" onClick={close}>
            Leave it
          </button>
          <button type="submit" class="danger">
            Confirm: {action.title}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Answer({
  action,
  answer,
  onAgain,
}: {
  action: AskedAction;
  answer: Outcome;
  onAgain: () => void;
}) {
  return (
    <Dialog title={action.title} onClose={close}>
      <p role="status">
        <Badge word={answer.outcome} /> {answer.text}
      </p>
      <div class="steps">
        <a href="/audit" onClick={close}>
          See the audit
        </a>
        {answer.outcome === 'refused' && (
          <button type="button" class="quiet" onClick={onAgain}>
            Look again
          </button>
        )}
        <button type="button" class="primary" onClick={close}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
