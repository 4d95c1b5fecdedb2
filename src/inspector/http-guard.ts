/**
 * What every request passes before anything looks at it: whose host it names, where it comes from, how big it is, and the
 * headers that every answer carries. Source: security 1.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { scrubbed } from '../domain/redaction.ts';
import type { OwnAddress } from './bind.ts';

const bodyBytesMax = 65_536;

const headers: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Names under which a browser on this machine reaches us; any other is somebody else's page. */
export function isOwnHost(host: string | undefined, { names, port }: OwnAddress): boolean {
  return names.some((name) => host === `${name}:${port}`);
}

/**
 * Whether a socket may be opened from there: from our own page, or by a program that brings a token and no origin.
 */
export function isOwnOrigin(request: IncomingMessage, own: OwnAddress): boolean {
  const { origin, authorization } = request.headers;
  if (origin === undefined) return authorization !== undefined;
  return isOriginOf(origin, own);
}

/** A request that changes something comes from our own page, or from a program that sends no such headers. */
export function isSameSite(request: IncomingMessage, own: OwnAddress): boolean {
  const { 'sec-fetch-site': site, origin } = request.headers;
  if (origin !== undefined && !isOriginOf(origin, own)) return false;
  return site === undefined || site === 'same-origin' || site === 'none';
}

function isOriginOf(origin: string, { scheme, names, port }: OwnAddress): boolean {
  return names.some((name) => origin === `${scheme}://${name}:${port}`);
}

/** To bytes that are no request at all. */
export const malformedAnswer = [
  'HTTP/1.1 400 Bad Request',
  'Connection: close',
  'Content-Length: 0',
  ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  '\r\n',
].join('\r\n');

export function answer(
  response: ServerResponse,
  status: number,
  body: string | Buffer,
  type: string,
  more: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    ...headers,
    'content-type': type,
    'content-length': String(Buffer.byteLength(body)),
    ...more,
  });
  response.end(body);
}

export function answerJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  more: Readonly<Record<string, string>> = {},
): void {
  answer(response, status, JSON.stringify(value), 'application/json; charset=utf-8', more);
}

/** What went wrong, for a program and for a person. */
export function answerProblem(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
): void {
  noteProblem(response, code, message);
  answerJson(response, status, { code, message: scrubbed(message) });
}

type Problem = { readonly code: string; readonly message: string };
const problems = new WeakMap<ServerResponse, Problem>();

/** Remembers why a request was turned away, for whoever writes that down. */
export function noteProblem(response: ServerResponse, code: string, message: string): void {
  problems.set(response, { code, message });
}

export function problemOf(response: ServerResponse): Problem | undefined {
  return problems.get(response);
}

/** Resolves with undefined when there is more of it than is taken. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > bodyBytesMax) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Undefined when the answer has been given already. */
export async function readJson(
  request: IncomingMessage,
  response: ServerResponse,
): Promise<unknown> {
  const text = await readBody(request);
  if (text === undefined) {
    answerProblem(response, 413, 'TOO_LARGE', 'a request has at most 64 KiB');
    return undefined;
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    answerProblem(response, 400, 'INVALID_JSON', 'the body is no JSON');
    return undefined;
  }
}

/** The value of one cookie. */
export function cookieOf(request: IncomingMessage, name: string): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [key, value] = part.trim().split('=', 2);
    if (key === name) return value;
  }
  return undefined;
}

/** The token of `Authorization: Bearer …`. */
export function bearerOf(request: IncomingMessage): string | undefined {
  const match = /^Bearer (\S{16,200})$/u.exec(request.headers.authorization ?? '');
  return match?.[1];
}
