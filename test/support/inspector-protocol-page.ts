/** The page of the inspector's protocol: requests from their schemas, answers from their types. */
import { readFileSync } from 'node:fs';
import { z, type ZodType } from 'zod';
import { apiPaths } from '../../src/inspector/api.ts';
import { destructiveVerbs } from '../../src/inspector/command-guard.ts';
import {
  BlastRequest,
  ClientFrame,
  CommandRequest,
  DiffRequest,
  RewindRequest,
  SeriesRequest,
  SimulateRequest,
  WhyRequest,
} from '../../src/inspector/protocol-reports.ts';
import {
  ActorRequest,
  HistoryRequest,
  IndexRequest,
  protocolVersion,
  RowsRequest,
  Seq,
} from '../../src/inspector/protocol.ts';
import { SqlRequest } from '../../src/inspector/sql.ts';
import { ExportRequest, ForkRequest } from '../../src/inspector/tool-reports.ts';
import { generated, markdownTable } from './page-text.ts';

type Entry = { readonly says: string; readonly answer: string; readonly request?: ZodType };

const seqOnly = z.strictObject({ seq: Seq });

/** What each address gives; a new one is added here. */
const entries: Readonly<Record<string, Entry>> = {
  '/api/hello': { says: 'who is signed in, and to what', answer: 'Hello' },
  '/api/wall': { says: 'every account at a glance, and the engine', answer: 'Wall' },
  '/api/index': { says: 'actors, page after page', answer: 'IndexPage', request: IndexRequest },
  '/api/actor': {
    says: 'one actor, now or after row `at`',
    answer: 'ActorDetail',
    request: ActorRequest,
  },
  '/api/actor/history': {
    says: 'rows of one actor, newest first',
    answer: 'RowsPage',
    request: HistoryRequest,
  },
  '/api/rows': {
    says: 'rows that match: newest first, or oldest first behind `after`',
    answer: 'RowsPage',
    request: RowsRequest,
  },
  '/api/row': { says: 'one row whole', answer: 'RowDetail', request: seqOnly },
  '/api/correlation': {
    says: 'every row that one input has caused: `{ rows: RowSummary[] }`',
    answer: 'RowSummary',
    request: seqOnly,
  },
  '/api/why': {
    says: 'why something happened: a row, an order, a lock or a refusal',
    answer: 'WhyReport',
    request: WhyRequest,
  },
  '/api/rewind': {
    says: 'a whole account after row `at`',
    answer: 'AccountPicture',
    request: RewindRequest,
  },
  '/api/diff': {
    says: 'what differs between two rows',
    answer: 'DiffReport',
    request: DiffRequest,
  },
  '/api/blast': {
    says: 'what hangs on an actor; its `seq` is the stamp of a command',
    answer: 'BlastReport',
    request: BlastRequest,
  },
  '/api/rules': { says: 'rules × accounts: `{ rules: RuleCell[] }`', answer: 'RuleCell' },
  '/api/faults': { says: 'what went wrong', answer: 'FaultsReport' },
  '/api/audit': {
    says: 'what people did, also what they were denied',
    answer: 'AuditReport',
    request: z.strictObject({ before: Seq.optional() }),
  },
  '/api/series': {
    says: 'how the result of an account went',
    answer: 'SeriesReport',
    request: SeriesRequest,
  },
  '/api/machines': { says: 'every statechart: id, version and size', answer: '' },
  '/api/machine': { says: 'one statechart with its table and layout, `?id=`', answer: '' },
  '/api/machine/simulate': {
    says: 'POST: a statechart run by hand, without an engine',
    answer: 'SimulateReport',
    request: SimulateRequest,
  },
  '/api/sql': { says: 'views and saved queries; not for viewers', answer: 'SqlReport' },
  '/api/sql/run': {
    says: 'POST: one query over the views, ended after its budget; not for viewers',
    answer: 'SqlAnswer',
    request: SqlRequest,
  },
  '/api/export': {
    says: 'a bundle: the files of an incident by name; for auditors and admins',
    answer: 'BundleFiles',
    request: z.strictObject(ExportRequest.shape),
  },
  '/api/version-diff': {
    says: 'recorded rows, run again by the machines of this program',
    answer: 'VersionDiffReport',
  },
  '/api/fork': {
    says: 'POST: a sandbox from row `at` on, beside what happened; not for viewers',
    answer: 'ForkReport',
    request: ForkRequest,
  },
  '/api/drills': { says: 'the last drills', answer: 'DrillsReport' },
};

