/** The bar at the top: pages, mode, time of the engine, the line to it, and the theme. */
import { signOut } from '../data/api.ts';
import { countText, dateTimeText } from '../data/format.ts';
import { addressOf } from '../data/router.ts';
import { showTheme, store, useEngineNow, useSelect, type Theme } from '../data/store.ts';
import { Badge, type Tone } from './status.tsx';

const places: readonly (readonly [page: string, title: string])[] = [
  ['wall', 'Wall'],
  ['tree', 'Tree'],
  ['rules', 'Rules'],
  ['why', 'Why'],
  ['rewind', 'Rewind'],
  ['timeline', 'Timeline'],
  ['journal', 'Journal'],
  ['sql', 'SQL'],
  ['faults', 'Faults'],
  ['audit', 'Audit'],
  ['machines', 'Machines'],
];

/** Pages that are reached from another one. */
const nearest: Readonly<Record<string, string>> = {
  actor: 'tree',
  blast: 'tree',
  fork: 'rewind',
  versions: 'machines',
};

export function Header({ page }: { page: string }) {
  const near = nearest[page] ?? page;
  return (
    <header>
      <div class="top">
        <a class="brand" href="/wall">
          Bulkhead
        </a>
        <Accounts />
        <div class="spacer" />
        <EngineLine />
        <Settings />
      </div>
      <nav class="places" aria-label="Pages">
        {places.map(([id, title]) => (
          <a key={id} href={addressOf(id)} aria-current={id === near ? 'page' : undefined}>
            {title}
          </a>
        ))}
      </nav>
    </header>
  );
}

/** The state of every account stays in sight on every page. */
function Accounts() {
  const wall = useSelect((context) => context.wall);
  const shown = wall?.accounts.slice(0, 6) ?? [];
  return (
    <div class="accounts">
      {shown.map(({ account, tradingState }) => (
        <a key={account} href={addressOf('actor', { id: `account/${account}` })}>
          <span class="name">{account}</span> <Badge word={tradingState} />
        </a>
      ))}
    </div>
  );
}

const linkTones: Readonly<Record<string, readonly [word: string, tone: Tone]>> = {
  live: ['live', 'ok'],
  connecting: ['connecting', 'warn'],
  offline: ['no line', 'crit'],
};

function EngineLine() {
  const hello = useSelect((context) => context.hello);
  const link = useSelect((context) => context.link);
  const headSeq = useSelect((context) => context.headSeq);
  const nowMs = useEngineNow();
  const [word, tone] = linkTones[link] ?? ['', 'off'];
  return (
    <div class="engine-line">
      {hello !== undefined && <Badge word={hello.mode} />}
      {hello?.isRunning === false && <Badge word="not running" tone="warn" />}
      <span class="mono" title="Time of the engine, UTC">
        {dateTimeText(nowMs)}
      </span>
      <a class="mono" href="/journal" title="Newest row of the journal">
        #{countText(headSeq)}
      </a>
      <Badge word={word} tone={tone} />
    </div>
  );
}

const nextTheme: Readonly<Record<Theme, Theme>> = {
  system: 'dark',
  dark: 'light',
  light: 'system',
};
const themeShapes: Readonly<Record<Theme, string>> = { system: '◐', dark: '●', light: '○' };

function Settings() {
  const theme = useSelect((context) => context.theme);
  const role = useSelect((context) => context.hello?.role);
  const next = nextTheme[theme];
  return (
    <div class="settings">
      <button
        type="button"
        class="plain"
        aria-label={`Theme: ${theme}. Change to ${next}`}
        title={`Theme: ${theme}`}
        onClick={() => {
          showTheme(next);
          store.trigger.themeChosen({ theme: next });
        }}
      >
        {themeShapes[theme]}
      </button>
      <button
        type="button"
        class="plain"
        aria-label="Find (Ctrl-K)"
        title="Find: Ctrl-K"
        onClick={() => store.trigger.overlayOpened({ overlay: 'palette' })}
      >
        ⌕
      </button>
      <button
        type="button"
        class="plain"
        aria-label="Help (?)"
        title="Help: ?"
        onClick={() => store.trigger.overlayOpened({ overlay: 'help' })}
      >
        ?
      </button>
      <button type="button" class="plain role" title="Sign out" onClick={() => void signOut()}>
        {role} <small>sign out</small>
      </button>
    </div>
  );
}
