/**
 * The obligation to hold no more than `targetLots` of one instrument. Source: execution 8, rules 1.5.
 *
 * canceling: nothing to close, orders that may still fill are going away. closing: a close is in flight or due.
 * verifying: closed, the remaining orders are going away. paced: the bound of rounds is reached, a person is called,
 * one attempt per pause. Every decision is made from the facts that come with the event, never from sums of changes.
 *
 * Invariants (test/property/exit.machine.test.ts):
 * - INV-EXIT-1: what is closed never exceeds what is open beyond the target, closes in flight included.
 * - INV-EXIT-2: it ends only when nothing is open beyond the target and nothing may still fill that matters.
 * - INV-EXIT-3: at most so many rounds as configured (limits.exitRoundsMax), then one attempt per pause, and it never gives up.
 * - INV-EXIT-4: a close that would add to the position, which has changed sides under it, is asked to go.
 */
import { assign, setup } from 'xstate';
import { addExact } from '../domain/arithmetic.ts';
import type { AccountId, InstrumentId, OrderId } from '../domain/ids.ts';
import type { Lots } from '../domain/instrument.ts';
import type { ExitEvent, ExitPace } from '../domain/machine-event.ts';
import { limits } from '../kernel/limits.ts';
import { record } from './step.ts';

export type ExitInput = {
  readonly accountId: AccountId;
  readonly instrument: InstrumentId;
};

type ExitContext = ExitInput & {
  /** Signed quantity that may stay; the strictest of all that asked. */
  readonly targetLots: Lots;
  readonly reason: string;
  /** Who asked, in order; empty while idle. */
  readonly sources: readonly string[];
  /** Attempts of this obligation so far. */
  readonly rounds: number;
  /** The last close as it was sent: facts of the same instant may not know it yet. */
  readonly sent: SentClose;
  /** Closes that were too large and have been asked to go. */
  readonly cancelAsked: readonly OrderId[];
};

type SentClose = { readonly atMs: number; readonly openLots: Lots; readonly inFlightLots: Lots };
const nothingSent: SentClose = { atMs: -1, openLots: 0, inFlightLots: 0 };
type Of<Type extends ExitEvent['type']> = Extract<ExitEvent, { type: Type }>;

/** How long the gate may take a close: an exit never gets too old while it is waiting. */
const closeMaxAgeMs = 86_400_000;

/** What the facts mean for the obligation; all quantities unsigned. */
type Outlook = {
  /** Open beyond the target. */
  readonly excessLots: Lots;
  /** May still be closed by orders on their way. */
  readonly inFlightLots: Lots;
  /** To be sent now. */
  readonly closeLots: Lots;
  readonly isAchieved: boolean;
  readonly hasOthers: boolean;
};

const machineSetup = setup({
  types: {
    input: {} as ExitInput,
    context: {} as ExitContext,
    events: {} as ExitEvent,
  },
  guards: {
    isAchieved: ({ context }, event: ExitEvent) => outlook(context, event).isAchieved,
    isCloseDue: ({ context }, event: ExitEvent) => outlook(context, event).closeLots > 0,
    isClosing: ({ context }, event: ExitEvent) => {
      const { excessLots, inFlightLots } = outlook(context, event);
      return excessLots > 0 || inFlightLots > 0;
    },
    isBoundReachedByClose: ({ context }, event: ExitEvent) =>
      context.rounds >= paceOf(event).roundsMax && outlook(context, event).closeLots > 0,
    isBoundReached: ({ context }, event: ExitEvent) => context.rounds >= paceOf(event).roundsMax,
  },
  actions: {
    take: assign(({ context }, event: ExitEvent) => taken(context, event)),
    takeRound: assign(({ context }, event: ExitEvent) => ({
      ...taken(context, event),
      rounds: context.rounds + 1,
    })),
    takeClose: assign(({ context }, event: ExitEvent) => ({
      ...taken(context, event),
      rounds: context.rounds + 1,
      sent: sentClose(context, event),
    })),
    // The last close has done its work: the next obligation of the same instant must not wait for it.
    clear: assign({ sources: [], rounds: 0, cancelAsked: [], sent: nothingSent }),
    announceStart: ({ context }, event: Of<'exit.required'>) => {
      const { instrument } = context;
      const { sources } = merged(context, event);
      const started = {
        type: 'account.exitStarted',
        instrument,
        sources,
        atMs: event.atMs,
      } as const;
      record({ type: 'message', to: 'account', event: started });
    },
    announceEnd: ({ context }, event: ExitEvent) => {
      const { instrument } = context;
      const { sources } = merged(context, event);
      record({ type: 'timer.delete', timer: 'verify' });
      const ended = { type: 'account.exitEnded', instrument, sources, atMs: event.atMs } as const;
      record({ type: 'message', to: 'account', event: ended });
    },
    announceDelay: ({ context }, event: ExitEvent) => {
      const { instrument } = context;
      const { sources, targetLots } = merged(context, event);
      const reason = `${instrument}: ${event.facts.openLots} lots open, ${targetLots} wanted, after ${context.rounds} rounds`;
      record({ type: 'incident', code: 'FLATTEN_INCOMPLETE', text: reason });
      const { atMs } = event;
      const delayed = { type: 'account.exitDelayed', instrument, sources, reason, atMs } as const;
      record({ type: 'message', to: 'account', event: delayed });
    },
    cancelOthers: ({ context }, event: ExitEvent) => cancelOthers(context, event),
    cancelSurplus: ({ context }, event: ExitEvent) => {
      const { atMs } = event;
      for (const orderId of surplus(context, event)) {
        const reason = 'closes more than is open beyond the target';
        const asked = { type: 'order.cancelRequested', reason, atMs } as const;
        record({ type: 'message', to: `order/${orderId}`, event: asked });
      }
    },
    sendClose: ({ context }, event: ExitEvent) => sendClose(context, event),
    armVerify: (_, event: ExitEvent) => armVerify(event.atMs, paceOf(event).verifyMs),
    armPause: (_, event: ExitEvent) => armVerify(event.atMs, paceOf(event).pacedMs),
  },
});

