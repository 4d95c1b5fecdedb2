/** Puts one engine together: journal, paper venue, rule evaluator, clock. Everything random comes from the seed. */
import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import { Engine } from '../actors/engine.ts';
import type { StartReport } from '../actors/recovery.ts';
import type { ReloadSettings } from '../actors/reload.ts';
import type { AccountSettings, EngineOptions, RuleConfigured } from '../actors/world.ts';
import type { AccountId, InstrumentId } from '../domain/ids.ts';
import type { Instrument } from '../domain/instrument.ts';
import { createSessionCalendar } from '../domain/session-calendar.ts';
import { TradingCalendar } from '../domain/trading-day.ts';
import { SimulatedClock } from '../kernel/clock.ts';
import { exitCodes, OperatorError } from '../kernel/errors.ts';
import { createIds } from '../kernel/ids.ts';
import { limits } from '../kernel/limits.ts';
import { createRandom, type Random } from '../kernel/random.ts';
import { createAlertLog } from '../observability/alert-log.ts';
import { createLog } from '../observability/log.ts';
import { openJournal } from '../persistence/journal.ts';
import type { JournalPort } from '../ports/journal.port.ts';
import type { RuleEvaluatorPort } from '../ports/rule-evaluator.port.ts';
import { ruleCatalogue } from '../rules/registry.ts';
import { createPaperVenue, type PaperVenue } from '../venues/paper/paper-venue.ts';
import { createEvaluator } from '../workers/evaluator.ts';
import type { AccountConfiguration, Configuration } from './configuration.ts';
import { calendarSettings, orderSettings } from './configuration/engine-settings.ts';
import { JournalHealthDesk } from './journal-health.ts';
import { KillFile } from './kill-file.ts';
import { Lockstep, startEngine } from './lockstep.ts';
import { hostedMachines, knownMachines } from './machines.ts';
import { outlierSettings } from './outliers.ts';
import { isoText } from './progress.ts';
import { FigureStamp } from './rule-figures.ts';
import { createRunFeed, type RunFeed } from './run-feed.ts';
import { expectWired } from './wiring.ts';

export type ComposeOptions = {
  readonly configuration: Configuration;
  readonly dataDir: string;
  readonly seed: string;
  readonly instruments: ReadonlyMap<InstrumentId, Instrument>;
  /** Market time of the first tick; a database that is further on decides. */
  readonly startMs: number;
  readonly quoteMaxAgeMs: number;
  /** Which market plays: a data directory goes on in its own market only. */
  readonly marketName: string;
  readonly isRestoredAccepted?: boolean;
  readonly onNote?: (note: string) => void;
  readonly beforeStep?: EngineOptions['beforeStep'];
};

export type Composition = {
  readonly engine: Engine;
  readonly clock: SimulatedClock;
  readonly venue: PaperVenue;
  readonly evaluator: RuleEvaluatorPort;
  readonly journal: JournalPort;
  readonly lockstep: Lockstep;
  readonly instruments: ReadonlyMap<InstrumentId, Instrument>;
  readonly recovery: {
    readonly wasClean: boolean;
    readonly actors: number;
    readonly inDoubt: number;
    readonly milliseconds: number;
  };
  /** Ticks of the market that are consumed: stored with every commit. */
  readonly cursor: { resumeAfter: number };
  readonly feed: RunFeed;
  /** Log of the service, in the data directory. */
  readonly log: Logger;
};

const cursorKey = 'market.ticks';
const marketKey = 'market.name';

/** Version of the product, from the package. */
export const productVersion: string = (
  JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'), // tidy-ok: the version has one home
  ) as {
    version: string;
  }
).version;

/** Opens, recovers and reconciles. @throws OperatorError when the data directory or the configuration forbids it */
export async function compose(options: ComposeOptions): Promise<Composition> {
  const { configuration, dataDir, seed, instruments } = options;
  const random = createRandom(seed);
  const databaseUuid = uuid(random.fork('database'));
  const opening = new SimulatedClock(options.startMs);
  const health = new JournalHealthDesk();
  const journal = openJournal({
    directory: dataDir,
    environment: configuration.mode,
    knownMachines,
    clock: opening,
    appVersion: productVersion,
    databaseUuid,
    dedupeKeptMs: dedupeKeptMs(configuration),
    isRestoredAccepted: options.isRestoredAccepted === true,
    onHealth: health.hear,
  });
  try {
    const composition = await assemble(options, journal, random, instruments);
    health.openTo((text) => {
      composition.log.warn(text);
      composition.feed.note(`${isoText(composition.clock.nowMs())} ${text}`);
    });
    return composition;
  } catch (error) {
    journal.close({ isClean: false });
    throw error;
  }
}

