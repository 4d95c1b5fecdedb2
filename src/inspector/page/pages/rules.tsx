/** Rules × accounts: armed or not, how far the limit is, what was said last, and how long a lock still lasts. */
import type { RuleCell } from '../../protocol-reports.ts';
import { useFetch, useThrottled } from '../data/fetching.ts';
import { agoText, dateTimeText, untilText } from '../data/format.ts';
import { addressOf, change, type PageProps } from '../data/router.ts';
import { useEngineNow, useSelect } from '../data/store.ts';
import { PageHead, Panel, Pending } from '../ui/parts.tsx';
import { Badge, Bar, toneOf } from '../ui/status.tsx';
import { RowsTable, numberHead } from '../ui/table.tsx';
import { figureText } from './wall-account.tsx';

const refreshMs = 1_000;

export function RulesPage({ query }: PageProps) {
  const wall = useSelect((context) => context.wall);
  const version = useThrottled(wall?.engine.nowMs ?? 0, refreshMs);
  const fetched = useFetch<{ readonly rules: readonly RuleCell[] }>('rules', {}, version);
  const all = fetched.data?.rules ?? [];
  const accounts = [...new Set(all.map(({ account }) => account))];
  const account = query['account'] ?? '';
  const isAll = query['all'] === '1';
  const cells = all.filter(
    (cell) => (account === '' || cell.account === account) && (isAll || cell.isEnabled),
  );
  const off = all.length - all.filter(({ isEnabled }) => isEnabled).length;
  return (
    <>
      <PageHead title="Rules" note={`${cells.length} shown, ${off} off`}>
        {accounts.length > 1 && (
          <select
            aria-label="Account"
            value={account}
            onChange={({ currentTarget }) => change({ account: currentTarget.value })}
          >
            <option value="">every account</option>
            {accounts.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        )}
        <label class="check">
          <input
            type="checkbox"
            data-filter
            checked={isAll}
            onChange={({ currentTarget }) =>
              change({ all: currentTarget.checked ? '1' : undefined })
            }
          />
          also rules that are off
        </label>
      </PageHead>
      <Pending {...fetched} isLoading={fetched.data === undefined && fetched.isLoading} />
      {accounts.length > 1 && account === '' && <Overview cells={cells} accounts={accounts} />}
      <Panel isFlush>
        <RuleTable cells={cells} chosen={query['rule']} />
      </Panel>
    </>
  );
}

/** One word a cell: where to look first. */
function Overview({
  cells,
  accounts,
}: {
  cells: readonly RuleCell[];
  accounts: readonly string[];
}) {
  const rules = [...new Map(cells.map(({ ruleId, title }) => [ruleId, title] as const))];
  return (
    <Panel title="Matrix" isFlush>
      <RowsTable label="Rules and accounts" heads={['Rule', ...accounts]} kind="matrix">
        {rules.map(([ruleId, title]) => (
          <tr key={ruleId}>
            <th scope="row">{title}</th>
            {accounts.map((account) => {
              const cell = cells.find((one) => one.ruleId === ruleId && one.account === account);
              return (
                <td key={account}>
                  {cell === undefined ? (
                    ''
                  ) : (
                    <Badge word={cell.verdict} tone={toneOf(cell.verdict)} />
                  )}
                </td>
              );
            })}
          </tr>
        ))}
      </RowsTable>
    </Panel>
  );
}

function RuleTable({ cells, chosen }: { cells: readonly RuleCell[]; chosen: string | undefined }) {
  return (
    <RowsTable
      label="Rules"
      heads={[
        'Rule',
        'State',
        'Last verdict',
        'Used',
        numberHead('Now'),
        numberHead('Limit'),
        numberHead('Left'),
        'Lock',
        'Largest order now',
        'Judged',
        'By',
      ]}
      kind="rows rules"
    >
      {cells.map((cell) => (
        <RuleRow
          key={`${cell.account} ${cell.ruleId}`}
          cell={cell}
          isChosen={cell.ruleId === chosen}
        />
      ))}
    </RowsTable>
  );
}

function RuleRow({ cell, isChosen }: { cell: RuleCell; isChosen: boolean }) {
  const nowMs = useEngineNow();
  const { account, ruleId, title, state, verdict, observed, limit, headroom, usedPercent } = cell;
  const id = `account/${account}/rule/${ruleId}`;
  return (
    <>
      <tr class={isChosen ? 'on' : ''}>
        <th scope="row">
          {cell.isEnabled ? <a href={addressOf('actor', { id })}>{title}</a> : title}
          <small>
            {' '}
            {ruleId} · {account}
          </small>
        </th>
        <td>
          <Badge word={state} tone={stateTone(state)} />
        </td>
        <td>
          <Badge word={verdict} />
        </td>
        <td>
          {limit !== '' && <Bar percent={usedPercent} label={`${title}, part of the limit used`} />}
        </td>
        <td class="number" title={observed}>
          {figureText(observed)}
        </td>
        <td class="number">{figureText(limit)}</td>
        <td class="number">{figureText(headroom)}</td>
        <td>
          <LockEnd cell={cell} nowMs={nowMs} />
        </td>
        <td>{cell.largestOrder ?? ''}</td>
        <td class="muted">{cell.atMs === undefined ? '' : agoText(cell.atMs, nowMs)}</td>
        <td class="muted">{cell.judgedBy ?? ''}</td>
      </tr>
      {cell.entities.length > 1 &&
        cell.entities.map((entity) => (
          <tr key={entity.entity} class="entity">
            <th scope="row">{entity.entity}</th>
            <td />
            <td>
              <Badge word={entity.verdict} />
            </td>
            <td />
            <td class="number">{figureText(entity.observed)}</td>
            <td class="number">{figureText(entity.limit)}</td>
            <td class="number">{figureText(entity.headroom)}</td>
            <td />
            <td />
            <td class="muted">{agoText(entity.atMs, nowMs)}</td>
            <td />
          </tr>
        ))}
    </>
  );
}

/** When its lock ends, and why there is one. */
function LockEnd({ cell, nowMs }: { cell: RuleCell; nowMs: number }) {
  const { account, ruleId, lockUntilMs } = cell;
  const lockId = useSelect(
    ({ wall }) =>
      wall?.accounts
        .find((one) => one.account === account)
        ?.locks.find(({ source }) => source === ruleId)?.lockId,
  );
  if (lockUntilMs === undefined) return null;
  const lock = `account/${account}/lock/${lockId ?? `${ruleId}:account`}`;
  return (
    <a href={addressOf('why', { lock })} title={dateTimeText(lockUntilMs)}>
      {lockUntilMs <= nowMs ? 'is over' : `ends ${untilText(lockUntilMs, nowMs)}`}
    </a>
  );
}

function stateTone(state: string) {
  if (state === 'armed') return 'ok' as const;
  if (state === 'off' || state === 'disabled') return 'off' as const;
  return state === 'enforcing' ? ('bad' as const) : ('warn' as const);
}
