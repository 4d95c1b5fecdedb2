import { ChartDrawing } from '../chart/chart-drawing.tsx';
import { MatrixTables, TransitionTable } from '../chart/chart-tables.tsx';
import { useMachine } from '../chart/machine-view.ts';
import { useFetch } from '../data/fetching.ts';
import { addressOf, type PageProps } from '../data/router.ts';
import { Empty, PageHead, Panel, Pending } from '../ui/parts.tsx';
import { RowsTable, numberHead } from '../ui/table.tsx';
import { ViewLinks } from './actor-chart.tsx';
import { Simulator } from './machine-simulator.tsx';
/** Every machine of the engine: its chart, its tables, and a run by hand. Needs no account. Source: inspector 4. */

/** A machine in the list of machines. */
type MachineSummary = {
  readonly id: string;
  readonly version: string;
  readonly states: number;
  readonly events: number;
  readonly transitions: number;
};

export function MachinesPage({ query }: PageProps) {
  const { id } = query;
  const fetched = useFetch<readonly MachineSummary[]>('machines', {});
  return (
    <>
      <PageHead title="Machines" note={id === undefined ? 'as the engine runs them' : id}>
        {id !== undefined && <a href="/machines">every machine</a>}
        <a href="/versions">version diff</a>
      </PageHead>
      <Pending {...fetched} isLoading={fetched.data === undefined && fetched.isLoading} />
      {fetched.data !== undefined && id === undefined && <MachineTable machines={fetched.data} />}
      {id !== undefined && (
        <>
          <nav class="tabs" aria-label="Machines">
            {fetched.data?.map((machine) => (
              <a
                key={machine.id}
                href={addressOf('machines', { id: machine.id })}
                aria-current={machine.id === id ? 'page' : undefined}
              >
                {machine.id}
              </a>
            ))}
          </nav>
          <MachineView key={id} id={id} view={query['view'] ?? 'drawing'} query={query} />
        </>
      )}
    </>
  );
}

function MachineTable({ machines }: { machines: readonly MachineSummary[] }) {
  return (
    <Panel isFlush>
      <RowsTable
        label="Machines"
        heads={[
          'Machine',
          'Version',
          numberHead('States'),
          numberHead('Events'),
          numberHead('Transitions'),
          'Actors',
        ]}
      >
        {machines.map(({ id, version, states, events, transitions }) => (
          <tr key={id}>
            <th scope="row">
              <a href={addressOf('machines', { id })}>{id}</a>
            </th>
            <td>{version}</td>
            <td class="number">{states}</td>
            <td class="number">{events}</td>
            <td class="number">{transitions}</td>
            <td>
              <a href={addressOf('tree', { q: `/${id}` })} aria-label={`show actors of ${id}`}>
                show
              </a>
            </td>
          </tr>
        ))}
      </RowsTable>
    </Panel>
  );
}

function MachineView({ id, view, query }: PageProps & { id: string; view: string }) {
  const machine = useMachine(id);
  if (machine === undefined) return <Empty>Reading …</Empty>;
  const links = <ViewLinks page="machines" query={query} view={view} />;
  const { chart, matrix, layout } = machine;
  if (view === 'table')
    return (
      <Panel title={links} note={`${id} ${chart.version}`}>
        <TransitionTable chart={chart} />
      </Panel>
    );
  if (view === 'matrix')
    return (
      <Panel title={links} note={`${id} ${chart.version}`}>
        <MatrixTables matrix={matrix} />
      </Panel>
    );
  return (
    <Simulator machine={machine} links={links}>
      {(lit) =>
        layout === undefined ? (
          <Empty>There is no drawing of this machine.</Empty>
        ) : (
          <ChartDrawing title={id} layout={layout} lit={lit} />
        )
      }
    </Simulator>
  );
}
