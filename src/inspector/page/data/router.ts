/** Every view is an address: the path is the page, the query is what it shows. Source: inspector 1. */
import { useEffect, useState } from 'preact/hooks';

export type Place = { readonly page: string; readonly query: Readonly<Record<string, string>> };
export type Query = Readonly<Record<string, string | number | undefined>>;

/** What every page is given: the query of its address. */
export type PageProps = { readonly query: Readonly<Record<string, string>> };

const listeners = new Set<() => void>();

function here(): Place {
  const { pathname, search } = window.location;
  const page = pathname.replaceAll('/', '');
  return {
    page: page === '' ? 'wall' : page,
    query: Object.fromEntries(new URLSearchParams(search)),
  };
}

/** `/actor?id=account%2FA1`; what is undefined or empty is left out. */
export function addressOf(page: string, query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const text = new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString();
  return `/${page}${text === '' ? '' : `?${text}`}`;
}

export function go(page: string, query: Query = {}): void {
  open(addressOf(page, query), false);
}

/** Changes what the page shows; a step that nobody wants to go back to replaces the address. */
export function change(query: Query, replaces = true): void {
  const { page, query: present } = here();
  open(addressOf(page, { ...present, ...query }), replaces);
}

/** Views opened since the page was loaded: further back is not ours. */
let steps = 0;

export function back(): void {
  if (steps === 0) return;
  steps -= 1;
  window.history.back();
}

export function open(address: string, replaces: boolean): void {
  if (replaces) window.history.replaceState(undefined, '', address);
  else {
    steps += 1;
    window.history.pushState(undefined, '', address);
  }
  for (const listener of listeners) listener();
}

export function usePlace(): Place {
  const [place, setPlace] = useState(here);
  useEffect(() => {
    const listener = (): void => setPlace(here());
    listeners.add(listener);
    window.addEventListener('popstate', listener);
    return () => {
      listeners.delete(listener);
      window.removeEventListener('popstate', listener);
    };
  }, []);
  return place;
}

/** Links of the page itself change the view without loading the page anew. */
export function takeOverLinks(): void {
  document.addEventListener('click', (event) => {
    const href = isPlain(event) ? linkOf(event.target) : '';
    if (!href.startsWith('/')) return;
    event.preventDefault();
    open(href, false);
    window.scrollTo(0, 0);
  });
}

/** A click that asks for a new tab or window stays the browser's. */
function isPlain({ defaultPrevented, button, metaKey, ctrlKey, shiftKey, altKey }: MouseEvent) {
  return !defaultPrevented && button === 0 && !(metaKey || ctrlKey || shiftKey || altKey);
}

function linkOf(target: EventTarget | null): string {
  return (
    (target instanceof Element ? target.closest('a[href]') : undefined)?.getAttribute('href') ?? ''
  );
}
