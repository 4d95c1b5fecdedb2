/** Identities are minted here: unique over restarts, and the same in every run of one seed. */
import { condition } from './assert.ts';

export interface Ids {
  /** `<engine>-<epoch>-<counter>`, at most 40 characters; the counter is base 36. */
  mint(): string;
}

/**
 * @param engine short name of the database, `[A-Z0-9]{1,12}`
 * @param epoch writer epoch: grows at every start, so an id of an uncommitted turn is never used again
 */
export function createIds(engine: string, epoch: number): Ids {
  condition(
    /^[A-Z0-9]{1,12}$/.test(engine),
    () => `an engine name is 1 to 12 of A-Z and 0-9, was ${engine}`,
  );
  condition(Number.isSafeInteger(epoch) && epoch > 0, () => `an epoch is at least 1, was ${epoch}`);
  let counter = 0;
  const prefix = `${engine}-${epoch.toString(36)}-`;
  return {
    mint() {
      counter += 1;
      return prefix + counter.toString(36);
    },
  };
}
