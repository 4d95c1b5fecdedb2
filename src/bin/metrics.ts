/** Figures for Prometheus, from the same sources as the wall. */
import { wallOf, type WallSource } from '../inspector/wall-report.ts';

const states = ['ACTIVE', 'REDUCING', 'LOCKED', 'HALTED'] as const;

export function metricsText(source: WallSource): string {
  const { accounts, engine } = wallOf(source);
  const lines: string[] = [];
  const metric = (name: string, help: string, samples: readonly (readonly [string, number])[]) => {
    lines.push(`# HELP bulkhead_${name} ${help}`, `# TYPE bulkhead_${name} gauge`);
    for (const [labels, value] of samples) lines.push(`bulkhead_${name}${labels} ${value}`);
  };
  const each = (value: (account: (typeof accounts)[number]) => number) =>
    accounts.map((account) => [`{account="${label(account.account)}"}`, value(account)] as const);
  metric('journal_head_seq', 'Last committed row.', [['', engine.headSeq]]);
  metric('journal_bytes', 'Size of the journal.', [['', engine.journalBytes]]);
  metric('disk_free_bytes', 'Free space where the journal is.', [['', engine.diskFreeBytes]]);
  metric('actors', 'Actors that ever were.', [['', engine.actors]]);
  metric(
    'open_orders',
    'Orders that may still fill.',
    each(({ openOrders }) => openOrders),
  );
  metric(
    'effects_in_doubt',
    'Effects whose outcome is not known.',
    each(({ inDoubt }) => inDoubt),
  );
  metric(
    'locks',
    'Active locks.',
    each(({ locks }) => locks.length),
  );
  metric(
    'quarantined',
    'Actors in quarantine.',
    each(({ quarantined }) => quarantined),
  );
  metric(
    'killed',
    'The kill switch is latched.',
    each(({ killed }) => (killed ? 1 : 0)),
  );
  metric(
    'trading_state',
    'One for the state that the account is in.',
    accounts.flatMap(({ account, tradingState }) =>
      states.map(
        (state) =>
          [
            `{account="${label(account)}",state="${state}"}`,
            state === tradingState ? 1 : 0,
          ] as const,
      ),
    ),
  );
  metric(
    'limit_used_percent',
    'How much of a limit is used.',
    accounts.flatMap(({ account, limits }) =>
      limits.flatMap(({ ruleId, usedPercent }) =>
        usedPercent === undefined
          ? []
          : [[`{account="${label(account)}",rule="${label(ruleId)}"}`, usedPercent] as const],
      ),
    ),
  );
  return `${lines.join('\n')}\n`;
}

function label(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