async function assemble(
  options: ComposeOptions,
  journal: JournalPort,
  random: Random,
  instruments: ReadonlyMap<InstrumentId, Instrument>,
): Promise<Composition> {
  const { configuration, dataDir } = options;
  const clock = new SimulatedClock(Math.max(options.startMs, journal.headAtMs));
  const venue = createPaperVenue({
    clock,
    random: random.fork('venue'),
    instruments,
    directory: dataDir,
    options: configuration.paperVenue,
  });
  const evaluator = lockstepEvaluator(configuration);
  const cursor = { resumeAfter: 0 };
  const feed = createRunFeed();
  const log = createLog(dataDir);
  const figures = new FigureStamp();
  const engine: Engine = new Engine({
    clock,
    ids: createIds(`BH${journal.databaseUuid.slice(0, 4).toUpperCase()}`, journal.epoch),
    random: random.fork('engine'),
    journal,
    venue,
    evaluator,
    alerts: createAlertLog(log),
    machines: hostedMachines,
    instruments,
    onKillWithoutStore: killFileWriter(dataDir, configuration),
    ...engineSettings(configuration, options.quoteMaxAgeMs),
    api: configuration.api,
    ...(options.beforeStep === undefined ? {} : { beforeStep: options.beforeStep }),
    stamp: () => [...stampOf(cursor, options.marketName), ...figures.of(engine.world)],
    onCommit: ({ milliseconds }) => feed.committed(milliseconds),
    onNote: (note) => {
      feed.note(`${isoText(clock.nowMs())} ${note}`);
      options.onNote?.(note);
    },
  });
  const lockstep = new Lockstep({
    clock,
    engine,
    evaluator,
    onQuote: (quote) => venue.onQuote(quote),
  });
  const started: StartReport = await startEngine(clock, engine);
  expectSameMarket(started, options.marketName, dataDir);
  expectWired(engine.world, configuration.accounts.map(enabledRules));
  cursor.resumeAfter = Number(started.values.get(cursorKey) ?? '0');
  await lockstep.rest();
  const { wasClean, actors, inDoubt, milliseconds } = started;
  return {
    engine,
    clock,
    venue,
    evaluator,
    journal,
    lockstep,
    instruments,
    cursor,
    feed,
    log,
    recovery: { wasClean, actors, inDoubt, milliseconds: Math.round(milliseconds) },
  };
}

/** Reports and signals are known for as long as either is to be remembered. */
function dedupeKeptMs({ execution: { events, intent } }: Configuration): number {
  return Math.max(events.processedMemoryHours, intent.hashMemoryHours) * 3_600_000;
}

/** A kill that the store cannot take is kept by the file. */
function killFileWriter(
  dataDir: string,
  { execution }: Configuration,
): NonNullable<EngineOptions['onKillWithoutStore']> {
  return ({ mode, by, reason }) =>
    new KillFile(dataDir, execution.killSwitch.file, () => undefined).write({
      mode,
      by,
      reason: `${reason} (the store failed)`,
    });
}

function lockstepEvaluator({ accounts }: Configuration): RuleEvaluatorPort {
  const outliers = outlierSettings(accounts.flatMap(({ rules }) => rules));
  return createEvaluator({
    deadlineMs: limits.evaluationLockstepDurationMsMax,
    ...(outliers === undefined ? {} : { outliers }),
  });
}

function stampOf(
  cursor: Composition['cursor'],
  marketName: string,
): readonly { readonly key: string; readonly value: string }[] {
  return [
    { key: cursorKey, value: String(cursor.resumeAfter) },
    { key: marketKey, value: marketName },
  ];
}

function enabledRules({ id, rules }: AccountConfiguration): {
  accountId: AccountId;
  ruleIds: readonly string[];
} {
  return { accountId: id, ruleIds: rules.filter(isEnabled).map(({ ruleId }) => ruleId) };
}

function isEnabled({ config }: { readonly config: unknown }): boolean {
  return (config as { readonly enabled?: boolean }).enabled !== false;
}

/** What a configuration makes of an engine, at its start and at a reload. `quoteMaxAgeMs` may be longer for a slow market. */
export function engineSettings(
  configuration: Configuration,
  quoteMaxAgeMs: number = configuration.quoteMaxAgeMs,
): ReloadSettings {
  const { sessions, execution, resets, calendar, mode, groups } = configuration;
  return {
    accounts: configuration.accounts.map(accountSettings),
    calendar: new TradingCalendar(calendar),
    ...(sessions === undefined ? {} : { sessions: createSessionCalendar(sessions) }),
    mode,
    quoteMaxAgeMs,
    orders: orderSettings(execution),
    execution,
    resets,
    ...(groups.length === 0 ? {} : { groups }),
  };
}

function accountSettings(account: AccountConfiguration): AccountSettings {
  const { id, balanceUnits, rules, controls, mode, calendars } = account;
  return {
    id,
    currency: 'USD',
    startBalanceUnits: balanceUnits,
    rules: configuredRules(rules),
    controls,
    ...(mode === undefined ? {} : { mode }),
    ...(calendars === undefined ? {} : calendarSettings(calendars)),
  };
}

/** The stored position counts ticks of one market; in another it would skip or repeat. */
function expectSameMarket({ values }: StartReport, marketName: string, dataDir: string): void {
  const known = values.get(marketKey);
  if (known === undefined || known === marketName) return;
  throw new OperatorError({
    code: 'OTHER_MARKET',
    exitCode: exitCodes.configuration,
    message: `${dataDir} belongs to the market ${known}, this run plays ${marketName}`,
    remedy: 'Give the run a data directory of its own with --data-dir, or play the same market.',
  });
}

/** A rule that is switched off is not evaluated, has no actor and no say at the gate. */
function configuredRules(
  settings: readonly { ruleId: string; config: unknown }[],
): readonly RuleConfigured[] {
  return settings.filter(isEnabled).flatMap(({ ruleId, config }) => {
    const definition = ruleCatalogue.find((rule) => rule.id === ruleId);
    return definition === undefined ? [] : [{ definition, config }];
  });
}

function uuid(random: Random): string {
  const hex = Array.from({ length: 4 }, () => random.uint32().toString(16).padStart(8, '0')).join(
    '',
  );
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
