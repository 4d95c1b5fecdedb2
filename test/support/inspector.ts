/** The inspector's own thread on a test engine's directory, with its server on a free port, and raw requests to it. */
import { request } from 'node:http';
import { MessageChannel } from 'node:worker_threads';
import { answerCommand } from '../../src/bin/inspector-host.ts';
import { InspectorThread } from '../../src/bin/inspector-thread.ts';
import type { OperatorCommand, Role } from '../../src/domain/operator.ts';
import { InspectorClient } from '../../src/inspector/client.ts';
import { TokenFile } from '../../src/inspector/tokens.ts';
import type { FromInspector, ToInspector } from '../../src/inspector/worker-messages.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import type { TestEngine } from './engine.ts';

export type TestInspector = {
  readonly url: string;
  readonly port: number;
  readonly signIn: string;
  readonly tokens: TokenFile;
  /** Commands that reached the engine's inbox. */
  readonly commands: OperatorCommand[];
  /** A client with a new token. */
  client(role: Role, accounts?: readonly string[]): InspectorClient & { readonly token: string };
  tell(message: ToInspector): void;
  close(): Promise<void>;
};

export async function startTestInspector(
  test: TestEngine,
  options: { readonly allowActions?: boolean; readonly pageFolder?: string } = {},
): Promise<TestInspector> {
  const { port1: near, port2: far } = new MessageChannel();
  const thread = new InspectorThread(
    {
      dataDir: test.directory,
      port: 0,
      version: 'test',
      pageFolder: options.pageFolder ?? 'no-such-folder',
      allowActions: options.allowActions ?? true,
      isRunning: true,
    },
    far,
  );
  const commands: OperatorCommand[] = [];
  const send = (message: ToInspector): void => near.postMessage(message, []);
  const listening = new Promise<{ port: number; signIn: string }>((resolve) => {
    near.on('message', (message: FromInspector) => {
      if (message.type === 'listening') resolve(message);
      if (message.type === 'denied') {
        const atMs = test.clock.nowMs();
        test.engine.put('command', { type: 'accessDenied', denied: message.denied, atMs });
        test.engine.rest();
      }
      if (message.type !== 'command') return;
      const { id, handed } = message;
      const handOver = (command: OperatorCommand) =>
        new Promise<{ outcome: 'accepted' | 'pending' | 'refused'; text: string }>((answer) => {
          commands.push(command);
          test.engine.operate(command, answer);
          test.engine.rest();
        });
      void answerCommand(handOver, handed).then((answer) => send({ type: 'answer', id, answer }));
    });
  });
  await thread.run();
  const { port, signIn } = await listening;
  const url = `http://127.0.0.1:${port}/`;
  const tokens = new TokenFile(test.directory, systemClock);
  return {
    url,
    port,
    signIn,
    tokens,
    commands,
    client(role, accounts) {
      const limited = accounts === undefined ? {} : { accounts };
      const { token } = tokens.create({ role, by: `${role} ann`, days: 1, ...limited });
      return Object.assign(new InspectorClient(url, token), { token });
    },
    tell: send,
    close: async () => {
      const ended = new Promise<void>((resolve) => {
        near.on('close', () => resolve());
      });
      send({ type: 'stop' });
      await ended;
    },
  };
}

export type RawAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
};

/** A request with exactly these headers; nothing is added but what HTTP needs. */
export function ask(
  port: number,
  path: string,
  options: {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  } = {},
): Promise<RawAnswer> {
  const { method = 'GET', headers = {}, body } = options;
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, path, method, headers, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
        response.on('error', reject);
      },
    );
    sent.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text: '' });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Waits until it is so; fails with what was seen last. */
export async function until<T>(look: () => T | undefined | false, what: string): Promise<T> {
  for (let tries = 0; tries < 2_000; tries += 1) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`it did not come: ${what}`);
}
