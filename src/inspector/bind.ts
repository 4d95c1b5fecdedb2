/**
 * Where the server listens: on the loopback. Another address needs three things at once: TLS, because a plain connection
 * would carry tokens; a token, because the sign-in link is for this machine; and somebody who says that it is meant.
 *
 * Source: security 1 (Bind, Host check).
 */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { errorText, exitCodes, OperatorError } from '../kernel/errors.ts';

export type BindWish = {
  /** An IP address of this machine; 127.0.0.1 when it is left out. */
  readonly address?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** `--i-understand`. */
  readonly isUnderstood?: boolean;
};

export type Bind = {
  readonly address: string;
  readonly scheme: 'http' | 'https';
  /** Names under which a browser reaches it; any other is somebody else's page. */
  readonly names: readonly string[];
  readonly tls?: { readonly cert: string; readonly key: string };
};

/** What a request is held against. */
export type OwnAddress = Pick<Bind, 'scheme' | 'names'> & { readonly port: number };

const loopbackNames = ['127.0.0.1', 'localhost', '[::1]'] as const;

export const loopbackBind: Bind = {
  address: '127.0.0.1',
  scheme: 'http',
  names: loopbackNames,
};

/**
 * @param hasToken somebody holds a token that is valid
 * @throws OperatorError INSPECTOR_ADDRESS, exit 78, naming every condition that is not met
 */
export function bindOf(wish: BindWish, hasToken: boolean): Bind {
  const { address = loopbackBind.address, certFile, keyFile } = wish;
  expectOneAddress(address);
  const isLoopback = address.startsWith('127.') || address === '::1';
  if (!isLoopback) expectConditions(address, wish, hasToken);
  const name = address.includes(':') ? `[${address}]` : address;
  const names = isLoopback ? [...new Set([...loopbackNames, name])] : [name];
  if (certFile === undefined || keyFile === undefined) return { address, scheme: 'http', names };
  const tls = { cert: contentOf(certFile), key: contentOf(keyFile) };
  return { address, scheme: 'https', names, tls };
}

function expectOneAddress(address: string): void {
  if (isIP(address) === 0)
    throw refused(`${address} is no IP address`, 'Name one of this machine, such as 127.0.0.1.');
  if (address === '0.0.0.0' || /^[0:]+$/u.test(address))
    throw refused(`${address} is every address at once`, 'Name one address of this machine.');
}

function expectConditions(
  address: string,
  { certFile, keyFile, isUnderstood }: BindWish,
  hasToken: boolean,
): void {
  const isOfTls = certFile !== undefined && keyFile !== undefined;
  const missing = [
    ...(isOfTls ? [] : ['TLS (--inspector-cert and --inspector-key)']),
    ...(hasToken ? [] : ['a token (bulkhead token create)']),
    ...(isUnderstood === true ? [] : ['--i-understand']),
  ];
  if (missing.length === 0) return;
  throw refused(
    `${address} is reached from other machines, and there is no ${missing.join(', no ')}`,
    'Leave --inspector-address out and reach it with ssh -L, or give what is missing.',
  );
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw refused(`${path} cannot be read: ${errorText(error)}`, 'Name a PEM file.');
  }
}

function refused(message: string, remedy: string): OperatorError {
  return new OperatorError({
    code: 'INSPECTOR_ADDRESS',
    exitCode: exitCodes.configuration,
    message: `the inspector does not listen there: ${message}`,
    remedy,
  });
}
