/** Settings of a rule that can be changed until it says something else: its limits, and the entries of its lists. */
import { formatMoney } from '../domain/money.ts';
import type { RuleFinding } from '../domain/verdict.ts';
import {
  bothWays,
  centUnits,
  lotsMax,
  settingsOf,
  stepsMax,
  type Change,
  type Flip,
  type JudgedWorld,
} from './flip-world.ts';

/** Numbers of a configuration that are the limit itself, and the entries of its lists. */
export function settingChanges(
  world: JudgedWorld,
  { unit, entity }: RuleFinding,
  config: unknown,
): readonly Change[] {
  const settings = Object.entries(settingsOf(config));
  const step = unit === 'money' ? centUnits : 1;
  const { currency } = world.facts;
  const told = (value: number): string =>
    unit === 'money' ? formatMoney(value, currency) : String(value);
  return settings.flatMap(([name, value]): readonly Change[] => {
    if (Array.isArray(value)) return [withoutEntries(world, config, name, value)];
    if (!/limit|target/iu.test(name)) return [];
    const changedTo = (changed: unknown, words: string): Flip => ({
      world,
      config: { ...settingsOf(config), [name]: changed },
      words,
    });
    if (typeof value === 'number')
      return bothWays.map((sign) => ({
        stepsMax,
        at(steps: number) {
          const changed = value + sign * steps * step;
          const words = `with a ${name} of ${told(changed)} instead of ${told(value)}`;
          return changedTo(changed, words);
        },
      }));
    if (!isTable(value)) return [];
    // A table of limits by instrument: the entry of this one, also where there is none yet.
    const key = world.order?.instrument ?? entity;
    const known = value[key];
    return [
      {
        stepsMax: lotsMax,
        at(steps: number) {
          const changed = (known ?? 0) + steps * step;
          const instead = known === undefined ? 'instead of none' : `instead of ${told(known)}`;
          return changedTo(
            { ...value, [key]: changed },
            `with ${told(changed)} for ${key} in ${name} ${instead}`,
          );
        },
      },
    ];
  });
}

function isTable(value: unknown): value is Readonly<Record<string, number>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((one) => typeof one === 'number')
  );
}

function withoutEntries(
  world: JudgedWorld,
  config: unknown,
  name: string,
  entries: readonly unknown[],
): Change {
  return {
    stepsMax: entries.length,
    at: (steps) => ({
      world,
      config: { ...settingsOf(config), [name]: entries.slice(steps) },
      words: `without ${entries.slice(0, steps).join(', ')} in ${name}`,
    }),
  };
}
