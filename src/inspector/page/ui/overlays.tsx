/** What lies over the page: help and palette. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { nameInAccount } from '../data/format.ts';
import { addressOf, open } from '../data/router.ts';
import { store, useSelect } from '../data/store.ts';
import { loadIndex } from '../data/stream.ts';
import { Dialog } from './dialog.tsx';
import { helpLines } from './keyboard.ts';

const close = (): void => store.trigger.overlayOpened({ overlay: '' });

export function HelpDialog() {
  return (
    <Dialog title="Keys" onClose={close}>
      <table class="keys">
        <tbody>
          {helpLines.map(([keys, text]) => (
            <tr key={keys}>
              <th scope="row">
                <kbd>{keys}</kbd>
              </th>
              <td>{text}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="muted">No single key ever ends or changes anything but the view.</p>
    </Dialog>
  );
}

type Entry = { readonly title: string; readonly note: string; readonly address: string };

const shownMax = 12;

const fixed: readonly Entry[] = [
  ['Wall', 'wall'],
  ['Tree', 'tree'],
  ['Rules', 'rules'],
  ['Why', 'why'],
  ['Rewind', 'rewind'],
  ['Timeline', 'timeline'],
  ['Journal', 'journal'],
  ['SQL', 'sql'],
  ['Faults and recovery', 'faults'],
  ['Audit', 'audit'],
  ['Machines', 'machines'],
  ['Version diff', 'versions'],
].map(([title = '', page = '']) => ({ title, note: 'page', address: addressOf(page) }));

export function Palette() {
  const [words, setWords] = useState('');
  const [chosen, setChosen] = useState(0);
  const field = useRef<HTMLInputElement>(null);
  useSelect((context) => context.structure);
  useEffect(() => {
    field.current?.focus();
    if (!store.getSnapshot().context.isIndexLoaded) void loadIndex().catch(() => undefined);
  }, []);
  const found = search(words);
  const pick = (entry: Entry | undefined): void => {
    if (entry === undefined) return;
    close();
    open(entry.address, false);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      setChosen(Math.max(0, Math.min(found.length - 1, chosen + step)));
    } else if (event.key === 'Enter') pick(found[chosen]);
  };
  return (
    <Dialog title="Find" onClose={close}>
      <input
        ref={field}
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={found.length > 0 ? `palette-${chosen}` : undefined}
        aria-label="Page, account, actor or row"
        placeholder="page, actor, order, or a row number"
        value={words}
        onKeyDown={onKeyDown}
        onInput={({ currentTarget }) => {
          setWords(currentTarget.value);
          setChosen(0);
        }}
      />
      <ul class="palette" id="palette-list" role="listbox" aria-label="Found">
        {found.map((entry, index) => (
          <li
            key={entry.address}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === chosen}
            onClick={() => pick(entry)}
          >
            {entry.title} <small>{entry.note}</small>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

function search(text: string): readonly Entry[] {
  const words = text.trim().toLowerCase();
  const found: Entry[] = [];
  if (/^#?\d+$/u.test(words)) {
    const seq = words.replace('#', '');
    found.push({ title: `Why row ${seq}`, note: 'why', address: addressOf('why', { seq }) });
    found.push({
      title: `Timeline of row ${seq}`,
      note: 'timeline',
      address: addressOf('timeline', { seq }),
    });
  }
  found.push(...fixed.filter(({ title }) => title.toLowerCase().includes(words)));
  for (const { id, state } of store.getSnapshot().context.actors.values()) {
    if (found.length >= shownMax) break;
    if (id.toLowerCase().includes(words))
      found.push({ title: nameInAccount(id), note: state, address: addressOf('actor', { id }) });
  }
  return found.slice(0, shownMax);
}
