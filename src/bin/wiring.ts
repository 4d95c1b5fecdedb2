/** A rule counts only when it is loaded and wired: enabled in the configuration is not enough (case H1). */
import type { World } from '../actors/world.ts';
import { actorId } from '../actors/world.ts';
import type { AccountId } from '../domain/ids.ts';
import { exitCodes, OperatorError } from '../kernel/errors.ts';
import { ruleCatalogue } from '../rules/registry.ts';

type Enabled = { readonly accountId: AccountId; readonly ruleIds: readonly string[] };

/**
 * Compares what is enabled with what is loaded and with what has an actor of its account.
 *
 * @throws OperatorError exit 78 RULE_NOT_WIRED with the three lists
 */
export function expectWired(
  world: Pick<World, 'cells'>,
  accounts: readonly Enabled[],
  loaded: readonly string[] = ruleCatalogue.map(({ id }) => id),
): void {
  for (const { accountId, ruleIds } of accounts) {
    const wired = ruleIds.filter((ruleId) => world.cells.has(actorId(accountId, `rule/${ruleId}`)));
    const missing = ruleIds.filter((ruleId) => !loaded.includes(ruleId) || !wired.includes(ruleId));
    if (missing.length === 0) continue;
    throw new OperatorError({
      code: 'RULE_NOT_WIRED',
      exitCode: exitCodes.configuration,
      message: `account ${accountId}: every enabled rule is loaded and wired, was missing ${missing.join(', ')} (enabled ${ruleIds.join(', ')}; loaded ${loaded.join(', ')}; wired ${wired.join(', ')})`,
      remedy: 'Switch the rule off, or use a version that has it.',
    });
  }
}
