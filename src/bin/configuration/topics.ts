/** The files of a configuration folder: which topic each of them holds. Source: rules 10.1. */
import { Controls } from '../../domain/controls.ts';
import { ExecutionSettings } from '../../domain/execution-settings.ts';
import { apiShape } from './api-schema.ts';
import type { KeyPath, Problem } from './problem.ts';

/** Top-level keys by file; a key of no file may stand in a file of any other name. */
export const topicFiles: Readonly<Record<string, readonly string[]>> = {
  'risk.yaml': ['general', 'rules'],
  'timers.yaml': [
    'dailyReset',
    'weeklyReset',
    'lockoutDurations',
    'sessionHours',
    'holidays',
    'earlyClose',
    'advanced',
  ],
  'accounts.yaml': ['accounts', 'groups', 'gateways', 'topstepx', 'instruments', 'venue', 'trader'],
  'api.yaml': Object.keys(apiShape),
  'execution.yaml': ['mode', 'readOnly', ...Object.keys(ExecutionSettings.shape)],
  'controls.yaml': Object.keys(Controls.shape),
};

/** Keys in the file of another topic. One file with everything, of whatever other name, is as good. */
export function misplacedKeys(
  tree: Readonly<Record<string, unknown>>,
  whereOf: (path: KeyPath) => string | undefined,
): readonly Problem[] {
  return Object.keys(tree).flatMap((key): readonly Problem[] => {
    const where = whereOf([key]) ?? '';
    const [file = ''] = where.split(':');
    const own = Object.entries(topicFiles).find(([, keys]) => keys.includes(key))?.[0];
    if (own === undefined || own === file || topicFiles[file] === undefined) return [];
    return [{ where, key, text: `stands in ${file}: it belongs in ${own}` }];
  });
}