export function inspectorProtocolPage(): string {
  const missing = apiPaths.filter((path) => entries[path] === undefined);
  if (missing.length > 0)
    throw new Error(`the page of the protocol says nothing of ${missing.join(', ')}`);
  const rows = apiPaths.map((path) => {
    const { says, answer, request } = entries[path] ?? { says: '', answer: '' };
    return [`\`${path}\``, says, fieldsOf(request), answer === '' ? '' : `\`${answer}\``];
  });
  return `${generated}

# Protocol of the inspector, version ${protocolVersion}

JSON over HTTP on 127.0.0.1, and one WebSocket. Money and prices are decimal text, times are milliseconds since the epoch,
a value that is kept from its reader is \`{ "redacted": … }\` with its class, \`secret\`, \`pii\` or \`money\`
([who sees what](../decisions/0010-redaction-by-class.md)). A typed client for programs is
\`src/inspector/client.ts\`. Who may ask, and how to make a token, says [access](../operating/inspector-access.md).

Every request names its own host (\`127.0.0.1\`, \`localhost\` or \`[::1]\`, with the port): another one is answered with 421.
A program sends \`Authorization: Bearer …\` with each request. A browser posts its token to \`/api/session\`, gets a cookie
and a \`csrf\` text that goes back in the header \`x-bulkhead-csrf\` with everything that changes something. A problem is
\`{ "code": …, "message": … }\` with the status of its kind: 400, 401, 403, 404, 405, 409, 413, 421, 429.

A token of some accounts gets what is of these accounts: other accounts are left out of lists and are 403 by name, as are
\`/api/rows\` without \`account\` and \`/api/metrics\`.

## Requests

${markdownTable(['Address', 'Gives', 'Fields (? may be left out)', 'Answer'], rows)}

\`/api/metrics\` gives figures for Prometheus. \`POST /api/session\` \`{ token }\` signs in, \`DELETE\` signs out,
\`POST /api/session/proof\` \`{ token }\` shows a token again.

## Commands

\`POST /api/command\` with ${fieldsOf(CommandRequest)} and the fields of the verb, as on the [command line](../operating/operate.md).
Role and name come from the token. The answer comes after the commit that holds it: \`{ outcome, text }\`, and for a refusal a
\`code\`. What is denied is a row of the journal, too; what nobody could read is counted in one a minute.

${markdownTable(['Status', 'Code', 'Means'], commandRows)}

Verbs that need \`--allow-actions\` and \`blastSeq\`: ${[...destructiveVerbs].map((verb) => `\`${verb}\``).join(', ')}.

## The line

\`ws://127.0.0.1:…/api/stream\`, from the own page (\`Origin\`) or with \`Authorization\`. Frames are JSON text of at most 64 KiB in both
directions; what would be larger is told by its address (\`ref\`), and a row that would be is a \`gap\`.
The first is \`hello\`; then a reader subscribes. It acknowledges the newest row it has taken in: at 1,000 rows more than
that, or with 1 MiB waiting, rows are left out and a \`gap\` says which to fetch from \`/api/rows\`; with 8 MiB waiting it is
closed. Deltas come at most ten times a second, one frame each time. A reader that says nothing for 60 s gets nothing more
until it does. Close codes: 1008 token revoked or not this protocol, 1009 too long, 1003 not text, 1013 too slow. At most
20 lines, 5 of one token, 600 frames a minute.

${frameList()}

With \`?shape=statelyai\` (and \`account=\`, \`actor=\`) the line tells \`@xstate.actor\`, \`@xstate.event\` and
\`@xstate.snapshot\` in the public shape of \`@statelyai/inspect\` instead, made from committed rows.

## Types

${typeBlocks()}
`;
}

const commandRows: readonly (readonly string[])[] = [
  ['200', '', '`accepted`, or `pending`: a second person has to say the same'],
  ['400', '`UNKNOWN_VERB`, `INVALID_REQUEST`', 'it was no command; nothing was asked'],
  ['403', '`ROLE`', 'the policy table does not allow it'],
  ['403', '`OTHER_ACCOUNT`', 'the token is of other accounts'],
  ['403', '`STEP_UP`', 'an admin’s sign-in is more than 5 minutes ago: `POST /api/session/proof`'],
  ['403', '`CSRF`, `OTHER_SITE`', 'it does not come from the own page'],
  ['409', '`ACTIONS_OFF`', 'the service runs without `--allow-actions`'],
  ['409', '`NO_BLAST`, `OLD_BLAST`', '`blastSeq` is missing, or the subject has changed since'],
  ['409', '`REFUSED`', 'the engine refuses it; the text says why'],
  ['429', '`TOO_MANY_COMMANDS`', '100 commands a minute of one token'],
];

type JsonSchema = {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly oneOf?: readonly JsonSchema[];
};

function schemaOf(schema: ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
}

function fieldsOf(schema: ZodType | undefined): string {
  return schema === undefined ? '' : fieldText(schemaOf(schema));
}

function fieldText({ properties = {}, required = [] }: JsonSchema): string {
  return Object.entries(properties)
    .filter(([, field]) => field.const === undefined)
    .map(([name, field]) => {
      const values = field.enum === undefined ? '' : ` (${field.enum.join(', ')})`;
      return `\`${name}${required.includes(name) ? '' : '?'}\`${values}`;
    })
    .join(', ');
}

function frameList(): string {
  const rows = (schemaOf(ClientFrame).oneOf ?? []).map((frame) => [
    `\`${frame.properties?.['type']?.const ?? ''}\``,
    fieldText(frame),
  ]);
  return markdownTable(['Frame to the server', 'Fields'], rows);
}

/** The types of the answers as they stand in the source. */
function typeBlocks(): string {
  const files = ['protocol.ts', 'protocol-reports.ts'];
  const text = files
    .map((file) => readFileSync(new URL(`../../src/inspector/${file}`, import.meta.url), 'utf8'))
    .join('\n');
  const blocks = [
    ...text.matchAll(
      /^(?:\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?export type (\w+) =[\s\S]*?;\n(?=\n|export|const|$)/gmu,
    ),
  ]
    .map(([block]) => block.trim())
    .filter((block) => !block.includes('z.output'));
  return `\`\`\`ts\n${blocks.join('\n\n')}\n\`\`\``;
}
