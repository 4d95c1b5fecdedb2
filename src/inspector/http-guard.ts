/**
 * What every request passes before anything looks at it: whose host it names, where it comes from, how big it is, and the
 * headers that every answer carries. Source: security 1.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

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
export function isOwnHost(host: string | undefined, port: number): boolean {
  return host === `127.0.0.1:${port}` || host === `localhost:${port}` || host === `[::1]:${port}`;
}

/**
 * Whether a socket may be opened from there: from our own page, or by a program that brings a token and no origin.
 */
export function isOwnOrigin(request: IncomingMessage, port: number): boolean {
  const { origin, authorization } = request.headers;
  if (origin === undefined) return authorization !== undefined;
  return isOriginOf(origin, port);
}

/** A request that changes something comes from our own page, or from a program that sends no such headers. */
export function isSameSite(request: IncomingMessage, port: number): boolean {
  const { 'sec-fetch-site': site, origin } = request.headers;
  if (origin !== undefined && !isOriginOf(origin, port)) return false;
  return site === undefined || site === 'same-origin' || site === 'none';
}

function isOriginOf(origin: string, port: number): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].some((name) => origin === `http://${name}:${port}`);
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
  answerJson(response, status, { code, message });
}

/** Resolves with undefined when there is more of it than is taken. */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
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
