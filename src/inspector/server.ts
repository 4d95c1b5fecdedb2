/**
 * The inspector's HTTP server: on the loopback, everything authenticated, everything denied by default.
 *
 * Source: security 1, inspector 2.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { z } from 'zod';
import type { DeniedAccess } from '../domain/access-denied.ts';
import type { Clock } from '../kernel/clock.ts';
import { errorText } from '../kernel/errors.ts';
import { isSameSecret } from '../kernel/secret.ts';
import { answerApi, isApiPath, postPaths, type CommandPort, type InspectorSources } from './api.ts';
import type { Bind, OwnAddress } from './bind.ts';
import { denialOf, type GuardFacts } from './command-guard.ts';
import { answerCommand, deniedBy } from './denied-requests.ts';
import {
  answer,
  answerJson,
  answerProblem,
  bearerOf,
  cookieOf,
  isOwnHost,
  isSameSite,
  malformedAnswer,
  readJson,
} from './http-guard.ts';
import { createHttpServer } from './listen.ts';
import type { PageFiles } from './page-files.ts';
import { CommandRequest } from './protocol-reports.ts';
import { SessionRequest, type SessionAnswer } from './protocol.ts';
import { Stream } from './stream.ts';
import type { Identity, Session, Sessions, TokenFile } from './tokens.ts';

export type ServerOptions = {
  readonly bind: Bind;
  readonly port: number;
  readonly clock: Clock;
  readonly tokens: TokenFile;
  readonly sessions: Sessions;
  readonly sources: InspectorSources;
  readonly page: PageFiles;
  readonly command: CommandPort;
  /** Called when the number of viewers changes: without any, nothing is prepared for them. */
  readonly onViewers: (count: number) => void;
  /** Called before an answer is made: somebody looks, so what was committed is taken in. */
  readonly onLook: () => void;
  /** What a command is held against, but for the person's sign-in. */
  readonly guard: () => Omit<GuardFacts, 'isRecent'>;
  /** Called for each request that was turned away unread. */
  readonly onDenied: (denied: DeniedAccess) => void;
};

const commandsPerMinute = 100;

export class InspectorServer {
  readonly stream: Stream;
  private readonly options: ServerOptions;
  private readonly server: Server;
  private readonly commands = new Map<string, number[]>();

  constructor(options: ServerOptions) {
    this.options = options;
    this.server = createHttpServer(options.bind, (request, response) => {
      this.handle(request, response)
        .catch((error: unknown) => {
          if (!response.headersSent) this.refuse(response, error);
          else response.destroy();
        })
        .finally(() => this.noteDenial(request, response))
        .catch(() => undefined);
    });
    this.stream = new Stream({
      clock: options.clock,
      sources: options.sources,
      identify: (request) => this.identify(request),
      isStillValid: (known) => this.isStillValid(known),
      onUse: ({ session }) => {
        if (session !== undefined) options.sessions.touch(session.id);
      },
      onViewers: options.onViewers,
    });
    this.server.on('clientError', (_, socket: Socket) => {
      const ip = socket.remoteAddress ?? '';
      options.onDenied({ kind: 'INVALID_REQUEST', text: 'bytes that are no request', ip });
      if (socket.writable) socket.end(malformedAnswer);
      else socket.destroy();
    });
    this.server.on('upgrade', (request, socket, head) => {
      this.stream.upgrade(request, socket, head, this.own);
    });
  }

  /** The port that is listened on. */
  get port(): number {
    return (this.server.address() as AddressInfo | null)?.port ?? 0;
  }

  /** What a request is held against. */
  private get own(): OwnAddress {
    const { scheme, names } = this.options.bind;
    return { scheme, names, port: this.port };
  }

