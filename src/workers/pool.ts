/** The thread pool: one resident task per worker, each with its own shard. */
import { Piscina } from 'piscina';
import type { ShardTask } from './protocol.ts';
import { workerEntry } from './worker-url.ts';

/** Why a resident task ended, in one word for the verdict and a sentence for people. */
export type TaskEnd = {
  readonly fault: 'threw' | 'exited' | 'outOfMemory' | 'ended';
  readonly text: string;
};

export class ResidentPool {
  private readonly pool: Piscina;

  /** @param heapMbMax heap of one worker; at the bound it is replaced */
  constructor(workers: number, heapMbMax: number) {
    const { filename, execArgv } = workerEntry();
    this.pool = new Piscina({
      filename,
      execArgv: [...execArgv],
      minThreads: workers,
      maxThreads: workers,
      concurrentTasksPerWorker: 1,
      resourceLimits: { maxOldGenerationSizeMb: heapMbMax },
    });
    // A worker that dies between tasks is replaced by the pool; its task, if any, has told us already.
    this.pool.on('error', () => {});
  }

  /** Starts a task that stays. `onEnd` is called once, unless `stop` was called before. */
  start(task: ShardTask, onEnd: (end: TaskEnd) => void): { readonly stop: () => void } {
    const abort = new AbortController();
    this.pool.run(task, { transferList: [task.port], signal: abort.signal }).then(
      () => onEnd({ fault: 'ended', text: 'the task returned' }),
      (thrown: unknown) => {
        if (!abort.signal.aborted) onEnd(endOf(thrown));
      },
    );
    return { stop: () => abort.abort() };
  }

  async close(): Promise<void> {
    await this.pool.destroy();
  }
}

function endOf(thrown: unknown): TaskEnd {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') return { fault: 'outOfMemory', text };
  return { fault: /exited with code/.test(text) ? 'exited' : 'threw', text };
}
