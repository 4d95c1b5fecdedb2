/**
 * What other engines get wrong, and what shows that it is otherwise here: the holes, weak points and complaints of the
 * reference on trading engines (sections 1, 3.2, 3.3 and 6). Every piece of evidence is a test or a scenario by its
 * name; a test checks that each exists. What belongs to later work says which.
 */
import { complaints } from './engine-complaints.ts';
import {
  answers,
  requests,
  submitted,
  others,
  gate,
  kill,
  specKill,
  comparison,
  specComparison,
  portfolio,
  type HoleGroup,
} from './engine-hole.ts';

const designFacts: HoleGroup = {
  section: '1',
  title: 'Facts to design around',
  rows: [
    {
      hole: 'no engine judges an account after the trade',
      ours: 'thirteen rules and the portfolio controls, judged on every change',
      evidence: [
        ['simulation/all-rules.test.ts', 'Verifies:'],
        [portfolio, 'T4 a fall of 10.8 % from the high-water mark halts the account for good'],
      ],
    },
    {
      hole: 'the gate fails open',
      ours: 'nothing that adds risk passes with an input missing',
      evidence: [
        [
          'property/gate.test.ts',
          'INV-GATE-1: nothing that adds risk passes with a required input missing',
        ],
        [gate, '2.1 NO_REFERENCE_PRICE without a quote'],
      ],
    },
    {
      hole: 'a halt is lost by a restart',
      ours: 'durable and latched',
      evidence: [
        [specKill, '10 a restart never widens a state'],
        [
          others,
          'whoever stops trading is told what the state still permits, and it survives a crash',
        ],
      ],
    },
    {
      hole: 'REDUCING by sign: openings from flat and flips pass',
      ours: 'by the worst case, working orders and flips included',
      evidence: [
        [specKill, '10 reducing refuses a flip and an opening, and lets an exit pass'],
        [
          'property/gate.test.ts',
          'INV-GATE-2: what passes in REDUCING, LOCKED or HALTED grows no worst case',
        ],
      ],
    },
    {
      hole: 'HALTED traps the position',
      ours: 'exits, cancels and protective stops pass in every state',
      evidence: [
        [specKill, '9 an exit passes while the kill is latched'],
        [others, 'a protective stop passes while the account is halted'],
      ],
    },
    {
      hole: 'late fills on closed orders are lost',
      ours: 'booked, marked, and an incident',
      evidence: [[answers, 'N1 a fill of an order that the venue refused is booked and marked']],
    },
    {
      hole: 'reconciliation compares quantities and no money; a position that vanishes costs nothing',
      ours: 'closed at the price that the money implies; money that nothing explains blocks new risk',
      evidence: [
        [
          specComparison,
          '11.5 a position that vanishes is closed at the price that the money implies',
        ],
        [specComparison, '11.5 unexplained money blocks new risk in PAPER'],
      ],
    },
    {
      hole: '"killed" is said and not verified',
      ours: 'only when the venue shows no order and no position, twice in a row',
      evidence: [
        [kill, 'killed is not said while an order remains'],
        [specKill, '9 flatten closes everything and says so only when the venue confirms it'],
      ],
    },
    {
      hole: 'one poisoned rule or order takes every account down',
      ours: 'an actor is restarted, then set aside; the others do not notice',
      evidence: [
        [
          'scenarios/faults.yaml',
          'an actor that crashes again and again is set aside, the other account goes on',
        ],
        ['unit/supervisor.test.ts', 'leaves siblings and other accounts running'],
      ],
    },
    {
      hole: 'nobody can see why a rule decided, or how far the next limit is',
      ours: 'the inspector: state of every actor, why, headroom, rewind',
      evidence: [['e2e/inspector.test.ts', 'Verifies:']],
    },
  ],
};

const tableHoles: HoleGroup = {
  section: '3.2',
  title: 'Holes in the order table',
  rows: [
    {
      hole: 'REJECTED, EXPIRED or DENIED and then filled: the execution is dropped',
      ours: 'always booked, integrity late, incident',
      evidence: [
        [answers, 'N1 a fill after the order was canceled is booked and marked'],
        [answers, 'N1 a fill after the order expired is booked and marked'],
        ['unit/denied-orders.test.ts', 'Verifies:'],
      ],
    },
    {
      hole: 'while a cancel is on the wire the answer to a change is lost',
      ours: 'requests are a region beside the execution',
      evidence: [
        [requests, '3.4 N2 a change and a cancel on the wire, the change is answered first'],
        [requests, '3.4 N2 a change and a cancel on the wire, the cancel is answered first'],
      ],
    },
    {
      hole: 'a rejection of a partly filled order loops in the reconciler',
      ours: 'it ends the remainder, and is told once',
      evidence: [
        [answers, 'N3 a rejection of a partly filled order ends its remainder'],
        [
          comparison,
          'N3 a rejection of a partly filled order that only the lists show is told once',
        ],
      ],
    },
    {
      hole: 'a late acceptance hides the partial fill',
      ours: 'the status follows from the filled quantity',
      evidence: [[answers, 'N4 a late acceptance does not hide a partial fill']],
    },
    {
      hole: 'an order cannot expire or trigger before its acknowledgement',
      ours: 'it can',
      evidence: [
        [answers, 'N5 an order may expire before its acknowledgement'],
        ['unit/order.machine.test.ts', 'N5'],
      ],
    },
    {
      hole: 'no UNKNOWN: a timeout becomes a rejection or a cancel, and the exposure doubles',
      ours: 'UNKNOWN keeps id and exposure until the venue proves the end',
      evidence: [
        [answers, 'N6 without any answer an order is unknown, counts, and is attached later'],
        [submitted, '2.3 a search that fails leaves the order unknown however long'],
      ],
    },
    {
      hole: 'what adopted orders need is legal for own ones too',
      ours: 'a path of its own; for an order of ours that was never sent it is a dead letter',
      evidence: [
        [
          'unit/order.machine.test.ts',
          'N7: %s is a dead letter for an own order that was never sent',
        ],
        [
          others,
          'an own order that the venue reports before anybody has sent it is adopted and never taken for a sent one',
        ],
      ],
    },
  ],
};

