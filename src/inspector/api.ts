/**
 * The answers of the inspector: one place says which request exists, who may make it and what it gives. Everything is
 * read from committed rows; only `command` changes something, and that goes through the engine's inbox.
 */
import { journalRedactor } from '../domain/classified-fields.ts';
import type { OperatorAnswer } from '../domain/operator.ts';
import { ownerSight, sightOf } from '../domain/redaction.ts';
import type { JournalView } from '../ports/journal-view.port.ts';
import { blastOf, diffOf, pictureOf, seriesOf } from './account-report.ts';
import type { ActorIndex } from './actor-index.ts';
import { actorDetail, type ActorSource } from './actor-report.ts';
import { auditReport } from './audit-report.ts';
import type { ChartLayout } from './chart-layout.ts';
import { matrixOf } from './chart-matrix.ts';
import { faultsReport } from './fault-report.ts';
import type { HistoryScan } from './history-scan.ts';
import type { PastAccounts } from './past.ts';
import {
  BlastRequest,
  type CommandRequest,
  DiffRequest,
  RewindRequest,
  SeriesRequest,
  SimulateRequest,
  WhyRequest,
  type SimulateReport,
  type StartFigures,
} from './protocol-reports.ts';
import {
  ActorRequest,
  HistoryRequest,
  IndexRequest,
  RowsRequest,
  Seq,
  type Hello,
} from './protocol.ts';
import { correlationOf, detailOf, rowsPage } from './row-report.ts';
import type { StatelySources } from './stately-frames.ts';
import type { Identity } from './tokens.ts';
import { toolHandlers, toolPosts, type ToolSources } from './tool-handlers.ts';
import { rulesMatrix, wallOf, type WallSource } from './wall-report.ts';
import { whyReport, type WhySource } from './why-report.ts';

/** What the server is given: readers, knowledge of the engine's machines and rules, and the way to its inbox. */
export type InspectorSources = {
  readonly view: JournalView;
  readonly index: ActorIndex;
  readonly past: PastAccounts;
  readonly actors: ActorSource;
  readonly why: WhySource;
  readonly wall: () => WallSource;
  readonly layoutOf: (machine: string) => Promise<ChartLayout | undefined>;
  /** How the last start of the running engine went. */
  readonly start?: StartFigures | undefined;
  readonly simulate: (request: SimulateRequest) => SimulateReport;
  /** Settlement units as a number for drawing. */
  readonly wholeMoney: (units: number) => number;
  readonly hello: (identity: Identity, csrf: string) => Hello;
  /** What a walk over all rows has found so far. */
  readonly scan: HistoryScan;
  /** For readers of the public inspection shape. */
  readonly stately: StatelySources;
  readonly metrics: () => Promise<string>;
  /** Queries, bundles, forks and the comparison of versions. */
  readonly tools: ToolSources;
};

/** An answer, or the status that says why there is none. */
export type ApiAnswer =
  | { readonly status: 200; readonly body: unknown }
  | { readonly status: 400 | 403 | 404; readonly code: string; readonly message: string };

export type ApiRequest = {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly identity: Identity;
  readonly csrf: string;
};

type Handler = (sources: InspectorSources, request: ApiRequest) => ApiAnswer | Promise<ApiAnswer>;

const found = (body: unknown): ApiAnswer => ({ status: 200, body });
const missing = (what: string): ApiAnswer => ({
  status: 404,
  code: 'NOT_FOUND',
  message: `there is no ${what}`,
});
const orMissing = (body: unknown, what: string): ApiAnswer =>
  body === undefined ? missing(what) : found(body);

const notYours: ApiAnswer = {
  status: 403,
  code: 'OTHER_ACCOUNT',
  message: 'this token may not see that account',
};

/** The account that a request is about, when it names one. */
function mayRead({ identity }: ApiRequest, account: string): boolean {
  return identity.accounts === undefined || identity.accounts.includes(account);
}

