/** Every machine that the sources export, whether the engine uses it or not. */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { StateMachine, type AnyStateMachine } from 'xstate';

const machinesFolder = join(
  dirname(dirname(dirname(fileURLToPath(import.meta.url)))),
  'src',
  'machines',
);

/** Every machine that src/machines exports, by id. */
export async function loadMachines(): Promise<readonly AnyStateMachine[]> {
  const files = readdirSync(machinesFolder).filter((name) => name.endsWith('.machine.ts'));
  const modules = await Promise.all(
    files.map(
      async (name): Promise<object> => import(pathToFileURL(join(machinesFolder, name)).href),
    ),
  );
  return modules
    .flatMap((module) => Object.values(module))
    .filter((value): value is AnyStateMachine => value instanceof StateMachine)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
}
