/** Commands without a process, and pictures of runs that never happened. */
import type {
  AccountProgress,
  Dependencies,
  RunProgress,
  RunReport,
  StatusReport,
} from '../../src/cli/dependencies.ts';
import type { CliIo } from '../../src/cli/io.ts';
import { main } from '../../src/cli/main.ts';
import { SimulatedClock } from '../../src/kernel/clock.ts';

/** Tools that find nothing. */
export const fakeTools: Dependencies['tools'] = {
  sql: async () => ({
    outcome: 'rows',
    columns: ['n'],
    rows: [[1]],
    isCut: false,
    milliseconds: 1,
  }),
  exportBundle: async () => fakeBundle,
  importBundle: async () => fakeBundle,
  versionDiff: async () => ({ rows: 2, actors: 1, machines: [], divergences: [] }),
  fork: async () => ({
    at: 1,
    toSeq: 2,
    played: 1,
    injected: 0,
    steps: 1,
    withheld: [],
    actors: [],
    notes: [],
  }),
};
const fakeBundle = {
  subject: { kind: 'account', id: 'A1' },
  rows: { count: 2, fromSeq: 1, toSeq: 2 },
  files: [],
  signature: 'none',
} as const;

export const calmAccount: AccountProgress = {
  accountId: 'A1',
  tradingState: 'ACTIVE',
  causes: [],
  realized: '-120.50',
  fees: '8.14',
  net: '-128.64',
  unrealized: '-75.00',
  positions: [{ instrument: 'MNQ', quantity: '3', average: '21034.25', unrealized: '-75.00' }],
  workingOrders: 1,
  rules: [
    {
      ruleId: 'RULE-003',
      title: 'daily loss',
      state: 'armed',
      verdict: 'PASS',
      observed: '-203.64',
      limit: '-500.00',
      usedPercent: 40,
    },
    {
      ruleId: 'RULE-001',
      title: 'contracts',
      state: 'armed',
      verdict: 'PASS',
      observed: '3',
      limit: '5',
      usedPercent: 60,
    },
    {
      ruleId: 'RULE-004',
      title: 'open loss',
      state: 'unknown',
      verdict: 'UNKNOWN',
      observed: 'unknown',
      limit: '-300.00',
    },
  ],
  locks: [],
};

export const lockedAccount: AccountProgress = {
  ...calmAccount,
  tradingState: 'LOCKED',
  causes: ['lock:L1: daily loss'],
  realized: '-1512.00',
  net: '-1524.30',
  unrealized: '0.00',
  positions: [],
  workingOrders: 0,
  rules: [
    {
      ruleId: 'RULE-003',
      title: 'daily loss',
      state: 'locked',
      verdict: 'DENY',
      observed: '-1524.30',
      limit: '-500.00',
      usedPercent: 305,
    },
  ],
  locks: [
    {
      lockId: 'L1',
      rule: 'RULE-003',
      kind: 'untilReset',
      scope: 'account',
      reason: 'daily loss',
      until: '2026-03-10T22:00:00.000Z',
    },
  ],
};

export const progressPicture: RunProgress = {
  marketTime: '2026-03-10T15:04:05.250Z',
  wallMs: 2_000,
  rows: 9_632,
  rowsTotal: 15_536,
  events: 12_345,
  eventsPerSecond: 6_172,
  transitions: 4_321,
  orders: 42,
  denials: 7,
  fills: 39,
  submissions: 41,
  headSeq: 54_321,
  headHash: '3fa94c1d77aa00bb11cc',
  commitMsP99: 0.42,
  evaluator: 'worker',
  accounts: [calmAccount],
  notes: [
    '2026-03-10T15:04:01.000Z RULE-004 breached on MNQ',
    '2026-03-10T15:04:02.000Z MNQ is flat',
  ],
};

