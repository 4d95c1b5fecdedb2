/** The instruments of a scenario under the spellings it uses. */
import { decimalRatio, ratioProduct } from '../../domain/arithmetic.ts';
import { InstrumentId } from '../../domain/ids.ts';
import { createInstrument, type Instrument } from '../../domain/instrument.ts';
import { builtInInstruments, resolveInstrument } from '../../domain/instruments.ts';
import { unitsPerWhole } from '../../domain/money.ts';
import type { InstrumentEntry, Scenario } from './format.ts';
import { Unsupported } from './unsupported.ts';

export class InstrumentNames {
  /** Everything the engine and the venue know. */
  readonly known: ReadonlyMap<InstrumentId, Instrument>;
  private readonly bySpelling = new Map<string, Instrument>();
  private readonly spellings = new Map<InstrumentId, string>();

  /** @throws Unsupported for two contracts of one root: the engine books by root */
  constructor(scenario: Scenario) {
    const known = new Map(builtInInstruments);
    for (const entry of scenario.instruments) {
      const spelling = typeof entry === 'string' ? entry : entry.id;
      const instrument =
        typeof entry === 'string' ? resolveInstrument(entry) : ownInstrument(entry);
      if (instrument === undefined) continue;
      const other = this.spellings.get(instrument.id);
      if (other !== undefined && other !== spelling)
        throw new Unsupported(`two contracts of one root (${other} and ${spelling})`);
      known.set(instrument.id, instrument);
      this.bySpelling.set(spelling, instrument);
      this.spellings.set(instrument.id, spelling);
    }
    this.known = known;
  }

  /** The instrument of a spelling; undefined when its specification is not known. */
  find(spelling: string): Instrument | undefined {
    const own = this.bySpelling.get(spelling);
    if (own !== undefined) return own;
    const resolved = resolveInstrument(spelling);
    return resolved === undefined ? undefined : (this.known.get(resolved.id) ?? resolved);
  }

  /** @throws Unsupported when the specification is not known */
  get(spelling: string): Instrument {
    const found = this.find(spelling);
    if (found !== undefined) return found;
    throw new Unsupported(`events of an instrument without specification (${spelling})`);
  }

  /** As the scenario writes it. */
  spellingOf(id: InstrumentId): string {
    return this.spellings.get(id) ?? id;
  }
}

/** An instrument that the scenario defines; undefined when a tick field is missing: its specification is not known. */
function ownInstrument(entry: Exclude<InstrumentEntry, string>): Instrument | undefined {
  const { id, root, tickSize, tickValue, lotSize } = entry;
  if (!isNumber(tickSize) || !isNumber(tickValue)) return undefined;
  const like = root === undefined ? undefined : resolveInstrument(root);
  const instrument = createInstrument({
    id: InstrumentId.parse(id),
    kind: like?.kind ?? 'future',
    settlementCurrency: 'USD',
    tickSize,
    ...(isNumber(lotSize) ? { lotSize } : {}),
    multiplier: '1',
    calendar: like?.calendar ?? 'futures',
    ...(like === undefined ? {} : { miniWeightPpm: like.miniWeightPpm }),
  });
  // Given is the money per tick; the product of the grids would divide by the tick size first.
  const value = ratioProduct(decimalRatio(tickValue), instrument.lot, {
    num: unitsPerWhole('USD'),
    den: 1,
  });
  return { ...instrument, value };
}

function isNumber(text: string | null | undefined): text is string {
  return text !== undefined && text !== null && text !== 'NaN';
}