  /** Resolves when it listens. Rejects when the port is taken. */
  async listen(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(this.options.port, this.options.bind.address, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
    return this.port;
  }

  async close(): Promise<void> {
    this.stream.close();
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
    });
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isOwnHost(request.headers.host, this.own)) {
      answerProblem(response, 421, 'OTHER_HOST', 'this server answers to its own address only');
      return;
    }
    const url = urlOf(request, this.port);
    if (url === undefined) {
      answerProblem(response, 400, 'INVALID_REQUEST', 'the address is not valid');
      return;
    }
    const { method = 'GET' } = request;
    if (method !== 'GET' && method !== 'HEAD' && !isSameSite(request, this.own)) {
      answerProblem(response, 403, 'OTHER_SITE', 'another site may not ask for this');
      return;
    }
    if (url.pathname === '/api/session') {
      await this.handleSession(request, response);
      return;
    }
    if (!url.pathname.startsWith('/api/')) {
      if (method === 'GET' || method === 'HEAD') this.servePage(url.pathname, response);
      else answerProblem(response, 405, 'METHOD', 'a page is only read');
      return;
    }
    await this.handleApi(url, request, response);
  }

  private servePage(path: string, response: ServerResponse): void {
    const file = this.options.page.find(path);
    if (file === undefined) answerProblem(response, 404, 'NOT_FOUND', `there is no page ${path}`);
    else answer(response, 200, file.body, file.type);
  }

  private async handleSession(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { sessions, clock } = this.options;
    if (request.method === 'DELETE') {
      const id = cookieOf(request, this.cookieName);
      if (id !== undefined) sessions.end(id);
      answerJson(response, 200, {}, { 'set-cookie': `${this.cookieName}=; Max-Age=0; Path=/` });
      return;
    }
    if (request.method !== 'POST') {
      answerProblem(response, 405, 'METHOD', 'POST signs in, DELETE signs out');
      return;
    }
    const body = await readJson(request, response);
    if (body === undefined) return;
    const { token } = SessionRequest.parse(body);
    const session = sessions.signIn(token);
    if (session === 'limited') {
      answerProblem(response, 429, 'TOO_MANY_ATTEMPTS', limitedText);
      return;
    }
    if (session === undefined) {
      answerProblem(response, 401, 'NOT_SIGNED_IN', 'this token is unknown, revoked or expired');
      return;
    }
    const seconds = Math.floor((session.expiresAtMs - clock.nowMs()) / 1_000); // tidy-ok: seconds of a cookie
    const cookie = `${this.cookieName}=${session.id}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${seconds}${this.own.scheme === 'https' ? '; Secure' : ''}`;
    answerJson(response, 200, sessionAnswer(session), { 'set-cookie': cookie });
  }

  private async handleApi(
    url: URL,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const known = this.identify(request);
    if (known === undefined) {
      answerProblem(response, 401, 'NOT_SIGNED_IN', 'sign in with a token first');
      return;
    }
    if (url.pathname === '/api/command') {
      await this.handleCommand(request, response, known);
      return;
    }
    if (url.pathname === '/api/session/proof') {
      await this.handleProof(request, response, known);
      return;
    }
    const isPost = postPaths.has(url.pathname);
    if (!(isPost ? ['POST'] : ['GET', 'HEAD']).includes(request.method ?? 'GET')) {
      answerProblem(response, 405, 'METHOD', 'this is asked with the other method');
      return;
    }
    this.options.onLook();
    if (url.pathname === '/api/metrics') {
      await this.answerMetrics(response, known);
      return;
    }
    if (!isApiPath(url.pathname)) {
      answerProblem(response, 404, 'NOT_FOUND', `there is nothing at ${url.pathname}`);
      return;
    }
    const body = isPost ? await readJson(request, response) : {};
    if (body === undefined) return;
    const result = await answerApi(this.options.sources, {
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      body,
      identity: known.identity,
      csrf: known.csrf,
    });
    if (result.status === 200) answerJson(response, 200, result.body);
    else answerProblem(response, result.status, result.code, result.message);
  }

  /** Figures of all accounts, so a token of some of them does not get them. */
  private async answerMetrics(response: ServerResponse, { identity }: Known): Promise<void> {
    if (identity.accounts === undefined)
      answer(response, 200, await this.options.sources.metrics(), 'text/plain; version=0.0.4');
    else answerProblem(response, 403, 'OTHER_ACCOUNT', 'these are figures of every account');
  }

  /** A token shown again within a session: what a verb that ends or changes something asks of an admin. */
  private async handleProof(
    request: IncomingMessage,
    response: ServerResponse,
    known: Known,
  ): Promise<void> {
    if (request.method !== 'POST' || known.session === undefined) {
      answerProblem(response, 405, 'METHOD', 'a session posts its token again');
      return;
    }
    if (!hasCsrf(request, known)) {
      answerProblem(response, 403, 'CSRF', csrfText);
      return;
    }
    const body = await readJson(request, response);
    if (body === undefined) return;
    const proven = this.options.sessions.stepUp(known.session, SessionRequest.parse(body).token);
    if (proven === 'limited') answerProblem(response, 429, 'TOO_MANY_ATTEMPTS', limitedText);
    else if (proven === undefined)
      answerProblem(response, 403, 'NOT_PROVEN', 'a token of the same role is needed');
    else answerJson(response, 200, { provenAtMs: known.session.provenAtMs });
  }

  /** Everything that changes something comes by here; the engine judges the role again and writes a row. */
  private async handleCommand(
    request: IncomingMessage,
    response: ServerResponse,
    known: Known,
  ): Promise<void> {
    if (request.method !== 'POST') {
      answerProblem(response, 405, 'METHOD', 'commands are posted');
      return;
    }
    if (!hasCsrf(request, known)) {
      answerProblem(response, 403, 'CSRF', csrfText);
      return;
    }
    const { identity } = known;
    if (this.isTooFast(identity.tokenId)) {
      answerProblem(response, 429, 'TOO_MANY_COMMANDS', `${commandsPerMinute} commands a minute`);
      return;
    }
    const body = await readJson(request, response);
    if (body === undefined) return;
    const command = CommandRequest.parse(body);
    this.options.onLook();
    const denial = denialOf(command, identity, {
      ...this.options.guard(),
      isRecent: known.session === undefined || this.options.sessions.isRecent(known.session),
    });
    const result = await this.options.command({
      command,
      identity,
      ip: request.socket.remoteAddress ?? '',
      ...(denial === undefined ? {} : { denied: denial.text }),
    });
    answerCommand(response, result, denial);
  }

  private isTooFast(tokenId: string): boolean {
    const nowMs = this.options.clock.nowMs();
    const recent = (this.commands.get(tokenId) ?? []).filter((atMs) => nowMs - atMs < 60_000);
    recent.push(nowMs);
    this.commands.set(tokenId, recent);
    return recent.length > commandsPerMinute;
  }

  private identify(request: IncomingMessage): Known | undefined {
    const bearer = bearerOf(request);
    if (bearer !== undefined) {
      const identity = this.options.tokens.identify(bearer);
      return identity === undefined ? undefined : { identity, csrf: '' };
    }
    const id = cookieOf(request, this.cookieName);
    const session = id === undefined ? undefined : this.options.sessions.find(id);
    return session === undefined
      ? undefined
      : { identity: identityOf(session), csrf: session.csrf, session };
  }

  private isStillValid({ identity, session }: Known): boolean {
    return session === undefined
      ? this.options.tokens.isIdValid(identity.tokenId)
      : this.options.sessions.holds(session.id);
  }

  /** Cookies of one host are shared by its ports, so the name holds ours. */
  private get cookieName(): string {
    return `bulkhead_session_${this.port}`;
  }

  private noteDenial(request: IncomingMessage, response: ServerResponse): void {
    const denied = deniedBy(request, response, () => this.identify(request)?.identity);
    if (denied !== undefined) this.options.onDenied(denied);
  }

  private refuse(response: ServerResponse, error: unknown): void {
    if (error instanceof z.ZodError) {
      answerProblem(response, 400, 'INVALID_REQUEST', z.prettifyError(error));
      return;
    }
    answerProblem(response, 500, 'FAILED', errorText(error));
  }
}

