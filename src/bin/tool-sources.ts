/** The tools as the inspector's server has them. */
import type { ToolSources } from '../inspector/tool-handlers.ts';
import type { BundleFiles, ForkReport, VersionDiffReport } from '../inspector/tool-reports.ts';
import type { InspectorStart } from '../inspector/worker-messages.ts';
import { sqlViews } from '../persistence/sql-views.ts';
import { readDrills } from './drill/log.ts';
import { runSql } from './sql-query.ts';
import { runTool } from './tool-process.ts';

/** Names the file of the private key with which bundles are signed. */
export const signKeyVariable = 'BULKHEAD_BUNDLE_KEY_FILE';

export function toolSources({ dataDir, configPath }: InspectorStart): ToolSources {
  const signKey = process.env[signKeyVariable];
  const signed = signKey === undefined || signKey === '' ? {} : { signKey };
  return {
    views: sqlViews.map(({ name, says, columns }) => ({ name, says, columns })),
    sql: ({ sql }) => runSql({ dataDir, sql }),
    exportBundle: (request) =>
      runTool<BundleFiles>({ tool: 'export', dataDir, request, ...signed }),
    versionDiff: () => runTool<VersionDiffReport>({ tool: 'versionDiff', dataDir }),
    fork: (request) =>
      runTool<ForkReport>({
        tool: 'fork',
        dataDir,
        request,
        ...(configPath === undefined ? {} : { configPath }),
      }),
    drills: () => readDrills(dataDir),
  };
}
