import { statSync } from 'node:fs';
/** What each account says of its own risk: the base, then its file, then its overrides. Source: rules 10.5 and 11. */
import { dirname, isAbsolute, join } from 'node:path';
import { OperatorError } from '../../kernel/errors.ts';
import type { Layer } from './effective-blocks.ts';
import { issueProblems, valueAt, type KeyPath, type Problem } from './problem.ts';
import { AccountRisk } from './schema.ts';
import { readYaml } from './yaml-source.ts';

export type AccountLayers = {
  readonly problems: readonly Problem[];
  readonly layersOf: (index: number) => readonly Layer[];
};

/** @param configPath the file or folder of the configuration: files of accounts are named relative to it */
export function accountLayers(
  tree: unknown,
  whereOf: (path: KeyPath) => string,
  configPath: string | undefined,
): AccountLayers {
  const problems: Problem[] = [];
  const files = new Map<number, Layer>();
  for (const { id, index } of accountsGiven(tree)) {
    const name = valueAt(tree, ['accounts', index, 'riskConfigFile']);
    if (typeof name !== 'string' || name === '') continue;
    const at = { where: whereOf(['accounts', index, 'riskConfigFile']), key: `account ${id}` };
    try {
      files.set(index, fileLayer(pathOf(name, configPath), id, problems));
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      problems.push({ ...at, text: `names a riskConfigFile: ${error.message}` });
    }
  }
  const base: Layer = { tree, prefix: [], whereOf };
  return {
    problems,
    layersOf(index) {
      const file = files.get(index);
      const overrides = { tree, prefix: ['accounts', index, 'configOverrides'], whereOf };
      return [base, ...(file === undefined ? [] : [file]), overrides];
    },
  };
}

function fileLayer(path: string, account: string, problems: Problem[]): Layer {
  const yaml = readYaml(path);
  const where = (keyPath: KeyPath): string => yaml.whereOf(keyPath) ?? path;
  problems.push(...yaml.problems);
  const parsed = AccountRisk.safeParse(yaml.tree);
  if (!parsed.success) {
    const found = issueProblems(AccountRisk, yaml.tree, parsed.error.issues, where);
    for (const { text, ...at } of found)
      problems.push({ ...at, text: `of account ${account} ${text}` });
  }
  return { tree: yaml.tree, prefix: [], whereOf: where };
}

function pathOf(name: string, configPath: string | undefined): string {
  if (isAbsolute(name) || configPath === undefined) return name;
  const folder = statSync(configPath).isDirectory() ? configPath : dirname(configPath);
  return join(folder, name);
}

/** Accounts of a tree that need not be valid, as far as they can be made out. */
export function accountsGiven(
  tree: unknown,
): readonly { readonly id: string; readonly index: number }[] {
  const accounts = valueAt(tree, ['accounts']);
  if (!Array.isArray(accounts)) return [{ id: 'A1', index: 0 }];
  return accounts.map((account: unknown, index) => ({
    id: String(valueAt(account, ['id'])),
    index,
  }));
}