const gateWeaknesses: HoleGroup = {
  section: '3.3',
  title: 'Weak points of the risk engine',
  rows: [
    {
      hole: 'an instrument nobody knows is refused',
      ours: 'as well',
      evidence: [[gate, '2.1 INSTRUMENT_UNKNOWN without a tick value']],
    },
    {
      hole: 'reduce-only orders open phantom positions',
      ours: 'the effect is computed, the flag is not believed',
      evidence: [
        [others, 'a flag that says reduce-only opens nothing while the account may only reduce'],
        [submitted, '2.4 the reduce-only flag of a flat account is not believed'],
      ],
    },
    {
      hole: 'the tick increment is not checked',
      ours: 'refused for entries, rounded for exits',
      evidence: [
        [gate, '2.1 PRICE_OFF_TICK for limit and stop'],
        [
          'scenarios/gate-technical.yaml',
          'prices and quantities off the grid are refused for entries and rounded for exits',
        ],
      ],
    },
    {
      hole: 'precision, least and largest quantity',
      ours: 'lots, minimum and maximum',
      evidence: [
        [gate, '2.1 QUANTITY_OFF_INCREMENT for half a contract'],
        [gate, '2.1 QUANTITY_OUT_OF_RANGE beyond the largest order'],
      ],
    },
    {
      hole: 'an order whose time is over is sent',
      ours: 'an intent has an age, and is refused beyond it',
      evidence: [[gate, '2.1 INTENT_EXPIRED, of its own age']],
    },
    {
      hole: 'a market order without a quote skips the notional with a warning',
      ours: 'refused',
      evidence: [
        [gate, '2.1 NO_REFERENCE_PRICE without a quote'],
        [gate, '2.1 QUANTITY_OUT_OF_RANGE beyond the largest value'],
      ],
    },
    {
      hole: 'no account: every check passes; a close is refused for its notional',
      ours: 'an unknown account is refused; a close knows no notional',
      evidence: [
        [gate, 'an unknown account is refused'],
        [others, 'a close passes whatever notional and margin say'],
      ],
    },
    {
      hole: 'margin that cannot be computed counts as none',
      ours: 'unknown, which refuses',
      evidence: [
        [portfolio, 'a contract needs its margin, orders that work reserve theirs'],
        ['property/gate.test.ts', 'INV-GATE-1'],
      ],
    },
    {
      hole: 'trailing stops with impossible parameters',
      ours: 'trailing belongs to RULE-012 and is validated with its configuration',
      evidence: [['unit/rules/trade-management.test.ts', 'Verifies:']],
    },
    {
      hole: 'a list of several instruments is judged by one of them',
      ours: 'every leg of a group meets the gate, and the worst case of all counts for margin',
      evidence: [
        [
          others,
          'a group meets the same gate, no leg of it passes while the account may only reduce',
        ],
        [portfolio, 'a group that needs more than 90 % of the margin does not begin'],
      ],
    },
    {
      hole: 'the trading state is not durable and only set by hand',
      ours: 'durable, with causes, set by rules, faults and people',
      evidence: [
        [specKill, '10 a restart never widens a state'],
        ['property/account.machine.test.ts', 'INV-ACC-1'],
      ],
    },
    {
      hole: 'throttles drop, and count only submits',
      ours: 'submits and changes by second and day; cancels and exits pass',
      evidence: [
        [gate, '2.1 MESSAGE_LIMIT in a second'],
        [gate, '2.1 MESSAGE_LIMIT of a day, cancels and exits pass'],
      ],
    },
    {
      hole: 'not checked at all: collar, position limit, duplicates, self-match, age of the quote, clock, hours, daily loss, drawdown, concentration, messages of a day',
      ours: 'each is a check of the catalogue with a code',
      evidence: [
        ['unit/gate.test.ts', 'has a case for each check of the catalogue that concerns it'],
        [gate, '2.1 PRICE_COLLAR of ten percent'],
        [gate, '2.1 SELF_MATCH is refused'],
        [gate, '2.1 STALE_DATA after five seconds'],
      ],
    },
  ],
};

/** In the order of the reference. */
export const holeGroups: readonly HoleGroup[] = [
  designFacts,
  tableHoles,
  gateWeaknesses,
  complaints,
];
