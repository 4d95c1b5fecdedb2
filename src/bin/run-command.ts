import type { RunOptions, RunProgress, RunReport } from '../cli/dependencies.ts';
import type { DeniedAccesses } from '../domain/access-denied.ts';
import { DenialBook } from '../inspector/denial-book.ts';
import { systemClock } from '../kernel/clock.ts';
import { AuditAnchor } from './audit-anchor.ts';
import { productVersion, type Composition } from './composition.ts';
import { openControlSocket, type ControlSocket } from './control-socket.ts';
import { startInspector, type InspectorHost } from './inspector-host.ts';
import { InspectorLive } from './inspector-live.ts';
import { MarketRun, type MarketRunParts } from './market-run.ts';
import { engineText } from './metrics.ts';
import { reloadOnSignal } from './reload-on-signal.ts';
/** `bulkhead run`: configuration, market, traders and engine, put together and played. */
import { composeForRun } from './run-composition.ts';
import { guardRun, type Guard } from './watchdog/guard-run.ts';

export async function runCommand(
  options: RunOptions,
  onProgress: (progress: RunProgress) => void,
  signal: AbortSignal,
  onReady?: (ready: { readonly inspectorUrl?: string }) => void,
): Promise<RunReport> {
  const parts = await composeForRun(options);
  const live = new InspectorLive(parts.composition.engine.world);
  let inspector: InspectorHost | undefined;
  let anchor: AuditAnchor | undefined;
  const show = (progress: RunProgress): void => {
    onProgress(progress);
    if (inspector !== undefined) live.tell(inspector, progress);
    anchor?.look();
  };
  const run = new MarketRun(parts, show, signal);
  const take: Take = async (command) => {
    const answer = await ask(run, command);
    anchor?.write();
    return answer;
  };
  const tellDenied = (denied: DeniedAccesses): void => run.commands.tellDenied(denied);
  const unread = new DenialBook(systemClock, tellDenied);
  let socket: ControlSocket;
  let guard: Guard | undefined;
  try {
    anchor = openAnchor(options, parts);
    socket = await openControlSocket(options.dataDir, take, systemClock, (denied) =>
      unread.add(denied),
    );
    const figures = () => figuresOf(parts, guard);
    const { recovery } = parts.composition;
    inspector = await openInspector(options, take, tellDenied, figures, recovery);
  } catch (error) {
    await giveUp(parts);
    throw error;
  }
  const forget = reloadOnSignal(parts);
  guard = guardRun(parts.composition, options.dataDir, () => !run.killWatch.hasFailed);
  run.onStopping = guard.release;
  onReady?.(inspector === undefined ? {} : { inspectorUrl: inspector.signInUrl });
  try {
    return await run.run();
  } finally {
    await guard?.close();
    forget();
    await socket.close();
    await inspector?.close();
    unread.close();
    anchor?.close();
  }
}

/** Metrics of the running engine, made when they are asked for. */
function figuresOf({ composition }: MarketRunParts, guard: Guard | undefined): string {
  const { stalls = 0, longestStallMs = 0 } = guard?.watchdog ?? {};
  return engineText(composition.engine.world, { stalls, longestStallMs });
}

/** Where the head of the journal is written down outside of it, if it is. */
function openAnchor(
  { auditAnchor }: RunOptions,
  { composition }: MarketRunParts,
): AuditAnchor | undefined {
  if (auditAnchor === undefined) return undefined;
  const { journal, log, feed } = composition;
  const anchor = new AuditAnchor(auditAnchor, journal, systemClock, (text) => {
    log.error({ code: 'AUDIT_ANCHOR' }, text);
    feed.note(`warning: ${text}`);
  });
  anchor.write();
  return anchor;
}

async function giveUp({ composition, source }: MarketRunParts): Promise<void> {
  await composition.engine.abort();
  await source.close();
}

type Take = MarketRun['commands']['ask'];

function ask(run: MarketRun, command: Parameters<Take>[0]): ReturnType<Take> {
  return command.verb === 'kill' ? run.killWatch.obey(command) : run.commands.ask(command);
}

/** A taken port is no reason not to protect: unless it was asked for, any free one does. */
async function openInspector(
  options: RunOptions,
  take: Take,
  tellDenied: (denied: DeniedAccesses) => void,
  figures: () => string,
  recovery: Composition['recovery'],
): Promise<InspectorHost | undefined> {
  const { inspectorPort, dataDir, isPortFixed, allowActions, configPath } = options;
  if (inspectorPort === undefined) return undefined;
  const start = {
    dataDir,
    version: productVersion,
    allowActions: allowActions === true,
    isRunning: true,
    recovery,
    ...(configPath === undefined ? {} : { configPath }),
    ...(options.inspectorBind === undefined ? {} : { bind: options.inspectorBind }),
  };
  try {
    return await startInspector({ ...start, port: inspectorPort }, take, tellDenied, figures);
  } catch (error) {
    if (isPortFixed === true) throw error;
    return startInspector({ ...start, port: 0 }, take, tellDenied, figures);
  }
}
