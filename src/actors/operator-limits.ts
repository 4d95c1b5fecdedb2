/** Tighter limits by hand: in force at once. Source: rules 5.5 and 11, trader overrides. */
import { tighten } from '../rules/tightening.ts';
import { accepted, accountOf, refused, type VerbHandler } from './operator-answer.ts';
import { keepLimits } from './operator-memory.ts';
import { alignRules } from './reload.ts';
import { configuredRules, overText } from './tightened.ts';

export const limit: VerbHandler<'limit'> = (world, turn, command, cause) => {
  const account = accountOf(world, command);
  const { rule: ruleId, key, value, by } = command;
  const rule = account.rules.find(({ definition }) => definition.id === ruleId);
  if (rule === undefined) return refused(`rule: ${ruleId} is not enabled for ${account.id}`);
  const tightened = tighten(rule.definition, rule.config, key, value);
  if ('refusal' in tightened) return refused(tightened.refusal);
  const configured = configuredRules(world, account.id).find(
    ({ definition }) => definition.id === ruleId,
  );
  const over = overText(configured?.config, key);
  const others = (world.operators.limits.get(account.id) ?? []).filter(
    (one) => one.rule !== ruleId || one.key !== key,
  );
  world.operators.limits.set(account.id, [...others, { rule: ruleId, key, value, over, by }]);
  keepLimits(world.operators, turn, account.id);
  account.rules = account.rules.map((one) =>
    one === rule ? { definition: one.definition, config: tightened.config } : one,
  );
  account.touch();
  account.rulesSince = account.version;
  alignRules(world, turn, account, cause);
  return accepted(`${ruleId} ${key} is ${value} from now on`);
};
