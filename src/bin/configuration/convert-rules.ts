import { isMap } from './effective-blocks.ts';
/** A rule block of the predecessor in the form of today. Source: rules 10.8. */
import type { KeyPath } from './problem.ts';

export type Tree = Record<string, unknown>;
/** Takes note of what was not carried over as it was; the key as the predecessor writes it. */
export type Notes = (kind: 'changed' | 'left out', key: string, text: string) => void;

export type ConvertedRule = {
  readonly own: Tree;
  /** What stands in another section now, such as the trading hours. */
  readonly beside: Tree;
};

/** `per_minute_breach` is `perMinuteBreach`; a name with humps stays. */
export function camelKey(key: string): string {
  return key.replaceAll(/_+([a-z0-9])/giu, (_, letter: string) => letter.toUpperCase());
}

/** Names that are not the old ones with humps, by rule. */
const renamed: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  noStopLossGrace: {
    require_within_seconds: 'graceSeconds',
    grace_period_seconds: 'graceSeconds',
    rearm_grace: 'rearmGraceSeconds',
  },
  sessionBlockOutside: { session_close_grace: 'sessionCloseGraceSeconds' },
  dailyUnrealizedLoss: { lockout_until: 'lockout' },
  maxUnrealizedProfit: { lockout_until: 'lockout' },
};

/** Trading hours stood in their rule. */
const hours: Readonly<Record<string, string>> = {
  start_time: 'start',
  end_time: 'end',
  timezone: 'timezone',
};

/** Keys whose numbers meant seconds and are durations now. */
const durations = /^(?:cooldown_duration|per_(?:minute|hour|session)|lockout_duration)$/u;

export function convertedRule(rule: string, block: Tree, at: string, note: Notes): ConvertedRule {
  const result: ConvertedRule = { own: {}, beside: {} };
  for (const key of Object.keys(block)) takeKey(result, { rule, block, key, at, note });
  return result;
}

type Taken = {
  readonly rule: string;
  readonly block: Tree;
  readonly key: string;
  readonly at: string;
  readonly note: Notes;
};

function takeKey({ own, beside }: ConvertedRule, taken: Taken): void {
  const { rule, block, key, at, note } = taken;
  const path = `${at}.${key}`;
  const value = block[key];
  if (rule === 'sessionBlockOutside' && takeHours(beside, taken)) return;
  const put = (name: string, given: unknown): void => {
    // The lockout that an action stands for is said more exactly by its own key.
    if (own[name] === undefined || name === 'lockout') own[name] = given;
    else note('left out', path, `${name} has a value already`);
  };
  if (rule === 'cooldownAfterLoss' && takeSingleTier(own, taken)) return;
  if (key === 'action' && value === 'CLOSE_ALL_AND_LOCKOUT') {
    Object.assign(own, { action: 'closeAll', lockout: own['lockout'] ?? 'untilReset' });
    note('changed', path, 'is action closeAll and lockout untilReset');
    return;
  }
  const name = renamed[rule]?.[key] ?? camelKey(key);
  if (name !== camelKey(key)) note('changed', path, `is ${name}`);
  put(name, convertedValue(key, value, path, note));
}

function takeHours(beside: Tree, { block, key, at, note }: Taken): boolean {
  const hour = hours[key];
  if (hour === undefined) return false;
  beside['sessionHours'] = { ...(beside['sessionHours'] as Tree | undefined), [hour]: block[key] };
  note('changed', `${at}.${key}`, `stands in sessionHours.${hour}`);
  return true;
}

/** One threshold and its duration were two keys. */
function takeSingleTier(own: Tree, { block, key, at, note }: Taken): boolean {
  if (!('loss_threshold' in block)) return false;
  if (key === 'loss_threshold')
    own['lossThresholds'] = [singleTier(block, block[key], note, `${at}.${key}`)];
  return key === 'loss_threshold' || key === 'cooldown_duration';
}

function singleTier(block: Tree, lossAmount: unknown, note: Notes, path: string): Tree {
  note('changed', path, 'is a list of one threshold');
  const given = block['cooldown_duration'];
  if (given === undefined) return { lossAmount };
  const cooldownDuration = convertedValue('cooldown_duration', given, path, note);
  return { lossAmount, cooldownDuration };
}

function convertedValue(key: string, value: unknown, path: string, note: Notes): unknown {
  if (Array.isArray(value))
    return value.map((one: unknown, index) => convertedValue(key, one, `${path}[${index}]`, note));
  if (isMap(value)) {
    // Instruments are names, not keys.
    const isNamed = key === 'instrument_limits' || key === 'per_instrument_sessions';
    return Object.fromEntries(
      Object.entries(value).map(([inner, one]) => [
        isNamed ? inner : camelKey(inner),
        convertedValue(
          durations.test(inner) && key === 'limits' ? `limits.${inner}` : inner,
          one,
          `${path}.${inner}`,
          note,
        ),
      ]),
    );
  }
  if (typeof value === 'number' && durations.test(key)) {
    note('changed', path, `${value} is ${value}s`);
    return `${value}s`;
  }
  return typeof value === 'string' ? convertedWord(key, value, path, note) : value;
}

/** `close_all`, `CANCEL_ORDER` and `allow_with_limit:2` are written with humps. */
function convertedWord(key: string, value: string, path: string, note: Notes): string {
  const isWord = /^[a-z]+(?:_[a-z]+)+(?::.*)?$/iu.test(value) && !isText(key);
  if (!isWord) return value;
  const [word = '', ...rest] = value.split(':');
  const written = [camelKey(word.toLowerCase()), ...rest.map((part) => part.trim())].join(':');
  note('changed', path, `${value} is ${written}`);
  return written;
}

/** Words of people, names of zones and patterns stay as they are. */
function isText(key: string): boolean {
  return ['reason', 'message', 'timezone', 'blocked_symbols', 'description'].includes(key);
}

/** A tree without one of its values; a list loses the element. */
export function without(tree: Tree, path: KeyPath): Tree {
  const [key, ...rest] = path;
  if (key === undefined) return {};
  const inner = tree[key];
  if (rest.length === 0) {
    return Object.fromEntries(Object.entries(tree).filter(([name]) => name !== String(key)));
  }
  if (Array.isArray(inner)) return { ...tree, [key]: listWithout(inner, rest) };
  return isMap(inner) ? { ...tree, [key]: without({ ...inner }, rest) } : tree;
}

function listWithout(list: readonly unknown[], [index, ...rest]: KeyPath): readonly unknown[] {
  if (rest.length === 0) return list.filter((_, place) => place !== Number(index));
  return list.map((one, place) =>
    place === Number(index) && isMap(one) ? without({ ...one }, rest) : one,
  );
}
