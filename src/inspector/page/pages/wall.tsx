/** The wall: every account at a glance, readable from two metres. Source: inspector 3 (Wall). */
import { useEffect } from 'preact/hooks';
import type { EngineHealth, WallAccount } from '../../protocol.ts';
import { agoText, bytesText, countText, durationText } from '../data/format.ts';
import { useSelect } from '../data/store.ts';
import { loadWall } from '../data/stream.ts';
import { Empty, PageHead } from '../ui/parts.tsx';
import { Figure, type Tone } from '../ui/status.tsx';
import { WallAccountCard } from './wall-account.tsx';

const feedAgeWarnMs = 5_000;
const commitWarnMs = 50;
const offsetWarnMs = 500;
const diskWarnBytes = 2_000_000_000;
const lagWarnRows = 10_000;
const waitingWarn = 1_000;

export function WallPage() {
  const wall = useSelect((context) => context.wall);
  useEffect(() => {
    void loadWall().catch(() => undefined);
  }, []);
  if (wall === undefined) return <Empty>Reading …</Empty>;
  return (
    <>
      <PageHead title="Wall" note={`${countText(wall.accounts.length)} account(s)`} />
      {wall.accounts.length === 0 && (
        <Empty>No account has a row yet. They appear with their first event.</Empty>
      )}
      <div class="wall">
        {wall.accounts.map((account) => (
          <WallAccountCard key={account.account} account={account} nowMs={wall.engine.nowMs} />
        ))}
      </div>
      <EngineStrip
        engine={wall.engine}
        inDoubt={sumOf(wall.accounts, ({ inDoubt }) => inDoubt)}
        quarantined={sumOf(wall.accounts, ({ quarantined }) => quarantined)}
      />
    </>
  );
}

function tone(value: number | undefined, warn: number): Tone {
  if (value === undefined) return 'off';
  return Math.abs(value) > warn ? 'warn' : 'ok';
}

function text(ms: number | undefined): string {
  return ms === undefined ? 'not known' : durationText(ms);
}

function sumOf(accounts: readonly WallAccount[], count: (account: WallAccount) => number): number {
  return accounts.reduce((sum, account) => sum + count(account), 0);
}

function EngineStrip({
  engine,
  inDoubt,
  quarantined,
}: {
  engine: EngineHealth;
  inDoubt: number;
  quarantined: number;
}) {
  const { feedAgeMs, commitMsP99, clockOffsetMs } = engine;
  return (
    <section aria-label="Engine" class="panel">
      <h2>Engine</h2>
      <dl class="figures small">
        <Figure
          name="Service"
          value={engine.isRunning ? 'running' : 'not running'}
          tone={engine.isRunning ? 'ok' : 'warn'}
        />
        <Figure name="Feed age" value={text(feedAgeMs)} tone={tone(feedAgeMs, feedAgeWarnMs)} />
        <Figure
          name="Commit p99"
          value={commitMsP99 === undefined ? 'not known' : `${commitMsP99.toFixed(1)} ms`}
          tone={tone(commitMsP99, commitWarnMs)}
        />
        <Figure
          name="Clock offset"
          value={text(clockOffsetMs)}
          tone={tone(clockOffsetMs, offsetWarnMs)}
        />
        <Figure name="Last row" value={agoText(engine.lastRowAtMs, engine.nowMs)} />
        <Figure
          name="Journal"
          value={`#${countText(engine.headSeq)}`}
          note={bytesText(engine.journalBytes)}
        />
        <Figure
          name="Journal lag"
          value={`${countText(engine.lagRows)} rows`}
          tone={tone(engine.lagRows, lagWarnRows)}
        />
        <Figure name="Last checkpoint" value={`#${countText(engine.checkpointSeq)}`} />
        <Figure
          name="Waiting inputs"
          value={engine.waiting === undefined ? 'not known' : countText(engine.waiting)}
          tone={tone(engine.waiting, waitingWarn)}
        />
        <Figure name="In doubt" value={inDoubt} tone={inDoubt > 0 ? 'warn' : 'ok'} />
        <Figure name="Quarantine" value={quarantined} tone={quarantined > 0 ? 'crit' : 'ok'} />
        <Figure
          name="Disk free"
          value={bytesText(engine.diskFreeBytes)}
          tone={engine.diskFreeBytes < diskWarnBytes ? 'warn' : 'ok'}
        />
        <Figure name="Actors" value={countText(engine.actors)} />
        <Figure name="Evaluator" value={engine.evaluator ?? 'not known'} />
      </dl>
    </section>
  );
}
