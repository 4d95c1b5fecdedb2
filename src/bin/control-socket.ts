/**
 * The local control socket of a running service: `control.sock` in the data directory, for its owner only. One JSON
 * request per line, one JSON answer per line. Whoever may open it is the local administrator, unless the request
 * names a lesser role. Source: security 1 and 4.
 */
import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import type { DeniedAccess } from '../domain/access-denied.ts';
import type { OperatorAnswer, OperatorCommand } from '../domain/operator.ts';
import { systemClock, type Clock } from '../kernel/clock.ts';
import { errorText, exitCodes, OperatorError } from '../kernel/errors.ts';
import { limits } from '../kernel/limits.ts';
import { controlSocketName, socketAddress } from './control-path.ts';
import { BadRequest, parseOperatorRequest, type RequestProblem } from './operator-request.ts';

/** What comes back for one line. `invalid`: it was no request, and nothing was asked. */
export type ControlAnswer =
  | (OperatorAnswer & { readonly requestId: string })
  | {
      readonly outcome: 'invalid';
      readonly requestId?: string;
      readonly text: string;
      readonly problems: readonly RequestProblem[];
    };

export type ControlSocket = { close(): Promise<void> };

const ownerOnly = 0o600;

/**
 * Listens until it is closed.
 *
 * @param ask hands a command to the engine and resolves with its answer
 * @throws OperatorError CONTROL_SOCKET, exit 73, when the place is taken or cannot be used
 */
export async function openControlSocket(
  dataDir: string,
  ask: (command: OperatorCommand) => Promise<OperatorAnswer>,
  clock: Pick<Clock, 'monotonicMs'> = systemClock,
  onDenied: (denied: DeniedAccess) => void = () => undefined,
): Promise<ControlSocket> {
  const limited = withRateLimit(ask, clock);
  const path = join(resolve(dataDir), controlSocketName);
  const connections = new Set<Socket>();
  const server = createServer((socket) => {
    if (connections.size >= limits.controlConnectionsMax) {
      socket.destroy();
      return;
    }
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
    serve(socket, limited, onDenied);
  });
  try {
    removeStale(path);
    await listen(server, dataDir);
    chmodSync(path, ownerOnly);
  } catch (error) {
    server.close();
    if (error instanceof OperatorError) throw error;
    throw new OperatorError({
      code: 'CONTROL_SOCKET',
      exitCode: exitCodes.cannotCreate,
      message: `the control socket ${path} cannot be opened: ${errorText(error)}`,
      remedy: 'Give the service a --data-dir on a local disk that it may write.',
      cause: error,
    });
  }
  return {
    async close() {
      const closed = new Promise<void>((done) => {
        server.close(() => done());
      });
      // Answers that are written leave before the line does.
      for (const socket of connections) socket.destroySoon();
      await closed;
      rmSync(path, { force: true });
    },
  };
}

/** What makes an account safer is never refused for its number. */
const alwaysTaken: ReadonlySet<OperatorCommand['verb']> = new Set([
  'kill',
  'flatten',
  'cancel',
  'lock',
  'pause',
]);

/** At most so many commands a minute over all connections. Source: security 2, limits. */
function withRateLimit(
  ask: (command: OperatorCommand) => Promise<OperatorAnswer>,
  clock: Pick<Clock, 'monotonicMs'>,
): typeof ask {
  const taken: number[] = [];
  return async (command) => {
    const nowMs = clock.monotonicMs();
    while (taken[0] !== undefined && taken[0] <= nowMs - 60_000) taken.shift();
    const isFull = taken.length >= limits.controlCommandsPerMinuteMax;
    if (isFull && !alwaysTaken.has(command.verb)) {
      const text = `more than ${limits.controlCommandsPerMinuteMax} commands within a minute: wait`;
      return { outcome: 'refused', text };
    }
    if (!isFull) taken.push(nowMs);
    return await ask(command);
  };
}

/** A process that died has left its socket behind; the engine lock says that nobody else is here. */
function removeStale(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket())
    throw new OperatorError({
      code: 'CONTROL_SOCKET',
      exitCode: exitCodes.cannotCreate,
      message: `${path} is no socket`,
      remedy: 'Move that file away.',
    });
  rmSync(path);
}

async function listen(server: Server, dataDir: string): Promise<void> {
  const address = socketAddress(dataDir);
  // Never open to others, not even between its creation and the change of its mode.
  const before = process.umask(0o177);
  try {
    await new Promise<void>((done, fail) => {
      server.once('error', fail);
      server.listen(address.path, () => {
        server.off('error', fail);
        done();
      });
    });
  } finally {
    process.umask(before);
    address.release();
  }
  server.unref();
}

function serve(
  socket: Socket,
  ask: (command: OperatorCommand) => Promise<OperatorAnswer>,
  onDenied: (denied: DeniedAccess) => void,
): void {
  let rest = '';
  let queue = Promise.resolve();
  const write = (answer: ControlAnswer): void => {
    if (answer.outcome === 'invalid') onDenied(unread);
    if (socket.writable) socket.write(`${JSON.stringify(answer)}\n`);
  };
  socket.setEncoding('utf8');
  socket.setTimeout(limits.controlIdleDurationMs, () => socket.destroy());
  // A person who has hung up gets no answer; what was asked happens all the same.
  socket.on('error', () => undefined);
  socket.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    if ([...lines, rest].some((line) => Buffer.byteLength(line) > limits.controlRequestBytesMax)) {
      const field = { field: 'request', value: `${limits.controlRequestBytesMax} bytes and more` };
      write(invalid([{ ...field, problem: 'a request is too long', remedy: 'Say it shorter.' }]));
      socket.destroySoon();
      return;
    }
    for (const line of lines) {
      if (line.trim() === '') continue;
      // Answers come in the order of the requests.
      queue = queue.then(async () => write(await answerTo(line, ask)));
    }
  });
}

/** Nobody could read it; whoever may open the socket is the service's own user. */
const unread: DeniedAccess = {
  kind: 'INVALID_REQUEST',
  text: 'it was no command',
  ip: 'control socket',
};

async function answerTo(
  line: string,
  ask: (command: OperatorCommand) => Promise<OperatorAnswer>,
): Promise<ControlAnswer> {
  let command: OperatorCommand;
  try {
    command = parseOperatorRequest(JSON.parse(line));
  } catch (error) {
    if (error instanceof BadRequest) return invalid(error.problems, error.message);
    const shown = line.length > 120 ? `${line.slice(0, 120)}…` : line;
    const problem = { problem: 'a request is one JSON object', remedy: 'Correct the line.' };
    return invalid([{ field: 'request', value: JSON.stringify(shown), ...problem }]);
  }
  return { ...(await ask(command)), requestId: command.requestId };
}

function invalid(problems: readonly RequestProblem[], text?: string): ControlAnswer {
  const [first] = problems;
  const said = text ?? `${first?.field}: ${first?.problem}, was ${first?.value}. ${first?.remedy}`;
  return { outcome: 'invalid', text: said, problems };
}
