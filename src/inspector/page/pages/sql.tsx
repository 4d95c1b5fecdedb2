/**
 * Questions to the journal: one query over its views, in a process of its own that is ended when its time is over. Source:
 * inspector 3 (Journal, SQL).
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { SqlAnswer, SqlReport } from '../../sql.ts';
import { post } from '../data/api.ts';
import { useFetch } from '../data/fetching.ts';
import { countText, dateTimeText } from '../data/format.ts';
import { change, type PageProps } from '../data/router.ts';
import { ActorLink, PageHead, Panel, Pending, SeqLink } from '../ui/parts.tsx';
import { Badge, type Tone } from '../ui/status.tsx';
import { numberHead, RowsTable, type Heading } from '../ui/table.tsx';

const shownMax = 110;
const noQuery = 'SELECT seq, at, actor, event FROM v_rows ORDER BY seq DESC LIMIT 20';

type Asked = {
  readonly answer: SqlAnswer | undefined;
  readonly problem: string;
  readonly isAsking: boolean;
};
const nothing: Asked = { answer: undefined, problem: '', isAsking: false };

export function SqlPage({ query }: PageProps) {
  const fetched = useFetch<SqlReport>('sql', {});
  const [text, setText] = useState(query['sql'] ?? noQuery);
  const [asked, setAsked] = useState<Asked>(nothing);
  const field = useRef<HTMLTextAreaElement>(null);
  const ask = async (sql: string): Promise<void> => {
    change({ sql });
    setAsked((known) => ({ ...known, isAsking: true }));
    try {
      setAsked({ answer: await post<SqlAnswer>('sql/run', { sql }), problem: '', isAsking: false });
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      setAsked({ answer: undefined, problem, isAsking: false });
    }
  };
  useEffect(() => {
    if (query['sql'] !== undefined) void ask(query['sql']);
  }, []);
  const report = fetched.data;
  return (
    <>
      <PageHead
        title="SQL"
        note={
          report === undefined
            ? 'read only'
            : `read only · at most ${report.budgetMs} ms and ${countText(report.rowsMax)} rows`
        }
      />
      <Pending {...fetched} isLoading={report === undefined && fetched.isLoading} />
      {report !== undefined && (
        <div class="split">
          <div class="stack">
            <Editor
              text={text}
              field={field}
              isAsking={asked.isAsking}
              onText={setText}
              onAsk={() => void ask(text)}
            />
            <Outcome {...asked} />
          </div>
          <div class="stack">
            <Saved
              report={report}
              onPick={(sql) => {
                setText(sql);
                void ask(sql);
              }}
            />
            <Views report={report} />
          </div>
        </div>
      )}
    </>
  );
}

function Editor({
  text,
  field,
  isAsking,
  onText,
  onAsk,
}: {
  text: string;
  field: { current: HTMLTextAreaElement | null };
  isAsking: boolean;
  onText: (text: string) => void;
  onAsk: () => void;
}) {
  return (
    <Panel title="Query" note="Ctrl-Enter asks">
      <textarea
        ref={field}
        data-filter
        aria-label="Query"
        spellcheck={false}
        rows={Math.min(16, Math.max(5, text.split('\n').length + 1))}
        value={text}
        onInput={({ currentTarget }) => onText(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          onAsk();
        }}
      />
      <div class="steps">
        <button
          type="button"
          class="primary"
          disabled={isAsking || text.trim() === ''}
          onClick={onAsk}
        >
          {isAsking ? 'Asking …' : 'Ask'}
        </button>
      </div>
    </Panel>
  );
}

function Outcome({ answer, problem }: Asked) {
  if (problem !== '') return <Pending problem={problem} isLoading={false} />;
  if (answer === undefined) return null;
  if (answer.outcome !== 'rows') {
    const place = answer.outcome === 'refused' ? answer.position : undefined;
    return (
      <p class="problem" role="alert">
        <span aria-hidden="true">▲ </span>
        {answer.text}
        {place !== undefined && ` (line ${place.line}, column ${place.column})`}
      </p>
    );
  }
  const { columns, rows, isCut, milliseconds } = answer;
  const shown = rows.length > shownMax ? `, the first ${shownMax} are shown` : '';
  const note = `${countText(rows.length)} rows${isCut ? ', and there are more' : ''}${shown} · ${milliseconds} ms`;
  return (
    <Panel title="Rows" note={<span role="status">{note}</span>} isFlush>
      {rows.length === 0 ? (
        <p class="empty">No row.</p>
      ) : (
        <>
          <RowsTable label="Rows of the query" heads={headsOf(columns, rows[0])}>
            {rows.slice(0, shownMax).map((row, index) => (
              <tr key={index}>
                {row.map((value, column) => (
                  <td key={column} class={typeof value === 'number' ? 'number' : 'mono text'}>
                    <Cell name={columns[column] ?? ''} value={value} />
                  </td>
                ))}
              </tr>
            ))}
          </RowsTable>
          <p class="pager">
            <a download="query.csv" href={csvAddress(columns, rows)}>
              CSV of {countText(rows.length)} rows
            </a>
          </p>
        </>
      )}
    </Panel>
  );
}

/** Two columns may have one name; a column of numbers is one whose first value is a number. */
function headsOf(
  columns: readonly string[],
  first: readonly (string | number | null)[] | undefined,
): readonly Heading[] {
  return columns.map((name, index) => {
    const text = columns.indexOf(name) === index ? name : `${name} (${index + 1})`;
    return typeof first?.[index] === 'number' ? numberHead(text) : text;
  });
}

