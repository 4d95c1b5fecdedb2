/** `bulkhead conformance run`: numeric vectors through the product's own code. Source: scenario-format 7. */
import type { z } from 'zod';
import type { ConformanceReport } from '../../cli/dependencies.ts';
import { exitCodes, OperatorError } from '../../kernel/errors.ts';
import type { Outcome } from './compare.ts';
import {
  checkDuplicateFill,
  checkLateFill,
  checkOutOfOrder,
  DuplicateFillCase,
  LateFillCase,
  OutOfOrderCase,
} from './evidence-kinds.ts';
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
  BaseFeeCase,
  checkBaseFee,
  checkCommission,
  checkFlipSplit,
  checkNetting,
  CommissionCase,
  FlipSplitCase,
  NettingCase,
} from './position-kinds.ts';
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
      reason: `this version has nothing that answers ${kind}`,
    };
  }
  const { checks, reason } = await run();
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
