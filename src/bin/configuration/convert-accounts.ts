/** The accounts of a predecessor's file. Its `id` is a name that is looked up in the list of the venue. Source: rules 10.5, 10.8. */
import { basename } from 'node:path';
import { camelKey, type Notes, type Tree } from './convert-rules.ts';
import { isMap } from './effective-blocks.ts';

/** @param overridesOf what an account overrides, in the form of today */
export function convertedAccounts(
  accounts: readonly unknown[],
  note: Notes,
  overridesOf: (overrides: Tree, at: string) => Tree,
): readonly unknown[] {
  return accounts.map((account, index) => {
    if (!isMap(account)) return account;
    const result: Tree = {};
    for (const [key, value] of Object.entries(account)) {
      const at = `accounts[${index}].${key}`;
      const name = camelKey(key);
      if (name === 'id' && typeof value === 'number') {
        note('changed', at, `the number ${value} is text: the venue's numeric id`);
        result[name] = String(value);
      } else if (name === 'id') {
        note(
          'changed',
          at,
          `${String(value)} stays a name, to be found in the venue's account list`,
        );
        result[name] = value;
      } else if (name === 'riskConfigFile' && typeof value === 'string' && value !== '') {
        result[name] = `accounts/${basename(value)}`;
        note('changed', at, `${value} is ${String(result[name])}`);
      } else if (name === 'configOverrides' && isMap(value)) {
        result[name] = overridesOf({ ...value }, at);
      } else {
        result[name] = value;
      }
    }
    return result;
  });
}
