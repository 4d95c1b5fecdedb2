/** Entry of the inspector's thread. */
import { parentPort, workerData } from 'node:worker_threads';
import type { FromInspector, InspectorStart } from '../inspector/worker-messages.ts';
import { errorText, OperatorError } from '../kernel/errors.ts';
import { InspectorThread } from './inspector-thread.ts';

if (parentPort !== null) {
  const port = parentPort;
  try {
    await new InspectorThread(workerData as InspectorStart, port).run();
  } catch (error) {
    const code = error instanceof OperatorError ? error.code : 'INSPECTOR_FAILED';
    port.postMessage({ type: 'failed', code, text: errorText(error) } satisfies FromInspector, []);
    port.close();
  }
}
