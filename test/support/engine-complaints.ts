/** What users of other engines complain about. Source: reference on trading engines 6. */
import {
  answers,
  requests,
  submitted,
  others,
  kill,
  specKill,
  comparison,
  specComparison,
  groups,
  restarts,
  misbehaving,
  portfolio,
  type HoleGroup,
} from './engine-hole.ts';

export const complaints: HoleGroup = {
  section: '6',
  title: 'What users complain about',
  rows: [
    {
      hole: 'fail-open gate',
      ours: 'unknown refuses what adds risk',
      evidence: [['property/gate.test.ts', 'INV-GATE-1']],
    },
    {
      hole: 'the kill switch traps the position',
      ours: 'exits are a class of their own',
      evidence: [[specKill, '9 an exit passes while the kill is latched']],
    },
    {
      hole: 'orders and trades twice after a restart',
      ours: 'ids and keys are on the disk before the effect',
      evidence: [
        [restarts, 'G35 a crash before the acknowledgement is stored sends no second order'],
        ['scenarios/gate-duplicates.yaml', 'G42 an intent replayed after a restart is a duplicate'],
      ],
    },
    {
      hole: 'working orders lost by a restart',
      ours: 'all of them are known again',
      evidence: [
        [others, 'fourteen working orders are known again after a crash, each submitted once'],
        ['crash/kill.test.ts', 'a process that is killed while it trades'],
      ],
    },
    {
      hole: 'phantom cancel',
      ours: 'UNKNOWN, with its exposure',
      evidence: [
        [
          comparison,
          'an order that the lists no longer show is counted, unknown after five, and never ended by a timer',
        ],
        [
          specComparison,
          '11.3 an order that the venue forgot is unknown after five misses, and never ended by a timer',
        ],
      ],
    },
    {
      hole: 'the reconciler loops, stacks orders, fabricates in silence',
      ours: 'idempotent, bounded, a row for everything',
      evidence: [
        [comparison, 'a comparison that agrees writes nothing and asks for nothing'],
        [
          comparison,
          'N3 a rejection of a partly filled order that only the lists show is told once',
        ],
      ],
    },
    {
      hole: 'two orders after a change in an outage',
      ours: 'a change is a request of the one order',
      evidence: [
        [others, 'a change into a dead line leaves one order, and its fate is asked for'],
        [
          requests,
          '3.4 a change without an answer and without a query is ambiguous, and settled by a query',
        ],
      ],
    },
    {
      hole: 'reduce-only opens',
      ours: 'flip-aware, working orders included',
      evidence: [
        [submitted, '2.4 a plain limit order and a new sale together would be short'],
        ['unit/exposure.test.ts', 'long 3, a SELL 2 works, SELL 2'],
      ],
    },
    {
      hole: 'a close is refused by the notional',
      ours: 'closes know no caps',
      evidence: [[others, 'a close passes whatever notional and margin say']],
    },
    {
      hole: 'wrong average after a flip',
      ours: 'the rest opens at the price of the trade',
      evidence: [
        [others, 'the average after a trade that turns a position round is that of its rest'],
        ['property/position.test.ts', 'Verifies:'],
      ],
    },
    {
      hole: 'a position that nobody attends',
      ours: 'an owner or an incident before anything is traded',
      evidence: [
        [
          comparison,
          'G45 a ghost position without any stop is adopted, and said to be unprotected',
        ],
        [
          'scenarios/partial-windows.yaml',
          'what was opened before the listed executions is booked before them, and what they closed made its profit',
        ],
      ],
    },
    {
      hole: 'the kill switch fires without a trade, or cannot be taken back',
      ours: 'an explicit baseline, a latch, a re-arm that is in the journal',
      evidence: [
        [portfolio, 'a person who re-arms the account begins a new high-water mark'],
        [kill, 'the latch ends by two different admins with a reason'],
      ],
    },
    {
      hole: 'money that is stranded',
      ours: 'the balance is compared with the ledger',
      evidence: [
        [comparison, 'money that nothing explains stops new risk until a transfer explains it'],
      ],
    },
    {
      hole: 'drawdown of ratios, blind for open trades, locked again by a win',
      ours: 'of equity at the marks, with the figures',
      evidence: [
        [portfolio, 'T4 a fall of 10.8 % from the high-water mark halts the account for good'],
        [
          'scenarios/ledger.yaml',
          'after an unlock past the limit the spread of a new position does not lock again, a worse result does',
        ],
      ],
    },
    {
      hole: '"stop trading" that stops only entries',
      ours: 'states are named by what they permit, and say so',
      evidence: [
        [
          others,
          'whoever stops trading is told what the state still permits, and it survives a crash',
        ],
      ],
    },
    {
      hole: 'a stop that is placed again after the close',
      ours: 'protection belongs to its position and goes with it',
      evidence: [
        [groups, '7.2 a position that somebody else closes takes the children with it'],
        [groups, '7.2 the target takes the stop with it'],
      ],
    },
    {
      hole: 'dropped fills and an endless loop of liquidations',
      ours: 'so many rounds, then one attempt per pause, and somebody is called',
      evidence: [
        ['property/exit.machine.test.ts', 'INV-EXIT-3'],
        [misbehaving, 'executions that the stream loses are found in the lists'],
      ],
    },
    {
      hole: 'executions without an id are booked twice',
      ours: 'by trade id, or by the cumulative quantity of the order',
      evidence: [
        [answers, 'every event twice changes nothing'],
        [answers, 'the status may come before its trades'],
      ],
    },
    {
      hole: 'a liquidation by the broker that nobody sees',
      ours: 'an incident with its profit or loss',
      evidence: [
        [
          comparison,
          'a position that the venue closed is booked at the price that the money implies',
        ],
      ],
    },
    {
      hole: 'a late answer brings a filled order back',
      ours: 'versions of an order only grow',
      evidence: [
        [answers, 'G38 a late partial status does not take a filled order back'],
        ['model/order-permutations.test.ts', 'ends filled with the ledger of the sorted history'],
      ],
    },
    {
      hole: 'a flip that is delivered again counts again',
      ours: 'one booking for one trade id of the venue',
      evidence: [[others, 'a trade that turns a position round and is told twice turns it once']],
    },
    {
      hole: 'lists ignore the state, no single switch, resting orders flip',
      ours: 'every path of entry passes one gate, whose approval is a type',
      evidence: [
        ['types/approved.test-d.ts', 'Approved'],
        [
          others,
          'a group meets the same gate, no leg of it passes while the account may only reduce',
        ],
        ['tidy/architecture.test.ts', 'importFindings'],
      ],
    },
    {
      hole: 'a kill latches the whole book, or says flat with orders resting',
      ours: 'latched by scope, verified by the venue',
      evidence: [
        [kill, 'a kill of one instrument denies that instrument only'],
        [kill, 'mode flatten ends with no order and no position, and says flat only then'],
      ],
    },
    {
      hole: 'one bad tick halts',
      ours: 'a flagged tick needs others that confirm it',
      evidence: [
        ['scenarios/outliers.yaml', 'T7 one absurd tick closes nothing, a second one does'],
        [
          'unit/outlier-guard.test.ts',
          'asks for as many ticks as are configured, in a row and on the same side',
        ],
      ],
    },
    {
      hole: 'a halt refuses the stop-loss',
      ours: 'protection passes',
      evidence: [[others, 'a protective stop passes while the account is halted']],
    },
    {
      hole: 'NaN switches a limit off',
      ours: 'unknown, which refuses',
      evidence: [
        [others, 'a price that is no number denies new risk instead of comparing as fine'],
        ['scenarios/from-the-spec-open-results.yaml', 'NaN and null prices are unknown'],
      ],
    },
    {
      hole: 'a floor below that of the firm',
      ours: 'profiles of firms with a buffer',
      evidence: [],
      later: 'firm profiles',
    },
    {
      hole: 'an ambiguous outcome frees the id',
      ours: 'reserved until it is proven',
      evidence: [
        [answers, 'G36 a placement without an answer is looked up and attached, not sent again'],
        [
          submitted,
          '2.3 HTTP 503 is ambiguous, holds its exposure, and fails when every search finds nothing',
        ],
      ],
    },
    {
      hole: 'doubled by a restart',
      ours: 'intent and outcome are rows',
      evidence: [
        [restarts, 'a market order that filled while the engine was dying is booked once'],
        [
          'scenarios/brackets.yaml',
          'a bracket outlives a crash between the fill of its entry and the placing of its stop',
        ],
      ],
    },
    {
      hole: 'a test with other limits than live',
      ours: 'one gate in every mode',
      evidence: [
        [
          'scenarios/modes.yaml',
          'DRY_RUN records what it would have sent, exits too, and sends nothing',
        ],
        ['simulation/engine.simulation.test.ts', 'Verifies:'],
      ],
    },
    {
      hole: 'no heartbeat that somebody watches',
      ours: 'a watchdog process that kills by the file',
      evidence: [
        ['unit/watchdog.test.ts', 'the time that an engine has not moved'],
        ['crash/watchdog.test.ts', 'Verifies:'],
      ],
    },
  ],
};
