/** What `bulkhead inspect` does: the inspector alone, on rows that nobody adds to. */
import type { JournalPlace } from '../cli/tool-dependencies.ts';
import { exitCodes, OperatorError } from '../kernel/errors.ts';
import { openJournalReader } from '../persistence/journal-reader.ts';
import { isEngineRunning } from '../persistence/lock-file.ts';
import { expectPrivateDirectory } from '../persistence/private-files.ts';
import { withBundle } from './bundle/open.ts';
import { productVersion } from './composition.ts';
import { startInspector } from './inspector-host.ts';

/** Resolves when it is stopped. @throws OperatorError ENGINE_RUNNING, NO_JOURNAL, NO_BUNDLE, BUNDLE_INVALID, INSPECTOR_FAILED */
export async function inspectCommand(
  options: JournalPlace & { readonly port: number; readonly configPath?: string },
  signal: AbortSignal,
  onReady: (url: string) => void,
): Promise<void> {
  await withBundle(options, (dataDir) => inspect({ ...options, dataDir }, signal, onReady));
}

async function inspect(
  {
    dataDir,
    port,
    configPath,
  }: { readonly dataDir: string; readonly port: number; readonly configPath?: string },
  signal: AbortSignal,
  onReady: (url: string) => void,
): Promise<void> {
  // Says what is wrong with the directory before anything is started.
  openJournalReader(dataDir).close();
  expectPrivateDirectory(dataDir);
  if (isEngineRunning(dataDir)) {
    throw new OperatorError({
      code: 'ENGINE_RUNNING',
      exitCode: exitCodes.busy,
      message: `an engine runs on ${dataDir} and has an inspector of its own`,
      remedy: 'Use the address that it printed, or make a token with bulkhead token create.',
    });
  }
  const host = await startInspector(
    {
      dataDir,
      port,
      version: productVersion,
      allowActions: false,
      isRunning: false,
      ...(configPath === undefined ? {} : { configPath }),
    },
    () => Promise.resolve({ outcome: 'refused', text: 'no engine runs on this directory' }),
  );
  onReady(host.signInUrl);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await host.close();
}
