/** What a group may need at worst while its legs fill, against what the account has. Source: execution 5 (#4). */
import { denialText } from '../domain/denial.ts';
import { rankedLegs, type GroupLegInput } from '../machines/group.context.ts';
import { groupMarginDenials } from '../rules/portfolio/funds.ts';
import { isOn } from '../rules/portfolio/switches.ts';
import type { AccountRuntime } from './account-runtime.ts';
import { ruleContext } from './judge.ts';
import type { World } from './world.ts';

/**
 * Why a group may not begin for what it may need at worst, or undefined; asked only where the account's margin is a
 * control at all. Source: execution 5 (#4).
 */
export function groupMarginFault(
  world: World,
  account: AccountRuntime,
  legs: readonly GroupLegInput[],
): string | undefined {
  const { controls } = account;
  if (!isOn(controls, 'FUNDS_INSUFFICIENT')) return undefined;
  const { quoteMaxAgeSeconds } = controls.staleness;
  const { options, execution } = world;
  const quoteMaxAgeMs =
    quoteMaxAgeSeconds === undefined ? options.quoteMaxAgeMs : quoteMaxAgeSeconds * 1_000;
  const view = { context: ruleContext(world, account.facts()), controls, quoteMaxAgeMs };
  const [denial] = groupMarginDenials(view, rankedLegs(legs), execution.group);
  return denial === undefined ? undefined : denialText(denial);
}
