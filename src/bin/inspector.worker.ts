/** Entry of the inspector's thread. */
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import type { FromInspector, InspectorStart } from '../inspector/worker-messages.ts';
import { errorText, OperatorError } from '../kernel/errors.ts';
import { InspectorThread } from './inspector-thread.ts';

/** Where there are too few processors, the machines go first. */
const nicer = 10;

if (parentPort !== null) {
  const port = parentPort;
  yieldToEngine();
  try {
    await new InspectorThread(workerData as InspectorStart, port).run();
  } catch (error) {
    const code = error instanceof OperatorError ? error.code : 'INSPECTOR_FAILED';
    port.postMessage({ type: 'failed', code, text: errorText(error) } satisfies FromInspector, []);
    port.close();
  }
}

/** Linux has priorities of threads and tells a thread its number; elsewhere nothing changes. */
function yieldToEngine(): void {
  try {
    const [thread = ''] = /\d+$/u.exec(readlinkSync('/proc/thread-self')) ?? [];
    // 0 would be the whole process.
    if (Number(thread) > 0) setPriority(Number(thread), nicer);
  } catch {
    // Without it the thread is one like any other.
  }
}
