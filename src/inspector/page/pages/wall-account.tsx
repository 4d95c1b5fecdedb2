/** One account of the wall: its state and why, its result against every limit, what is open, what can be done. */
import type { LimitBar, LockView, WallAccount } from '../../protocol.ts';
import { dateTimeText, moneyText, signedText, untilText } from '../data/format.ts';
import { addressOf } from '../data/router.ts';
import { ActionButton, flattenOf, haltOf, lockOf, rearmOf, unlockOf } from '../ui/actions.tsx';
import { Badge, Bar, Figure, toneOf } from '../ui/status.tsx';
import { Headings, numberHead } from '../ui/table.tsx';
import { ResultPlot } from './result-plot.tsx';

export function WallAccountCard({ account, nowMs }: { account: WallAccount; nowMs: number }) {
  const { tradingState, account: name } = account;
  return (
    <article class={`account ${toneOf(tradingState)}`} aria-label={`Account ${name}`}>
      <header>
        <h2>
          <a href={addressOf('actor', { id: `account/${name}` })}>{name}</a>
        </h2>
        <Badge word={tradingState} isBig />
        <div class="tools">
          {tradingState === 'HALTED' && <ActionButton action={rearmOf(name)} label="Arm again" />}
          <ActionButton action={lockOf(name)} label="Lock" />
          <ActionButton action={flattenOf(name)} label="Flatten" kind="danger" />
          <ActionButton action={haltOf(name)} label="Halt" kind="halt" />
        </div>
      </header>
      <Causes account={account} nowMs={nowMs} />
      <Results account={account} />
      <div class="columns">
        <Limits account={name} limits={account.limits} />
        <Positions account={account} />
      </div>
      <ResultPlot account={name} limits={account.limits} />
    </article>
  );
}

/** Why it is in this state, and until when. */
function Causes({ account, nowMs }: { account: WallAccount; nowMs: number }) {
  const { causes, locks, alarms, killed } = account;
  if (causes.length + locks.length + alarms.length === 0 && !killed) return null;
  return (
    <ul class="causes">
      {killed && (
        <li>
          <Badge word="killed" tone="crit" /> the kill switch is on
        </li>
      )}
      {locks.map((lock) => (
        <Lock key={lock.lockId} account={account.account} lock={lock} nowMs={nowMs} />
      ))}
      {causes
        .filter(({ name }) => !locks.some(({ lockId }) => name.includes(lockId)))
        .map(({ name, reason, sinceMs }) => (
          <li key={name}>
            <Badge word={name} tone="warn" /> {reason}
            <small> since {dateTimeText(sinceMs)}</small>
          </li>
        ))}
      {alarms.map((alarm) => (
        <li key={alarm}>
          <Badge word="alarm" tone="crit" /> {alarm}
        </li>
      ))}
    </ul>
  );
}

function Lock({ account, lock, nowMs }: { account: string; lock: LockView; nowMs: number }) {
  const { lockId, source, scope, reason, untilMs, isIrrevocable } = lock;
  const [head = '', ...others] = reason.split(': ');
  const rest = others.join(': ');
  return (
    <li>
      <Badge word={`lock ${source}`} tone="bad" /> <strong>{scope}</strong>{' '}
      <strong>
        {untilMs === undefined
          ? 'until a person ends it'
          : `${untilMs <= nowMs ? 'is over' : `ends ${untilText(untilMs, nowMs)}`}, ${dateTimeText(untilMs)}`}
      </strong>{' '}
      {isIrrevocable ? (
        <small> nobody can end it early</small>
      ) : (
        <ActionButton action={unlockOf(account, lockId)} label="Unlock" />
      )}
      <p class="reason">
        <a href={addressOf('why', { lock: `account/${account}/lock/${lockId}` })}>{head}</a> {rest}
      </p>
    </li>
  );
}

function Results({ account }: { account: WallAccount }) {
  const { net, realized, fees, unrealized, balance, openOrders, inDoubt, quarantined } = account;
  const isKnown = unrealized !== 'unknown';
  return (
    <dl class="figures">
      <Figure name="Net today" value={<Amount value={net} />} />
      <Figure
        name="Open"
        value={isKnown ? <Amount value={unrealized} /> : 'unknown'}
        {...(isKnown ? {} : { tone: 'warn' as const })}
      />
      <Figure name="Realized" value={<Amount value={realized} />} />
      <Figure name="Fees" value={<span title={fees}>{moneyText(fees)}</span>} />
      <Figure name="Balance" value={<span title={balance}>{moneyText(balance)}</span>} />
      <Figure name="Open orders" value={openOrders} />
      <Figure name="In doubt" value={inDoubt} tone={inDoubt > 0 ? 'warn' : 'off'} />
      <Figure name="Quarantine" value={quarantined} tone={quarantined > 0 ? 'crit' : 'off'} />
    </dl>
  );
}

/** Signed and shortened; the exact text is its title. */
function Amount({ value }: { value: string }) {
  const isLoss = value.startsWith('-');
  return (
    <span class={isLoss ? 'loss' : Number(value) > 0 ? 'gain' : ''} title={value}>
      {signedText(value)}
    </span>
  );
}

function Limits({ account, limits }: { account: string; limits: readonly LimitBar[] }) {
  if (limits.length === 0)
    return <p class="empty">No rule with a limit has judged this account yet.</p>;
  return (
    <table class="limits">
      <caption>Limits</caption>
      <Headings heads={['Rule', 'Used', numberHead('Now'), numberHead('Limit')]} />
      <tbody>
        {limits.map(({ ruleId, title, observed, limit, usedPercent }) => (
          <tr key={ruleId}>
            <th scope="row">
              <a href={addressOf('rules', { account, rule: ruleId })}>{title}</a>
            </th>
            <td>
              <Bar percent={usedPercent} label={`${title}, part of the limit that is used`} />
            </td>
            <td class="number" title={observed}>
              {figureText(observed)}
            </td>
            <td class="number">{figureText(limit)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Amounts have cents, counts have none. */
export function figureText(value: string): string {
  return value.includes('.') ? moneyText(value) : value.replace(/^-/u, '−');
}

function Positions({ account }: { account: WallAccount }) {
  const { positions, account: name } = account;
  if (positions.length === 0)
    return (
      <div>
        <p class="caption">Positions</p>
        <p class="empty">No position is open.</p>
      </div>
    );
  return (
    <table>
      <caption>Positions</caption>
      <Headings
        heads={[
          'Instrument',
          numberHead('Quantity'),
          numberHead('Average'),
          numberHead('Open result'),
        ]}
      />
      <tbody>
        {positions.map(({ instrument, quantity, average, unrealized }) => (
          <tr key={instrument}>
            <th scope="row">
              <a href={addressOf('actor', { id: `account/${name}/position/${instrument}` })}>
                {instrument}
              </a>
            </th>
            <td class="number">{quantity.replace(/^-/u, '−')}</td>
            <td class="number">{moneyText(average)}</td>
            <td class="number">
              <Amount value={unrealized} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
