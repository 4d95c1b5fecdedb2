/** Entry of the process in which the tools that may take long run: bundles, forks, comparisons of versions. */
import { setPriority } from 'node:os';
import { errorText, OperatorError } from '../kernel/errors.ts';
import { openJournalView } from '../persistence/journal-view.ts';
import { bundleOf } from './bundle/export.ts';
import { forkSandbox } from './fork/fork.ts';
import type { FromToolChild, ToolTask } from './tool-process.ts';
import { versionDiffOf } from './version-diff.ts';

const niceness = 10;
/** A comparison on a page looks at so many rows; the command line looks at all. */
const versionDiffRowsMax = 100_000;

async function answerOf(task: ToolTask): Promise<unknown> {
  switch (task.tool) {
    case 'export': {
      const { signKey } = task;
      const { dataDir, request } = task;
      return bundleOf({ dataDir, ...request, ...(signKey === undefined ? {} : { signKey }) }).files;
    }
    case 'fork':
      return forkSandbox({
        dataDir: task.dataDir,
        ...task.request,
        ...(task.configPath === undefined ? {} : { configPath: task.configPath }),
      });
    case 'versionDiff': {
      const view = openJournalView(task.dataDir);
      try {
        return await versionDiffOf(view, versionDiffRowsMax);
      } finally {
        view.close();
      }
    }
  }
}

const tell = (message: FromToolChild): void => {
  process.send?.(message, undefined, undefined, () => process.exit(0));
};

process.once('disconnect', () => process.exit(0));
setPriority(niceness);
process.once('message', (task: ToolTask) => {
  answerOf(task).then(
    (answer) => tell({ type: 'done', answer }),
    (error: unknown) => {
      const known = error instanceof OperatorError ? error : undefined;
      const { code = 'TOOL_FAILED', remedy = 'Ask for less.' } = known ?? {};
      tell({ type: 'failed', code, text: errorText(error), remedy });
    },
  );
});
