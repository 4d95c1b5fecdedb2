/**
 * Everything one instrument is called, and patterns over those names. Pure.
 *
 * Any case. A root of the gateway and a canonical root mean the same (`ENQ` is `NQ`), also inside contract
 * ids (`CON.F.US.ENQ.H26`) and contract names (`NQH6`). Source: rules 3 (RULE-002, RULE-011), prop-firm 7.
 */
import type { InstrumentId } from '../domain/ids.ts';
import type { Instrument } from '../domain/instrument.ts';
import { resolveInstrument } from '../domain/instruments.ts';

const contractId = /^(?:CON\.)?F\.US\.([A-Z0-9]+)(?:\.([FGHJKMNQUVXZ])\d?(\d))?$/;
/** The same with wildcards behind the root: `CON.F.US.ENQ.*`. */
const contractPattern = /^(?:CON\.)?F\.US\.([^.]+)(?:\..*)?$/;
const wildcard = /[*?[]/;

/** The canonical root that a spelling means, upper case; the spelling itself where no built-in instrument has it. */
export function canonicalRoot(spelling: string): InstrumentId {
  return (resolveInstrument(spelling)?.id ?? spelling.trim().toUpperCase()) as InstrumentId;
}

/** Canonical root, raw root, aliases, id and contract name, upper case, the canonical root first. */
export function namesOf(id: InstrumentId, instrument: Instrument | undefined): readonly string[] {
  const spelling = id.toUpperCase();
  const root = canonicalRoot(id);
  const [, rawRoot, month, year] = contractId.exec(spelling) ?? [];
  const roots = [root, ...(rawRoot === undefined ? [] : [rawRoot])];
  const contracts =
    month === undefined || year === undefined ? [] : roots.map((one) => `${one}${month}${year}`);
  const aliases = [...(resolveInstrument(id)?.aliases ?? []), ...(instrument?.aliases ?? [])];
  const names = [...roots, spelling, ...contracts, ...aliases];
  return [...new Set(names.map((name) => name.toUpperCase()))];
}

/**
 * Whether a pattern means an instrument. `*` stands for any text, `?` for one character, `[a-f]` for one of
 * a set, `[!a-f]` for one outside it. Without a wildcard a pattern is any spelling of the instrument.
 *
 * An instrument that is booked by its root stands for all its contracts: a pattern of one contract means it.
 */
export function isMeant(
  pattern: string,
  id: InstrumentId,
  instrument: Instrument | undefined,
): boolean {
  const spelling = pattern.trim().toUpperCase();
  const names = namesOf(id, instrument);
  const whole = expression(spelling);
  if (names.some((name) => whole.test(name))) return true;
  const isBookedByRoot = id.toUpperCase() === names[0];
  if (!isBookedByRoot) return false;
  const [, rootPattern] = contractPattern.exec(spelling) ?? [];
  if (rootPattern !== undefined) {
    const root = expression(rootPattern);
    return names.some((name) => root.test(name));
  }
  return !wildcard.test(spelling) && canonicalRoot(spelling) === names[0];
}

/** True when every set of a pattern is closed and not empty, and there is something to match. */
export function isPattern(text: string): boolean {
  const spelling = text.trim();
  if (spelling === '' || spelling.length > patternLengthMax) return false;
  return (
    !/[[\]\\]/.test(spelling.replaceAll(/\[!?[A-Za-z0-9._:-]+\]/g, '')) && isCompiled(spelling)
  );
}

/** Longer than any name of an instrument (40) by far. */
const patternLengthMax = 64;

function isCompiled(spelling: string): boolean {
  try {
    return expression(spelling.toUpperCase()) instanceof RegExp;
  } catch {
    // A range the wrong way round: [z-a].
    return false;
  }
}

function expression(spelling: string): RegExp {
  const parts = spelling.match(/\*+|\?|\[[^\]]*\]|[^*?[]+|\[/g) ?? [];
  const source = parts.map((part) => {
    if (part.startsWith('*')) return '.*';
    if (part === '?') return '.';
    if (part.startsWith('[') && part.endsWith(']')) return part.replace(/^\[!/, '[^');
    return part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  });
  return new RegExp(`^${source.join('')}$`);
}
