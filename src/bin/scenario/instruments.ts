/** The instruments of a scenario under the spellings it uses. */
import { decimalRatio, ratioProduct } from '../../domain/arithmetic.ts';
import { InstrumentId } from '../../domain/ids.ts';
import { createInstrument, type Instrument } from '../../domain/instrument.ts';
import { builtInInstruments, resolveInstrument } from '../../domain/instruments.ts';
import { unitsPerWhole } from '../../domain/money.ts';
import type { InstrumentEntry, Scenario } from './format.ts';
import { Unsupported } from './unsupported.ts';

export class InstrumentNames {
  /** Everything the engine knows. */
  readonly known: ReadonlyMap<InstrumentId, Instrument>;
  /** What the venue trades: also what the engine has no specification of. */
  readonly atVenue: ReadonlyMap<InstrumentId, Instrument>;
  private readonly bySpelling = new Map<string, Instrument>();
  private readonly spellings = new Map<InstrumentId, string>();
  /** Listed without a specification, as the venue trades them. */
  private readonly unspecified = new Map<string, Instrument>();

  /** @throws Unsupported for a root twice under two names, when neither of them is a contract */
  constructor(scenario: Scenario) {
    const known = new Map(builtInInstruments);
    const ids = scenario.instruments.map((entry) => (typeof entry === 'string' ? entry : entry.id));
    for (const entry of scenario.instruments) {
      const spelling = typeof entry === 'string' ? entry : entry.id;
      const instrument =
        typeof entry === 'string' ? namedInstrument(entry, ids) : ownInstrument(entry);
      if (instrument === undefined) {
        this.unspecified.set(spelling, standIn(entry));
        continue;
      }
      const other = this.spellings.get(instrument.id);
      if (other !== undefined && other !== spelling)
        throw new Unsupported(`one instrument under two names (${other} and ${spelling})`);
      known.set(instrument.id, instrument);
      this.bySpelling.set(spelling, instrument);
      this.spellings.set(instrument.id, spelling);
    }
    this.known = known;
    this.atVenue = new Map([
      ...known,
      ...[...this.unspecified.values()].map((one) => [one.id, one] as const),
    ]);
  }

  /** The instrument of a spelling; undefined when its specification is not known. */
  find(spelling: string): Instrument | undefined {
    const own = this.bySpelling.get(spelling);
    if (own !== undefined) return own;
    const resolved = resolveInstrument(spelling);
    return resolved === undefined ? undefined : (this.known.get(resolved.id) ?? resolved);
  }

  /** The same as the venue has it, with a grid of its own where the engine knows none. */
  findAtVenue(spelling: string): Instrument | undefined {
    return this.find(spelling) ?? this.unspecified.get(spelling);
  }

  /** @throws Unsupported when neither the engine nor the venue has it */
  get(spelling: string): Instrument {
    const found = this.findAtVenue(spelling);
    if (found !== undefined) return found;
    throw new Unsupported(`events of an instrument without specification (${spelling})`);
  }

  /** As the scenario writes it. */
  spellingOf(id: InstrumentId): string {
    return this.spellings.get(id) ?? id;
  }
}

const contractId = /^CON\.F\.US\.[A-Z0-9]+\.[FGHJKMNQUVXZ]\d{2}$/i;

/** A built-in instrument, booked by its root; a contract beside others of its root is booked by its own id. */
function namedInstrument(spelling: string, all: readonly string[]): Instrument | undefined {
  const instrument = resolveInstrument(spelling);
  if (instrument === undefined || !contractId.test(spelling)) return instrument;
  const isAlone = all.every(
    (other) => other === spelling || resolveInstrument(other)?.id !== instrument.id,
  );
  if (isAlone) return instrument;
  return { ...instrument, id: InstrumentId.parse(spelling.toUpperCase()), aliases: [] };
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

/** The venue's grid of what the engine does not know: fine enough for any price of a file. */
function standIn(entry: InstrumentEntry): Instrument {
  const { id, tickSize, lotSize }: Exclude<InstrumentEntry, string> =
    typeof entry === 'string' ? { id: entry } : entry;
  return createInstrument({
    id: InstrumentId.parse(id),
    kind: 'future',
    settlementCurrency: 'USD',
    tickSize: isNumber(tickSize) ? tickSize : '0.0001',
    ...(isNumber(lotSize) ? { lotSize } : {}),
    multiplier: '1',
    calendar: 'futures',
  });
}

function isNumber(text: string | null | undefined): text is string {
  return text !== undefined && text !== null && text !== 'NaN';
}
