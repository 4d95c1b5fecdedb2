import type { ActorId } from '../domain/ids.ts';
import { unreachable } from '../kernel/assert.ts';
import type { VenueEvent } from '../ports/venue.port.ts';
/** One input at a time: what it means, and which actors hear of it. */
import { routeAccountReport } from './account-reports.ts';
import { bringUpToDate } from './back-on-duty.ts';
import { noteSuccess } from './breakers.ts';
import { hearVenue } from './broker-clock.ts';
import { cancelOrder, modifyOrder } from './changes.ts';
import { drain } from './deliver.ts';
import { recallDenied } from './denied-orders.ts';
import { refreshExits } from './fills.ts';
import { openGroup } from './groups.ts';
import type { EngineInput } from './input.ts';
import { believed } from './insisted.ts';
import { judgeChanged, takeVerdicts } from './judge.ts';
import { takeKillPicture } from './kill.ts';
import { takeNotSent } from './late-leave.ts';
import { heard, linkBack, linkLost } from './link-phases.ts';
import { followMaintenance } from './maintenance.ts';
import { noteDenied } from './operator-audit.ts';
import { operate } from './operator.ts';
import { lookAtOrders } from './order-times.ts';
import { routePermission, routeVisibility } from './permission.ts';
import { reconcile } from './reconciler.ts';
import { takeFill } from './reconciliation-synthetic.ts';
import { reload } from './reload.ts';
import { deliverTimer } from './scheduler.ts';
import { isProvenAbsent } from './search.ts';
import { settleOrderEffects } from './settle-effects.ts';
import { cancelForShutdown } from './shutdown.ts';
import { submitIntent, wakeIntent } from './submission.ts';
import { restart } from './supervisor.ts';
import { outside, type Turn } from './turn.ts';
import { leavesAgain, leavesOnceMore, noteAnswer, routeCall, sendAgain } from './venue-calls.ts';
import { isOfNow, reportInTime } from './venue-times.ts';
import { routeVoid } from './voids.ts';
import { retryWaiting } from './waiting-intents.ts';
import { actorId, type World } from './world.ts';

/** Handles one input and everything it causes inside the engine. */
export function handle(world: World, turn: Turn, input: EngineInput): void {
  const from = turn.seq;
  world.counters.inputs += 1;
  route(world, turn, input);
  drain(world, turn);
  const cause = {
    causeSeq: turn.seq > from ? from : 0,
    correlationSeq: turn.seq > from ? from : 0,
  };
  judgeChanged(world, turn, cause);
  drain(world, turn);
  retryWaiting(world, turn);
}

function route(world: World, turn: Turn, input: EngineInput): void {
  switch (input.type) {
    case 'venue':
      routeVenue(world, turn, input.event);
      return;
    case 'submit':
      submitIntent(world, turn, input);
      return;
    case 'modify':
      modifyOrder(world, turn, input);
      return;
    case 'intentDue':
      wakeIntent(world, input);
      return;
    case 'orderWatch':
      lookAtOrders(world, turn);
      return;
    case 'group':
      openGroup(world, turn, input.wish);
      return;
    case 'cancel':
      cancelOrder(world, turn, input);
      return;
    case 'operator':
      operate(world, turn, input);
      return;
    case 'accessDenied':
      noteDenied(turn, input.denied);
      return;
    case 'reload': {
      const answer = reload(world, turn, input.wish);
      turn.releases.push(() => input.answer?.(answer));
      return;
    }
    case 'verdicts':
      takeVerdicts(world, turn, input.changes, outside);
      return;
    case 'timer':
      deliverTimer(world, turn, input.row);
      return;
    case 'judge': {
      const account = world.accounts.get(input.accountId);
      if (account !== undefined) account.isDirty = true;
      return;
    }
    case 'reconcile':
      noteSuccess(world, turn, 'picture');
      reconcile(world, turn, input);
      return;
    case 'pulse':
      return;
    case 'shutdown':
      cancelForShutdown(world, turn);
      return;
    case 'resend':
      sendAgain(world, turn, input.accountId, input.orderId);
      return;
    case 'notSent':
      return takeNotSent(world, turn, input);
    case 'killPicture':
      takeKillPicture(world, turn, input);
      return;
    case 'restart':
      restart(world, turn, input.actor);
      refreshAfterRestart(world, turn, input.actor);
      return;
    default:
      unreachable(input);
  }
}

/** What waited for the actor is taken in; exits that are under way look at what it changed. */
function refreshAfterRestart(world: World, turn: Turn, actor: ActorId): void {
  drain(world, turn);
  const cell = world.cells.get(actor);
  if (cell === undefined) return;
  bringUpToDate(world, turn, cell);
  refreshExits(world, turn, cell.account);
}

