/** Sample events of the kill switch: one wide and one narrow run, with something left and with nothing left. */
import type { KillEvent, KillKey, KillPosition, KillRemains } from '../../src/domain/kill.ts';
import type { KillMode } from '../../src/domain/operator.ts';
import { MNQ } from './machine-samples.ts';

export function left(
  orders: number,
  lots = 0,
  more: { readonly kept?: number; readonly isExiting?: boolean } = {},
): KillRemains {
  const position: KillPosition = {
    instrument: MNQ,
    openLots: lots,
    isExiting: more.isExiting ?? false,
  };
  return { orders, kept: more.kept ?? 0, positions: lots === 0 ? [] : [position] };
}

type Triggered = Extract<KillEvent, { type: 'kill.triggered' }>;

export function triggered(
  mode: KillMode,
  remains: KillRemains,
  more: { readonly isEmergency?: boolean; readonly key?: KillKey; readonly runId?: string } = {},
): Omit<Triggered, 'type' | 'atMs'> {
  const { key = 'account', isEmergency = false, runId = `${key}@1` } = more;
  const isWide = key === 'account' || key === 'all';
  return {
    key,
    runId,
    request: {
      scope: isWide ? key : 'instrument',
      ...(isWide ? {} : { target: MNQ }),
      mode,
      isEmergency,
      trigger: 'operator',
    },
    by: 'ann',
    reason: 'fire',
    settings: { keepProtectiveStops: true, pausesMs: [250, 500, 1_000] },
    remains,
  };
}

const remains = [{}, { account: left(0) }, { account: left(2) }, { account: left(0, 3) }] as const;

export const killSamples: {
  readonly [Type in KillEvent['type']]: readonly Omit<
    Extract<KillEvent, { type: Type }>,
    'type' | 'atMs'
  >[];
} = {
  'kill.triggered': [
    triggered('cancelOnly', left(2)),
    triggered('flatten', left(0, 3)),
    triggered('flatten', left(0), { key: `instrument:${MNQ}` }),
  ],
  'kill.remainsChanged': remains.map((one) => ({ remains: one })),
  'kill.pictureTaken': [...remains, { account: left(0), [`instrument:${MNQ}`]: left(0) }].map(
    (one) => ({ remains: one }),
  ),
  'kill.pictureFailed': [{ reason: 'timeout' }],
  'kill.checkDue': remains.map((one) => ({ remains: one })),
  'kill.recovered': [{ emergencyFreshMs: 120_000, remains: { account: left(1, 3) } }],
  'kill.rearmed': [
    { keys: ['account'], by: 'ann', reason: 'checked' },
    { keys: ['account', `instrument:${MNQ}`], by: 'ann', reason: 'checked' },
  ],
};
