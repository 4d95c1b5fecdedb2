import type { RunOptions, RunProgress, RunReport } from '../cli/dependencies.ts';
import { productVersion } from './composition.ts';
import { openControlSocket, type ControlSocket } from './control-socket.ts';
import { startInspector, type InspectorHost } from './inspector-host.ts';
import { MarketRun, type MarketRunParts } from './market-run.ts';
import { reloadOnSignal } from './reload-on-signal.ts';
/** `bulkhead run`: configuration, market, traders and engine, put together and played. */
import { composeForRun } from './run-composition.ts';

export async function runCommand(
  options: RunOptions,
  onProgress: (progress: RunProgress) => void,
  signal: AbortSignal,
  onReady?: (ready: { readonly inspectorUrl?: string }) => void,
): Promise<RunReport> {
  const parts = await composeForRun(options);
  let inspector: InspectorHost | undefined;
  const show = (progress: RunProgress): void => {
    onProgress(progress);
    if (inspector?.isWatched() === true) inspector.tell(liveOf(progress));
  };
  const run = new MarketRun(parts, show, signal);
  let socket: ControlSocket;
  try {
    socket = await openControlSocket(options.dataDir, (command) => ask(run, command));
    inspector = await openInspector(options, run);
  } catch (error) {
    await giveUp(parts);
    throw error;
  }
  const forget = reloadOnSignal(parts);
  onReady?.(inspector === undefined ? {} : { inspectorUrl: inspector.signInUrl });
  try {
    return await run.run();
  } finally {
    forget();
    await socket.close();
    await inspector?.close();
  }
}

async function giveUp({ composition, source }: MarketRunParts): Promise<void> {
  await composition.engine.abort();
  await source.close();
}

type Command = Parameters<MarketRun['commands']['ask']>[0];

function ask(run: MarketRun, command: Command): ReturnType<MarketRun['commands']['ask']> {
  return command.verb === 'kill' ? run.killWatch.obey(command) : run.commands.ask(command);
}

/** A taken port is no reason not to protect: unless it was asked for, any free one does. */
async function openInspector(
  options: RunOptions,
  run: MarketRun,
): Promise<InspectorHost | undefined> {
  const { inspectorPort, dataDir, isPortFixed, allowActions } = options;
  if (inspectorPort === undefined) return undefined;
  const start = {
    dataDir,
    version: productVersion,
    allowActions: allowActions === true,
    isRunning: true,
  };
  const commands = (command: Command) => ask(run, command);
  try {
    return await startInspector({ ...start, port: inspectorPort }, commands);
  } catch (error) {
    if (isPortFixed === true) throw error;
    return startInspector({ ...start, port: 0 }, commands);
  }
}

function liveOf({
  marketTime,
  commitMsP99,
  evaluator,
  accounts,
}: RunProgress): Parameters<InspectorHost['tell']>[0] {
  return { nowMs: Date.parse(marketTime), commitMsP99, evaluator, accounts };
}
