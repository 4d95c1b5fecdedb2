/** Answers of the developer's and auditor's tools: queries, bundles, forks, comparisons, drills. */
import type { Role } from '../domain/operator.ts';
import type { Reader } from '../domain/redaction.ts';
import { errorText, OperatorError } from '../kernel/errors.ts';
import {
  mayQuery,
  savedQueries,
  sqlLimits,
  SqlRequest,
  type SqlAnswer,
  type SqlReport,
} from './sql.ts';
import {
  ExportRequest,
  ForkRequest,
  type BundleFiles,
  type DrillsReport,
  type ForkReport,
  type VersionDiffReport,
} from './tool-reports.ts';

/** What the tools are done with: whatever may take long runs in a process of its own. */
export type ToolSources = {
  readonly views: SqlReport['views'];
  sql(request: SqlRequest): Promise<SqlAnswer>;
  exportBundle(request: ExportRequest): Promise<BundleFiles>;
  versionDiff(): Promise<VersionDiffReport>;
  fork(request: ForkRequest): Promise<ForkReport>;
  drills(): DrillsReport;
};

type ToolRequest = {
  readonly query: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly identity: Reader;
};
type ToolAnswer =
  | { readonly status: 200; readonly body: unknown }
  | { readonly status: 400 | 403 | 404; readonly code: string; readonly message: string };
type ToolHandler = (
  sources: { readonly tools: ToolSources },
  request: ToolRequest,
) => ToolAnswer | Promise<ToolAnswer>;

const found = (body: unknown): ToolAnswer => ({ status: 200, body });
const forbidden = (message: string): ToolAnswer => ({ status: 403, code: 'ROLE', message });
const otherAccount: ToolAnswer = {
  status: 403,
  code: 'OTHER_ACCOUNT',
  message: 'this token may not see that account',
};

/** Source: inspector 5 (export incident bundle: auditor and up). */
const exporters: ReadonlySet<Role> = new Set(['auditor', 'admin']);
/** A sandbox changes nothing, but it shows every account of its journal. */
const forkers: ReadonlySet<Role> = new Set(['operator', 'admin', 'auditor']);

export const toolHandlers: Readonly<Record<string, ToolHandler>> = {
  '/api/sql': ({ tools }, { identity }) => {
    if (!mayQuery(identity.role, identity.accounts)) return noQueries;
    const { budgetMs, rowsMax } = sqlLimits;
    return found({
      budgetMs,
      rowsMax,
      saved: savedQueries,
      views: tools.views,
    } satisfies SqlReport);
  },
  '/api/sql/run': async ({ tools }, { identity, body }) => {
    if (!mayQuery(identity.role, identity.accounts)) return noQueries;
    const request = SqlRequest.parse(body);
    return orProblem(() => tools.sql(request));
  },
  '/api/export': async ({ tools }, { identity, query }) => {
    if (!exporters.has(identity.role)) return forbidden('auditors and admins export bundles');
    const request = ExportRequest.parse(numbered(query, 'correlation'));
    if (!mayExport(identity, request)) return otherAccount;
    return orProblem(() => tools.exportBundle(request));
  },
  '/api/version-diff': async ({ tools }, { identity }) =>
    orProblem(async () => {
      const report = await tools.versionDiff();
      const { accounts } = identity;
      const divergences = report.divergences.filter(
        ({ account }) => accounts === undefined || accounts.includes(account),
      );
      return { ...report, divergences };
    }),
  '/api/fork': async ({ tools }, { identity, body }) => {
    if (!forkers.has(identity.role)) return forbidden('viewers open no sandbox');
    if (identity.accounts !== undefined) return otherAccount;
    const request = ForkRequest.parse(body);
    return orProblem(() => tools.fork(request));
  },
  '/api/drills': ({ tools }) => found(tools.drills()),
};

/** What is asked with a body. */
export const toolPosts: readonly string[] = ['/api/sql/run', '/api/fork'];

const noQueries = forbidden(
  'a viewer, and a token of some accounts, asks no queries of the whole journal',
);

/** Rows of one input may be of several accounts, so a token of some of them names an account or an actor. */
function mayExport({ accounts }: Reader, { account, actor }: ExportRequest): boolean {
  if (accounts === undefined) return true;
  if (account !== undefined) return accounts.includes(account);
  return actor !== undefined && accounts.some((one) => isOf(actor, one));
}

function isOf(actor: string, account: string): boolean {
  return actor === `account/${account}` || actor.startsWith(`account/${account}/`);
}

/** A number in an address is text. */
function numbered(query: Readonly<Record<string, string>>, name: string): unknown {
  const text = query[name];
  return text !== undefined && /^\d{1,15}$/u.test(text)
    ? { ...query, [name]: Number(text) }
    : query;
}

async function orProblem(ask: () => Promise<unknown>): Promise<ToolAnswer> {
  try {
    return found(await ask());
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { status: 400, code: error.code, message: `${errorText(error)}. ${error.remedy}` };
  }
}
