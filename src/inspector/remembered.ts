/**
 * What was made of a text is kept: machines have few states and rows have many. Everything is forgotten at once when
 * there are too many texts, so that nothing grows without end.
 */
const textsMax = 5_000;

/** @param make pure; its result is shared, so nobody may change it */
export function remembered<Made>(make: (text: string) => Made): (text: string) => Made {
  const known = new Map<string, Made>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const made = make(text);
    if (known.size >= textsMax) known.clear();
    known.set(text, made);
    return made;
  };
}
