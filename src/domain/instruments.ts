/**
 * The instruments that are known without configuration, and every spelling that means them.
 *
 * Fees are samples (ES 1.40 per side) and meant to be replaced in the configuration (`instruments`).
 * Pairs quoted in USDT settle in USD here: a stablecoin counts as its dollar.
 * Source: prop-firm 7 (futures, mini weights of section 1), venues-crypto (spot and perpetuals).
 */
import type { InstrumentId } from './ids.ts';
import { createInstrument, type Instrument, type InstrumentSpec } from './instrument.ts';

const feeSample = { standard: '1.40', micro: '0.52', indexMicro: '0.37' } as const;

type FutureRow = readonly [
  root: string,
  /** Root in the gateway's contract ids where it differs. */
  gatewayRoot: string,
  tickSize: string,
  /** Money per point. */
  multiplier: string,
  fee: keyof typeof feeSample,
  /** Parts per million of a mini. */
  weightPpm: number,
];

const [mini, micro] = [1_000_000, 100_000];

const futureRows: readonly FutureRow[] = [
  ['ES', 'EP', '0.25', '50', 'standard', mini],
  ['MES', 'MES', '0.25', '5', 'indexMicro', micro],
  ['NQ', 'ENQ', '0.25', '20', 'standard', mini],
  ['MNQ', 'MNQ', '0.25', '2', 'indexMicro', micro],
  ['YM', 'YM', '1', '5', 'standard', mini],
  ['MYM', 'MYM', '1', '0.5', 'indexMicro', micro],
  ['RTY', 'RTY', '0.1', '50', 'standard', mini],
  ['M2K', 'M2K', '0.1', '5', 'indexMicro', micro],
  ['EMD', 'EMD', '0.1', '100', 'standard', mini],
  ['NKD', 'NKD', '5', '5', 'standard', mini],
  // The firm counts these two like a whole contract although they are called micro.
  ['MBT', 'MBT', '5', '0.1', 'micro', mini],
  ['MET', 'GMET', '0.5', '0.1', 'micro', mini],
  ['6E', 'EU6', '0.00005', '125000', 'standard', mini],
  ['6B', 'BP6', '0.0001', '62500', 'standard', mini],
  ['6A', 'DA6', '0.00005', '100000', 'standard', mini],
  ['6C', 'CA6', '0.00005', '100000', 'standard', mini],
  ['6J', 'JY6', '0.0000005', '12500000', 'standard', mini],
  ['6S', 'SF6', '0.00005', '125000', 'standard', mini],
  ['6N', 'NE6', '0.00005', '100000', 'standard', mini],
  ['6M', 'MX6', '0.00001', '500000', 'standard', mini],
  ['E7', 'EEU', '0.0001', '62500', 'standard', mini],
  ['M6A', 'M6A', '0.0001', '10000', 'micro', micro],
  ['M6B', 'M6B', '0.0001', '6250', 'micro', micro],
  ['M6E', 'M6E', '0.0001', '12500', 'micro', micro],
  ['MCD', 'GMCD', '0.0001', '10000', 'micro', micro],
  ['CL', 'CLE', '0.01', '1000', 'standard', mini],
  ['MCL', 'MCLE', '0.01', '100', 'micro', micro],
  ['QM', 'NQM', '0.025', '500', 'standard', mini],
  ['NG', 'NGE', '0.001', '10000', 'standard', mini],
  ['QG', 'NQG', '0.005', '2500', 'standard', mini],
  ['GC', 'GCE', '0.1', '100', 'standard', mini],
  ['MGC', 'MGC', '0.1', '10', 'micro', micro],
  ['QO', 'QO', '0.25', '50', 'standard', mini],
  ['SI', 'SIE', '0.005', '5000', 'standard', mini],
  ['SIL', 'SIL', '0.005', '1000', 'micro', 200_000],
  ['HG', 'CPE', '0.0005', '25000', 'standard', mini],
  ['BTC', 'BTC', '5', '5', 'standard', mini],
  // Thirty-seconds and their fractions are written out: an exact decimal, never a rounded one.
  ['ZB', 'USA', '0.03125', '1000', 'standard', mini],
  ['UB', 'ULA', '0.03125', '1000', 'standard', mini],
  ['ZN', 'TYA', '0.015625', '1000', 'standard', mini],
  ['TN', 'TNA', '0.015625', '1000', 'standard', mini],
  ['ZF', 'FVA', '0.0078125', '1000', 'standard', mini],
  ['ZT', 'TUA', '0.00390625', '2000', 'standard', mini],
  ['LE', 'GLE', '0.025', '400', 'standard', mini],
  ['HE', 'HE', '0.025', '400', 'standard', mini],
  ['GF', 'GF', '0.025', '500', 'standard', mini],
  ['SR3', 'SR3', '0.005', '2500', 'standard', mini],
  // Grains are quoted in cents: a point is one cent.
  ['ZC', 'ZCE', '0.25', '50', 'standard', mini],
  ['ZS', 'ZSE', '0.25', '50', 'standard', mini],
  ['ZW', 'ZWA', '0.25', '50', 'standard', mini],
];

