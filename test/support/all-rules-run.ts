/** A market run in which every rule is on and has a reason to fire, and what its journal says of it afterwards. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MarketRun } from '../../src/bin/market-run.ts';
import { composeForRun } from '../../src/bin/run-composition.ts';
import type { RunReport } from '../../src/cli/dependencies.ts';
import type { AccountId, FillId, InstrumentId } from '../../src/domain/ids.ts';
import type { RuleFinding } from '../../src/domain/verdict.ts';
import { openJournalReader, type StoredEntry } from '../../src/persistence/journal-reader.ts';

/** What differs between markets. Clock times are of Chicago. */
export type AllRulesMarket = {
  readonly replayFile?: string;
  /** Instrument and price, in ticks, of the trades that somebody makes elsewhere. */
  readonly elsewhere: { readonly instrument: string; readonly ticks: number };
  readonly session: { readonly start: string; readonly end: string };
  readonly forMs: number;
};

export type AllRulesRun = {
  readonly report: RunReport;
  readonly directory: string;
  readonly rows: readonly StoredEntry[];
  readonly isVerified: boolean;
};

const minuteMs = 60_000;
const rowsMax = 1_000_000;

/** Every rule is on for every account; each account is tight where its name says, so that no rule hides another. */
function configurationText({ session, elsewhere }: AllRulesMarket): string {
  const wide = { maxContracts: { limit: 40 }, maxContractsPerInstrument: { defaultLimit: 40 } };
  const accounts: Readonly<Record<string, Readonly<Record<string, object>>>> = {
    CONTRACTS: { maxContracts: { limit: 4 }, maxContractsPerInstrument: { defaultLimit: 4 } },
    INSTRUMENT: { ...wide, maxContractsPerInstrument: { defaultLimit: 3 } },
    DAY_LOSS: { ...wide, dailyRealizedLoss: { limit: -60 }, dailyUnrealizedLoss: { limit: -40 } },
    OPEN_LOSS: { ...wide, dailyUnrealizedLoss: { limit: -30 } },
    OPEN_PROFIT: { ...wide, maxUnrealizedProfit: { target: 20 } },
    FREQUENCY: { ...wide, tradeFrequencyLimit: { limits: { perMinute: 1, perHour: 2 } } },
    COOLDOWN: {
      ...wide,
      dailyUnrealizedLoss: { limit: -25 },
      cooldownAfterLoss: {
        lossThresholds: [
          { lossAmount: -5, cooldownDuration: '60s' },
          { lossAmount: -20, cooldownDuration: '300s' },
        ],
      },
    },
    NO_STOP: { ...wide, noStopLossGrace: { graceSeconds: 45 } },
    PERMISSION: wide,
    BLOCKED: { ...wide, symbolBlocks: { blockedSymbols: [elsewhere.instrument] } },
    MANAGED: { ...wide, tradeManagement: { autoStop: { enabled: true, ticks: 60 } } },
    DAY_PROFIT: {
      ...wide,
      maxUnrealizedProfit: { target: 15 },
      dailyRealizedProfit: { target: 15 },
    },
  };
  // JSON is YAML; names of rules and accounts stay as they are.
  return JSON.stringify({
    rules: {
      maxContracts: { enabled: true },
      maxContractsPerInstrument: { enabled: true },
      dailyRealizedLoss: { enabled: true, limit: -2_000 },
      dailyUnrealizedLoss: { enabled: true, limit: -1_000 },
      maxUnrealizedProfit: { enabled: true, target: 900 },
      tradeFrequencyLimit: {
        enabled: true,
        limits: { perMinute: 30, perHour: 300, perSession: 900 },
      },
      cooldownAfterLoss: {
        enabled: true,
        lossThresholds: [{ lossAmount: -900, cooldownDuration: '60s' }],
      },
      noStopLossGrace: { enabled: true, graceSeconds: 3_600 },
      sessionBlockOutside: { enabled: true },
      authLossGuard: { enabled: true },
      symbolBlocks: { enabled: true, blockedSymbols: ['ZC'] },
      tradeManagement: { enabled: true },
      dailyRealizedProfit: { enabled: true, target: 1_000 },
    },
    sessionHours: { enabled: true, ...session, timezone: 'America/Chicago' },
    accounts: Object.entries(accounts).map(([id, rules]) => ({
      id,
      strategy: 'reckless',
      configOverrides: { rules },
    })),
  });
}

/** Plays the market once, in a directory of its own, with what only a venue can cause along the way. */
export async function playAllRules(market: AllRulesMarket): Promise<AllRulesRun> {
  const directory = mkdtempSync(join(tmpdir(), 'bulkhead-all-rules-'));
  const configPath = join(directory, 'all-rules.yaml');
  writeFileSync(configPath, configurationText(market));
  const dataDir = join(directory, 'data');
  const parts = await composeForRun({
    configPath,
    dataDir,
    seed: 'all-rules',
    speed: 'max',
    forMs: market.forMs,
    ...(market.replayFile === undefined ? {} : { replayFile: market.replayFile }),
  });
  scheduleVenue(parts.composition, market);
  const report = await new MarketRun(parts, () => undefined, new AbortController().signal).run();
  const reader = openJournalReader(dataDir);
  try {
    const rows = reader.rowsAfter(0, rowsMax);
    const isVerified = reader.verify().ok;
    return { report, directory, rows, isVerified };
  } finally {
    reader.close();
  }
}

