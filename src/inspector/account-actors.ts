/**
 * The actors of each account by kind, and the orders of it that may still fill: kept while rows come in, because a wall
 * that looks through ten thousand actors for every picture costs more than everything else together.
 */
type Named = { readonly id: string; readonly account: string; readonly kind: string };

export class AccountActors<Actor extends Named> {
  private readonly byAccount = new Map<string, Map<string, Map<string, Actor>>>();
  private readonly openOrders = new Map<string, Set<string>>();
  private names: readonly string[] | undefined;
  private readonly isOpen: (actor: Actor) => boolean;

  /** @param isOpen an order that may still fill */
  constructor(isOpen: (actor: Actor) => boolean) {
    this.isOpen = isOpen;
  }

  /** An actor that is new, or whose object is. */
  put(actor: Actor): void {
    const kinds = valueOf(
      this.byAccount,
      actor.account,
      () => new Map<string, Map<string, Actor>>(),
    );
    const actors = valueOf(kinds, actor.kind, () => new Map<string, Actor>());
    if (actor.kind === 'account' && !actors.has(actor.id)) this.names = undefined;
    actors.set(actor.id, actor);
    this.stateChanged(actor);
  }

  stateChanged(actor: Actor): void {
    if (actor.kind !== 'order') return;
    const open = valueOf(this.openOrders, actor.account, () => new Set<string>());
    if (this.isOpen(actor)) open.add(actor.id);
    else open.delete(actor.id);
  }

  /** Accounts that have an actor of their own, in order. */
  accounts(): readonly string[] {
    this.names ??= [...this.byAccount]
      .filter(([, kinds]) => kinds.has('account'))
      .map(([account]) => account)
      .toSorted();
    return this.names;
  }

  ofAccount(account: string): readonly Actor[] {
    const found: Actor[] = [];
    for (const actors of this.byAccount.get(account)?.values() ?? [])
      found.push(...actors.values());
    return found;
  }

  ofKind(account: string, kind: string): readonly Actor[] {
    return [...(this.byAccount.get(account)?.get(kind)?.values() ?? [])];
  }

  /** Orders that may still fill. */
  openOrdersOf(account: string): number {
    return this.openOrders.get(account)?.size ?? 0;
  }
}

function valueOf<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
