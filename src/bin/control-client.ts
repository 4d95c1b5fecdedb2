/** One command to the running service of a data directory, and its answer. */
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import type { OperateAnswer, OperateRequest } from '../cli/dependencies.ts';
import { exitCodes, OperatorError } from '../kernel/errors.ts';
import { limits } from '../kernel/limits.ts';
import { socketAddress, type SocketAddress } from './control-path.ts';
import type { ControlAnswer } from './control-socket.ts';

/** @throws OperatorError SERVICE_NOT_RUNNING, exit 75, when nobody answers */
export async function operateService(
  dataDir: string,
  request: OperateRequest,
): Promise<OperateAnswer> {
  const line = `${JSON.stringify({ requestId: randomUUID(), ...request })}\n`;
  let address: SocketAddress;
  try {
    address = socketAddress(dataDir);
  } catch (error) {
    throw notRunning(dataDir, error);
  }
  try {
    return await exchange(address.path, line, dataDir);
  } finally {
    address.release();
  }
}

function exchange(path: string, line: string, dataDir: string): Promise<OperateAnswer> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(path);
    socket.setEncoding('utf8');
    socket.setTimeout(limits.controlIdleDurationMs, () => {
      socket.destroy();
      reject(notRunning(dataDir, 'it did not answer in time'));
    });
    socket.on('error', (error) => reject(notRunning(dataDir, error)));
    socket.on('connect', () => socket.write(line));
    socket.on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end < 0) return;
      socket.destroy();
      resolve(JSON.parse(text.slice(0, end)) as ControlAnswer);
    });
    socket.on('close', () => reject(notRunning(dataDir, 'it ended before it answered')));
  });
}

function notRunning(dataDir: string, cause: unknown): OperatorError {
  const why = typeof cause === 'string' ? `: ${cause}` : '';
  return new OperatorError({
    code: 'SERVICE_NOT_RUNNING',
    exitCode: exitCodes.busy,
    message: `no service answers for the data directory ${dataDir}${why}`,
    remedy: 'Start it with bulkhead run, or name its folder with --data-dir.',
    cause,
  });
}
