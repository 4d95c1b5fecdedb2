/**
 * The step to real money: every gate at once, so that whoever wants LIVE learns of all that is missing. Nothing is ever
 * downgraded in silence: LIVE runs as LIVE or not at all. Source: execution 14, REQ-M1.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes, OperatorError } from '../kernel/errors.ts';
import { isEngineRunning } from '../persistence/lock-file.ts';

/** What is known of each gate when LIVE is asked for; undefined: nobody can say, which is not met. */
export type LiveFacts = {
  readonly readOnly: boolean;
  /** Accounts that would trade with real money. */
  readonly accounts: readonly string[];
  /** Account id that the operator has confirmed; undefined: none. */
  readonly confirmed: string | undefined;
  readonly hasVenue: boolean;
  readonly isConfigurationValid: boolean;
  readonly isLockFree: boolean;
  readonly isStoreHealthy: boolean | undefined;
  readonly isReconciled: boolean | undefined;
  readonly isKilled: boolean | undefined;
  /** Undefined: no source says what time it is. */
  readonly clockDriftMs: number | undefined;
  readonly clockDriftMsMax: number;
  /** Names of secrets that are missing. */
  readonly missingSecrets: readonly string[];
  /** Enabled rules without an actor that watches. */
  readonly unwiredRules: readonly string[];
};

export type Gate = { readonly gate: string; readonly why: string };

/** The gates that are not met, in the order of the specification; none: LIVE may begin. */
export function unmetGates(facts: LiveFacts): readonly Gate[] {
  const { accounts, confirmed, clockDriftMs, clockDriftMsMax, missingSecrets, unwiredRules } =
    facts;
  const isTimely = clockDriftMs !== undefined && Math.abs(clockDriftMs) <= clockDriftMsMax;
  const isConfirmed = confirmed !== undefined && accounts.includes(confirmed);
  const gates: readonly (Gate & { readonly isMet: boolean })[] = [
    { gate: 'readOnly', isMet: !facts.readOnly, why: 'readOnly is true; LIVE needs false' },
    {
      gate: 'configuration',
      isMet: facts.isConfigurationValid,
      why: 'the configuration is not valid',
    },
    {
      gate: 'venue',
      isMet: facts.hasVenue,
      why: 'this version has no adapter for a live venue, only the simulated one',
    },
    {
      gate: 'single-instance lock',
      isMet: facts.isLockFree,
      why: 'another instance holds the data directory',
    },
    {
      gate: 'store',
      isMet: facts.isStoreHealthy === true,
      why: said(facts.isStoreHealthy, 'the store is not healthy'),
    },
    {
      gate: 'reconciliation',
      isMet: facts.isReconciled === true,
      why: said(facts.isReconciled, 'not every account agrees with the venue'),
    },
    {
      gate: 'kill switch',
      isMet: facts.isKilled === false,
      why: said(facts.isKilled, 'a kill switch is latched'),
    },
    {
      gate: 'clock',
      isMet: isTimely,
      why:
        clockDriftMs === undefined
          ? 'no source says how far the clock is off'
          : `the clock is off by ${clockDriftMs} ms, at most ${clockDriftMsMax} is permitted`,
    },
    {
      gate: 'secrets',
      isMet: missingSecrets.length === 0,
      why: `missing: ${missingSecrets.join(', ')}`,
    },
    {
      gate: 'rules',
      isMet: unwiredRules.length === 0,
      why: `enabled and not wired: ${unwiredRules.join(', ')}`,
    },
    {
      gate: 'confirmation',
      isMet: isConfirmed,
      why: `the operator confirms with --confirm-live <account id>, one of ${accounts.join(', ')}${confirmed === undefined ? '' : `, was ${confirmed}`}`,
    },
  ];
  return gates.filter(({ isMet }) => !isMet).map(({ gate, why }) => ({ gate, why }));
}

function said(fact: boolean | undefined, why: string): string {
  return fact === undefined ? 'nobody can say before a venue is connected' : why;
}

/** The refusal with every gate that is not met. */
export function liveRefused(unmet: readonly Gate[]): OperatorError {
  return new OperatorError({
    code: 'LIVE_REFUSED',
    exitCode: exitCodes.configuration,
    message: `LIVE is refused, ${unmet.length} gates are not met: ${unmet.map(({ gate, why }) => `${gate} (${why})`).join('; ')}`,
    remedy: 'Meet every gate, or run with --mode PAPER.',
  });
}

/** What can be said of the gates before anything is opened. */
export function factsBeforeStart(given: {
  readonly readOnly: boolean;
  readonly accounts: readonly string[];
  readonly confirmed: string | undefined;
  readonly dataDir: string;
  readonly killFile: string;
  readonly clockDriftMsMax: number;
}): LiveFacts {
  const { readOnly, accounts, confirmed, dataDir, killFile, clockDriftMsMax } = given;
  return {
    readOnly,
    accounts,
    confirmed,
    hasVenue: false,
    isConfigurationValid: true,
    isLockFree: !isEngineRunning(dataDir),
    isStoreHealthy: undefined,
    isReconciled: undefined,
    isKilled: existsSync(join(dataDir, killFile)) ? true : undefined,
    clockDriftMs: undefined,
    clockDriftMsMax,
    missingSecrets: [],
    unwiredRules: [],
  };
}
