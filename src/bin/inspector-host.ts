import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
/** The engine's side of the inspector: starts its thread, tells it what only a running engine knows, takes commands. */
import type { DeniedAccesses } from '../domain/access-denied.ts';
import type { OperatorAnswer, OperatorCommand } from '../domain/operator.ts';
import type { HandedAnswer, HandedCommand } from '../inspector/api.ts';
import type { LiveEngine } from '../inspector/wall-report.ts';
import type { FromInspector, InspectorStart, ToInspector } from '../inspector/worker-messages.ts';
import { systemClock } from '../kernel/clock.ts';
import { errorText, exitCodes, OperatorError } from '../kernel/errors.ts';
import type { RuleWorld } from '../ports/live-picture.port.ts';
import { BadRequest, parseOperatorRequest } from './operator-request.ts';
import { openThread } from './thread.ts';

/** A wall is drawn five times a second at most: what is told in between would only be copied. */
const livePauseMs = 200;

export type InspectorHost = {
  /** `http://127.0.0.1:7788/#token=…`: the token is behind the `#`, so that it is in no log and no request line. */
  readonly signInUrl: string;
  readonly url: string;
  /** Somebody looks. */
  readonly isWatched: () => boolean;
  tell(live: LiveEngine): void;
  /** What the rules look at, for what would happen if. */
  tellRules(worlds: readonly RuleWorld[]): void;
  /** Milliseconds that its thread has been busy and idle so far. */
  load(): { readonly busyMs: number; readonly idleMs: number };
  close(): Promise<void>;
};

/** @throws OperatorError INSPECTOR_FAILED, exit 78, when it cannot listen */
export async function startInspector(
  start: Omit<InspectorStart, 'pageFolder'> & Partial<Pick<InspectorStart, 'pageFolder'>>,
  ask: (command: OperatorCommand) => Promise<OperatorAnswer>,
  onDenied: (denied: DeniedAccesses) => void = () => undefined,
  figures: () => string = () => '',
): Promise<InspectorHost> {
  const worker = openThread('inspector.worker', {
    workerData: { pageFolder: pageFolder(), ...start } satisfies InspectorStart,
    resourceLimits: { maxOldGenerationSizeMb: heapMbMax },
  });
  let viewers = 0;
  let nextLiveMs = 0;
  const send = (message: ToInspector): void => worker.postMessage(message, []);
  const ended = new Promise<void>((resolve) => {
    worker.on('exit', () => resolve());
  });
  const listening = new Promise<{ url: string; signIn: string }>((resolve, reject) => {
    worker.on('message', (message: FromInspector) => {
      switch (message.type) {
        case 'listening':
          resolve(message);
          return;
        case 'failed':
          reject(cannotStart(start.port, message));
          return;
        case 'viewers':
          ({ count: viewers } = message);
          return;
        case 'figures':
          send({ type: 'figures', id: message.id, text: figures() });
          return;
        case 'denied':
          onDenied(message.denied);
          return;
        case 'command':
          void answerCommand(ask, message.handed).then((answer) =>
            send({ type: 'answer', id: message.id, answer }),
          );
      }
    });
    // The inspector is no part of the protection: when its thread dies, trading does not notice.
    worker.on('error', (error) => {
      viewers = 0;
      reject(cannotStart(start.port, { code: 'INSPECTOR_FAILED', text: errorText(error) }));
    });
  });
  const { url, signIn } = await listening;
  return {
    url,
    signInUrl: `${url}#token=${signIn}`,
    isWatched: () => viewers > 0,
    tell: (live) => {
      const nowMs = systemClock.monotonicMs();
      if (nowMs < nextLiveMs) return;
      nextLiveMs = nowMs + livePauseMs;
      send({ type: 'live', live });
    },
    tellRules: (worlds) => send({ type: 'rules', worlds }),
    load: () => {
      const { active: busyMs, idle: idleMs } = worker.performance.eventLoopUtilization();
      return { busyMs, idleMs };
    },
    close: async () => {
      send({ type: 'stop' });
      await ended;
    },
  };
}

const heapMbMax = 512;

function pageFolder(): string {
  return join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'dist', 'inspector', 'page');
}

/** What the service has denied goes on as well: the engine writes the row of it. Never rejects. */
export async function answerCommand(
  ask: (command: OperatorCommand) => Promise<OperatorAnswer>,
  { command, identity, ip, denied }: HandedCommand,
): Promise<HandedAnswer> {
  const { role, by, tokenId } = identity;
  // The stamp was for the service; to the engine it is no field of a command.
  const fields = Object.entries(command).filter(([name]) => name !== 'blastSeq');
  try {
    const parsed = parseOperatorRequest({ ...Object.fromEntries(fields), role, by }, 'api');
    const origin = { tokenId, ip };
    return await ask({ ...parsed, origin, ...(denied === undefined ? {} : { denied }) });
  } catch (error) {
    const answer = { outcome: 'refused', text: errorText(error) } as const;
    return error instanceof BadRequest ? { ...answer, isInvalid: true } : answer;
  }
}

function cannotStart(port: number, { code, text }: { code: string; text: string }): OperatorError {
  if (code === 'INSPECTOR_ADDRESS')
    return new OperatorError({
      code,
      exitCode: exitCodes.configuration,
      message: text,
      remedy: 'Leave --inspector-address out and use ssh -L, or give what is missing.',
    });
  if (code === 'TOKEN_FILE_OPEN' || code === 'TOKEN_FILE_INVALID')
    return new OperatorError({
      code,
      exitCode: exitCodes.configuration,
      message: text,
      remedy: 'Only its owner may read and write the list of tokens: chmod 600; the folder 700.',
    });
  return new OperatorError({
    code: 'INSPECTOR_FAILED',
    exitCode: exitCodes.configuration,
    message: `the inspector cannot start on port ${port}: ${text}`,
    remedy: 'Choose another port with --inspector-port, or leave it out with --no-inspector.',
  });
}
