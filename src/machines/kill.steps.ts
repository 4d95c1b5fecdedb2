/** One kill run and what it learns: the next step of its own, from what is left. Pure. Source: execution 9.2. */
import { addExact } from '../domain/arithmetic.ts';
import {
  flattens,
  type KillPosition,
  type KillRemains,
  type KillRun,
  type KillStep,
} from '../domain/kill.ts';
import type { Recorded } from '../domain/recorded.ts';
import { limits } from '../kernel/limits.ts';

/** One run after the event, with what it asks for. */
export type Advance = { readonly run: KillRun; readonly records: readonly Recorded[] };

export const takePicture: Recorded = { type: 'kill.takePicture' };
export const cancelOrders = ({ key }: KillRun): Recorded => ({ type: 'kill.cancelOrders', key });

/** Something changed as far as we know: more to do, or nothing left and time to ask the venue. */
export function noticed(run: KillRun, remains: KillRemains, atMs: number): Advance {
  const { orders, positions } = remains;
  if (run.phase === 'latched') return guard(run, remains, atMs);
  const next = { ...run, positions };
  if (orders > 0) return { run: next, records: [cancelOrders(run), ...exits(next, positions)] };
  const isDone = run.phase === 'canceling' || positions.length === 0;
  return { run: next, records: isDone ? [takePicture] : exits(next, positions) };
}

/** Elsewhere somebody has placed or opened something while it was latched. */
function guard(run: KillRun, { orders, positions }: KillRemains, atMs: number): Advance {
  const grown = positions.filter((position) => isMore(position, run.positions));
  if (orders === 0 && grown.length === 0) return { run: { ...run, positions }, records: [] };
  const what = [
    ...(orders === 0 ? [] : [`${orders} orders`]),
    ...grown.map(({ instrument, openLots }) => `${openLots} lots of ${instrument}`),
  ].join(', ');
  const text = `${run.key}: ${what} while the kill is latched`;
  const told: Recorded[] = [
    {
      type: 'alert',
      severity: 'critical',
      code: 'KILL_BYPASSED',
      text,
      entity: `${run.key}: ${what}`,
    },
    { type: 'incident', code: 'KILL_BYPASSED', text },
  ];
  if (orders === 0 && !flattens(run)) return { run: { ...run, positions }, records: told };
  const phase = orders > 0 ? 'canceling' : 'flattening';
  const deadlineAtMs = addExact(atMs, limits.killConfirmDurationMs);
  const next: KillRun = {
    ...run,
    positions,
    phase,
    deadlineAtMs,
    confirmations: 0,
    result: 'open',
  };
  const cancels = orders > 0 ? [cancelOrders(run)] : [];
  return { run: next, records: [...told, ...cancels, ...exits(next, positions), takePicture] };
}

function isMore(now: KillPosition, before: readonly KillPosition[]): boolean {
  const known = before.find(({ instrument }) => instrument === now.instrument)?.openLots ?? 0;
  const isSameSide = Math.sign(known) === Math.sign(now.openLots);
  return !isSameSide || Math.abs(now.openLots) > Math.abs(known);
}

/** A complete picture of the venue, joined with what we believe: the worse of the two counts. */
export function pictured(run: KillRun, remains: KillRemains, atMs: number): Advance {
  if (run.phase === 'latched') return guard(run, remains, atMs);
  const { orders, positions } = remains;
  const seen: KillRun = { ...run, positions, lastLook: 'answered' };
  if (orders > 0) {
    const next = { ...seen, confirmations: 0 };
    return { run: next, records: exits(next, positions) };
  }
  const confirmed = withStep(seen, 'cancelsConfirmed', atMs);
  if (!flattens(run)) return confirm(confirmed, remains, atMs);
  const flattening = withStep({ ...confirmed, phase: 'flattening' }, 'flatten', atMs);
  // A close that is still on its way could turn the position round: it is not flat before that is over.
  if (positions.length === 0 && remains.kept === 0) return confirm(flattening, remains, atMs);
  const isFirst = run.phase === 'canceling' && !run.isIncomplete;
  const deadlineAtMs = isFirst ? addExact(atMs, limits.exitVerifyDurationMs) : run.deadlineAtMs;
  const next = { ...flattening, deadlineAtMs, confirmations: 0 };
  return { run: next, records: exits(next, positions) };
}

