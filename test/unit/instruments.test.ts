/** Verifies: the built-in instruments and their spellings. Source: prop-firm 1 and 7. */
import { describe, expect, it } from 'vitest';
import { feeUnits, parseLots, parseTicks, positionValue } from '../../src/domain/instrument.ts';
import { createInstrument } from '../../src/domain/instrument.ts';
import {
  builtInInstruments,
  createResolver,
  resolveInstrument,
} from '../../src/domain/instruments.ts';

/** Root, root at the gateway, micro-dollars per tick and contract. */
const perTick = `
  ES EP 12500000 | MES MES 1250000 | NQ ENQ 5000000 | MNQ MNQ 500000 | YM YM 5000000 | MYM MYM 500000
  RTY RTY 5000000 | M2K M2K 500000 | EMD EMD 10000000 | NKD NKD 25000000 | MBT MBT 500000 | MET GMET 50000
  6E EU6 6250000 | 6B BP6 6250000 | 6A DA6 5000000 | 6C CA6 5000000 | 6J JY6 6250000 | 6S SF6 6250000
  6N NE6 5000000 | 6M MX6 5000000 | E7 EEU 6250000 | M6A M6A 1000000 | M6B M6B 625000 | M6E M6E 1250000
  MCD GMCD 1000000 | CL CLE 10000000 | MCL MCLE 1000000 | QM NQM 12500000 | NG NGE 10000000 | QG NQG 12500000
  GC GCE 10000000 | MGC MGC 1000000 | QO QO 12500000 | SI SIE 25000000 | SIL SIL 5000000 | HG CPE 12500000
  BTC BTC 25000000 | ZB USA 31250000 | UB ULA 31250000 | ZN TYA 15625000 | TN TNA 15625000 | ZF FVA 7812500
  ZT TUA 7812500 | LE GLE 10000000 | HE HE 10000000 | GF GF 12500000 | SR3 SR3 12500000
  ZC ZCE 12500000 | ZS ZSE 12500000 | ZW ZWA 12500000`
  .split(/[|\n]/u)
  .map((row) => row.trim())
  .filter((row) => row !== '')
  .map((row) => row.split(' ') as [string, string, string]);

/** The instrument, or a failing test that names the spelling. */
function known(spelling: string) {
  const instrument = resolveInstrument(spelling);
  if (instrument === undefined) throw new Error(`${spelling} is known`);
  return instrument;
}

describe('built-in instruments', () => {
  it.each(perTick)(
    '%s at the gateway is %s and moves %s micro-dollars a tick',
    (root, gatewayRoot, micros) => {
      const instrument = known(root);
      expect(instrument.id).toBe(root);
      expect(instrument.kind).toBe('future');
      expect(positionValue(instrument, 1, 1)).toBe(Number(micros));
      expect(known(gatewayRoot).id).toBe(root);
      expect(known(`CON.F.US.${gatewayRoot}.H26`).id).toBe(root);
      expect(known(`con.f.us.${root.toLowerCase()}.z25`).id).toBe(root);
    },
  );

  it('has no future beside those of the table', () => {
    const futures = [...builtInInstruments.values()].filter(({ kind }) => kind === 'future');
    expect(futures.map(({ id }) => id).toSorted()).toEqual(
      perTick.map(([root]) => root).toSorted(),
    );
  });

  it.each([
    ['MNQ', 100_000],
    ['MES', 100_000],
    ['MCL', 100_000],
    ['SIL', 200_000],
    ['MBT', 1_000_000],
    ['MET', 1_000_000],
    ['ES', 1_000_000],
  ])('%s weighs %i millionths of a mini', (root, weight) => {
    expect(known(root).miniWeightPpm).toBe(weight);
  });

  it.each([
    ['ES', 1, 1_400_000],
    ['MNQ', 2, 740_000],
    ['CL', 1, 1_400_000],
    ['MCL', 1, 520_000],
  ])('charges %s × %i the sample fee', (root, lots, fee) => {
    expect(feeUnits(known(root), lots, 1000)).toBe(fee);
  });

  it.each([
    ['BTC-USD', '43210.01', '0.00000001'],
    ['ETH-USD', '3456.78', '0.00000001'],
    ['BTC-SPOT', '55123.45', '0.00001'],
    ['BTC-PERP', '47123', '0.001'],
    ['ETH-PERP', '3500.12', '0.001'],
    ['BTC-PERP-COINM', '55123.4', '1'],
    ['AVAXUSDT', '31.415', '0.01'],
    ['FILUSDT', '4.321', '0.01'],
  ])('%s has a grid for the price %s and the quantity %s', (id, price, quantity) => {
    expect(parseTicks(known(id), price)).toBeGreaterThan(0);
    expect(parseLots(known(id), quantity)).toBe(1);
    expect(known(id).calendar).toBe('continuous');
  });

  it('settles the coin-margined perpetual in coins: 100 dollars are worth less when the price rises', () => {
    const coin = known('BTC-PERP-COINM');
    expect(coin.settlementCurrency).toBe('BTC');
    // 100 / 50,000 = 0.002 BTC and 100 / 100,000 = 0.001 BTC, in units of 10⁻⁹.
    expect(positionValue(coin, 1, 1_000_000) - positionValue(coin, 1, 500_000)).toBe(1_000_000);
  });
});

describe('spellings', () => {
  it.each([
    ['enq', 'NQ'],
    ['ep', 'ES'],
    ['NQU5', 'NQ'],
    ['MNQM5', 'MNQ'],
    ['6EH4', '6E'],
    ['M2KZ25', 'M2K'],
    ['ESZ3', 'ES'],
    ['F.US.CLE', 'CL'],
    [' mnq ', 'MNQ'],
    ['btc-usd', 'BTC-USD'],
    ['ETHUSDT', 'ETH-PERP'],
    ['BTCUSD_PERP', 'BTC-PERP-COINM'],
  ])('%s means %s', (spelling, id) => {
    expect(known(spelling).id).toBe(id);
  });

  it.each([
    '',
    'XYZ',
    'CON.F.US.XYZ.H26',
    'CON.F.US.ENQ.A26',
    'CON.F.EU.ENQ.H26',
    'ESS',
    'ES H6',
    'FILUSDTH5',
  ])('%j is unknown and gets no default', (spelling) => {
    expect(resolveInstrument(spelling)).toBeUndefined();
  });

  it('prefers a canonical name to an alias that somebody else claims', () => {
    const claimant = createInstrument({
      id: 'MINE',
      aliases: ['ES'],
      kind: 'future',
      settlementCurrency: 'USD',
      tickSize: '1',
      multiplier: '1',
      calendar: 'futures',
    });
    const resolve = createResolver([...builtInInstruments.values(), claimant]);
    expect(resolve('ES')?.id).toBe('ES');
    expect(resolve('mine')?.id).toBe('MINE');
  });
});
