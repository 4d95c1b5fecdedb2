/** What a kill run does next, from what is left. Pure; the machine records what comes out. Source: execution 9.2. */
import { addExact } from '../domain/arithmetic.ts';
import type { AccountId } from '../domain/ids.ts';
import {
  flattens,
  isWide,
  type KillEvent,
  type KillKey,
  type KillRemains,
  type KillRun,
  type RemainsByKey,
} from '../domain/kill.ts';
import type { Recorded } from '../domain/recorded.ts';
import { limits } from '../kernel/limits.ts';
import {
  cancelOrders,
  checked,
  exits,
  noticed,
  pictured,
  takePicture,
  unconfirmed,
  type Advance,
} from './kill.steps.ts';

type Context = {
  readonly accountId: AccountId;
  readonly runs: Readonly<Record<string, KillRun>>;
  readonly pausesMs: readonly number[];
  readonly looks: number;
};
type Of<Type extends KillEvent['type']> = Extract<KillEvent, { type: Type }>;
type Decision = { readonly records: readonly Recorded[]; readonly context: Partial<Context> };
/** What the machine records and remembers. Pure: the same context and event give the same. */
export function decide(context: Context, event: KillEvent): Decision {
  switch (event.type) {
    case 'kill.triggered':
      return trigger(context, event);
    case 'kill.remainsChanged':
      return advanceAll(context, event.remains, event.atMs, noticed);
    case 'kill.pictureTaken':
      return advanceAll(context, event.remains, event.atMs, pictured);
    case 'kill.pictureFailed':
      return advanceAll(context, undefined, event.atMs, unconfirmed);
    case 'kill.checkDue':
      return check(context, event);
    case 'kill.recovered':
      return recover(context, event);
    case 'kill.rearmed':
      return rearm(context, event);
  }
}

function trigger(context: Context, event: Of<'kill.triggered'>): Decision {
  const known = context.runs[event.key];
  const isStronger = known !== undefined && event.request.mode === 'flatten' && !flattens(known);
  if (known !== undefined && !isStronger) {
    // The same again: one run, and the person is told so by the answer.
    const run = { ...known, triggers: known.triggers + 1 };
    return { records: [], context: { runs: { ...context.runs, [run.key]: run } } };
  }
  const run = known === undefined ? newRun(event) : escalated(known, event);
  const text = `${run.key}, ${run.mode}${run.isEmergency ? ', emergency' : ''}, by ${event.by} (${event.request.trigger}): ${event.reason}`;
  const records: Recorded[] = [
    {
      type: 'alert',
      severity: 'critical',
      code: 'KILL_SWITCH',
      text,
      // Each run is news: one that is pulled again soon after a re-arm is no repeat of the one before.
      entity: `${run.runId} ${run.mode}`,
    },
    { type: 'incident', code: 'KILL_SWITCH', text },
    ...(isWide(run) ? [block(run, event.atMs)] : []),
    cancelOrders(run),
    ...(event.remains.orders === 0 ? [takePicture] : []),
  ];
  const { pausesMs } = event.settings;
  const next = { runs: { ...context.runs, [run.key]: run }, pausesMs, looks: 0 };
  return { records: [...records, armCheck({ ...context, ...next }, event.atMs)], context: next };
}

function newRun({
  key,
  runId,
  request,
  by,
  reason,
  settings,
  remains,
  atMs,
}: Of<'kill.triggered'>): KillRun {
  const { scope, target, mode, isEmergency, trigger: cause } = request;
  return {
    key,
    runId,
    scope,
    ...(target === undefined ? {} : { target }),
    mode,
    isEmergency,
    trigger: cause,
    by,
    reason,
    keepProtectiveStops: settings.keepProtectiveStops,
    triggeredAtMs: atMs,
    triggers: 1,
    phase: 'canceling',
    isHeld: false,
    deadlineAtMs: addExact(atMs, limits.killConfirmDurationMs),
    isIncomplete: false,
    confirmations: 0,
    steps: { trigger: atMs, block: atMs, alert: atMs, cancel: atMs },
    positions: remains.positions,
    result: 'open',
    lastLook: 'none',
  };
}

/** From cancelOnly, or from what a restart holds, to flatten: what was kept goes too. */
function escalated(run: KillRun, event: Of<'kill.triggered'>): KillRun {
  const { cancelsConfirmed: _, flatten: _1, flat: _2, latch: _3, ...steps } = run.steps;
  return {
    ...run,
    mode: 'flatten',
    isHeld: false,
    isEmergency: run.isEmergency || event.request.isEmergency,
    triggers: run.triggers + 1,
    phase: 'canceling',
    deadlineAtMs: addExact(event.atMs, limits.killConfirmDurationMs),
    isIncomplete: false,
    confirmations: 0,
    steps,
    result: 'open',
  };
}

function block(run: KillRun, atMs: number): Recorded {
  const cause = { cause: `kill:${run.key}`, state: 'HALTED', reason: run.reason } as const;
  return { type: 'message', to: 'account', event: { type: 'account.causeAdded', cause, atMs } };
}

