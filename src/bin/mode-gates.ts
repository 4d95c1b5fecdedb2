/**
 * The step to real money: every gate at once, so that whoever wants LIVE learns of all that is missing. Nothing is ever
 * downgraded in silence: LIVE runs as LIVE or not at all. Source: execution 14, REQ-M1.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LiveGate } from '../cli/live-gates.ts';
import { exitCodes, OperatorError } from '../kernel/errors.ts';
import type { KillContext } from '../machines/kill.machine.ts';
import { journalFile } from '../persistence/data-directory.ts';
import { openJournalReader, verifyDirectory } from '../persistence/journal-reader.ts';
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
  /** Enabled rules without an actor that watches; undefined: the engine does not stand yet. */
  readonly unwiredRules: readonly string[] | undefined;
  /** Profiles of firms that accounts name. */
  readonly firmProfiles?: readonly string[];
};

export type Gate = { readonly gate: string; readonly why: string };

/** What is known of one gate, and what there is to do where it is not met. */
type Known = {
  readonly gate: string;
  /** Undefined: nobody can say, which is not met. */
  readonly isMet: boolean | undefined;
  /** In words, where it is met. */
  readonly says: string;
  /** In words, where it is not. */
  readonly why: string;
  readonly remedy: string;
};

/** Every gate with what is known of it, in the order of the specification. */
export function liveGates(facts: LiveFacts): readonly LiveGate[] {
  return [...settingGates(facts), ...stateGates(facts), ...wiringGates(facts)].map(
    ({ gate, isMet, says, why, remedy }) => ({
      gate,
      status: isMet === undefined ? 'UNKNOWN' : isMet ? 'PASS' : 'FAIL',
      says: isMet === true ? says : why,
      remedy: isMet === true ? '' : remedy,
    }),
  );
}

/** The gates that are not met, in the order of the specification; none: LIVE may begin. */
export function unmetGates(facts: LiveFacts): readonly Gate[] {
  return liveGates(facts)
    .filter(({ status }) => status !== 'PASS')
    .map(({ gate, says }) => ({ gate, why: says }));
}

function settingGates(facts: LiveFacts): readonly Known[] {
  return [
    {
      gate: 'readOnly',
      isMet: !facts.readOnly,
      says: 'readOnly is false',
      why: 'readOnly is true; LIVE needs false',
      remedy: 'set readOnly: false',
    },
    {
      gate: 'configuration',
      isMet: facts.isConfigurationValid,
      says: 'valid',
      why: 'the configuration is not valid',
      remedy: 'see bulkhead config check',
    },
    {
      gate: 'venue',
      isMet: facts.hasVenue,
      says: 'an adapter of a live venue',
      why: 'this version has no adapter for a live venue, only the simulated one',
      remedy: 'none in this version: run with --mode PAPER',
    },
  ];
}

function stateGates(facts: LiveFacts): readonly Known[] {
  const { clockDriftMs, clockDriftMsMax } = facts;
  const beforeVenue = 'nobody can say before a venue is connected';
  return [
    {
      gate: 'single-instance lock',
      isMet: facts.isLockFree,
      says: 'free',
      why: 'another instance holds the data directory',
      remedy: 'stop it, or give this one another --data-dir',
    },
    {
      gate: 'store',
      isMet: facts.isStoreHealthy,
      says: 'the journal proves itself',
      why: facts.isStoreHealthy === undefined ? 'no journal yet' : 'the store is not healthy',
      remedy:
        facts.isStoreHealthy === undefined ? 'run in PAPER first' : 'see bulkhead journal verify',
    },
    {
      gate: 'reconciliation',
      isMet: facts.isReconciled,
      says: 'every account agrees with the venue',
      why:
        facts.isReconciled === undefined ? beforeVenue : 'not every account agrees with the venue',
      remedy: 'connect, and settle every difference',
    },
    {
      gate: 'kill switch',
      isMet: facts.isKilled === undefined ? undefined : !facts.isKilled,
      says: 'not latched',
      why: facts.isKilled === undefined ? beforeVenue : 'a kill switch is latched',
      remedy: 'remove the kill file and re-arm: bulkhead rearm',
    },
    {
      gate: 'clock',
      isMet: clockDriftMs === undefined ? undefined : Math.abs(clockDriftMs) <= clockDriftMsMax,
      says: `off by ${clockDriftMs} ms, at most ${clockDriftMsMax} is permitted`,
      why:
        clockDriftMs === undefined
          ? 'no source says how far the clock is off'
          : `the clock is off by ${clockDriftMs} ms, at most ${clockDriftMsMax} is permitted`,
      remedy:
        'keep the clock of this machine by NTP; a venue or a time server says how far it is off',
    },
  ];
}

