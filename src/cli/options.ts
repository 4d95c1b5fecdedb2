/** Options that several commands have. */
import { InvalidArgumentError, Option } from 'commander';

export function dataDirOption(): Option {
  return new Option('--data-dir <folder>', 'where the journal is kept').default('./data');
}

export function jsonOption(): Option {
  return new Option('--json', 'the result as JSON on standard output, and nothing else there');
}

/** A port of this machine; 0 is any free one. */
export function parsePort(text: string): number {
  const port = /^\d{1,5}$/u.test(text) ? Number(text) : -1;
  if (port < 0 || port > 65_535)
    throw new InvalidArgumentError('A port is a whole number from 0 to 65535.');
  return port;
}

/** A bundle in the place of a data directory: it is opened for this command only. */
export function bundleOption(): Option {
  return new Option('--bundle <path>', 'a bundle of `journal export` instead of a data directory');
}

export function verifyKeyOption(): Option {
  return new Option('--verify-key <file>', 'public key that must have signed the bundle');
}

/** Number of a row. */
export function parseSeq(text: string): number {
  const seq = /^\d{1,15}$/u.test(text) ? Number(text) : 0;
  if (seq < 1) throw new InvalidArgumentError('The number of a row: a whole number from 1.');
  return seq;
}
