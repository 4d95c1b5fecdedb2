/**
 * Whether what the venue says fits together. Table: execution 3.5.
 *
 * The execution region raises what it finds and records the incident; this region remembers the worst that holds.
 */
import { orderSetup } from './order.setup.ts';

const agreed = { guard: 'isKnown' } as const;
const acknowledged = { target: 'clean', actions: 'acknowledgeFindings' } as const;

export const integrity = orderSetup.createStateConfig({
  initial: 'clean',
  states: {
    clean: {
      on: {
        'integrity.late': 'late',
        'integrity.overfilled': 'overfilled',
        'integrity.contradicted': 'conflict',
        'order.reconciliationAgreed': agreed,
        'order.integrityAcknowledged': {},
      },
    },
    late: {
      on: {
        'integrity.late': {},
        'integrity.overfilled': 'overfilled',
        'integrity.contradicted': 'conflict',
        'order.reconciliationAgreed': agreed,
        'order.integrityAcknowledged': acknowledged,
      },
    },
    overfilled: {
      on: {
        'integrity.late': {},
        'integrity.overfilled': {},
        'integrity.contradicted': 'conflict',
        'order.reconciliationAgreed': agreed,
        'order.integrityAcknowledged': acknowledged,
      },
    },
    conflict: {
      on: {
        'integrity.late': {},
        'integrity.overfilled': {},
        'integrity.contradicted': {},
        // Two cycles in a row; then the worst of what still holds.
        'order.reconciliationAgreed': [
          { guard: 'agreesOnOverfill', target: 'overfilled', actions: 'forgetAgreements' },
          { guard: 'agreesOnLateness', target: 'late', actions: 'forgetAgreements' },
          { guard: 'agreesAgain', target: 'clean', actions: 'forgetAgreements' },
          { guard: 'isKnown', actions: 'countAgreement' },
        ],
        'order.integrityAcknowledged': acknowledged,
      },
    },
  },
});
