/** The machines of this program against recorded history: the first difference of each actor. Source: inspector 3 (page 12). */
import type { JournalPlace } from '../cli/tool-dependencies.ts';
import type { MachineId } from '../domain/machine-event.ts';
import type { VersionDiffReport } from '../inspector/tool-reports.ts';
import { machines } from '../machines/catalogue.ts';
import { openJournalView } from '../persistence/journal-view.ts';
import type { JournalView, ViewedRow } from '../ports/journal-view.port.ts';
import { withBundle } from './bundle/open.ts';
import { ActorReplay } from './replay-actors.ts';

const rowsPerLook = 500;

/** @param rowsMax rows that are run at most, from the first one on. Between looks others get their turn. */
export async function versionDiffOf(
  view: Pick<JournalView, 'rowsAfter'>,
  rowsMax = Number.MAX_SAFE_INTEGER,
): Promise<VersionDiffReport> {
  const replay = new ActorReplay();
  const versions = new Map<string, Set<string>>();
  const divergences: VersionDiffReport['divergences'][number][] = [];
  let [rows, seq] = [0, 0];
  for (;;) {
    const look = view.rowsAfter(seq, Math.min(rowsPerLook, rowsMax - rows));
    for (const row of look) {
      note(versions, row);
      const found = replay.take(row);
      if (found !== undefined) divergences.push(found);
      ({ seq } = row);
    }
    rows += look.length;
    if (look.length === 0) break;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return {
    rows,
    actors: replay.actorCount,
    isCut: rows === rowsMax,
    machines: [...versions.keys()].toSorted().map((machine) => ({
      machine,
      recorded: [...(versions.get(machine) ?? [])].toSorted(),
      present: presentVersion(machine),
    })),
    divergences,
  };
}

/** Of a data directory or of a bundle. @throws OperatorError NO_JOURNAL, BUNDLE_INVALID */
export async function versionDiff(place: JournalPlace): Promise<VersionDiffReport> {
  return withBundle(place, async (dataDir) => {
    const view = openJournalView(dataDir);
    try {
      return await versionDiffOf(view);
    } finally {
      view.close();
    }
  });
}

function note(versions: Map<string, Set<string>>, { machine, machineVersion }: ViewedRow): void {
  if (machine === 'input') return;
  const known = versions.get(machine) ?? new Set<string>();
  versions.set(machine, known.add(machineVersion));
}

function presentVersion(machine: string): string {
  const hosted = machines[machine as MachineId] as (typeof machines)[MachineId] | undefined;
  return hosted?.version ?? '';
}
