/**
 * What happened since the process started, counted for metrics: in memory, rebuilt from nothing, never a source of a
 * decision. Every name that is counted comes from a catalogue, so their number is bounded. Source: trading-controls 4.
 */
import type { Denial } from '../domain/denial.ts';
import { LatencyWindow } from './latency-window.ts';
import type { Turn } from './turn.ts';

/** What kind of failure a call had; bounded, unlike what venues write. */
export const errorKinds = ['rateLimit', 'auth', 'client', 'server', 'network'] as const;
export type ErrorKind = (typeof errorKinds)[number];

export class Telemetry {
  /** Approved by the gate. */
  approvals = 0;
  /** Failing checks by `code|deny` and `code|unknown`: every one that an intent has failed. */
  readonly gate = new Map<string, number>();
  /** First reasons by code. */
  readonly denials = new Map<string, number>();
  readonly incidents = new Map<string, number>();
  readonly alerts = new Map<string, number>();
  readonly fills = { buy: 0, sell: 0 };
  readonly apiErrors = new Map<ErrorKind, number>();
  rejections = 0;
  /** Wall time, ms: of judging one intent, of a turn, of its commit. For people only. */
  readonly gateMs = new LatencyWindow();
  readonly turnMs = new LatencyWindow();
  readonly commitMs = new LatencyWindow();
  turns = 0;

  noteGate(failing: readonly Denial[], milliseconds: number): void {
    this.gateMs.note(milliseconds, 0);
    if (failing.length === 0) this.approvals += 1;
    for (const { code, facts } of failing) {
      const isUnknown = facts.some(({ name }) => name === 'unknown');
      count(this.gate, `${code}|${isUnknown ? 'unknown' : 'deny'}`);
    }
  }

  noteCommit(turn: Turn, milliseconds: number): void {
    this.turns += 1;
    this.commitMs.note(milliseconds, 0);
    for (const { code } of turn.denials) count(this.denials, code);
    for (const { code } of turn.incidents) count(this.incidents, code);
    for (const { fill } of turn.fills) this.fills[fill.side] += 1;
  }

  noteFailure(status: number | undefined): void {
    count(this.apiErrors, errorKindOf(status));
  }
}

/** By the status of the answer; without one nobody answered. */
export function errorKindOf(status: number | undefined): ErrorKind {
  if (status === undefined) return 'network';
  if (status === 429) return 'rateLimit';
  if (status === 401 || status === 403) return 'auth';
  return status >= 500 ? 'server' : 'client';
}

export function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