const handlers: Readonly<Record<string, Handler>> = {
  '/api/hello': ({ hello }, { identity, csrf }) => found(hello(identity, csrf)),
  '/api/wall': ({ wall }, request) => {
    const all = wallOf(wall());
    const accounts = all.accounts.filter(({ account }) => mayRead(request, account));
    return found({ ...all, accounts });
  },
  '/api/index': ({ index }, request) => {
    const query = IndexRequest.parse(request.query);
    const only = request.identity.accounts;
    if (only === undefined) return found(index.page(query));
    const account = query.account ?? only[0];
    if (account === undefined || !only.includes(account)) return notYours;
    return found(index.page({ ...query, account }));
  },
  '/api/actor': ({ actors }, request) => {
    const { id, at } = ActorRequest.parse(request.query);
    const detail = actorDetail(actors, id, at, sightOf(request.identity));
    if (detail !== undefined && !mayRead(request, detail.summary.account)) return notYours;
    return orMissing(detail, `actor ${id} by then`);
  },
  '/api/actor/history': ({ view, index }, request) => {
    const { id, before, limit } = HistoryRequest.parse(request.query);
    const actor = index.get(id);
    if (actor === undefined) return missing(`actor ${id}`);
    if (!mayRead(request, actor.account)) return notYours;
    return found(rowsPage(view, { actor: id, before, limit }));
  },
  '/api/rows': ({ view }, request) => {
    const query = { ...RowsRequest.parse(request.query), sight: sightOf(request.identity) };
    const only = request.identity.accounts;
    if (only !== undefined && !only.includes(query.account ?? '')) return notYours;
    return found(rowsPage(view, query));
  },
  '/api/row': ({ view }, request) => {
    const seq = Seq.parse(request.query['seq']);
    const row = view.row(seq);
    if (row !== undefined && !mayRead(request, row.account)) return notYours;
    return orMissing(
      row === undefined ? undefined : detailOf(row, sightOf(request.identity)),
      `row ${seq}`,
    );
  },
  '/api/correlation': ({ view }, request) => {
    const rows = correlationOf(view, Seq.parse(request.query['seq']));
    return found({ rows: rows.filter(({ account }) => mayRead(request, account)) });
  },
  '/api/why': ({ why }, request) => {
    const report = whyReport(why, WhyRequest.parse(request.query));
    if (report !== undefined && !mayRead(request, report.account)) return notYours;
    return orMissing(report, 'subject of that name');
  },
  '/api/rewind': ({ view, past, scan }, request) => {
    const { account, at } = RewindRequest.parse(request.query);
    if (!mayRead(request, account)) return notYours;
    return found(pictureOf(view, past, scan, account, at, sightOf(request.identity)));
  },
  '/api/diff': ({ past }, request) => {
    const { account, a, b } = DiffRequest.parse(request.query);
    if (!mayRead(request, account)) return notYours;
    return found(diffOf(past, account, a, b, sightOf(request.identity)));
  },
  '/api/blast': ({ index }, request) => {
    const { id } = BlastRequest.parse(request.query);
    if (!mayRead(request, index.get(id)?.account ?? '')) return notYours;
    return orMissing(blastOf(index, id), `actor ${id}`);
  },
  '/api/rules': ({ wall }, request) =>
    found({ rules: rulesMatrix(wall()).filter(({ account }) => mayRead(request, account)) }),
  '/api/faults': ({ view, start }, request) =>
    found(
      faultsReport(view, (account) => mayRead(request, account), sightOf(request.identity), start),
    ),
  '/api/audit': ({ view, scan }, request) => {
    const before = Seq.optional().parse(request.query['before']);
    const { identity } = request;
    return found(auditReport(view, before, scan.proof, { identity, sight: sightOf(identity) }));
  },
  '/api/series': ({ view, index, wholeMoney }, request) => {
    const { account, points } = SeriesRequest.parse(request.query);
    if (!mayRead(request, account)) return notYours;
    const ledger = index.get(`account/${account}/ledger`);
    return found(seriesOf(view, ledger, points, [], wholeMoney));
  },
  '/api/machines': ({ actors }) =>
    found(
      [...actors.charts.values()].map(({ id, version, nodes, edges, events }) => ({
        id,
        version,
        states: nodes.length - 1,
        events: events.length,
        transitions: edges.length,
      })),
    ),
  '/api/machine': async ({ actors, layoutOf }, { query }) => {
    const id = query['id'] ?? '';
    const chart = actors.charts.get(id);
    if (chart === undefined) return missing(`machine ${id}`);
    return found({ chart, matrix: matrixOf(chart), layout: await layoutOf(id) });
  },
  '/api/machine/simulate': ({ simulate }, { body }) => found(simulate(SimulateRequest.parse(body))),
  ...toolHandlers,
};

/** What is asked with a body. */
export const postPaths: ReadonlySet<string> = new Set(['/api/machine/simulate', ...toolPosts]);

/** Every address that is read, or simulated with; sessions, commands, metrics and the line are the server's own. */
export const apiPaths: readonly string[] = Object.keys(handlers);

export function isApiPath(path: string): boolean {
  return handlers[path] !== undefined;
}

/** @throws ZodError when the request is not what it should be */
export async function answerApi(
  sources: InspectorSources,
  request: ApiRequest,
): Promise<ApiAnswer> {
  const handler = handlers[request.path];
  if (handler === undefined) return missing(`answer at ${request.path}`);
  const given = await handler(sources, request);
  if (given.status !== 200 || plainPaths.has(request.path)) return given;
  // Reports name what their reader may see; texts in them may come from anywhere.
  return found(journalRedactor.shown(given.body, ownerSight));
}

/** Answers that hold nothing of a journal; the greeting also holds what its own page proves itself with. */
const plainPaths: ReadonlySet<string> = new Set([
  '/api/hello',
  '/api/machines',
  '/api/machine',
  // What they give was redacted where it was made, and its hashes hold for exactly that.
  '/api/export',
  '/api/sql/run',
]);

/** A command on its way to the engine, with who gave it and why the service has denied it, if it has. */
export type HandedCommand = {
  readonly command: CommandRequest;
  readonly identity: Identity;
  readonly ip: string;
  readonly denied?: string;
};
export type HandedAnswer = OperatorAnswer & {
  /** It was no command: a field is wrong, and nothing was asked. */
  readonly isInvalid?: true;
};

/** Hands a command to the engine; the answer comes after the commit that holds it. Never rejects. */
export type CommandPort = (handed: HandedCommand) => Promise<HandedAnswer>;
