/** `bulkhead conformance run`: numeric vectors through the product's own code. Source: scenario-format 7. */
import type { z } from 'zod';
import type { ConformanceReport } from '../../cli/dependencies.ts';
import { exitCodes, OperatorError } from '../../kernel/errors.ts';
import type { Outcome } from './compare.ts';
import {
  checkDuplicateOrder,
  checkHalted,
  checkRepeated,
  checkThrottle,
  DuplicateOrderCase,
  HaltedCase,
  RepeatedCase,
  ThrottleCase,
} from './engine-kinds.ts';
import {
  checkDuplicateFill,
  checkLateFill,
  checkOutOfOrder,
  DuplicateFillCase,
  LateFillCase,
  OutOfOrderCase,
} from './evidence-kinds.ts';
import {
  checkFailClosed,
  checkReduceOnly,
  checkReducing,
  checkWorstCase,
  FailClosedCase,
  ReduceOnlyCase,
  ReducingCase,
  WorstCaseCase,
} from './gate-kinds.ts';
import { checkKill, KillCase } from './kill-kind.ts';
import {
  CashCase,
  checkCash,
  checkEquity,
  checkTradeProfit,
  EquityCase,
  TradeProfitCase,
} from './money-kinds.ts';
import {
  checkCommissions,
  checkOrderFills,
  checkOrderSequence,
  CommissionsCase,
  OrderFillsCase,
  OrderSequenceCase,
} from './order-kinds.ts';
import { checkOrderTable, OrderTableCase } from './order-table.ts';
import { checkPermutation, PermutationCase } from './permutation-kind.ts';
import {
  checkConfirmation,
  checkCooldown,
  checkMargin,
  checkReservation,
  ConfirmationCase,
  CooldownCase,
  MarginCase,
  ReservationCase,
  unansweredKinds,
} from './portfolio-kinds.ts';
import {
  BaseFeeCase,
  checkBaseFee,
  checkCommission,
  checkFlipSplit,
  checkNetting,
  CommissionCase,
  FlipSplitCase,
  NettingCase,
} from './position-kinds.ts';
import {
  checkFold,
  checkMatch,
  checkMissingOrder,
  checkMoneyCase,
  checkPrice,
  checkWindow,
  FoldCase,
  MatchCase,
  MissingOrderCase,
  MoneyCase,
  PriceCase,
  WindowCase,
} from './reconciliation-kinds.ts';
import {
  checkDayFloor,
  checkFixedRisk,
  checkRatchet,
  checkRoom,
  checkTrailingFloor,
  checkTrailingStop,
  DayFloorCase,
  FixedRiskCase,
  RatchetCase,
  RoomCase,
  TrailingFloorCase,
  TrailingStopCase,
} from './size-kinds.ts';
import { parseCase, readVectors, type Vector } from './vectors.ts';

type Result = ConformanceReport['results'][number];
type Prepared = () => Outcome | Promise<Outcome>;
/** Reads a case as its kind wants it; what it returns runs the case. */
type Adapter = (file: string, index: number, vector: Vector) => Prepared;

function adapter<Schema extends z.ZodType>(
  schema: Schema,
  check: (of: z.output<Schema>) => Outcome | Promise<Outcome>,
): Adapter {
  return (file, index, vector) => {
    const parsed = parseCase(file, index, vector, schema);
    return () => check(parsed);
  };
}

const adapters: Readonly<Record<string, Adapter>> = {
  position_netting: adapter(NettingCase, checkNetting),
  position_base_fee: adapter(BaseFeeCase, checkBaseFee),
  flip_split: adapter(FlipSplitCase, checkFlipSplit),
  commission: adapter(CommissionCase, checkCommission),
  order_commissions: adapter(CommissionsCase, checkCommissions),
  order_fills: adapter(OrderFillsCase, checkOrderFills),
  order_sequence: adapter(OrderSequenceCase, checkOrderSequence),
  order_fsm_table: adapter(OrderTableCase, checkOrderTable),
  duplicate_fill: adapter(DuplicateFillCase, checkDuplicateFill),
  late_fill: adapter(LateFillCase, checkLateFill),
  out_of_order: adapter(OutOfOrderCase, checkOutOfOrder),
  permutation: adapter(PermutationCase, checkPermutation),
  kill_switch: adapter(KillCase, checkKill),
  fail_closed: adapter(FailClosedCase, checkFailClosed),
  would_reduce_only: adapter(ReduceOnlyCase, checkReduceOnly),
  worst_case_position: adapter(WorstCaseCase, checkWorstCase),
  trading_state_reducing: adapter(ReducingCase, checkReducing),
  trading_state_halted: adapter(HaltedCase, checkHalted),
  throttle: adapter(ThrottleCase, checkThrottle),
  duplicate_order: adapter(DuplicateOrderCase, checkDuplicateOrder),
  repeated_execution: adapter(RepeatedCase, checkRepeated),
  fund_reservation: adapter(ReservationCase, checkReservation),
  margin: adapter(MarginCase, checkMargin),
  fixed_risk_size: adapter(FixedRiskCase, checkFixedRisk),
  trailing_stop: adapter(TrailingStopCase, checkTrailingStop),
  stop_ratchet: adapter(RatchetCase, checkRatchet),
  trailing_floor: adapter(TrailingFloorCase, checkTrailingFloor),
  drawdown_room: adapter(RoomCase, checkRoom),
  daily_loss_equity: adapter(DayFloorCase, checkDayFloor),
  confirmation_guard: adapter(ConfirmationCase, checkConfirmation),
  cooldown: adapter(CooldownCase, checkCooldown),
  cash_ledger: adapter(CashCase, checkCash),
  equity_series: adapter(EquityCase, checkEquity),
  trade_profit: adapter(TradeProfitCase, checkTradeProfit),
  reconciliation_fold: adapter(FoldCase, checkFold),
  reconciliation_match: adapter(MatchCase, checkMatch),
  reconciliation_price: adapter(PriceCase, checkPrice),
  reconciliation_partial_window: adapter(WindowCase, checkWindow),
  reconciliation_missing_order: adapter(MissingOrderCase, checkMissingOrder),
  money_reconciliation: adapter(MoneyCase, checkMoneyCase),
};

