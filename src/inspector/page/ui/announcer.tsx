/** What a reader of the screen is told: politely and seldom, but at once when an account is locked or halted. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { useSelect } from '../data/store.ts';

const pauseMs = 2_000;

export function Announcer() {
  const wall = useSelect((context) => context.wall);
  const link = useSelect((context) => context.link);
  const known = useRef(new Map<string, string>());
  const lastMs = useRef(0);
  const [polite, setPolite] = useState('');
  const [urgent, setUrgent] = useState('');
  useEffect(() => {
    for (const { account, tradingState } of wall?.accounts ?? []) {
      const before = known.current.get(account);
      known.current.set(account, tradingState);
      if (before === undefined || before === tradingState) continue;
      const text = `Account ${account} is ${tradingState}, was ${before}.`;
      if (tradingState === 'HALTED' || tradingState === 'LOCKED') setUrgent(text);
      else if (performance.now() - lastMs.current > pauseMs) {
        lastMs.current = performance.now();
        setPolite(text);
      }
    }
  }, [wall]);
  useEffect(() => {
    if (link === 'offline') setPolite('The line to the service is broken; trying again.');
  }, [link]);
  return (
    <>
      <div class="unseen" role="status" aria-live="polite">
        {polite}
      </div>
      <div class="unseen" role="alert" aria-live="assertive">
        {urgent}
      </div>
    </>
  );
}