function wiringGates(facts: LiveFacts): readonly Known[] {
  const { accounts, confirmed, missingSecrets, unwiredRules, firmProfiles = [] } = facts;
  return [
    {
      gate: 'secrets',
      isMet: missingSecrets.length === 0,
      says: 'present',
      why: `missing: ${missingSecrets.join(', ')}`,
      remedy: 'name where each is: ${NAME} of the environment, or file:/path',
    },
    {
      gate: 'prop-firm bounds',
      isMet: firmProfiles.length === 0 ? true : undefined,
      says: 'no account names a firm',
      why: `nothing is known of ${firmProfiles.join(', ')}`,
      remedy: 'leave propFirmProfile out: this version has no catalogue of firms',
    },
    {
      gate: 'rules',
      isMet: unwiredRules === undefined ? undefined : unwiredRules.length === 0,
      says: 'every enabled rule is loaded and wired',
      why:
        unwiredRules === undefined
          ? 'nobody can say before the engine stands'
          : `enabled and not wired: ${unwiredRules.join(', ')}`,
      remedy: 'switch the rule off, or use a version that has it',
    },
    {
      gate: 'confirmation',
      isMet: confirmed !== undefined && accounts.includes(confirmed),
      says: `the operator has named ${confirmed ?? ''}`,
      why: `the operator confirms with --confirm-live <account id>, one of ${accounts.join(', ')}${confirmed === undefined ? '' : `, was ${confirmed}`}`,
      remedy: 'type the account id when asked, or give --confirm-live',
    },
  ];
}

/**
 * Go or no go, beside the gates: what somebody has to have seen before real money, which no single process can know.
 * Source: execution 14.
 */
export function liveLadder(wasDrilled: boolean): readonly LiveGate[] {
  return [
    row('tests', 'every test of this version is green', 'npm test'),
    row(
      'paper',
      'at least 24 h in PAPER without a breach',
      'bulkhead run --mode PAPER, then bulkhead status',
    ),
    wasDrilled
      ? { gate: 'drill', status: 'PASS', says: 'the last drill was verified flat', remedy: '' }
      : row(
          'drill',
          'the kill switch was drilled and verified flat',
          'bulkhead drill kill-switch --flatten',
        ),
    row('telemetry', 'metrics are read and alerts reach somebody', 'GET /metrics of the inspector'),
    row('canary', 'LIVE at half of the caps at most, for 48 h', 'after the first start'),
  ];
}

function row(gate: string, says: string, remedy: string): LiveGate {
  return { gate, status: 'UNKNOWN', says, remedy };
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
    ...storedFacts(dataDir, existsSync(join(dataDir, killFile))),
    isReconciled: undefined,
    clockDriftMs: undefined,
    clockDriftMsMax,
    missingSecrets: [],
    unwiredRules: undefined,
  };
}

/** What the store of a directory says of itself, and whether a kill is latched in it. */
function storedFacts(
  dataDir: string,
  hasKillFile: boolean,
): Pick<LiveFacts, 'isStoreHealthy' | 'isKilled'> {
  if (!existsSync(journalFile(dataDir)))
    return { isStoreHealthy: undefined, isKilled: hasKillFile };
  try {
    return {
      isStoreHealthy: verifyDirectory(dataDir).ok,
      isKilled: hasKillFile || isLatched(dataDir),
    };
  } catch {
    // A store that cannot be read is not healthy, and says nothing of a latch.
    return { isStoreHealthy: false, isKilled: hasKillFile ? true : undefined };
  }
}

function isLatched(dataDir: string): boolean {
  const reader = openJournalReader(dataDir);
  try {
    return reader
      .recovered()
      .actors.filter(({ machine }) => machine === 'kill')
      .some(({ contextJson }) => {
        const { runs } = JSON.parse(contextJson) as KillContext;
        return Object.keys(runs).length > 0;
      });
  } finally {
    reader.close();
  }
}