const rowNames: ReadonlySet<string> = new Set(['seq', 'cause_seq', 'correlation_seq', 'newest']);

/** Rows and actors lead to their pages; times stay what they are and say what they mean. */
function Cell({ name, value }: { name: string; value: string | number | null }) {
  if (value === null) return <span class="muted">null</span>;
  if (typeof value === 'number' && rowNames.has(name) && value > 0) return <SeqLink seq={value} />;
  if (typeof value === 'number' && name.endsWith('_ms'))
    return <span title={dateTimeText(value)}>{value}</span>;
  if (name === 'actor' && typeof value === 'string' && value !== '')
    return <ActorLink id={value} text={value} />;
  return <>{value}</>;
}

function csvCell(value: string | number | null): string {
  if (value === null || typeof value === 'number') return value === null ? '' : String(value);
  // A spreadsheet would take it for a formula.
  const text = /^[=+\-@\t\r]/u.test(value) ? `'${value}` : value;
  return `"${text.replaceAll('"', '""')}"`;
}

function csvAddress(
  columns: readonly string[],
  rows: readonly (readonly (string | number | null)[])[],
): string {
  const lines = [columns, ...rows].map((row) => row.map(csvCell).join(','));
  return `data:text/csv;charset=utf-8,${encodeURIComponent(lines.join('\n'))}`;
}

const tagTones: Readonly<Record<string, Tone>> = { safe: 'ok', caution: 'warn', heavy: 'bad' };

function Saved({ report, onPick }: { report: SqlReport; onPick: (sql: string) => void }) {
  return (
    <Panel title="Saved queries">
      <ul class="plain-list saved-queries">
        {report.saved.map(({ id, title, tag, sql }) => (
          <li key={id}>
            <button type="button" class="quiet" title={sql} onClick={() => onPick(sql)}>
              {title}
            </button>
            <Badge word={tag} tone={tagTones[tag] ?? 'off'} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Views({ report }: { report: SqlReport }) {
  return (
    <Panel title="Views" note={`${report.views.length}`}>
      <ul class="plain-list">
        {report.views.map(({ name, says, columns }) => (
          <li key={name}>
            <details>
              <summary>
                <span class="mono">{name}</span> <small>{says}</small>
              </summary>
              <p class="mono text columns">{columns.join(', ')}</p>
            </details>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