/** Nothing is left: said twice in a row by the venue, it is true. */
function confirm(run: KillRun, remains: KillRemains, atMs: number): Advance {
  const isFlat = remains.positions.length === 0 && remains.kept === 0;
  const counted = { ...run, confirmations: run.confirmations + 1 };
  const next = isFlat ? withStep(counted, 'flat', atMs) : counted;
  if (next.confirmations < limits.killConfirmationsMin)
    return { run: next, records: [takePicture] };
  const result = isFlat ? 'flat' : 'canceled';
  const latched: KillRun = {
    ...withStep(next, 'latch', atMs),
    phase: 'latched',
    isIncomplete: false,
    result,
  };
  const text = `${run.key}: ${resultText(latched, remains)}, verified ${atMs - run.triggeredAtMs} ms after the trigger`;
  return {
    run: latched,
    records: [
      { type: 'alert', severity: 'warning', code: 'KILL_VERIFIED', text },
      {
        type: 'incident',
        code: 'KILL_VERIFIED',
        text: `${text}; ${JSON.stringify(latched.steps)}`,
      },
    ],
  };
}

function resultText({ result }: KillRun, { kept, positions }: KillRemains): string {
  if (result === 'flat') return 'no orders and no positions';
  return `no orders but ${kept} that stay, ${positions.length} positions kept`;
}

/** A look that failed proves nothing: counting starts anew. */
export function unconfirmed(run: KillRun): Advance {
  const next: KillRun = { ...run, confirmations: 0, lastLook: 'failed' };
  return { run: run.phase === 'latched' ? run : next, records: [] };
}

/** Time has passed: cancel again what is still there, look again, and say so when the deadline is over. */
export function checked(
  run: KillRun,
  remains: KillRemains,
  atMs: number,
  isFirst: boolean,
): Advance {
  if (run.phase === 'latched') return { run, records: [] };
  const seen = { ...run, positions: remains.positions };
  // What we know to be there need not be asked for at once; later the venue may know more than we do.
  const isPictureVain = isFirst && remains.orders > 0;
  const again = [
    ...(remains.orders > 0 ? [cancelOrders(run)] : []),
    ...(isPictureVain ? [] : [takePicture]),
  ];
  if (atMs < run.deadlineAtMs || run.isIncomplete)
    return { run: seen, records: [...again, ...exits(seen, remains.positions)] };
  const { length } = remains.positions;
  const left = `${remains.orders} orders${flattens(run) ? `, ${length} positions` : ''}`;
  const text = `${run.key}: not confirmed ${atMs - run.triggeredAtMs} ms after the trigger; left as far as known: ${left}`;
  // Whoever refuses to cancel must not keep the positions open too.
  const phase = flattens(run) ? 'flattening' : run.phase;
  const next: KillRun = { ...seen, phase, isIncomplete: true };
  const told: Recorded[] = [
    { type: 'alert', severity: 'critical', code: 'KILL_INCOMPLETE', text },
    { type: 'incident', code: 'KILL_INCOMPLETE', text },
  ];
  return { run: next, records: [...told, ...again, ...exits(next, remains.positions)] };
}

/** Positions that have to go and that no exit is at work on. */
export function exits(run: KillRun, positions: readonly KillPosition[]): readonly Recorded[] {
  if (run.phase !== 'flattening' || !flattens(run)) return [];
  const { reason, key } = run;
  return positions
    .filter(({ isExiting }) => !isExiting)
    .map(({ instrument }) => ({
      type: 'exit.require' as const,
      instrument,
      targetLots: 0,
      reason: `kill switch: ${reason}`,
      source: `kill:${key}`,
    }));
}

function withStep(run: KillRun, step: KillStep, atMs: number): KillRun {
  return run.steps[step] === undefined ? { ...run, steps: { ...run.steps, [step]: atMs } } : run;
}
