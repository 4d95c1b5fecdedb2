/** Events that did not happen, as a list to play in a sandbox. */
import { useState } from 'preact/hooks';
import { Panel } from '../ui/parts.tsx';

export type Injected = {
  readonly afterSeq?: number;
  readonly event: Readonly<Record<string, unknown>>;
};

/** One of each kind that the server takes; it says what is wrong with any other. */
const samples: readonly (readonly [name: string, event: Injected['event']])[] = [
  ['Price', { type: 'quote', instrument: 'MNQ', price: '21300.00' }],
  [
    'Order',
    { type: 'submit', account: 'A1', instrument: 'MNQ', side: 'buy', lots: 1, reduceOnly: false },
  ],
  [
    'Execution',
    {
      type: 'fill',
      account: 'A1',
      orderId: 'BH-1',
      instrument: 'MNQ',
      side: 'buy',
      lots: 1,
      price: '21300.00',
    },
  ],
  [
    'Report of the venue',
    {
      type: 'report',
      account: 'A1',
      orderId: 'BH-1',
      event: { type: 'order.placeRejected', reason: 'no margin' },
    },
  ],
  [
    'Command',
    {
      type: 'operate',
      request: { verb: 'lock', account: 'A1', scope: 'account', duration: '1h', reason: 'what if' },
    },
  ],
];

type Props = {
  injected: readonly Injected[];
  onChange: (injected: readonly Injected[]) => void;
};

export function InjectPanel({ injected, onChange }: Props) {
  const [draft, setDraft] = useState<string>();
  return (
    <Panel title="Injected events" note={`${injected.length}`}>
      {injected.length === 0 && <p class="empty">None: only what really came is played.</p>}
      <InjectedList injected={injected} onChange={onChange} />
      <div class="samples">
        {samples.map(([name, event]) => (
          <button
            key={name}
            type="button"
            class="quiet"
            onClick={() => setDraft(JSON.stringify(event, undefined, 2))}
          >
            {name}
          </button>
        ))}
      </div>
      {draft !== undefined && (
        <Draft
          draft={draft}
          onDraft={setDraft}
          onAdd={(added) => {
            onChange([...injected, added]);
            setDraft(undefined);
          }}
        />
      )}
    </Panel>
  );
}

function InjectedList({ injected, onChange }: Props) {
  return (
    <ol class="list">
      {injected.map(({ event, afterSeq }, index) => (
        <li key={index}>
          <span class="mono text">{JSON.stringify(event)}</span>{' '}
          <small>{afterSeq === undefined ? 'at once' : `after row ${afterSeq}`}</small>{' '}
          <button
            type="button"
            class="plain"
            aria-label={`Take out event ${index + 1}`}
            onClick={() => onChange(injected.filter((_, at) => at !== index))}
          >
            ✕
          </button>
        </li>
      ))}
    </ol>
  );
}

function Draft({
  draft,
  onDraft,
  onAdd,
}: {
  draft: string;
  onDraft: (draft: string) => void;
  onAdd: (injected: Injected) => void;
}) {
  const [afterSeq, setAfterSeq] = useState('');
  const [problem, setProblem] = useState('');
  const add = (): void => {
    try {
      const event = JSON.parse(draft) as Injected['event'];
      onAdd(afterSeq === '' ? { event } : { event, afterSeq: Number(afterSeq) });
    } catch {
      setProblem('This is no JSON.');
    }
  };
  return (
    <>
      <label class="field">
        Event
        <textarea
          rows={10}
          value={draft}
          onInput={({ currentTarget }) => onDraft(currentTarget.value)}
        />
      </label>
      <label class="field">
        After row; at once when it is left out
        <input
          type="number"
          min={1}
          value={afterSeq}
          onInput={({ currentTarget }) => setAfterSeq(currentTarget.value)}
        />
      </label>
      <button type="button" class="primary" onClick={add}>
        Add
      </button>
      {problem !== '' && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}
