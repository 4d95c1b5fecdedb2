/**
 * The keys of the whole page. A page adds its own with `useKeys`; no single key ever ends or changes anything but the
 * view. Source: inspector 6.
 */
import { useEffect, useRef } from 'preact/hooks';
import { back, go } from '../data/router.ts';
import { store } from '../data/store.ts';

export type Keys = Readonly<Record<string, () => void>>;

const stack: { current: Keys }[] = [];
const goKeys: Readonly<Record<string, string>> = {
  t: 'tree',
  a: 'audit',
  r: 'rewind',
  w: 'wall',
  j: 'journal',
  m: 'machines',
  u: 'rules',
  y: 'why',
  f: 'faults',
  s: 'sql',
};
let awaitsGoUntilMs = 0;
const goWindowMs = 1_500;

export const helpLines: readonly (readonly [keys: string, text: string])[] = [
  ['?', 'this help'],
  ['g w · g t · g r · g j · g a', 'Wall · Tree · Rewind · Journal · Audit'],
  ['g u · g y · g f · g m · g s', 'Rules · Why · Faults · Machines · SQL'],
  ['/', 'the filter of the page'],
  ['Ctrl-K', 'palette: every page, account and actor'],
  ['j k · ↓ ↑', 'next, previous row'],
  ['h l · ← →', 'collapse, expand'],
  ['Enter · Esc', 'open · back'],
  ['[ ]', 'previous, next transition'],
  ['{ }', 'previous, next anomaly'],
  ['f', 'follow the newest, or hold still'],
  ['d', 'difference: on or off'],
  ['y', 'copy the address of this view'],
  ['Space', 'play, pause'],
];

/** Keys that count while the component is there; the newest component's come first. */
export function useKeys(keys: Keys): void {
  const entry = useRef(keys);
  entry.current = keys;
  useEffect(() => {
    stack.push(entry);
    return () => {
      stack.splice(stack.indexOf(entry), 1);
    };
  }, []);
}

export function startKeyboard(): void {
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.altKey) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
      event.preventDefault();
      store.trigger.overlayOpened({ overlay: 'palette' });
      return;
    }
    if (event.ctrlKey || event.metaKey || isTyping(event)) return;
    const action = actionOf(event);
    if (action === undefined) return;
    event.preventDefault();
    action();
  });
}

function actionOf(event: KeyboardEvent): (() => void) | undefined {
  const { key } = event;
  if (performance.now() < awaitsGoUntilMs) {
    awaitsGoUntilMs = 0;
    const page = goKeys[key];
    if (page !== undefined) return () => go(page);
  }
  // A button or link that has the focus keeps what it understands.
  if ((key === 'Enter' || key === ' ') && isControl(event.target)) return undefined;
  const own = stack.toReversed().find(({ current }) => current[key] !== undefined)?.current[key];
  return own ?? common[key];
}

/** Goes to the next row of the page's tables that leads somewhere; a page with rows of its own says so itself. */
function moveRow(by: number): void {
  const links = [...document.querySelectorAll<HTMLElement>('main table.rows tbody tr')].flatMap(
    (row) => row.querySelector<HTMLElement>('a[href], summary, button') ?? [],
  );
  const row = document.activeElement?.closest('tr');
  const at = links.findIndex((link) => link.closest('tr') === row && row !== null);
  const next = links[at === -1 ? (by > 0 ? 0 : links.length - 1) : at + by];
  next?.focus();
}

const common: Keys = {
  j: () => moveRow(1),
  k: () => moveRow(-1),
  '?': () => store.trigger.overlayOpened({ overlay: 'help' }),
  g: () => {
    awaitsGoUntilMs = performance.now() + goWindowMs;
  },
  '/': () => document.querySelector<HTMLElement>('[data-filter]')?.focus(),
  y: () => void navigator.clipboard.writeText(window.location.href),
  Escape: back,
};

function isTyping(event: KeyboardEvent): boolean {
  const { target, key } = event;
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest('dialog') !== null) return true;
  const isField =
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement ||
    (target instanceof HTMLInputElement && target.type !== 'range' && target.type !== 'checkbox');
  if (isField && key === 'Escape') {
    target.blur();
    event.preventDefault();
  }
  return isField;
}

function isControl(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('a, button, summary, input') !== null;
}
