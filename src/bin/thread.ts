/** Threads of the program beside the engine's. */
import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * Starts a thread whose entry stands beside this file. While developing, the sources are TypeScript: the thread
 * registers tsx itself before it reads the first of them.
 *
 * @param entry name of its file without the extension, such as `inspector.worker`
 */
export function openThread(entry: string, options: WorkerOptions): Worker {
  if (!import.meta.url.endsWith('.ts'))
    return new Worker(new URL(`./${entry}.js`, import.meta.url), options);
  const { href } = new URL(`./${entry}.ts`, import.meta.url);
  const load = `import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(href)}); })`;
  return new Worker(load, { ...options, eval: true, execArgv: [] });
}
