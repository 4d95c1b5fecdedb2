/** All cases by the rows they give. */
import { benchBreach } from './breach.ts';
import { benchInspector } from './inspector.ts';
import { benchKill } from './kill.ts';
import type { Case } from './measure.ts';
import { benchGrowth, benchMemory } from './memory.ts';
import { benchOrders, benchPauses } from './orders.ts';
import { benchQuotes } from './quotes.ts';
import { benchRecovery } from './recovery.ts';
import { benchRules } from './rules.ts';
import { benchSimulated } from './simulated.ts';
import { benchTransitions } from './transitions.ts';

export const cases = {
  transitions: { ids: ['T1', 'T2'], run: benchTransitions },
  rules: { ids: ['T3'], run: benchRules },
  quotes: { ids: ['T4'], run: benchQuotes },
  breach: { ids: ['T5'], run: benchBreach },
  orders: { ids: ['T6'], run: benchOrders },
  recovery: { ids: ['T8', 'T8a', 'T8b'], run: benchRecovery },
  memory: { ids: ['T9'], run: benchMemory },
  pauses: { ids: ['T10'], run: benchPauses },
  growth: { ids: ['T11'], run: benchGrowth },
  kill: { ids: ['T13'], run: benchKill },
  inspector: { ids: ['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7', 'I8', 'I9'], run: benchInspector },
  simulated: { ids: ['T12'], run: benchSimulated },
} satisfies Record<string, { readonly ids: readonly string[]; readonly run: Case }>;
