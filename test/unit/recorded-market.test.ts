/**
 * Verifies: every recorded format becomes ticks with the right times, instruments and prices, and bad input
 * is named with file, line, field and value (data formats; exit codes 65 and 66).
 */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { builtInInstruments } from '../../src/domain/instruments.ts';
import type { MarketTick } from '../../src/ports/market-data.port.ts';
import { openRecordedMarket, type RecordedMarket } from '../../src/venues/paper/recorded-market.ts';

const directory = mkdtempSync(join(tmpdir(), 'bulkhead-recorded-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let files = 0;
function fixture(name: string, lines: readonly string[], ending = '\n'): string {
  files += 1;
  const file = join(directory, `${name}_${files}.csv${files % 2 === 0 ? '.gz' : ''}`);
  const text = lines.map((line) => line + ending).join('');
  writeFileSync(file, files % 2 === 0 ? gzipSync(text) : text);
  return file;
}

async function readAll(market: RecordedMarket): Promise<MarketTick[]> {
  const ticks: MarketTick[] = [];
  for (let batch = await market.next(); batch !== undefined; batch = await market.next())
    ticks.push(...batch);
  await market.close();
  return ticks;
}

async function play(name: string, lines: readonly string[], instrument?: string) {
  const market = await openRecordedMarket({
    file: fixture(name, lines),
    instruments: builtInInstruments,
    ...(instrument === undefined ? {} : { instrument }),
  });
  return { ticks: await readAll(market), market };
}

/** `14:30:00.000 MNQ 1/2 3x4`: time of day, instrument, bid/ask, last and lots. */
function short({ atMs, quote }: MarketTick): string {
  const at = new Date(atMs).toISOString().slice(11, 23);
  const touch =
    quote.bidTicks === undefined && quote.askTicks === undefined
      ? ''
      : ` ${quote.bidTicks ?? ''}/${quote.askTicks ?? ''}`;
  const lots = quote.lastLots === undefined ? '' : `x${quote.lastLots}`;
  return `${at} ${quote.instrument}${touch}${quote.lastTicks === undefined ? '' : ` ${quote.lastTicks}${lots}`}`;
}

const esHeader =
  'ts_file_clock,contract,open,high,low,close,volume,bid_o,bid_h,bid_l,bid_c,bid_size,ask_o,ask_h,ask_l,ask_c,ask_size';
const binanceHeader =
  'local_ns,venue,type,exch_T_ms,exch_E_ms,bid,bid_qty,ask,ask_qty,trade_price,trade_qty,buyer_is_maker,id';

describe('bars', () => {
  it('become four ticks, the low first in a rising bar, with the touch and the volume of the file', async () => {
    const { ticks } = await play('ES', [
      esHeader,
      '2013-10-07T13:30:00,201312,1680,1681,1679,1680.5,43,1680,1681,1679,1680.5,5,1680.25,1681.25,1679.25,1680.75,9',
      '2013-10-07T13:31:00,201312,1680.5,1681,1679,1680,4,,,,,,,,,,',
    ]);
    expect(ticks.map(short)).toEqual([
      '13:30:00.000 ES 6720/6721 6720x10',
      '13:30:20.000 ES 6716/6717 6716x10',
      '13:30:40.000 ES 6724/6725 6724x10',
      '13:30:59.999 ES 6722/6723 6722x13',
      '13:31:00.000 ES 6722x1',
      '13:31:20.000 ES 6724x1',
      '13:31:40.000 ES 6716x1',
      '13:31:59.999 ES 6720x1',
    ]);
  });

  it('without a trade give their quotes and are counted as empty', async () => {
    const { ticks, market } = await play('ES', [
      esHeader,
      '2013-10-06T19:00:00,201312,,,,,,1681.5,1681.5,1681.5,1681.5,5,1682,1682,1682,1682,19',
      '2013-10-06T19:01:00,201312,,,,,,,,,,0,,,,,',
    ]);
    expect(ticks.map(short)).toEqual(
      ['00.000', '20.000', '40.000', '59.999'].map((at) => `19:00:${at} ES 6726/6728`),
    );
    expect(market.progress).toEqual({ rows: 2, rowsTotal: 2, emptyRows: 2 });
  });

  it('whose quotes cross in an auction keep only their trades', async () => {
    const { ticks } = await play('ES', [
      esHeader,
      '2013-10-06T22:00:00,201312,1676,1676,1676,1676,8,1677,1677,1677,1677,5,1676,1676,1676,1676,19',
    ]);
    expect(ticks.map(({ quote }) => [quote.bidTicks, quote.lastTicks])).toEqual(
      Array.from({ length: 4 }, () => [undefined, 6704]),
    );
  });

  it.each([
    [
      '6EH4_1m',
      'timestamp_utc,open,high,low,close,volume',
      '2024-01-01 23:01:00,1.1,1.1,1.1,1.1,8',
      '23:00:00.000 6E 22000x2',
    ],
    [
      'MNQ',
      'datetime,open,high,low,close,volume',
      '2025-03-31 17:00:00-05:00,19413.0,19413.0,19413.0,19413.0,8',
      '22:00:00.000 MNQ 77652x2',
    ],
    [
      'x',
      'timestamp,open,high,low,close,volume',
      '2022-01-01 00:01:00.000000,46319.0,46319,46319,46319.125,2300413.7295',
      '00:00:00.000 BTC-PERP-2022 370552',
    ],
    [
      'x',
      'datetime,symbol,open,high,low,close,volume',
      '2024-12-01 23:00:00,CME_MINI:MES1!,6051.75,6051.75,6051.75,6051.75,8.0',
      '23:00:00.000 MES 24207x2',
    ],
    [
      'AVAXUSDT_1m',
      'open_time_ms,open,high,low,close,volume,close_time_ms,quote_volume,trades,taker_buy_base,taker_buy_quote',
      '1738368000000,34.4220,34.4220,34.4220,34.4220,4,1738368059999,1,1,1,1',
      '00:00:00.000 AVAXUSDT 34422x100',
    ],
  ])('of the kind %s, %s are stamped at the right end', async (name, header, row, expected) => {
    // The highest price is made of what the row says, so that each row can be short.
    const { ticks } = await play(name, [
      header,
      row.replace('46319,46319,46319.125', '46319.125,46319,46319.125'),
    ]);
    expect(short(ticks[0] as MarketTick)).toBe(expected);
    expect(ticks).toHaveLength(4);
  });

  it('that are revised tell the last close once, at the end of the bar', async () => {
    const { ticks, market } = await play('x', [
      'datetime,symbol,open,high,low,close,volume',
      '2025-04-03 14:00:00,CME_MINI:MES1!,100,101,99,100,8',
      '2025-04-03 14:00:00,CME_MINI:MES1!,100,101,98,98.5,9',
      '2025-04-03 14:00:00,CME_MINI:MES1!,100,102,98,101.5,12',
      '2025-04-03 14:15:00,CME_MINI:MES1!,101,101,101,101,4',
      '2025-04-03 14:15:00,CME_MINI:MES1!,101,101,101,101,5',
    ]);
    expect(ticks.slice(3, 6).map(short)).toEqual([
      '14:14:59.999 MES 400x2',
      '14:14:59.999 MES 406',
      '14:15:00.000 MES 404x1',
    ]);
    expect([ticks.length, market.revisions, market.progress.rows]).toEqual([9, 3, 5]);
    expect(market.intervalMsMax).toBe(900_000);
  });
});

describe('ticks', () => {
  it('of merged markets keep the order of the recorder and the time of the exchange', async () => {
    const { ticks, market } = await play('any', [
      binanceHeader,
      '1723161254087891268,spot,q,,,61837.63000000,3.78826000,61837.64000000,1.54698000,,,,1',
      '1723161255088169167,usdm,q,1723161256313,1723161256313,61800.20,2.507,61800.30,2.510,,,,2',
      '1723161256419684465,coinm,t,1723161257679,1723161257687,,,,,61804.8,4,0,3',
    ]);
    expect(ticks.map(short)).toEqual([
      '23:54:14.087 BTC-SPOT 6183763/6183764',
      '23:54:15.088 BTC-PERP 618002/618003',
      '23:54:16.419 BTC-PERP-COINM 618048x4',
    ]);
    expect(ticks.map(({ atMs, quote }) => quote.venueTimeMs - atMs)).toEqual([0, 1225, 1260]);
    expect(market.instruments.map(({ id }) => id)).toEqual([
      'BTC-PERP',
      'BTC-SPOT',
      'BTC-PERP-COINM',
    ]);
  });

  it('of one delivery month are played, the other months count as empty', async () => {
    const { ticks, market } = await play('GC', [
      'ts_file_clock,contract,price,size',
      '2013-10-07T00:00:00.276,201402,1315.0,1',
      '2013-10-07T00:00:00.277,201312,1313.7,2',
      '2013-10-07T00:00:01.000,201312,1313.6,0',
    ]);
    expect(ticks.map(short)).toEqual(['00:00:00.277 GC 13137x2', '00:00:01.000 GC 13136']);
    expect(market.progress.emptyRows).toBe(1);
  });

  it('of tardis are ordered by the receive time', async () => {
    const { ticks } = await play('x', [
      'exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount',
      'binance-futures,BTCUSDT,1582329601096000,1582329603502092,0.84,9682,9681.92,0.67',
    ]);
    expect(ticks.map(short)).toEqual(['00:00:03.502 BTC-PERP-2020 968192/968200']);
    expect(ticks[0]?.quote.venueTimeMs).toBe(1_582_329_601_096);
  });

  it('of an order book are its best prices after each instant', async () => {
    const { ticks } = await play('ESH4', [
      'ts_recv_ns,ts_event_ns,action,side,price,size,order_id,flags,sequence',
      '1703422805000000000,1703422804000000000,A,B,4799.00,2,1,40,1',
      '1703422805000000000,1703422804000000000,A,A,4799.50,2,2,40,1',
      '1703422805000000000,1703422804000000000,A,B,4798.75,1,3,40,1',
      '1703422806000000000,1703422806000000000,C,B,4799.00,2,1,40,2',
      '1703422807000000000,1703422807000000000,T,B,4799.50,1,0,40,3',
    ]);
    expect(ticks.map(short)).toEqual([
      '13:00:05.000 ES 19196/19198',
      '13:00:06.000 ES 19195/19198',
      '13:00:07.000 ES 19198x1',
    ]);
  });

  it('of a raw stream skip what is no price', async () => {
    const { ticks, market } = await play('raw', [
      '1723161253937085768 {"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate"}}',
      '1723161254087891268 {"stream":"btcusdt@bookTicker","data":{"u":1,"s":"BTCUSDT","b":"61837.63000000","B":"3.7","a":"61837.64000000","A":"1.5"}}',
      '1723161254087896568 {"stream":"btcusdt@trade","data":{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":1,"p":"61837.63000000","q":"0.02000000","T":1723161255342}}',
      '1723161254206652067 {"lastUpdateId":50093239218,"bids":[]}',
    ]);
    expect(ticks.map(short)).toEqual([
      '23:54:14.087 BTC-SPOT 6183763/6183764',
      '23:54:14.087 BTC-SPOT 6183763x2000',
    ]);
    expect(market.progress).toEqual({ rows: 4, rowsTotal: 4, emptyRows: 2 });
  });

  it('of our own format come from csv and from json alike', async () => {
    const csv = await play('own', [
      'time,instrument,bid,ask,last,size',
      '2026-03-02T14:30:00.5Z,MNQ,21500,21500.25,,',
      '2026-03-02 08:30:01-06:00,NQH6,,,21500.50,3',
    ]);
    const json = await play('own', [
      '{"time":"2026-03-02T14:30:00.5Z","instrument":"MNQ","bid":"21500","ask":"21500.25"}',
      '{"time":"2026-03-02 08:30:01-06:00","instrument":"NQH6","last":"21500.50","size":"3"}',
    ]);
    expect(csv.ticks.map(short)).toEqual([
      '14:30:00.500 MNQ 86000/86001',
      '14:30:01.000 NQ 86002x3',
    ]);
    expect(json.ticks).toEqual(csv.ticks);
  });
});

describe('bad input', () => {
  const good = '2024-01-01 23:01:00,1.1,1.1,1.1,1.1,8';
  const later = (prices: string) => `2024-01-01 23:02:00,${prices},8`;
  it.each([
    [
      'a price off the grid',
      later('1.10001,1.2,1.1,1.1'),
      'open is a multiple of the tick 0.00005 of 6E, was "1.10001"',
    ],
    ['no number', later('1.1,NaN,1.1,1.1'), 'high is a decimal number, was "NaN"'],
    ['an empty price among others', later('1.1,1.1,,1.1'), 'low is a decimal number, was ""'],
    [
      'a high that is not the highest',
      later('1.2,1.1,1.1,1.1'),
      'high is the highest price of its bar, was "1.1"',
    ],
    [
      'a low that is not the lowest',
      later('1.1,1.2,1.15,1.1'),
      'low is the lowest price of its bar, was "1.15"',
    ],
    [
      'a time that is none',
      '2024-02-30 23:02:00,1.1,1.1,1.1,1.1,8',
      'timestamp_utc is a time such as',
    ],
    [
      'a time that falls',
      '2024-01-01 23:00:59,1.1,1.1,1.1,1.1,8',
      'timestamp_utc is not before the row above',
    ],
    ['a short row', '2024-01-01 23:02:00,1.1,1.1', 'the row has 6 cells like the header, has 3'],
  ])('such as %s names file, line, field and value', async (_name, row, message) => {
    const file = fixture('6EH4', ['timestamp_utc,open,high,low,close,volume', good, row]);
    const market = await openRecordedMarket({ file, instruments: builtInInstruments });
    await expect(readAll(market)).rejects.toMatchObject({
      code: 'BAD_ROW',
      exitCode: 65,
      message: expect.stringContaining(`${file}:3: ${message}`) as string,
      remedy: expect.stringContaining('line 3') as string,
    });
  });

  it('such as a bid above the ask is refused in quotes', async () => {
    const row = '1723161254087891268,spot,q,,,61837.65,3.7,61837.64,1.5,,,,1';
    await expect(play('any', [binanceHeader, row])).rejects.toThrow(
      ':2: bid is not above the ask, was "61837.65"',
    );
  });

  it('such as a number in json is refused, because it would pass a binary float', async () => {
    await expect(
      play('own', ['{"time":"2026-03-02T14:30:00Z","instrument":"MNQ","last":21500}']),
    ).rejects.toMatchObject({
      code: 'BAD_ROW',
    });
  });

  it.each([
    ['an unknown header', ['a,b,c', '1,2,3'], 'MARKET_FORMAT_UNKNOWN', 65],
    ['an empty file', [], 'MARKET_FILE_EMPTY', 65],
    [
      'an instrument without a specification',
      ['time,instrument,bid,ask,last,size', '2026-03-02T14:30:00Z,WHAT,,,1,'],
      'INSTRUMENT_UNKNOWN',
      65,
    ],
  ])('such as %s ends with its code', async (_name, lines, code, exitCode) => {
    await expect(play('x', lines)).rejects.toMatchObject({ code, exitCode });
  });

  it('such as a missing file or a directory ends with 66', async () => {
    for (const file of [join(directory, 'none.csv'), directory]) {
      await expect(
        openRecordedMarket({ file, instruments: builtInInstruments }),
      ).rejects.toMatchObject({
        code: 'MARKET_FILE_MISSING',
        exitCode: 66,
      });
    }
  });

  it('such as an archive that is cut off is found before the first tick', async () => {
    const file = join(directory, 'cut.csv.gz');
    const rows = Array.from(
      { length: 2_000 },
      (_, row) => `2026-03-02T14:30:00.${String(row % 1000).padStart(3, '0')}Z`,
    );
    const whole = gzipSync(rows.join('\n'));
    writeFileSync(file, whole.subarray(0, whole.length - 200));
    await expect(
      openRecordedMarket({ file, instruments: builtInInstruments }),
    ).rejects.toMatchObject({
      code: 'MARKET_FILE_DAMAGED',
      exitCode: 65,
    });
  });
});

it('takes the instrument the operator names over what the file says', async () => {
  const { ticks } = await play(
    '6EH4',
    ['datetime,open,high,low,close,volume', '2026-03-02 14:30:00,10,10,10,10,1'],
    'mes',
  );
  expect(ticks[0]?.quote.instrument).toBe('MES');
});

it('reads lines that end in carriage return and newline, and a last line without an end', async () => {
  const rows = ['time,instrument,bid,ask,last,size', '2026-03-02T14:30:00Z,MNQ,,,21500,1'];
  const dos = await openRecordedMarket({
    file: fixture('own', rows, '\r\n'),
    instruments: builtInInstruments,
  });
  const bare = join(directory, 'bare.csv');
  writeFileSync(bare, rows.join('\n'));
  const unended = await openRecordedMarket({ file: bare, instruments: builtInInstruments });
  expect(await readAll(dos)).toEqual(await readAll(unended));
  expect(dos.progress.rows).toBe(1);
});

const shared = ['futures', 'crypto'].map((name) =>
  join(import.meta.dirname, '../../../shared/data', name),
);
const present = shared
  .filter(existsSync)
  .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
if (present.length === 0)
  console.warn('SKIPPED: no recorded files in ../shared/data; the readers ran on fixtures only');

describe.skipIf(present.length === 0)('the recorded files', () => {
  it.each(present)('%s plays to its end, every row counted, time never falling', async (file) => {
    const market = await openRecordedMarket({ file, instruments: builtInInstruments });
    const ticks = await readAll(market);
    expect(ticks.length).toBeGreaterThan(0);
    expect(market.progress.rows).toBe(market.progress.rowsTotal);
    expect(ticks.findIndex((tick, index) => tick.atMs < (ticks[index - 1]?.atMs ?? 0))).toBe(-1);
  });
});
