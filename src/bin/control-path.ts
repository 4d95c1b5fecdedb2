/** Where the control socket of a data directory is. */
import { closeSync, constants, openSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Longest path that a socket address holds on every system, with its closing zero. */
const addressBytesMax = 100;

export const controlSocketName = 'control.sock';

/** An address for `bind` or `connect`; `release` when it has been used. */
export type SocketAddress = { readonly path: string; readonly release: () => void };

/** The address of the socket in the directory, also where its path is longer than an address may be. */
export function socketAddress(dataDir: string): SocketAddress {
  const path = join(resolve(dataDir), controlSocketName);
  if (Buffer.byteLength(path) <= addressBytesMax) return { path, release: () => undefined };
  // The directory by its descriptor: short whatever its name is.
  const directory = openSync(resolve(dataDir), constants.O_RDONLY | constants.O_DIRECTORY);
  return {
    path: `/proc/self/fd/${directory}/${controlSocketName}`,
    release: () => closeSync(directory),
  };
}
