/** From the options of a run to its parts: what plays, who trades, how fast. */
import { basename } from 'node:path';
import type { RunOptions } from '../cli/dependencies.ts';
import type { InstrumentId } from '../domain/ids.ts';
import type { Instrument } from '../domain/instrument.ts';
import { builtInInstruments } from '../domain/instruments.ts';
import { exitCodes, OperatorError } from '../kernel/errors.ts';
import { expectPrivateDirectory } from '../persistence/private-files.ts';
import type { MarketSource } from '../ports/market-data.port.ts';
import { createStrategy, traderNames, type TraderName } from '../strategies/catalogue.ts';
import { createGeneratedMarket } from '../venues/paper/market-generator.ts';
import { openRecordedMarket } from '../venues/paper/recorded-market.ts';
import { compose, type Composition } from './composition.ts';
import { loadConfiguration, type Configuration } from './configuration.ts';
import { refuseLive } from './live-refusal.ts';
import type { MarketRunParts, Trader } from './market-run.ts';

/** Market time per wall time of the built-in market: a trading day in about two minutes. */
const generatedSpeed = 600;
const defaultSeed = 'bulkhead';

export async function composeForRun(options: RunOptions): Promise<MarketRunParts> {
  refuseLive(options);
  expectPrivateDirectory(options.dataDir);
  const configuration = loadConfiguration({
    ...(options.configPath === undefined ? {} : { path: options.configPath }),
    ...(options.mode === undefined ? {} : { mode: options.mode }),
  });
  const seed = options.seed ?? defaultSeed;
  const instruments = new Map<InstrumentId, Instrument>([
    ...builtInInstruments,
    ...configuration.instruments,
  ]);
  const source = await openMarket(options, seed, instruments);
  try {
    const first = await source.next();
    const startMs = first?.[0]?.atMs;
    if (first === undefined || startMs === undefined) {
      throw new OperatorError({
        code: 'EMPTY_MARKET',
        exitCode: exitCodes.data,
        message: `the market ${source.name} holds no prices`,
        remedy: 'Give a file with at least one priced row.',
      });
    }
    const used = new Map([
      ...instruments,
      ...source.instruments.map((instrument) => [instrument.id, instrument] as const),
    ]);
    const composition = await compose({
      configuration: forMarket(configuration, source),
      dataDir: options.dataDir,
      seed,
      instruments: used,
      startMs,
      marketName: marketName(options, seed),
      quoteMaxAgeMs: quoteMaxAgeMs(configuration, source),
      isRestoredAccepted: options.acceptRestoredJournal === true,
    });
    if (options.configPath !== undefined) tellConfiguration(composition, configuration);
    const traders = configuration.accounts.flatMap((account): Trader[] => {
      const strategy = createStrategy(traderName(options.trader ?? account.trader), (id) =>
        used.get(id),
      );
      return strategy === undefined ? [] : [{ accountId: account.id, strategy }];
    });
    const speed = options.speed ?? (options.replayFile === undefined ? generatedSpeed : 'max');
    return { composition, source, first, traders, speed, options };
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** What holds, with its source, goes to the log; what is probably not meant is told to whoever watches. */
function tellConfiguration({ feed, log }: Composition, configuration: Configuration): void {
  const { hash, values, warnings } = configuration;
  log.info({ hash, values, warnings }, 'configuration');
  for (const warning of warnings) feed.note(`warning: ${warning}`);
}

function marketName({ replayFile }: RunOptions, seed: string): string {
  return replayFile === undefined ? `generated:${seed}` : `replay:${basename(replayFile)}`;
}

async function openMarket(
  options: RunOptions,
  seed: string,
  instruments: ReadonlyMap<InstrumentId, Instrument>,
): Promise<MarketSource> {
  if (options.replayFile === undefined) return createGeneratedMarket({ seed, instruments });
  return openRecordedMarket({
    file: options.replayFile,
    instruments,
    ...(options.instrument === undefined ? {} : { instrument: options.instrument }),
  });
}

/**
 * Bars and sparse recordings bring a price less often than a live feed: between two of them a mark is not stale.
 * The configured bound holds when it is the longer one.
 */
function quoteMaxAgeMs(configuration: Configuration, source: MarketSource): number {
  return Math.max(configuration.quoteMaxAgeMs, source.intervalMsMax * 2);
}

function forMarket(configuration: Configuration, source: MarketSource): Configuration {
  return configuration.withQuoteMaxAge(quoteMaxAgeMs(configuration, source));
}

function traderName(name: string): TraderName {
  const known = traderNames.find((trader) => trader === name);
  if (known !== undefined) return known;
  throw new OperatorError({
    code: 'UNKNOWN_TRADER',
    exitCode: exitCodes.usage,
    message: `a trader is one of ${traderNames.join(', ')}, was ${name}`,
    remedy: 'Name one of them with --trader.',
  });
}