export const runReport: RunReport = {
  ended: 'end of data',
  marketFrom: '2026-03-10T14:00:00.000Z',
  marketTo: '2026-03-10T15:04:05.250Z',
  rows: 15_536,
  emptyRows: 12,
  events: 12_345,
  transitions: 4_321,
  orders: 42,
  denials: 7,
  fills: 39,
  submissions: 41,
  realizedPnl: '-1512.00',
  fees: '12.30',
  breaches: 1,
  locks: 1,
  alerts: 2,
  incidents: 0,
  deadLetters: 0,
  headSeq: 54_321,
  headHash: '3fa94c1d77aa00bb11cc',
  wallMs: 2_000,
  recovery: { wasClean: true, actors: 0, inDoubt: 0, milliseconds: 3 },
  accounts: [lockedAccount],
};

export const statusReport: StatusReport = {
  dataDir: './data',
  isRunning: false,
  wasClean: true,
  headSeq: 54_321,
  headHash: '3fa94c1d77aa00bb11cc',
  lastAt: '2026-03-10T15:04:05.250Z',
  epoch: 2,
  openEffects: 0,
  quarantined: [],
  accounts: [lockedAccount],
};

/** A product that answers at once; what a test cares about it replaces. */
export function fakeDependencies(changes: Partial<Dependencies> = {}): Dependencies {
  return {
    version: '1.2.3',
    run: async (_options, onProgress) => {
      onProgress(progressPicture);
      return runReport;
    },
    liveGates: async () => undefined,
    status: async () => statusReport,
    operate: async () => ({ outcome: 'accepted', text: 'done', requestId: 'r1' }),
    journalTail: async () => undefined,
    machines: async () => [],
    machine: async () => ({ chart: {}, table: '' }),
    exportMachines: async () => '',
    machineCoverage: async () => [],
    tools: fakeTools,
    savedCoverage: async () => [],
    inspect: async () => undefined,
    tokens: {
      create: async () => ({ id: 't1', token: 'bh_viewer_x', expires: '2026-12-24T00:00:00.000Z' }),
      list: async () => [],
      revoke: async () => undefined,
    },
    rulesStatus: async () => ({ rules: [] }),
    explainRule: async () => [],
    configConvert: async () => ({ files: [], notes: [] }),
    config: async () => ({ mode: 'PAPER', hash: '0123456789abcdef', warnings: [], values: [] }),
    journalVerify: async () => ({ ok: true, rows: 3, headSeq: 3, headHash: 'abc', problems: [] }),
    auditVerify: async () => ({
      ok: true,
      rows: 3,
      auditRows: 1,
      headSeq: 3,
      headHash: 'abc',
      anchors: 0,
      problems: [],
    }),
    scenarioRun: async () => ({ total: 0, passed: 0, failed: 0, unsupported: 0, results: [] }),
    drillKillSwitch: async (options) => ({
      verifiedFlat: options.flatten,
      partial: false,
      totalMs: 42,
      steps: [{ step: 'latch', ms: 42 }],
      orders: { placed: options.orders, left: 0 },
      positions: { opened: options.positions, left: 0 },
      alerts: [],
      isWithinLimits: true,
      workingOrdersKnown: 0,
      flatten: options.flatten,
      venueLatencyMs: options.venueLatencyMs,
      runs: options.runs,
      p50Ms: 42,
      p99Ms: 42,
      worstMs: 42,
    }),
    conformanceRun: async () => ({
      total: 0,
      passed: 0,
      failed: 0,
      unsupported: 0,
      byKind: {},
      results: [],
    }),
    ...changes,
  };
}

/** One call of the command line and everything that came of it. */
export class CliCall {
  out = '';
  err = '';
  exits: number[] = [];
  readonly clock = new SimulatedClock(0);
  stop: () => void = () => undefined;
  readonly io: CliIo;

  constructor(changes: Partial<CliIo> = {}) {
    this.io = {
      stdout: (text) => void (this.out += text),
      stderr: (text) => void (this.err += text),
      isTerminal: false,
      colour: false,
      size: () => ({ width: 100, height: 40 }),
      clock: this.clock,
      onStop: (stop) => {
        this.stop = stop;
        return () => undefined;
      },
      exit: (code) => void this.exits.push(code),
      ...changes,
    };
  }

  run(line: string, dependencies: Dependencies = fakeDependencies()): Promise<number> {
    return main(
      ['node', 'bulkhead', ...line.split(' ').filter((word) => word !== '')],
      dependencies,
      this.io,
    );
  }
}
