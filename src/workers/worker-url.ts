/** Where the worker entry is: TypeScript through tsx while developing, plain JavaScript when built. */

/** File of the worker entry and the options of Node that it needs. */
export function workerEntry(): { readonly filename: string; readonly execArgv: readonly string[] } {
  const isSource = import.meta.url.endsWith('.ts');
  const entry = new URL(`./rule-evaluation.worker.${isSource ? 'ts' : 'js'}`, import.meta.url);
  return { filename: entry.href, execArgv: isSource ? ['--import', 'tsx'] : [] };
}
