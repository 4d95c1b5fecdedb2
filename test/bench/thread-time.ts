/**
 * What a thread had of the processors, by the kernel's own count. Time on a processor hardly depends on what else the
 * machine does; time in the queue for one is what the others cost.
 */
import { readdirSync, readFileSync } from 'node:fs';

export type ThreadTime = {
  /** ms on a processor. */
  readonly cpuMs: number;
  /** ms ready to run while others had the processors. */
  readonly queueMs: number;
};

const tasks = '/proc/self/task';
const nanosPerMs = 1_000_000;

/** Whether the kernel counts; without it the rows of threads say that they are not known. */
export function countsThreads(): boolean {
  try {
    return timeOf(String(process.pid)).cpuMs > 0;
  } catch {
    return false;
  }
}

/** The thread that runs the machines: its number is the number of the process. */
export function mainThread(): ThreadTime {
  return timeOf(String(process.pid));
}

export function threadIds(): ReadonlySet<string> {
  return new Set(readdirSync(tasks));
}

/** All of them together; one that has ended meanwhile counts as it was not there. */
export function threadsTime(ids: Iterable<string>): ThreadTime {
  let [cpuMs, queueMs] = [0, 0];
  for (const id of ids) {
    const time = timeOrNothing(id);
    cpuMs += time.cpuMs;
    queueMs += time.queueMs;
  }
  return { cpuMs, queueMs };
}

export function timeBetween(before: ThreadTime, after: ThreadTime): ThreadTime {
  return { cpuMs: after.cpuMs - before.cpuMs, queueMs: after.queueMs - before.queueMs };
}

function timeOrNothing(id: string): ThreadTime {
  try {
    return timeOf(id);
  } catch {
    return { cpuMs: 0, queueMs: 0 };
  }
}

function timeOf(id: string): ThreadTime {
  const [cpu = '', queue = ''] = readFileSync(`${tasks}/${id}/schedstat`, 'utf8').split(' ');
  return { cpuMs: Number(cpu) / nanosPerMs, queueMs: Number(queue) / nanosPerMs };
}
