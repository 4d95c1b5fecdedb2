/**
 * A typed client of the inspector's protocol for programs: requests with a token, and the live line. What it gets is the
 * server's own types; it checks nothing again.
 */
import { WebSocket } from 'ws';
import { InspectorProblem } from './problem.ts';
import type {
  AccountPicture,
  AuditReport,
  BlastReport,
  ClientFrame,
  CommandAnswer,
  CommandRequest,
  DiffReport,
  FaultsReport,
  RuleCell,
  SeriesReport,
  ServerFrame,
  SimulateReport,
  SimulateRequest,
  WhyReport,
} from './protocol-reports.ts';
import type {
  ActorDetail,
  Hello,
  IndexPage,
  RowDetail,
  RowsPage,
  RowSummary,
  Wall,
} from './protocol.ts';

/** What each request gives. */
export type Answers = {
  readonly hello: Hello;
  readonly wall: Wall;
  readonly index: IndexPage;
  readonly actor: ActorDetail;
  readonly 'actor/history': RowsPage;
  readonly rows: RowsPage;
  readonly row: RowDetail;
  readonly correlation: { readonly rows: readonly RowSummary[] };
  readonly why: WhyReport;
  readonly rewind: AccountPicture;
  readonly diff: DiffReport;
  readonly blast: BlastReport;
  readonly rules: { readonly rules: readonly RuleCell[] };
  readonly faults: FaultsReport;
  readonly audit: AuditReport;
  readonly series: SeriesReport;
};

export type CommandResult = CommandAnswer & {
  readonly status: number;
  /** Which kind of refusal: `ROLE`, `OTHER_ACCOUNT`, `ACTIONS_OFF`, `NO_BLAST`, `REFUSED` … */
  readonly code?: string;
};

export class InspectorClient {
  private readonly url: string;
  private readonly bearer: string;

  /** @param url `http://127.0.0.1:7788/` */
  constructor(url: string, token: string) {
    this.url = url;
    this.bearer = token;
  }

  /** @throws InspectorProblem */
  async get<Path extends keyof Answers>(
    path: Path,
    query: Readonly<Record<string, string | number>> = {},
  ): Promise<Answers[Path]> {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) search.set(name, String(value));
    const response = await fetch(`${this.url}api/${path}?${search.toString()}`, {
      headers: this.headers,
    });
    return bodyOf<Answers[Path]>(response);
  }

  /** @throws InspectorProblem */
  async simulate(request: SimulateRequest): Promise<SimulateReport> {
    return bodyOf<SimulateReport>(await this.post('machine/simulate', request));
  }

  /** A refusal is an answer as well. @throws InspectorProblem when it was none */
  async command(request: Partial<CommandRequest> & { verb: string }): Promise<CommandResult> {
    const response = await this.post('command', request);
    const body = (await response.json()) as Partial<CommandResult> & { message?: string };
    const { outcome, text = '' } = body;
    if (outcome === undefined)
      throw new InspectorProblem(response.status, body.code ?? '', body.message ?? '');
    return { ...body, outcome, text, status: response.status };
  }

  /** Opens the live line. @param onFrame called for each frame, in order */
  stream(onFrame: (frame: ServerFrame) => void): InspectorLine {
    const socket = new WebSocket(`${this.url.replace('http', 'ws')}api/stream`, {
      headers: this.headers,
    });
    socket.on('message', (data) => {
      if (Buffer.isBuffer(data)) onFrame(JSON.parse(data.toString('utf8')) as ServerFrame);
    });
    const closed = new Promise<{ code: number; reason: string }>((resolve) => {
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString('utf8') }));
      // A refused upgrade ends in a close as well.
      socket.on('error', () => undefined);
    });
    return {
      closed,
      send: (frame) => socket.send(JSON.stringify(frame)),
      close: () => socket.close(),
    };
  }

  private get headers(): Record<string, string> {
    return { authorization: `Bearer ${this.bearer}` };
  }

  private post(path: string, body: unknown): Promise<Response> {
    return fetch(`${this.url}api/${path}`, {
      method: 'POST',
      headers: { ...this.headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }
}

export type InspectorLine = {
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  send(frame: ClientFrame): void;
  close(): void;
};

async function bodyOf<Body>(response: Response): Promise<Body> {
  const body = (await response.json()) as Body & { code?: string; message?: string };
  if (response.ok) return body;
  throw new InspectorProblem(response.status, body.code ?? '', body.message ?? '');
}
