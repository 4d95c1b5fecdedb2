/** Verifies: rules 1.1, 8, INV-POSM-1, INV-POSM-2 */
import { describe, expect, it } from 'vitest';
import { positionMachine } from '../../src/machines/position.machine.ts';
import { expectScript, runLive, type Vocabulary } from '../support/machine-run.ts';
import { accountId, fill, MNQ, mnq } from '../support/machine-samples.ts';

const input = { accountId, instrument: MNQ };
const number = (word: string | undefined): number => Number(word ?? 0);
const trade = (words: readonly string[], side: 'buy' | 'sell') =>
  fill(words[2] ?? 'F', side, number(words[0]), number(words[1]));
const words: Vocabulary = {
  buy: (given, atMs) => ({
    type: 'position.filled',
    fill: trade(given, 'buy'),
    instrument: mnq,
    atMs,
  }),
  sell: (given, atMs) => ({
    type: 'position.filled',
    fill: trade(given, 'sell'),
    instrument: mnq,
    atMs,
  }),
  voidBuy: (given, atMs) => ({
    type: 'position.fillVoided',
    fill: trade(given, 'buy'),
    instrument: mnq,
    atMs,
  }),
  report: ([openLots, costUnits, venueTimeMs], atMs) => ({
    type: 'position.reported',
    openLots: number(openLots),
    costUnits: number(costUnits),
    venueTimeMs: number(venueTimeMs),
    atMs,
  }),
  doubt: (_, atMs) => ({ type: 'position.doubted', reason: 'link was down', atMs }),
  agree: (_, atMs) => ({ type: 'position.agreed', atMs }),
};
const expectPosition = (script: string) => expectScript(positionMachine, input, words, script);

describe('a position', () => {
  it('follows its fills through zero', () => {
    const run = expectPosition(`
      start => certainty:agreed exposure:flat
      buy 2 100 => certainty:agreed exposure:long
      buy 1 104 => certainty:agreed exposure:long
      sell 5 110 => certainty:agreed exposure:short
      buy 2 108 => certainty:agreed exposure:flat
    `);
    expect(run.snapshot().context).toMatchObject({
      fillsSeen: 4,
      openedAtMs: 3000,
      lastFillAtMs: 4000,
      // (110 − 100) × 2 + (110 − 104) × 1 + (110 − 108) × 2 ticks of 0.50
      book: { openLots: 0, costUnits: 0, realizedUnits: 15_000_000 },
    });
  });

  it('takes a voided fill back and is doubted until the venue has spoken', () => {
    const run = expectPosition(`
      start => certainty:agreed exposure:flat
      buy 2 100 => certainty:agreed exposure:long
      buy 2 110 => certainty:agreed exposure:long
      voidBuy 2 100 => certainty:doubted exposure:long
        + incident POSITION_DOUBTED
        + account account.causeAdded doubted:MNQ
      voidBuy 2 110 => certainty:doubted exposure:flat
      report 0 0 10000 => certainty:agreed exposure:flat
        + account account.causeRemoved doubted:MNQ
    `);
    expect(run.snapshot().context).toMatchObject({
      book: { openLots: 0, costUnits: 0, realizedUnits: 0 },
    });
  });

  it('keeps the average of what stays when an opening fill is voided', () => {
    const run = expectPosition(`
      start => certainty:agreed exposure:flat
      buy 2 100 => certainty:agreed exposure:long
      buy 2 110 => certainty:agreed exposure:long
      voidBuy 2 100 => certainty:doubted exposure:long
        + incident POSITION_DOUBTED
        + account account.causeAdded doubted:MNQ
    `);
    expect(run.snapshot().context).toMatchObject({ book: { openLots: 2, costUnits: 110_000_000 } });
  });

  it('gives the venue the last word and reports a difference', () => {
    expectPosition(`
      start => certainty:agreed exposure:flat
      buy 2 100 => certainty:agreed exposure:long
      report 2 100000000 10000 => certainty:agreed exposure:long
      report -1 -50000000 10001 => certainty:agreed exposure:short
        + incident POSITION_MISMATCH
      report -1 -50000001 10002 => certainty:agreed exposure:short
        + incident POSITION_COST_MISMATCH
    `);
  });

  it('ignores a report that is older than what it knows', () => {
    expectPosition(`
      start => certainty:agreed exposure:flat
      buy 2 100 => certainty:agreed exposure:long
      doubt => certainty:doubted exposure:long
        + incident POSITION_DOUBTED
        + account account.causeAdded doubted:MNQ
      report 0 0 9999 => certainty:doubted exposure:long
      doubt => certainty:doubted exposure:long
      agree => certainty:agreed exposure:long
        + account account.causeRemoved doubted:MNQ
      agree => certainty:agreed exposure:long
    `);
  });

  it('takes a fee in lots back with the fill it belonged to', () => {
    const run = runLive(positionMachine, input);
    const bought = fill('F1', 'buy', 10, 100, { feeLots: 1 });
    const event = { fill: bought, instrument: mnq, atMs: 1 };
    run.send({ type: 'position.filled', ...event });
    expect(run.snapshot().context).toMatchObject({ book: { openLots: 9 } });
    run.send({ type: 'position.fillVoided', ...event });
    expect(run.snapshot().context).toMatchObject({
      book: { openLots: 0, costUnits: 0, realizedUnits: 0, feesUnits: 0 },
    });
  });
});
