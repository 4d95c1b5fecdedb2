/** Settings of the outlier guard from what the accounts are configured with. */
import { defaultControls, type Controls } from '../domain/controls.ts';
import type { OutlierSettings } from '../workers/outlier-guard.ts';

type Configured = { readonly config: unknown };

/**
 * The guard is one for all: the strictest number of confirmations that an enabled rule asks for decides. Undefined
 * where no rule asks for any.
 */
export function outlierSettings(
  rules: readonly Configured[],
  controls: Controls = defaultControls,
): OutlierSettings | undefined {
  let confirmations = 1;
  for (const { config } of rules) {
    const wanted = config as { readonly enabled?: boolean; readonly confirmations?: number };
    if (wanted.enabled === false) continue;
    confirmations = Math.max(confirmations, wanted.confirmations ?? 1);
  }
  return confirmations === 1 ? undefined : { ...controls.outlier, confirmations };
}