export function removeRun({ directory }: AllRulesRun): void {
  rmSync(directory, { recursive: true, force: true });
}

/** The gate lets no order exceed a count or touch a blocked instrument: somebody has to trade elsewhere. */
function scheduleVenue(
  { clock, venue }: Awaited<ReturnType<typeof composeForRun>>['composition'],
  market: AllRulesMarket,
): void {
  const startMs = clock.nowMs();
  const { instrument, ticks } = market.elsewhere;
  const buy = (account: string, lots: number): void =>
    venue.externalFill({
      fillId: `elsewhere-${account}` as FillId,
      accountId: account as AccountId,
      instrument: instrument as InstrumentId,
      side: 'buy',
      lots,
      ticks,
      feeUnits: 0,
      venueTimeMs: clock.nowMs(),
    });
  clock.schedule(startMs + 6 * minuteMs, () => {
    buy('CONTRACTS', 30);
    buy('INSTRUMENT', 30);
    buy('BLOCKED', 2);
  });
  clock.schedule(startMs + 10 * minuteMs, () =>
    venue.announce({
      type: 'venue.permission',
      accountId: 'PERMISSION' as AccountId,
      canTrade: false,
      venueTimeMs: clock.nowMs(),
    }),
  );
}

export type Breach = {
  readonly seq: number;
  readonly correlationSeq: number;
  readonly account: string;
  readonly finding: RuleFinding;
};

/** What the journal shows of one breach, up to the next breach of the same rule, account and entity. */
export type Outcome = {
  readonly breach: Breach;
  /** Times the account was asked to enforce it. */
  readonly asked: number;
  /** Times the rule was told that its enforcement is done; late alerts would stand beside it. */
  readonly achieved: number;
  readonly delayed: number;
  /** Locks that its turn set or extended. */
  readonly locks: number;
};

type Event = {
  readonly type: string;
  readonly finding?: RuleFinding;
  readonly instrument?: string;
};
type Row = StoredEntry & { readonly event: Event };

/** Every breach that a rule was told of, with its outcome. */
export function outcomesOf(stored: readonly StoredEntry[]): readonly Outcome[] {
  const rows = stored.map((row) => ({ ...row, event: JSON.parse(row.eventJson) as Event }));
  const breaches = rows.flatMap((row) => breachOf(row));
  return breaches.map((breach) => {
    const { seq, correlationSeq, finding } = breach;
    const next = breaches.find((other) => other.seq > seq && isSameSource(other, breach));
    const until = next?.seq ?? Number.POSITIVE_INFINITY;
    const answers = (type: string): number =>
      rows.filter(
        (row) =>
          row.event.type === type &&
          row.seq > seq &&
          row.seq < until &&
          row.actor === `account/${breach.account}/rule/${finding.ruleId}` &&
          row.event.instrument === finding.entity,
      ).length;
    const inTurn = rows.filter((row) => row.correlationSeq === correlationSeq);
    return {
      breach,
      asked: rows.filter(
        (row) => row.event.type === 'account.enforcementWanted' && row.causeSeq === seq,
      ).length,
      achieved: answers('rule.enforcementAchieved'),
      delayed: answers('rule.enforcementDelayed'),
      locks: inTurn.filter(
        (row) =>
          (row.event.type === 'actor.created' || row.event.type === 'lock.extended') &&
          row.machine === 'lock' &&
          row.actor.includes(`lock/${finding.ruleId}:`),
      ).length,
    };
  });
}

function breachOf({ event, machine, seq, correlationSeq, account }: Row): readonly Breach[] {
  const { type, finding } = event;
  if (machine !== 'rule' || type !== 'rule.verdictChanged') return [];
  return finding?.verdict === 'DENY' ? [{ seq, correlationSeq, account, finding }] : [];
}

function isSameSource(one: Breach, other: Breach): boolean {
  return (
    one.account === other.account &&
    one.finding.ruleId === other.finding.ruleId &&
    one.finding.entity === other.finding.entity
  );
}

/** Stops that RULE-012 has placed. */
export function automatedStops(rows: readonly StoredEntry[]): number {
  return rows.filter(
    ({ machine, eventJson, contextDiffJson }) =>
      machine === 'order' &&
      (JSON.parse(eventJson) as Event).type === 'actor.created' &&
      contextDiffJson.includes('"by":"RULE-012"') &&
      contextDiffJson.includes('"orderType":"stop"'),
  ).length;
}
