/** Entry of the watchdog's thread. */
import { workerData } from 'node:worker_threads';
import { watch, type WatchdogStart } from './watchdog/watch.ts';

// The signal of a missed watchdog: it needs nothing of the thread that hangs. Source: security 6.
watch(workerData as WatchdogStart, () => process.kill(process.pid, 'SIGABRT'));
