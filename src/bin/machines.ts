/** The machines as the engine hosts them and as the journal knows them. */
import { createHash } from 'node:crypto';
import type { HostedMachine } from '../actors/cell.ts';
import type { MachineId } from '../domain/machine-event.ts';
import { machines } from '../machines/catalogue.ts';
import type { KnownMachine } from '../ports/journal.port.ts';

export const hostedMachines: Readonly<Record<MachineId, HostedMachine>> = machines;

/** Identity and structure: a stored state of another structure is refused, never guessed. */
export const knownMachines: readonly KnownMachine[] = Object.values(machines).map(
  ({ id, version, structure }) => ({
    id,
    version,
    hash: createHash('sha256').update(structure).digest('hex'),
  }),
);
