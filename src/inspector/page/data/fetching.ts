/** Answers of the server as state of a component. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { get } from './api.ts';
import { addressOf, type Query } from './router.ts';

export type Fetched<T> = {
  /** Stays while newer data is on its way. */
  readonly data: T | undefined;
  readonly problem: string;
  readonly isLoading: boolean;
};

/** Asks again when path or query change, and when `version` does; undefined as query asks nothing. */
export function useFetch<T>(path: string, query: Query | undefined, version = 0): Fetched<T> {
  const [state, setState] = useState<Fetched<T>>({ data: undefined, problem: '', isLoading: true });
  const address = query === undefined ? '' : addressOf(path, query);
  useEffect(() => {
    if (query === undefined) {
      setState({ data: undefined, problem: '', isLoading: false });
      return;
    }
    const abort = new AbortController();
    setState((known) => ({ ...known, isLoading: true }));
    get<T>(path, query, abort.signal).then(
      (data) => setState({ data, problem: '', isLoading: false }),
      (error: unknown) => {
        if (abort.signal.aborted) return;
        const problem = error instanceof Error ? error.message : String(error);
        setState((known) => ({ ...known, problem, isLoading: false }));
      },
    );
    return () => abort.abort();
  }, [address, version]);
  return state;
}

/** A number that follows another one, but changes at most every `pauseMs`: so that a busy engine costs few requests. */
export function useThrottled(value: number, pauseMs: number): number {
  const [shown, setShown] = useState(value);
  const newest = useRef(value);
  const timer = useRef<number | undefined>(undefined);
  newest.current = value;
  useEffect(() => {
    timer.current ??= window.setTimeout(() => {
      timer.current = undefined;
      setShown(newest.current);
    }, pauseMs);
  }, [value]);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  return shown;
}
