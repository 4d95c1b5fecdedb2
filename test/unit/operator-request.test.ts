/** Verifies: rules 5.5, security 1 (every message is parsed; what is wrong is named with its remedy) */
import { describe, expect, it } from 'vitest';
import { BadRequest, parseOperatorRequest } from '../../src/bin/operator-request.ts';

const who = { requestId: 'r1', by: 'ann', reason: 'test', account: 'A1' };
const command = { requestId: 'r1', by: 'ann', reason: 'test', accountId: 'A1', role: 'admin' };

function problems(given: unknown): readonly string[] {
  try {
    parseOperatorRequest(given);
  } catch (error) {
    if (error instanceof BadRequest) return error.problems.map(({ field }) => field);
    throw error;
  }
  return [];
}

describe('a request', () => {
  it.each<readonly [object, object]>([
    [{ verb: 'unlock' }, { verb: 'unlock' }],
    [
      { verb: 'unlock', rule: 'dailyRealizedLoss', lock: 'x', scope: 'contract:enq' },
      { verb: 'unlock', rule: 'RULE-003', lockId: 'x', scope: 'contract:NQ' },
    ],
    [{ verb: 'lock' }, { verb: 'lock', scope: 'account', isIrrevocable: false }],
    [
      { verb: 'lock', instrument: 'mnq', duration: '90s', irrevocable: 'true' },
      { verb: 'lock', scope: 'symbol:MNQ', durationMs: 90_000, isIrrevocable: true },
    ],
    [
      { verb: 'kill' },
      { verb: 'kill', kill: { scope: 'account', isEmergency: false, trigger: 'operator' } },
    ],
    [
      { verb: 'kill', scope: 'symbol:ENQ', mode: 'flatten', emergency: true },
      {
        verb: 'kill',
        kill: {
          scope: 'instrument',
          target: 'NQ',
          mode: 'flatten',
          isEmergency: true,
          trigger: 'operator',
        },
      },
    ],
    [
      { verb: 'kill', scope: 'strategy', target: 'scalp' },
      {
        verb: 'kill',
        kill: { scope: 'strategy', target: 'scalp', isEmergency: false, trigger: 'operator' },
      },
    ],
    [{ verb: 'rearm' }, { verb: 'rearm' }],
    [{ verb: 'pause' }, { verb: 'pause' }],
    [
      { verb: 'pause', scope: 'strategy:scalp' },
      { verb: 'pause', strategy: 'scalp' },
    ],
    [
      { verb: 'pause', scope: 'scalp' },
      { verb: 'pause', strategy: 'scalp' },
    ],
    [
      { verb: 'pause', scope: 'position/MNQ' },
      { verb: 'pause', actor: 'account/A1/position/MNQ' },
    ],
    [
      { verb: 'resume', actor: 'account/A1/ledger', skipEvent: true },
      { verb: 'resume', actor: 'account/A1/ledger', skipEvent: true },
    ],
    [
      { verb: 'cancel', order: 'o1' },
      { verb: 'cancel', orderId: 'o1' },
    ],
    [{ verb: 'flatten' }, { verb: 'flatten' }],
    [{ verb: 'flatten', scope: 'account' }, { verb: 'flatten' }],
    [
      { verb: 'flatten', scope: 'group:BH-1-7' },
      { verb: 'flatten', groupId: 'BH-1-7' },
    ],
    [
      { verb: 'flatten', scope: 'contract:CON.F.US.ENQ.M26' },
      { verb: 'flatten', instrument: 'NQ' },
    ],
    [
      { verb: 'resolve', scope: 'order:o1' },
      { verb: 'resolve', orderId: 'o1', outcome: 'canceled', evidence: 'test' },
    ],
    [
      { verb: 'acknowledge', order: 'o1' },
      { verb: 'acknowledge', orderId: 'o1' },
    ],
    [{ verb: 'acknowledge' }, { verb: 'acknowledge' }],
    [
      { verb: 'acknowledge', lock: 'x' },
      { verb: 'acknowledge', lockId: 'x' },
    ],
    [
      { verb: 'recordTransfer', amount: '-12.50' },
      { verb: 'recordTransfer', amountUnits: -12_500_000 },
    ],
    [
      { verb: 'limit', rule: 'RULE-013', amount: '800.25' },
      { verb: 'limit', rule: 'RULE-013', key: 'target', value: '800.25' },
    ],
    [
      {
        verb: 'limit',
        rule: 'tradeFrequencyLimit',
        key: 'cooldownOnBreach.perHour',
        duration: '1h',
      },
      { verb: 'limit', rule: 'RULE-006', key: 'cooldownOnBreach.perHour', value: '3600000ms' },
    ],
    [{ verb: 'reset' }, { verb: 'reset', reset: 'daily' }],
    [
      { verb: 'reset', scope: 'weekly' },
      { verb: 'reset', reset: 'weekly' },
    ],
  ])('%j means %j', (given, meant) => {
    const skips = 'skipEvent' in given ? {} : { skipEvent: false };
    const expected = 'verb' in given && given.verb === 'resume' ? { ...skips, ...meant } : meant;
    expect(parseOperatorRequest({ ...who, ...given })).toEqual({ ...command, ...expected });
  });

  it.each<readonly [object, string]>([
    [{ verb: 'sell' }, 'verb'],
    [{ verb: 'lock', by: ' ' }, 'by'],
    [{ verb: 'lock', requestId: 'a b' }, 'requestId'],
    [{ verb: 'lock', requestId: undefined }, 'requestId'],
    [{ verb: 'lock', role: 'root' }, 'role'],
    [{ verb: 'lock', duration: '0s' }, 'duration'],
    [{ verb: 'lock', duration: '-5m' }, 'duration'],
    [{ verb: 'lock', scope: 'symbol:' }, 'scope'],
    [{ verb: 'lock', scope: 'planet' }, 'scope'],
    [{ verb: 'lock', account: '' }, 'account'],
    [{ verb: 'lock', reason: 'x'.repeat(501) }, 'reason'],
    [{ verb: 'lock', size: 1 }, 'size'],
    [{ verb: 'unlock', rule: 'RULE-099' }, 'rule'],
    [{ verb: 'kill', scope: 'world' }, 'scope'],
    [{ verb: 'cancel' }, 'order'],
    [{ verb: 'recordTransfer' }, 'amount'],
    [{ verb: 'recordTransfer', amount: '0.0000001' }, 'amount'],
    [{ verb: 'limit', key: 'limit', value: '1' }, 'rule'],
    [{ verb: 'limit', rule: 'RULE-003' }, 'value'],
    [{ verb: 'limit', rule: 'RULE-010', value: '1' }, 'key'],
    [{ verb: 'reset', scope: 'monthly' }, 'reset'],
    [{ verb: 'resolve', order: 'o1', outcome: 'filled' }, 'outcome'],
  ])('%j names the field %s', (given, field) => {
    expect(problems({ ...who, ...given })).toEqual([field]);
  });

  it('names every wrong field at once, with its value and a remedy, and never a whole novel', () => {
    expect(problems({ verb: 'lock', duration: 'soon', by: '' }).toSorted()).toEqual([
      'by',
      'duration',
      'requestId',
    ]);
    expect(() =>
      parseOperatorRequest({ ...who, verb: 'lock', duration: 'x'.repeat(1_000) }),
    ).toThrow(/^duration: .*, was "x{119}…\. \w/);
    for (const nothing of [undefined, null, 7, 'lock', []])
      expect(problems(nothing), JSON.stringify(nothing)).toEqual(['request']);
  });
});