const usualPace: ExitPace = {
  roundsMax: limits.exitRoundsMax,
  verifyMs: limits.exitVerifyDurationMs,
  pacedMs: limits.exitPacedDurationMs,
};

function paceOf({ facts }: ExitEvent): ExitPace {
  return facts.pace ?? usualPace;
}

/** The obligation after this event: a further requirement can only make it stricter. */
function merged(context: ExitContext, event: ExitEvent): ExitContext {
  if (event.type !== 'exit.required') return context;
  const { targetLots, reason, source } = event;
  if (context.sources.length === 0) {
    return { ...context, targetLots, reason, sources: [source], rounds: 0, cancelAsked: [] };
  }
  const sources = context.sources.includes(source) ? context.sources : [...context.sources, source];
  return { ...context, sources, targetLots: stricter(context.targetLots, targetLots) };
}

/** The one closer to zero; targets on both sides leave nothing. */
function stricter(one: Lots, other: Lots): Lots {
  if (Math.sign(one) !== Math.sign(other)) return 0;
  return Math.abs(one) < Math.abs(other) ? one : other;
}

function outlook(context: ExitContext, event: ExitEvent): Outlook {
  const { targetLots, sent } = merged(context, event);
  const { openLots, closeLeavesLots, otherOrderIds, closeOrderIds } = event.facts;
  const excessLots = excess(openLots, targetLots);
  const inFlightLots = closeLeavesLots + unseenLots(sent, event);
  const closeLots = Math.max(0, excessLots - inFlightLots);
  const hasOthers = otherOrderIds.length > 0;
  const isQuiet = closeOrderIds.length === 0 && inFlightLots === 0;
  const isAchieved = excessLots === 0 && isQuiet && (targetLots !== 0 || !hasOthers);
  return { excessLots, inFlightLots, closeLots, isAchieved, hasOthers };
}

/** Open on the wrong side is excess as a whole; less than the target is none: an exit never opens. */
function excess(openLots: Lots, targetLots: Lots): Lots {
  if (openLots === 0) return 0;
  if (Math.sign(openLots) !== Math.sign(targetLots)) return Math.abs(openLots);
  return Math.max(0, Math.abs(openLots) - Math.abs(targetLots));
}

/** Facts that were gathered before the last close reached its order do not show it: counted as in flight. */
function unseenLots(sent: SentClose, { atMs, facts }: ExitEvent): Lots {
  if (atMs !== sent.atMs) return 0;
  const movedLots = Math.abs(facts.openLots - sent.openLots);
  return Math.max(0, sent.inFlightLots - facts.closeLeavesLots - movedLots);
}

/** Closes beyond what is left to close, or on the wrong side; each is asked once between two verifications. */
function surplus(context: ExitContext, event: ExitEvent): readonly OrderId[] {
  const { excessLots } = outlook(context, event);
  const { closeLeavesLots, closeOrderIds, strayOrderIds = [] } = event.facts;
  const asked = askedBefore(context, event);
  const wrong = closeLeavesLots > excessLots ? closeOrderIds : strayOrderIds;
  return wrong.filter((orderId) => !asked.includes(orderId));
}

function askedBefore(context: ExitContext, event: ExitEvent): readonly OrderId[] {
  return event.type === 'exit.verifyDue' ? [] : context.cancelAsked;
}

function taken(context: ExitContext, event: ExitEvent): Partial<ExitContext> {
  const { targetLots, reason, sources } = merged(context, event);
  const cancelAsked = [...askedBefore(context, event), ...surplus(context, event)];
  return { targetLots, reason, sources, cancelAsked };
}

function sentClose(context: ExitContext, event: ExitEvent): SentClose {
  const { closeLots, inFlightLots } = outlook(context, event);
  const { atMs, facts } = event;
  return { atMs, openLots: facts.openLots, inFlightLots: addExact(closeLots, inFlightLots) };
}

