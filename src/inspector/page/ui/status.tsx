/** States as colour, shape and word together: none of them alone says it. */
import type { ComponentChildren } from 'preact';

export type Tone = 'ok' | 'warn' | 'bad' | 'crit' | 'off' | 'info' | 'past';

const shapes: Readonly<Record<Tone, string>> = {
  ok: '●',
  warn: '▲',
  bad: '■',
  crit: '⬣',
  off: '○',
  info: '◆',
  past: '◀',
};

const tones: Readonly<Record<string, Tone>> = {
  ACTIVE: 'ok',
  REDUCING: 'warn',
  LOCKED: 'bad',
  HALTED: 'crit',
  PASS: 'ok',
  DENY: 'bad',
  UNKNOWN: 'warn',
  off: 'off',
  live: 'ok',
  passive: 'off',
  restarting: 'warn',
  quarantined: 'crit',
  PAPER: 'info',
  DRY_RUN: 'off',
  LIVE: 'crit',
  anomaly: 'bad',
  decision: 'info',
  normal: 'off',
  accepted: 'ok',
  pending: 'warn',
  refused: 'bad',
};

export function toneOf(word: string): Tone {
  return tones[word] ?? 'off';
}

export function Badge({
  word,
  tone = toneOf(word),
  isBig = false,
}: {
  word: string;
  tone?: Tone;
  isBig?: boolean;
}) {
  return (
    <span class={`badge ${tone}${isBig ? ' big' : ''}`}>
      <span aria-hidden="true" class="shape">
        {shapes[tone]}
      </span>
      {word}
    </span>
  );
}

/** A figure with its name above it. */
export function Figure({
  name,
  value,
  note,
  tone,
}: {
  name: string;
  value: ComponentChildren;
  note?: ComponentChildren;
  tone?: Tone;
}) {
  return (
    <div class={`figure${tone === undefined ? '' : ` ${tone}`}`}>
      <dt>{name}</dt>
      <dd>
        {tone !== undefined && tone !== 'ok' && tone !== 'off' && (
          <span aria-hidden="true" class="shape">
            {shapes[tone]}{' '}
          </span>
        )}
        {value}
        {note !== undefined && <small> {note}</small>}
      </dd>
    </div>
  );
}

/** How much of a limit is used: a bar, and the number beside it. Without a number the bar is hatched. */
export function Bar({ percent, label }: { percent: number | undefined; label: string }) {
  const known = percent === undefined ? undefined : Math.max(0, Math.round(percent));
  const tone = known === undefined ? 'off' : known >= 100 ? 'bad' : known >= 80 ? 'warn' : 'ok';
  return (
    <span class="bar-line">
      <span
        class={`bar ${tone}${known === undefined ? ' unknown' : ''}`}
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.min(100, known ?? 0)}
        aria-valuetext={known === undefined ? 'not known' : `${known} percent used`}
      >
        <span class="fill" style={{ width: `${Math.min(100, known ?? 0)}%` }} />
      </span>
      <span class={`bar-text ${tone}`}>
        {known !== undefined && known >= 80 && <span aria-hidden="true">{shapes[tone]} </span>}
        {known === undefined ? '–' : `${known} %`}
      </span>
    </span>
  );
}
