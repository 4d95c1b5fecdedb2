/** When a rule tells people that something takes too long: a close, or not being able to judge. Pure. */
import { addExact } from '../domain/arithmetic.ts';
import type { RuleId } from '../domain/ids.ts';
import { record } from './step.ts';

/** A breach whose closes are under way. */
export type Enforcing = {
  readonly sinceMs: number;
  readonly code: string;
  readonly observed?: number;
  readonly limit?: number;
  /** Why it takes longer than it may; absent while it does not. */
  readonly delayedBy?: string;
  /** Until then nobody is told that it goes on; absent: there is no such bound, or it was told. */
  readonly graceUntilMs?: number;
};
/** An entity that the rule cannot judge. */
export type Unknown = {
  readonly sinceMs: number;
  readonly missing: string;
  readonly isTold?: true;
};

type Watched = {
  readonly ruleId: RuleId;
  readonly enforcing: Readonly<Record<string, Enforcing>>;
  readonly unknown: Readonly<Record<string, Unknown>>;
};

/** Source: trading-controls 5, row 16. */
const unknownAgeMsMax = 30_000;

/** Name of the timer. */
export const attention = 'attention';

/** The earliest moment at which something takes too long; 0: nothing does. */
export function attentionAt({ enforcing: breaches, unknown: doubts }: Watched): number {
  const graces = Object.values(breaches).flatMap(({ graceUntilMs }) => graceUntilMs ?? []);
  const ages = Object.values(doubts).flatMap(({ sinceMs, isTold }) =>
    isTold === true ? [] : addExact(sinceMs, unknownAgeMsMax),
  );
  const all = [...graces, ...ages];
  return all.length === 0 ? 0 : Math.min(...all);
}

function isLate({ graceUntilMs }: Enforcing, atMs: number): boolean {
  return graceUntilMs !== undefined && graceUntilMs <= atMs;
}

function isLasting({ sinceMs, isTold }: Unknown, atMs: number): boolean {
  return isTold !== true && atMs - sinceMs >= unknownAgeMsMax;
}

/** The work goes on; people look at it as well from now on. */
export function reportOverdue(
  { ruleId, enforcing: breaches, unknown: doubts }: Watched,
  atMs: number,
) {
  for (const [entity, breach] of Object.entries(breaches)) {
    if (!isLate(breach, atMs)) continue;
    const seconds = Math.floor((atMs - breach.sinceMs) / 1_000);
    const text = `${ruleId} ${entity}: not flat after ${seconds} s, closing goes on; look at the venue`;
    const about = { code: 'ENFORCEMENT_INCOMPLETE', entity: `${ruleId}/${entity}` } as const;
    record({ type: 'alert', severity: 'critical', text, ...about });
  }
  for (const [entity, doubt] of Object.entries(doubts)) {
    if (!isLasting(doubt, atMs)) continue;
    const seconds = Math.floor((atMs - doubt.sinceMs) / 1_000);
    const text = `${ruleId} has not been able to judge ${entity} for ${seconds} s: ${doubt.missing}`;
    const about = { code: 'QUARANTINE', entity: `${ruleId}/${entity}` } as const;
    record({ type: 'alert', severity: 'error', text, ...about });
  }
}

/** So that nobody hears of it twice. */
export function told(context: Watched, atMs: number): Pick<Watched, 'enforcing' | 'unknown'> {
  const breaches = Object.entries(context.enforcing).map(([entity, breach]) => {
    const { graceUntilMs: _, ...rest } = breach;
    return [entity, isLate(breach, atMs) ? rest : breach] as const;
  });
  const doubts = Object.entries(context.unknown).map(
    ([entity, doubt]) =>
      [entity, isLasting(doubt, atMs) ? { ...doubt, isTold: true as const } : doubt] as const,
  );
  return { enforcing: Object.fromEntries(breaches), unknown: Object.fromEntries(doubts) };
}