/** Before and while closing only what can add; protection goes when the position is gone. Source: execution 8. */
function cancelOthers(context: ExitContext, event: ExitEvent): void {
  const { hasOthers, excessLots } = outlook(context, event);
  if (!hasOthers) return;
  const { instrument, targetLots, reason } = merged(context, event);
  const which = targetLots === 0 && excessLots === 0 ? 'all' : 'increasing';
  record({ type: 'orders.cancel', which, instrument, reason });
}

function sendClose(context: ExitContext, event: ExitEvent): void {
  const { closeLots } = outlook(context, event);
  if (closeLots === 0) return;
  const { accountId, instrument, sources } = merged(context, event);
  record({
    type: 'intent',
    intent: {
      accountId,
      instrument,
      side: event.facts.openLots > 0 ? 'sell' : 'buy',
      orderType: 'market',
      quantityLots: closeLots,
      timeInForce: 'day',
      reduceOnly: true,
      purpose: 'exit',
      source: 'rule',
      by: sources[0] ?? 'engine',
      maxAgeMs: closeMaxAgeMs,
      atMs: event.atMs,
    },
  });
}

function armVerify(atMs: number, durationMs: number): void {
  const dueAtMs = addExact(atMs, durationMs);
  record({ type: 'timer.put', timer: 'verify', dueAtMs, event: 'exit.verifyDue' });
}

const whole = <Type extends ExitEvent['type']>({ event }: { event: Of<Type> }): Of<Type> => event;
const by = <Name extends string>(type: Name) => ({ type, params: whole }) as const;

// What is recorded is worked out from the context before the event, so the one assign comes last.
const announce = [by('announceStart'), by('cancelOthers'), by('cancelSurplus')];
const end = [by('announceEnd'), 'clear' as const];
const look = [by('cancelOthers'), by('cancelSurplus')];
const close = [by('sendClose'), by('armVerify'), by('takeClose')];
const pause = [by('announceDelay'), by('armPause'), by('take')];
const wait = [by('armVerify'), by('takeRound')];

const achieved = { guard: by('isAchieved'), target: '#exit.idle', actions: end } as const;
const surrender = { guard: by('isBoundReachedByClose'), target: '#exit.paced' } as const;
const closeNow = { guard: by('isCloseDue'), target: '#exit.closing' } as const;
const closing = { guard: by('isClosing'), target: '#exit.closing' } as const;

const required = [
  achieved,
  { ...surrender, actions: [...announce, ...pause] },
  { ...closeNow, actions: [...announce, ...close] },
  { ...closing, actions: [...announce, by('armVerify'), by('take')] },
];

/** A change of position or orders; the last candidate is what a state does when only other orders remain. */
const changed = [
  achieved,
  { ...surrender, actions: pause },
  { ...closeNow, actions: [...look, ...close] },
  { ...closing, actions: [by('cancelSurplus'), by('take')] },
];
const verified = [
  achieved,
  { guard: by('isBoundReached'), target: '#exit.paced', actions: [...look, ...pause] } as const,
  { ...closeNow, actions: [...look, ...close] },
  { ...closing, actions: [...look, ...wait] },
];
const waitOn = { actions: [...look, ...wait] };
const requireOn = { actions: [...announce, by('armVerify'), by('take')] };

export const exitMachine = machineSetup.createMachine({
  id: 'exit',
  version: '1',
  options: { maxIterations: 1000 },
  context: ({ input: { accountId, instrument } }) => ({
    accountId,
    instrument,
    targetLots: 0,
    reason: '',
    sources: [],
    rounds: 0,
    sent: nothingSent,
    cancelAsked: [],
  }),
  initial: 'idle',
  states: {
    idle: {
      on: {
        'exit.required': [...required, { target: 'canceling', ...requireOn }],
        'exit.factsChanged': {},
        'exit.verifyDue': {},
      },
    },
    canceling: {
      on: {
        'exit.required': [...required, requireOn],
        'exit.factsChanged': [...changed, {}],
        'exit.verifyDue': [...verified, waitOn],
      },
    },
    closing: {
      on: {
        'exit.required': [...required, { target: 'verifying', ...requireOn }],
        'exit.factsChanged': [...changed, { target: 'verifying', actions: look }],
        'exit.verifyDue': [...verified, { target: 'verifying', ...waitOn }],
      },
    },
    verifying: {
      on: {
        'exit.required': [...required, requireOn],
        'exit.factsChanged': [...changed, {}],
        'exit.verifyDue': [...verified, waitOn],
      },
    },
    paced: {
      on: {
        'exit.required': [achieved, { actions: [...announce, by('take')] }],
        'exit.factsChanged': [achieved, {}],
        'exit.verifyDue': [
          achieved,
          {
            guard: by('isCloseDue'),
            actions: [...look, by('sendClose'), by('armPause'), by('takeClose')],
          },
          { actions: [...look, by('armPause'), by('takeRound')] },
        ],
      },
    },
  },
});
