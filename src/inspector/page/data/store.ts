/** What the whole page knows: who looks, whether the line stands, the newest picture of every account and actor. */
import { createStore } from '@xstate/store';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ActorSummary, Hello, RowSummary, Wall } from '../../protocol.ts';
import { forgetActivity } from './activity.ts';
import { forgetOldest } from './crowd.ts';

export type Link = 'connecting' | 'live' | 'offline';
export type Theme = 'system' | 'dark' | 'light';

/** An action that somebody began and has not confirmed yet. */
export type AskedAction = {
  readonly verb: string;
  readonly title: string;
  readonly account: string;
  /** Actor whose blast radius is shown first. */
  readonly subject: string;
  readonly fields: Readonly<Record<string, string>>;
  /** In words, what will happen. */
  readonly effect: string;
  readonly isDestructive: boolean;
};

type Context = {
  readonly session: 'unknown' | 'signedOut' | 'signedIn';
  readonly problem: string;
  readonly hello: Hello | undefined;
  readonly link: Link;
  readonly wall: Wall | undefined;
  readonly headSeq: number;
  /** One map for the life of the page; `changed` says that something in it is new, `structure` that an id is. */
  readonly actors: Map<string, ActorSummary>;
  readonly isIndexLoaded: boolean;
  readonly changed: number;
  readonly structure: number;
  /** Actors that are over and were left out, because the page holds enough. */
  readonly forgotten: number;
  /** Newest last. */
  readonly tail: readonly RowSummary[];
  readonly theme: Theme;
  readonly overlay: '' | 'help' | 'palette';
  readonly action: AskedAction | undefined;
};

const tailMax = 500;

const start: Context = {
  session: 'unknown',
  problem: '',
  hello: undefined,
  link: 'connecting',
  wall: undefined,
  headSeq: 0,
  actors: new Map(),
  isIndexLoaded: false,
  changed: 0,
  structure: 0,
  forgotten: 0,
  tail: [],
  theme: savedTheme(),
  overlay: '',
  action: undefined,
};

export const store = createStore({
  context: start,
  on: {
    signedIn: (context) => ({ ...context, session: 'signedIn' as const, problem: '' }),
    signedOut: (context, { reason }: { reason: string }) => ({
      ...context,
      session: 'signedOut' as const,
      problem: reason,
      hello: undefined,
      wall: undefined,
      action: undefined,
    }),
    helloCame: (context, { hello }: { hello: Hello }) => ({
      ...context,
      hello,
      headSeq: Math.max(context.headSeq, hello.headSeq),
    }),
    linkChanged: (context, { link }: { link: Link }) => ({ ...context, link }),
    wallCame: (context, { wall }: { wall: Wall }) => ({
      ...context,
      wall,
      headSeq: Math.max(context.headSeq, wall.engine.headSeq),
    }),
    actorsCame: (
      context,
      { rows, headSeq = 0 }: { rows: readonly ActorSummary[]; headSeq?: number },
    ) => {
      const { actors } = context;
      const before = actors.size;
      for (const row of rows) {
        const known = actors.get(row.id);
        if (known === undefined || known.lastSeq <= row.lastSeq) actors.set(row.id, row);
      }
      const isNew = actors.size !== before;
      const forgotten = forgetOldest(actors);
      forgetActivity(forgotten);
      return {
        ...context,
        changed: context.changed + 1,
        structure: context.structure + (isNew ? 1 : 0),
        forgotten: context.forgotten + forgotten.length,
        headSeq: Math.max(context.headSeq, headSeq),
      };
    },
    actorsLeftOut: (context, { count }: { count: number }) => ({
      ...context,
      forgotten: context.forgotten + Math.max(0, count),
    }),
    indexLoaded: (context) => ({ ...context, isIndexLoaded: true }),
    rowsCame: (context, { rows }: { rows: readonly RowSummary[] }) => {
      const known = new Set(context.tail.map(({ seq }) => seq));
      const news = rows.filter(({ seq }) => !known.has(seq));
      const tail = [...context.tail, ...news].toSorted((one, other) => one.seq - other.seq);
      const headSeq = Math.max(context.headSeq, tail.at(-1)?.seq ?? 0);
      return { ...context, tail: tail.slice(-tailMax), headSeq };
    },
    themeChosen: (context, { theme }: { theme: Theme }) => ({ ...context, theme }),
    overlayOpened: (context, { overlay }: { overlay: Context['overlay'] }) => ({
      ...context,
      overlay,
    }),
    actionAsked: (context, { action }: { action: AskedAction }) => ({ ...context, action }),
    actionClosed: (context) => ({ ...context, action: undefined }),
  },
});

/** Renders again when what is selected is another value. */
export function useSelect<T>(select: (context: Context) => T): T {
  const [, renderAgain] = useState(0);
  const value = select(store.getSnapshot().context);
  const latest = useRef({ select, value });
  latest.current = { select, value };
  useEffect(() => {
    const look = (): void => {
      const { select: selectNow, value: shown } = latest.current;
      if (!Object.is(selectNow(store.getSnapshot().context), shown))
        renderAgain((count) => count + 1);
    };
    look();
    const subscription = store.subscribe(look);
    return () => subscription.unsubscribe();
  }, []);
  return value;
}

/** Time of the engine, as it told it last: market time, not the time of this browser. */
export function useEngineNow(): number {
  return useSelect(engineNowOf);
}

/** The same, but at most as often as this: for ages that stand in many lines. */
export function useEngineNowEvery(pauseMs: number): number {
  const [nowMs, setNowMs] = useState(engineNowMs);
  useEffect(() => {
    const timer = window.setInterval(() => setNowMs(engineNowMs()), pauseMs);
    return () => window.clearInterval(timer);
  }, [pauseMs]);
  return nowMs;
}

function engineNowMs(): number {
  return engineNowOf(store.getSnapshot().context);
}

function engineNowOf({ wall, hello }: Context): number {
  return wall?.engine.nowMs ?? hello?.atMs ?? 0;
}

const themeKey = 'bulkhead.theme';

function savedTheme(): Theme {
  const saved = window.localStorage.getItem(themeKey);
  return saved === 'dark' || saved === 'light' ? saved : 'system';
}

export function showTheme(theme: Theme): void {
  window.localStorage.setItem(themeKey, theme);
  document.documentElement.dataset['theme'] = theme;
}
