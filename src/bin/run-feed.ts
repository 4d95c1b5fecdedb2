/** What a running engine tells people: a projection in memory, rebuilt from nothing at each start, never a source. */
import { createStore } from '@xstate/store';

/** Notes kept; the screen shows the newest, the journal holds everything. */
const notesMax = 500;
/** Commits over which the percentile is taken. */
const commitsMax = 1_024;

export type RunFeed = {
  /** One line for people, oldest first. */
  note(text: string): void;
  committed(milliseconds: number): void;
  notes(count: number): readonly string[];
  /** 99th percentile of the last commits, ms; 0 before the first. */
  commitMsP99(): number;
};

export function createRunFeed(): RunFeed {
  const commits = new Float64Array(commitsMax);
  const store = createStore({
    context: { notes: [] as readonly string[], commits: 0 },
    on: {
      noted: (context, { text }: { text: string }) => ({
        ...context,
        notes: [...context.notes.slice(1 - notesMax), text],
      }),
      committed: (context) => ({ ...context, commits: context.commits + 1 }),
    },
  });
  return {
    note: (text) => store.send({ type: 'noted', text }),
    committed(milliseconds) {
      commits[store.getSnapshot().context.commits % commitsMax] = milliseconds;
      store.send({ type: 'committed' });
    },
    notes: (count) => store.getSnapshot().context.notes.slice(-count),
    commitMsP99() {
      const known = commits
        .slice(0, Math.min(store.getSnapshot().context.commits, commitsMax))
        .toSorted();
      return known[Math.floor(known.length * 0.99)] ?? 0;
    },
  };
}
