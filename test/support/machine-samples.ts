import type { Fill } from '../../src/domain/fill.ts';
import type {
  AccountId,
  FillId,
  InstrumentId,
  LockId,
  OrderId,
  RuleId,
} from '../../src/domain/ids.ts';
/** Inputs and sample events of every machine but the order: small numbers, so that a walk over all states stays small. */
import { createInstrument } from '../../src/domain/instrument.ts';
import type { ExitFacts, LockInput } from '../../src/domain/machine-event.ts';
import type { Side } from '../../src/domain/position.ts';
import type {
  RuleEntity,
  RuleFinding,
  VerdictKind,
  WantedAction,
} from '../../src/domain/verdict.ts';
import type { LedgerInput } from '../../src/machines/ledger.machine.ts';

export const accountId = 'A1' as AccountId;
export const MNQ = 'MNQ' as InstrumentId;
export const MES = 'MES' as InstrumentId;
export const lossRule = 'RULE-003' as RuleId;
export const lossLock = 'RULE-003:account' as LockId;

/** Tick 0.25, 2 dollars a point: a tick of one lot is 500,000 units. */
export const mnq = createInstrument({
  id: MNQ,
  kind: 'future',
  settlementCurrency: 'USD',
  tickSize: '0.25',
  multiplier: '2',
  calendar: 'futures',
});

export const ledgerInput: LedgerInput = {
  accountId,
  currency: 'USD',
  tradingDay: '2026-11-20',
  lastBoundaryMs: 1_000,
  balanceUnits: 50_000_000_000,
};

export function fill(
  fillId: string,
  side: Side,
  lots: number,
  ticks: number,
  more: Partial<Fill> = {},
): Fill {
  return {
    fillId: fillId as FillId,
    accountId,
    instrument: MNQ,
    side,
    lots,
    ticks,
    feeUnits: 370_000,
    venueTimeMs: 10_000,
    ...more,
  };
}

export function finding(
  verdict: VerdictKind,
  entity: RuleEntity = 'account',
  wants: readonly WantedAction[] = [],
  more: Partial<RuleFinding> = {},
): RuleFinding {
  const isKnown = verdict !== 'UNKNOWN';
  return {
    ruleId: lossRule,
    entity,
    verdict,
    code: verdict === 'PASS' ? '' : 'DAILY_LOSS_REACHED',
    unit: 'money',
    ...(isKnown ? { observed: -501_200_000, limit: -500_000_000 } : {}),
    inputs: isKnown ? [{ name: 'realized', value: '-501.20' }] : [],
    missing: isKnown ? [] : ['quote of MNQ'],
    wants: verdict === 'DENY' ? wants : [],
    ...more,
  };
}

export function lockInput(more: Partial<LockInput> = {}): LockInput {
  return {
    lockId: lossLock,
    accountId,
    scope: 'account',
    source: lossRule,
    kind: 'untilReset',
    reason: 'DAILY_LOSS_REACHED: realized=-501.20',
    observed: -501_200_000,
    limit: -500_000_000,
    createdAtMs: 500,
    expiresAtMs: 60_000,
    clearsOn: ['dailyReset', 'operatorAck'],
    operatorUnlock: 'admin',
    irrevocable: false,
    ...more,
  };
}

/** `closes` and `others` are the numbers of orders that may still fill. */
export function facts(openLots: number, closeLeavesLots = 0, others = 0): ExitFacts {
  const ids = (prefix: string, count: number): OrderId[] =>
    Array.from({ length: count }, (_, index) => `${prefix}${index + 1}` as OrderId);
  return {
    openLots,
    otherOrderIds: ids('O', others),
    closeOrderIds: ids('C', closeLeavesLots > 0 ? 1 : 0),
    closeLeavesLots,
  };
}
