/** The last word per account, rule and entity, as the engine heard it. Plain PASSes are not kept. */
import type { AccountId } from '../domain/ids.ts';
import type { RuleFinding, VerdictChange } from '../domain/verdict.ts';
import { findingKey, isPlainPass } from './changes.ts';

export class KnownFindings {
  private readonly byAccount = new Map<AccountId, Map<string, RuleFinding>>();

  note(changes: readonly VerdictChange[]): void {
    for (const { accountId, finding } of changes) {
      let known = this.byAccount.get(accountId);
      if (known === undefined) this.byAccount.set(accountId, (known = new Map()));
      if (isPlainPass(finding)) known.delete(findingKey(finding));
      else known.set(findingKey(finding), finding);
    }
  }

  forget(accountId: AccountId): void {
    this.byAccount.delete(accountId);
  }

  of(accountId: AccountId): readonly RuleFinding[] {
    return [...(this.byAccount.get(accountId)?.values() ?? [])];
  }
}
