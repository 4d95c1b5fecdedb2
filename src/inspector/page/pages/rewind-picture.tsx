/** An account as it was: money, positions, orders, rules, locks, and the data of every actor. */
import type { ComponentChildren } from 'preact';
import type { AccountPicture } from '../../protocol-reports.ts';
import { moneyText, shortName } from '../data/format.ts';
import { ActorLink, Empty, Panel, TableFrame } from '../ui/parts.tsx';
import { Badge, Figure, toneOf } from '../ui/status.tsx';
import { ValueTree } from '../ui/value-tree.tsx';

type PastActor = AccountPicture['actors'][number];

export function PictureView({ picture }: { picture: AccountPicture }) {
  const of = (kind: string): readonly PastActor[] =>
    picture.actors.filter((actor) => actor.kind === kind);
  const locks = of('lock').filter(({ state }) => state === 'active');
  const open = of('order').filter(({ state }) => !closedState.test(state));
  return (
    <>
      <Money picture={picture} />
      <div class="split even">
        <ActorPanel title="Positions" actors={of('position')} seq={picture.seq}>
          {(actor) => bookText(actor)}
        </ActorPanel>
        <ActorPanel title="Open orders" actors={open} seq={picture.seq}>
          {(actor) => orderText(actor)}
        </ActorPanel>
        <ActorPanel title="Rules" actors={of('rule')} seq={picture.seq}>
          {(actor) => <Verdicts actor={actor} />}
        </ActorPanel>
        <ActorPanel title="Active locks" actors={locks} seq={picture.seq}>
          {(actor) => text(field(actor, 'reason'))}
        </ActorPanel>
        <ActorPanel title="Exits" actors={of('exit')} seq={picture.seq}>
          {(actor) => text(field(actor, 'reason'))}
        </ActorPanel>
      </div>
      <Everything actors={picture.actors} seq={picture.seq} />
    </>
  );
}

const closedState = /(?:^|:)(?:filled|canceled|rejected|denied|expired|failed|none)(?= |$)/u;

/** Amounts of the journal are in millionths of the currency. */
const unitsPerWhole = 1_000_000;

function Money({ picture }: { picture: AccountPicture }) {
  const { ledger } = picture;
  const amount = (name: string): string => {
    const value = ledger[name];
    return typeof value === 'number' ? moneyText(String(value / unitsPerWhole)) : 'unknown';
  };
  const net = Number(ledger['realizedUnits'] ?? 0) - Number(ledger['feesUnits'] ?? 0);
  return (
    <dl class="figures">
      <Figure name="State" value={<Badge word={picture.tradingState} />} />
      <Figure name="Net of the day" value={moneyText(String(net / unitsPerWhole))} />
      <Figure name="Realized" value={amount('realizedUnits')} />
      <Figure name="Fees" value={amount('feesUnits')} />
      <Figure name="Balance" value={amount('balanceUnits')} />
      <Figure name="Fills" value={text(ledger['fillsToday'])} />
      <Figure name="Trading day" value={text(ledger['tradingDay'])} />
    </dl>
  );
}

function ActorPanel({
  title,
  actors,
  seq,
  children,
}: {
  title: string;
  actors: readonly PastActor[];
  seq: number;
  children: (actor: PastActor) => ComponentChildren;
}) {
  return (
    <Panel title={title} note={String(actors.length)} isFlush>
      {actors.length === 0 ? (
        <Empty>none</Empty>
      ) : (
        <TableFrame label={title}>
          <table class="rows">
            <tbody>
              {actors.slice(0, 50).map((actor) => (
                <tr key={actor.id} class={actor.seq === seq ? 'on' : ''}>
                  <th scope="row">
                    <ActorLink id={actor.id} at={seq} />
                  </th>
                  <td>{actor.state}</td>
                  <td>{children(actor)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </TableFrame>
      )}
    </Panel>
  );
}

function field(actor: PastActor, name: string): unknown {
  return (actor.context as Readonly<Record<string, unknown>>)[name];
}

function text(value: unknown): string {
  return value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
}

function bookText(actor: PastActor): string {
  const book = field(actor, 'book') as { readonly openLots?: number } | undefined;
  return `${book?.openLots ?? 0} lots`;
}

function orderText(actor: PastActor): string {
  const { side, quantityLots, filledLots, instrument, orderType, purpose } =
    actor.context as Readonly<Record<string, unknown>>;
  return `${text(side)} ${text(quantityLots)} ${text(instrument)} ${text(orderType)} (${text(purpose)}), filled ${text(filledLots)}`;
}

function Verdicts({ actor }: { actor: PastActor }) {
  const last = (field(actor, 'last') ?? {}) as Readonly<
    Record<string, { readonly verdict: string; readonly code: string }>
  >;
  return (
    <>
      {Object.entries(last).map(([entity, { verdict, code }]) => (
        <span key={entity} class="pair">
          <Badge word={verdict} tone={toneOf(verdict)} /> {entity} <small>{code}</small>
        </span>
      ))}
    </>
  );
}

/** Every actor with its data, closed until one looks. */
function Everything({ actors, seq }: { actors: readonly PastActor[]; seq: number }) {
  const shown = actors.slice(0, 60);
  return (
    <Panel title="Every actor" note={`${actors.length}, shown ${shown.length}`}>
      <TableFrame label="Every actor">
        <ul class="plain-list">
          {shown.map((actor) => (
            <li key={actor.id}>
              <details>
                <summary>
                  <span class="mono">{shortName(actor.id)}</span> <small>{actor.kind}</small>{' '}
                  {actor.state}
                  {actor.seq === seq && <Badge word="this row" tone="past" />}
                </summary>
                <ValueTree value={actor.context} />
              </details>
            </li>
          ))}
        </ul>
      </TableFrame>
    </Panel>
  );
}