/** Every run takes a step; the timer runs while one of them is at work. */
function advanceAll(
  context: Context,
  remains: RemainsByKey | undefined,
  atMs: number,
  step: (run: KillRun, remains: KillRemains, atMs: number) => Advance,
): Decision {
  const runs: Record<string, KillRun> = {};
  const records: Recorded[] = [];
  for (const run of Object.values(context.runs)) {
    const left = remains === undefined ? nothingKnown : remains[run.key];
    const after = left === undefined ? { run, records: [] } : step(run, left, atMs);
    runs[run.key] = after.run;
    records.push(...after.records);
  }
  const wasAtWork = isAtWork(context.runs);
  if (!wasAtWork && isAtWork(runs)) {
    const next = { ...context, runs, looks: 0 };
    return { records: [...once(records), armCheck(next, atMs)], context: { runs, looks: 0 } };
  }
  if (wasAtWork && !isAtWork(runs)) records.push({ type: 'timer.delete', timer: checkTimer });
  return { records: once(records), context: { runs } };
}

const nothingKnown: KillRemains = { orders: 0, kept: 0, positions: [] };

/** One picture serves every run. */
function once(records: readonly Recorded[]): readonly Recorded[] {
  const others = records.filter((one) => one !== takePicture);
  return others.length === records.length ? records : [...others, takePicture];
}

function check(context: Context, event: Of<'kill.checkDue'>): Decision {
  const { atMs } = event;
  if (!isAtWork(context.runs)) return { records: [], context: {} };
  const isFirst = context.looks === 0;
  const { records, context: next } = advanceAll(context, event.remains, atMs, (run, left, nowMs) =>
    checked(run, left, nowMs, isFirst),
  );
  const runs = next.runs ?? context.runs;
  const looks = context.looks + 1;
  const arm = armCheck({ ...context, runs, looks }, atMs);
  return { records: [...records, arm], context: { runs, looks } };
}

/**
 * The process has come back to a latch: SAFE_HOLD. Orders go, stop-losses and positions stay; flattening goes on only
 * where it was under way, or for an emergency that is fresh. Source: execution 9.2.
 */
function recover(context: Context, event: Of<'kill.recovered'>): Decision {
  const { atMs } = event;
  const runs: Record<string, KillRun> = {};
  const records: Recorded[] = [];
  for (const run of Object.values(context.runs)) {
    const next = resumed(run, event);
    runs[run.key] = next;
    const text = `${run.key} since ${new Date(run.triggeredAtMs).toISOString()}: ${run.reason}${next.isHeld ? '; positions are kept' : ''}`;
    records.push(
      { type: 'alert', severity: 'critical', code: 'KILL_LATCHED', text },
      cancelOrders(next),
      ...exits(next, next.positions),
    );
  }
  if (records.length === 0) return { records, context: {} };
  const next = { runs, looks: 0 };
  return {
    records: [...records, takePicture, armCheck({ ...context, ...next }, atMs)],
    context: next,
  };
}

function resumed(run: KillRun, { atMs, emergencyFreshMs, remains }: Of<'kill.recovered'>): KillRun {
  const isFresh = run.isEmergency && atMs - run.triggeredAtMs < emergencyFreshMs;
  const goesOn = run.phase === 'flattening' || (isFresh && run.phase === 'canceling');
  const isHeld = run.isHeld || (run.mode === 'flatten' && !goesOn);
  return {
    ...run,
    isHeld,
    phase: goesOn && !isHeld ? run.phase : 'canceling',
    deadlineAtMs: addExact(atMs, limits.killConfirmDurationMs),
    isIncomplete: false,
    confirmations: 0,
    positions: remains[run.key]?.positions ?? run.positions,
    result: 'open',
    lastLook: 'none',
  };
}

function rearm(context: Context, { keys, by, reason, atMs }: Of<'kill.rearmed'>): Decision {
  const ended = Object.values(context.runs).filter(
    (run) => keys.includes(run.key) && (run.phase === 'latched' || run.isIncomplete),
  );
  if (ended.length === 0) return { records: [], context: {} };
  const names = new Set(ended.map(({ key }) => key));
  const runs = Object.fromEntries(
    Object.entries(context.runs).filter(([key]) => !names.has(key as KillKey)),
  );
  const text = `${[...names].join(', ')} re-armed by ${by}: ${reason}`;
  const causes = ended.filter(isWide).map(({ key }) => `kill:${key}`);
  const event = { type: 'account.rearmed', by, reason, causes, atMs } as const;
  return {
    records: [
      { type: 'alert', severity: 'warning', code: 'KILL_REARMED', text },
      { type: 'incident', code: 'KILL_REARMED', text },
      ...(causes.length === 0 ? [] : [{ type: 'message', to: 'account', event } as const]),
      ...(isAtWork(context.runs) && !isAtWork(runs)
        ? [{ type: 'timer.delete', timer: checkTimer } as const]
        : []),
    ],
    context: { runs },
  };
}

const checkTimer = 'kill';

function isAtWork(runs: Context['runs']): boolean {
  return Object.values(runs).some(({ phase }) => phase !== 'latched');
}

/** The next look: soon at first, and never past a deadline. */
function armCheck({ runs, pausesMs, looks }: Context, atMs: number): Recorded {
  const isLate = Object.values(runs).some(({ isIncomplete }) => isIncomplete);
  const pauseMs = isLate
    ? limits.killPacedDurationMs
    : (pausesMs[looks] ?? pausesMs.at(-1) ?? limits.questionPauseMsMax);
  const deadlines = Object.values(runs)
    .filter(({ phase, isIncomplete }) => phase !== 'latched' && !isIncomplete)
    .map(({ deadlineAtMs }) => deadlineAtMs)
    .filter((dueMs) => dueMs > atMs);
  const dueAtMs = Math.min(addExact(atMs, Math.max(1, pauseMs)), ...deadlines);
  return { type: 'timer.put', timer: checkTimer, dueAtMs, event: 'kill.checkDue' };
}
