/** Options that several commands have. */
import { Option } from 'commander';

export function dataDirOption(): Option {
  return new Option('--data-dir <folder>', 'where the journal is kept').default('./data');
}

export function jsonOption(): Option {
  return new Option('--json', 'the result as JSON on standard output, and nothing else there');
}
