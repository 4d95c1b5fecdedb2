/** What is proven of the rows of people's commands. Source: security 3. */

/** A head that was written down outside of the journal. */
export type AnchoredHead = {
  readonly atMs: number;
  readonly seq: number;
  readonly hash: string;
  /** Id of the database that the head is of. */
  readonly database: string;
};

export type AuditVerifyReport = {
  readonly ok: boolean;
  readonly rows: number;
  /** Rows of commands and of requests that were turned away. */
  readonly auditRows: number;
  readonly headSeq: number;
  readonly headHash: string;
  /** Heads that were compared; 0: nothing but the chain was proven. */
  readonly anchors: number;
  readonly problems: readonly string[];
};
