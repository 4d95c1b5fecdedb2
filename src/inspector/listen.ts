/** The platform's server with our bounds: how long a request may take, and how many headers it has. Source: security 1. */
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Bind } from './bind.ts';

const bounds = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  /** How often the platform looks for requests that are too slow: every 30 s if nobody says so. */
  connectionsCheckingInterval: 1_000,
} as const;
const headersMax = 50;

export function createHttpServer({ tls }: Bind, listener: RequestListener): Server {
  const server =
    tls === undefined
      ? createServer(bounds, listener)
      : createSecureServer({ ...tls, ...bounds }, listener);
  server.maxHeadersCount = headersMax;
  return server;
}