/** Who asks, and how we know. */
export type Known = {
  readonly identity: Identity;
  readonly csrf: string;
  /** Absent: a program that brings its token with each request. */
  readonly session?: Session;
};

const csrfText = 'the header x-bulkhead-csrf is missing or wrong';
const limitedText = 'wait a minute before the next attempt';

/** A browser sends its cookie by itself, so it must also bring what only our page knows. */
function hasCsrf(request: IncomingMessage, { csrf, session }: Known): boolean {
  const given = request.headers['x-bulkhead-csrf'];
  return session === undefined || (typeof given === 'string' && isSameSecret(given, csrf));
}

/** Never the session itself: its secrets stay here. */
function identityOf({ tokenId, role, by, accounts }: Session): Identity {
  return { tokenId, role, by, ...(accounts === undefined ? {} : { accounts }) };
}

function urlOf({ url = '/' }: IncomingMessage, port: number): URL | undefined {
  const address = `http://127.0.0.1:${port}`;
  return url.startsWith('/') && URL.canParse(`${address}${url}`)
    ? new URL(`${address}${url}`)
    : undefined;
}

function sessionAnswer({ role, csrf, accounts, expiresAtMs }: Session): SessionAnswer {
  return { role, csrf, expiresAtMs, ...(accounts === undefined ? {} : { accounts }) };
}
