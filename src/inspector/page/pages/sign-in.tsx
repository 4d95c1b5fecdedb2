/** Nothing is shown before somebody is known: the link of the service, or a token. */
import { useState } from 'preact/hooks';
import type { Hello } from '../../protocol.ts';
import { get, signIn } from '../data/api.ts';
import { store, useSelect } from '../data/store.ts';
import { startStream } from '../data/stream.ts';
import { TokenField } from '../ui/token-field.tsx';

export function SignInPage() {
  const reason = useSelect((context) => context.problem);
  const [token, setToken] = useState('');
  const [problem, setProblem] = useState('');
  const enter = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      await signIn(token.trim());
      store.trigger.helloCame({ hello: await get<Hello>('hello') });
      store.trigger.signedIn();
      startStream();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <main class="sign-in">
      <h1>Bulkhead</h1>
      <p>
        Open the sign-in link that <code>bulkhead run</code> printed when it started, or give a
        token made with <code>bulkhead token create</code>.
      </p>
      <form onSubmit={(event) => void enter(event)}>
        <TokenField value={token} onChange={setToken} />
        <button type="submit" class="primary">
          Sign in
        </button>
      </form>
      {(problem || reason) !== '' && (
        <p class="problem" role="alert">
          <span aria-hidden="true">▲ </span>
          {problem || reason}
        </p>
      )}
    </main>
  );
}
