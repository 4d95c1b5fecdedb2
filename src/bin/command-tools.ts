/** The tools of developers and auditors as the command line has them. */
import { readFileSync } from 'node:fs';
import type { BundleMade, ToolDependencies } from '../cli/tool-dependencies.ts';
import { InjectedEvent } from '../inspector/tool-reports.ts';
import { errorText, exitCodes, OperatorError } from '../kernel/errors.ts';
import { exportBundle } from './bundle/export.ts';
import type { Manifest } from './bundle/manifest.ts';
import { importBundle, openBundle, withBundle } from './bundle/open.ts';
import { forkSandbox } from './fork/fork.ts';
import { runSql } from './sql-query.ts';
import { versionDiff } from './version-diff.ts';

export const commandTools: ToolDependencies = {
  sql: ({ sql, budgetMs, ...place }) =>
    withBundle(place, (dataDir) =>
      runSql({ dataDir, sql, ...(budgetMs === undefined ? {} : { budgetMs }) }),
    ),
  exportBundle: async (options) => {
    expectOneSubject(options);
    await exportBundle(options);
    return madeOf(openBundle(options.out));
  },
  importBundle: async ({ bundle, out, verifyKey }) =>
    Promise.resolve(madeOf(importBundle(bundle, out, verifyKey))),
  versionDiff,
  fork: ({ events, at, rows, configPath, ...place }) =>
    withBundle(place, (dataDir) =>
      forkSandbox({
        dataDir,
        at,
        inject: events === undefined ? [] : eventsOf(events),
        ...(rows === undefined ? {} : { rows }),
        ...(configPath === undefined ? {} : { configPath }),
      }),
    ),
};

function madeOf({
  manifest,
  signature,
}: {
  readonly manifest: Manifest;
  readonly signature: BundleMade['signature'];
}): BundleMade {
  const { subject, rows, files } = manifest;
  return { subject, rows, files, signature };
}

function expectOneSubject({
  account,
  actor,
  correlation,
}: Parameters<ToolDependencies['exportBundle']>[0]) {
  const given = [account, actor, correlation].filter((one) => one !== undefined);
  if (given.length === 1) return;
  throw new OperatorError({
    code: 'USAGE',
    exitCode: exitCodes.usage,
    message: `a bundle is of one thing, ${given.length} were named`,
    remedy: 'Name one of --account, --actor and --correlation.',
  });
}

/** @throws OperatorError FORK_EVENT_INVALID with the line */
function eventsOf(file: string): readonly InjectedEvent[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    try {
      return [InjectedEvent.parse(JSON.parse(line))];
    } catch (error) {
      throw new OperatorError({
        code: 'FORK_EVENT_INVALID',
        exitCode: exitCodes.usage,
        message: `${file}, line ${index + 1}: ${errorText(error)}`,
        remedy: 'See `bulkhead fork --help` for the events.',
      });
    }
  });
}
