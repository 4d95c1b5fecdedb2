/** A booked execution as the table holds it. */
import type { Fill } from '../domain/fill.ts';
import type { FillRow } from '../ports/journal.port.ts';

export type StoredFill = {
  readonly fillJson: string;
  readonly tradingDay: string;
  readonly realizedUnits: number;
  readonly openedLots: number;
  readonly closedLots: number;
  readonly isEnforcement: number;
  readonly causeSeq: number;
};

/** Columns of a `StoredFill`, to stand behind SELECT. */
export const fillColumns = `fill_json AS fillJson, trading_day AS tradingDay, realized_units AS realizedUnits,
  opened_lots AS openedLots, closed_lots AS closedLots, is_enforcement AS isEnforcement, cause_seq AS causeSeq`;

export function fillRowOf({ fillJson, isEnforcement, ...row }: StoredFill): FillRow {
  return { ...row, isEnforcement: isEnforcement === 1, fill: JSON.parse(fillJson) as Fill };
}
