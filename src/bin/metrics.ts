/**
 * Figures for Prometheus: what is committed, from the same sources as the wall, and what only the running engine knows.
 * Source: trading-controls 4.
 */
import type { World } from '../actors/world.ts';
import { wallOf, type WallSource } from '../inspector/wall-report.ts';
import { engineFigures, type ProcessFigures } from './figures/engine-figures.ts';
import { familyText, type MetricFamily, type Sample } from './figures/family.ts';
import { predecessorFigures } from './figures/predecessor-figures.ts';

const states = ['ACTIVE', 'REDUCING', 'LOCKED', 'HALTED'] as const;

/** @param engine text of `engineText`; empty: no engine runs, or it does not answer */
export function metricsText(source: WallSource, engine: string): string {
  const { accounts, engine: head } = wallOf(source);
  const each = (value: (account: (typeof accounts)[number]) => number): readonly Sample[] =>
    accounts.map((account) => [{ account: account.account }, value(account)]);
  const families = [
    metric('journal_head_seq', 'Last committed row.', [[{}, head.headSeq]]),
    metric('journal_bytes', 'Size of the journal.', [[{}, head.journalBytes]]),
    metric('disk_free_bytes', 'Free space where the journal is.', [[{}, head.diskFreeBytes]]),
    metric('actors', 'Actors that ever were.', [[{}, head.actors]]),
    metric(
      'open_orders',
      'Orders that may still fill.',
      each(({ openOrders }) => openOrders),
    ),
    metric(
      'effects_in_doubt',
      'Effects whose outcome is not known.',
      each(({ inDoubt }) => inDoubt),
    ),
    metric(
      'locks',
      'Active locks.',
      each(({ locks }) => locks.length),
    ),
    metric(
      'quarantined',
      'Actors in quarantine.',
      each(({ quarantined }) => quarantined),
    ),
    metric(
      'killed',
      'The kill switch is latched.',
      each(({ killed }) => (killed ? 1 : 0)),
    ),
    metric(
      'trading_state',
      'One for the state that the account is in.',
      accounts.flatMap(({ account, tradingState }) =>
        states.map((state): Sample => [{ account, state }, state === tradingState ? 1 : 0]),
      ),
    ),
    metric(
      'limit_used_percent',
      'How much of a limit is used.',
      accounts.flatMap(({ account, limits }) =>
        limits.flatMap(({ ruleId, usedPercent }): Sample[] =>
          usedPercent === undefined ? [] : [[{ account, rule: ruleId }, usedPercent]],
        ),
      ),
    ),
    metric('engine_answers', 'The running engine has told its own figures.', [
      [{}, engine === '' ? 0 : 1],
    ]),
  ];
  return `${[...families.map(familyText), ...(engine === '' ? [] : [engine])].join('\n')}\n`;
}

/** What the running engine tells of itself, with the names of the predecessor. */
export function engineText(world: World, process: ProcessFigures): string {
  return [...engineFigures(world, process), ...predecessorFigures(world)]
    .map(familyText)
    .join('\n');
}

function metric(name: string, help: string, samples: readonly Sample[]): MetricFamily {
  return { name: `bulkhead_${name}`, help, type: 'gauge', samples };
}