/**
 * Runs every vector of the file, or those of one kind.
 *
 * @throws OperatorError (exit 2) when the file, or a case of a supported kind, is not valid; before anything ran
 */
export async function runConformance(options: {
  readonly vectorsFile: string;
  readonly kind?: string;
}): Promise<ConformanceReport> {
  const { vectorsFile, kind } = options;
  const prepared = (await readVectors(vectorsFile)).map((vector, index) => ({
    vector,
    run: Object.hasOwn(adapters, vector.kind)
      ? adapters[vector.kind]?.(vectorsFile, index, vector)
      : undefined,
  }));
  const wanted = prepared.filter(({ vector }) => kind === undefined || vector.kind === kind);
  if (wanted.length === 0)
    throw nothingToRun(vectorsFile, kind, new Set(prepared.map(({ vector }) => vector.kind)));
  const results: Result[] = [];
  for (const { vector, run } of wanted) results.push(await runOne(vector, run));
  return report(results);
}

async function runOne(vector: Vector, run: Prepared | undefined): Promise<Result> {
  const { id, kind, expect: expected } = vector;
  if (run === undefined) {
    return {
      id,
      kind,
      status: 'unsupported',
      expected,
      reason: Object.hasOwn(unansweredKinds, kind)
        ? (unansweredKinds[kind] ?? '')
        : `this version has nothing that answers ${kind}`,
    };
  }
  const { checks, reason, unsupported } = await run();
  if (unsupported !== undefined) {
    return { id, kind, status: 'unsupported', expected, reason: unsupported };
  }
  const actual = Object.fromEntries(checks.map((check) => [check.field, check.actual]));
  // A case that compared nothing has shown nothing.
  const isPassed = checks.length > 0 && checks.every(({ isSame }) => isSame);
  const differences = checks
    .filter(({ isSame }) => !isSame)
    .map(
      (check) =>
        `${check.field}: expected ${JSON.stringify(check.expected)}, was ${JSON.stringify(check.actual)}`,
    );
  const text = [...differences, ...(reason === undefined ? [] : [reason])].join('\n');
  return {
    id,
    kind,
    status: isPassed ? 'passed' : 'failed',
    expected,
    actual,
    ...(text === '' ? {} : { reason: text }),
  };
}

function report(results: readonly Result[]): ConformanceReport {
  const kinds = [...new Set(results.map(({ kind }) => kind))];
  const byKind = Object.fromEntries(
    kinds.map((kind) => [kind, count(results.filter((result) => result.kind === kind))]),
  );
  return { ...count(results), byKind, results };
}

function count(results: readonly Result[]): {
  total: number;
  passed: number;
  failed: number;
  unsupported: number;
} {
  const of = (status: Result['status']): number =>
    results.filter((result) => result.status === status).length;
  return {
    total: results.length,
    passed: of('passed'),
    failed: of('failed'),
    unsupported: of('unsupported'),
  };
}

function nothingToRun(
  file: string,
  kind: string | undefined,
  kinds: ReadonlySet<string>,
): OperatorError {
  return new OperatorError({
    code: 'VECTORS_EMPTY',
    exitCode: exitCodes.usage,
    message:
      kind === undefined ? `${file} has no vectors` : `${file} has no vectors of kind ${kind}`,
    remedy:
      kinds.size === 0
        ? 'give a file with vectors'
        : `name one of its kinds: ${[...kinds].toSorted().join(', ')}`,
  });
}
