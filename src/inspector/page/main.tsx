/** Where the page begins: signs in with the token behind the `#`, which leaves the address at once. */
import { render } from 'preact';
import type { Hello } from '../protocol.ts';
import { App } from './app.tsx';
import { get, signIn } from './data/api.ts';
import { takeOverLinks } from './data/router.ts';
import { showTheme, store } from './data/store.ts';
import { startStream } from './data/stream.ts';
import { startKeyboard } from './ui/keyboard.ts';

/** The page is drawn before the server has answered; it knows by then at the latest. */
async function begin(): Promise<void> {
  const { hash, pathname, search } = window.location;
  const token = new URLSearchParams(hash.slice(1)).get('token');
  if (token !== null) {
    window.history.replaceState(undefined, '', `${pathname}${search}`);
    try {
      await signIn(token);
    } catch (error) {
      const isKnown = await isSignedIn();
      if (!isKnown) {
        store.trigger.signedOut({ reason: error instanceof Error ? error.message : String(error) });
        return;
      }
    }
  }
  if (await isSignedIn()) startStream();
}

async function isSignedIn(): Promise<boolean> {
  try {
    const hello = await get<Hello>('hello');
    store.trigger.helloCame({ hello });
    store.trigger.signedIn();
    return true;
  } catch {
    store.trigger.signedOut({ reason: '' });
    return false;
  }
}

showTheme(store.getSnapshot().context.theme);
takeOverLinks();
startKeyboard();
const root = document.querySelector('#app');
if (root !== null) render(<App />, root);
void begin();