function routeVenue(world: World, turn: Turn, event: VenueEvent): void {
  hearVenue(world.brokerClock, event);
  if (event.type !== 'venue.call' && event.type !== 'venue.link') heard(world);
  switch (event.type) {
    case 'venue.order':
      routeReport(world, turn, event);
      return;
    case 'venue.fill':
      takeFill(world, turn, event.fill, 'stream');
      return;
    case 'venue.fillVoided':
      routeVoid(world, turn, event.fill);
      return;
    case 'venue.position':
    case 'venue.balance':
      if (isOfNow(world, turn, event)) routeAccountReport(world, turn, event);
      return;
    case 'venue.permission':
      if (isOfNow(world, turn, event)) routePermission(world, turn, event);
      return;
    case 'venue.visibility':
      routeVisibility(world, turn, event);
      return;
    case 'venue.link':
      routeLink(world, turn, event);
      return;
    case 'venue.call':
      routeCall(world, turn, event);
      return;
    case 'venue.product':
      if (isOfNow(world, turn, event))
        world.submission.productStatuses.set(event.instrument, event.status);
      followMaintenance(world, turn);
      return;
    default:
      unreachable(event);
  }
}

/** A report about an order: taken once per key, even over restarts. */
function routeReport(
  world: World,
  turn: Turn,
  report: Extract<VenueEvent, { type: 'venue.order' }>,
): void {
  const key = `${report.accountId}|${report.key}`;
  if (turn.takenKeys.has(key) || world.options.journal.hasDedupeKey(key)) {
    world.counters.duplicateReports += 1;
    return;
  }
  if (isUnknownOrder(world, report) && !isDenied(world, turn, report)) {
    // Placed elsewhere: the picture says what it is, and it is adopted from there.
    world.picturesWanted.add(report.accountId);
    return;
  }
  hearStamp(world, report);
  noteAnswer(world, turn, report);
  const isAbsent = report.event.type === 'order.notFoundConfirmed';
  if (isAbsent && staysInDoubt(world, turn, report)) return;
  turn.takenKeys.add(key);
  turn.dedupeKeys.push({ key, atMs: turn.atMs });
  turn.sendSibling(
    report.accountId,
    `order/${report.orderId}`,
    { ...reportInTime(world, believed(world, report)), atMs: turn.atMs },
    outside,
  );
  drain(world, turn);
  settleOrderEffects(world, turn, report.accountId, report.orderId, report.event);
  refreshExits(world, turn, report.accountId);
}

/** The gate has refused it, so nobody has sent it, and yet the venue speaks of it: it has its actor now. */
function isDenied(
  world: World,
  turn: Turn,
  { accountId, orderId }: Extract<VenueEvent, { type: 'venue.order' }>,
): boolean {
  const account = world.accounts.get(accountId);
  return account !== undefined && recallDenied(world, turn, account, orderId, outside);
}

/** The stamp of an answer lies between our sending and our receiving. */
function hearStamp(
  { gateway, clockGate, options }: World,
  { event, orderId }: Extract<VenueEvent, { type: 'venue.order' }>,
): void {
  if (event.type !== 'order.placeAccepted' || event.version?.updatedAtMs === undefined) return;
  const sent = gateway.unanswered.get(`place|${orderId}`);
  if (sent === undefined) return;
  clockGate.hear(event.version.updatedAtMs, sent.sentAtMs, options.clock.monotonicMs());
}

/** The venue does not show it: no proof yet, or it leaves again with the same id. */
function staysInDoubt(
  world: World,
  turn: Turn,
  { accountId, orderId }: Extract<VenueEvent, { type: 'venue.order' }>,
): boolean {
  if (leavesAgain(world, turn, orderId)) return true;
  if (!isProvenAbsent(world, accountId, orderId)) return true;
  return leavesOnceMore(world, turn, accountId, orderId);
}

function isUnknownOrder(
  world: World,
  { accountId, orderId }: Extract<VenueEvent, { type: 'venue.order' }>,
): boolean {
  const actor = actorId(accountId, `order/${orderId}`);
  return (
    world.accounts.has(accountId) &&
    !world.cells.has(actor) &&
    world.options.journal.readActor(actor) === undefined
  );
}

function routeLink(
  world: World,
  turn: Turn,
  event: Extract<VenueEvent, { type: 'venue.link' }>,
): void {
  const cause = `link:${world.options.venue.id}`;
  if (event.status === 'down') linkLost(world, turn, event.reason);
  else linkBack(world, turn);
  for (const account of world.accounts.values()) {
    const { atMs } = turn;
    if (event.status === 'down') {
      const added = { cause, state: 'REDUCING', reason: event.reason } as const;
      turn.sendSibling(
        account.id,
        'account',
        { type: 'account.causeAdded', cause: added, atMs },
        outside,
      );
    } else {
      turn.sendSibling(
        account.id,
        'account',
        { type: 'account.causeRemoved', cause, atMs },
        outside,
      );
    }
  }
}