function futureSpec([
  root,
  gatewayRoot,
  tickSize,
  multiplier,
  fee,
  weightPpm,
]: FutureRow): InstrumentSpec {
  return {
    id: root,
    aliases: gatewayRoot === root ? [] : [gatewayRoot],
    kind: 'future',
    settlementCurrency: 'USD',
    tickSize,
    multiplier,
    feePerContract: feeSample[fee],
    calendar: 'futures',
    miniWeightPpm: weightPpm,
  };
}

const cryptoDefaults = {
  payoff: 'linear',
  settlementCurrency: 'USD',
  multiplier: '1',
  feePpm: 500,
  calendar: 'continuous',
} as const;

const cryptoSpecs: readonly InstrumentSpec[] = [
  { ...cryptoDefaults, id: 'BTC-USD', kind: 'spot', tickSize: '0.01', lotSize: '0.00000001' },
  { ...cryptoDefaults, id: 'ETH-USD', kind: 'spot', tickSize: '0.01', lotSize: '0.00000001' },
  {
    ...cryptoDefaults,
    id: 'BTC-SPOT',
    aliases: ['BTCUSDT', 'BTC-USDT'],
    kind: 'spot',
    tickSize: '0.01',
    lotSize: '0.00001',
  },
  {
    ...cryptoDefaults,
    id: 'AVAXUSDT',
    aliases: ['AVAX-USDT'],
    kind: 'spot',
    tickSize: '0.001',
    lotSize: '0.01',
  },
  {
    ...cryptoDefaults,
    id: 'FILUSDT',
    aliases: ['FIL-USDT'],
    kind: 'spot',
    tickSize: '0.001',
    lotSize: '0.01',
  },
  { ...cryptoDefaults, id: 'BTC-PERP', kind: 'perpetual', tickSize: '0.1', lotSize: '0.001' },
  {
    ...cryptoDefaults,
    id: 'ETH-PERP',
    aliases: ['ETHUSDT'],
    kind: 'perpetual',
    tickSize: '0.01',
    lotSize: '0.001',
  },
  {
    ...cryptoDefaults,
    id: 'BTC-PERP-COINM',
    aliases: ['BTCUSD_PERP'],
    kind: 'perpetual',
    payoff: 'inverse',
    settlementCurrency: 'BTC',
    tickSize: '0.1',
    lotSize: '1',
    multiplier: '100',
  },
];

/** Every built-in instrument by its canonical name. */
export const builtInInstruments: ReadonlyMap<InstrumentId, Instrument> = new Map(
  [...futureRows.map(futureSpec), ...cryptoSpecs]
    .map(createInstrument)
    .map((instrument) => [instrument.id, instrument]),
);

/** Finds instruments by any of their spellings. */
export type InstrumentResolver = (text: string) => Instrument | undefined;

const contractId = /^(?:CON\.)?F\.US\.([A-Z0-9]+)(?:\.[FGHJKMNQUVXZ]\d{2})?$/;
const contractName = /^([A-Z0-9]{2,4}?)[FGHJKMNQUVXZ]\d{1,2}$/;

/**
 * A resolver over the given instruments: canonical name, alias, contract id (`CON.F.US.ENQ.H26`), symbol id
 * (`F.US.ENQ`) or contract name (`NQH6`) of a future; any case. A canonical name wins over an alias.
 */
export function createResolver(instruments: Iterable<Instrument>): InstrumentResolver {
  const bySpelling = new Map<string, Instrument>();
  const all = [...instruments];
  for (const instrument of all) {
    for (const alias of instrument.aliases) bySpelling.set(alias.toUpperCase(), instrument);
  }
  for (const instrument of all) bySpelling.set(instrument.id.toUpperCase(), instrument);
  return (text) => {
    const spelling = text.trim().toUpperCase();
    const exact = bySpelling.get(spelling);
    if (exact !== undefined) return exact;
    const root = (contractId.exec(spelling) ?? contractName.exec(spelling))?.[1];
    const future = root === undefined ? undefined : bySpelling.get(root);
    return future?.kind === 'future' ? future : undefined;
  };
}

/** The built-in instrument that a text means; undefined when there is none: there is no default specification. */
export const resolveInstrument: InstrumentResolver = createResolver(builtInInstruments.values());
