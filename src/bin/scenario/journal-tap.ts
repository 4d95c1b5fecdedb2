import type { JournalPort } from '../../ports/journal.port.ts';

/** The journal with another way to commit; everything else is its own. */
export function withCommit(journal: JournalPort, commit: JournalPort['commit']): JournalPort {
  return new Proxy(journal, {
    get: (target, key) => {
      if (key === 'commit') return commit;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
