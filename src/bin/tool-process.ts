/** Runs a tool in a process of its own, which can be ended: a long look never holds up the inspector's thread. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ExportRequest, ForkRequest } from '../inspector/tool-reports.ts';
import { systemClock } from '../kernel/clock.ts';
import { exitCodes, OperatorError } from '../kernel/errors.ts';

export type ToolTask = { readonly dataDir: string } & (
  | { readonly tool: 'export'; readonly request: ExportRequest; readonly signKey?: string }
  | { readonly tool: 'fork'; readonly request: ForkRequest; readonly configPath?: string }
  | { readonly tool: 'versionDiff' }
);
export type FromToolChild =
  | { readonly type: 'done'; readonly answer: unknown }
  | {
      readonly type: 'failed';
      readonly code: string;
      readonly text: string;
      readonly remedy: string;
    };

const durationMsMax = 60_000;
const heapMbMax = 1_024;
/** Each is a process of its own; a person needs one. */
const runningMax = 2;
let running = 0;

/** @throws OperatorError TOOL_BUSY, TOOL_FAILED, and what the tool throws */
export async function runTool<Answer>(task: ToolTask): Promise<Answer> {
  if (running >= runningMax)
    throw toolFault('TOOL_BUSY', `${runningMax} tools are running already`, 'Ask again.');
  running += 1;
  try {
    return (await askChild(task)) as Answer;
  } finally {
    running -= 1;
  }
}

async function askChild(task: ToolTask): Promise<unknown> {
  const isSource = import.meta.url.endsWith('.ts');
  const entry = new URL(`./tool-child.${isSource ? 'ts' : 'js'}`, import.meta.url);
  const memory = `--max-old-space-size=${heapMbMax}`;
  const child = fork(fileURLToPath(entry), [], {
    execArgv: isSource ? [memory, '--import', 'tsx'] : [memory],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
    env: { PATH: process.env['PATH'] },
  });
  const answer = new Promise<unknown>((resolve, reject) => {
    const cancel = systemClock.scheduleIn(durationMsMax, () => {
      const text = `it took longer than ${durationMsMax} ms and was ended`;
      reject(toolFault('TOOL_FAILED', text, 'Ask for less, or use the command line.'));
    });
    child.on('message', (message: FromToolChild) => {
      if (message.type === 'done') resolve(message.answer);
      else reject(toolFault(message.code, message.text, message.remedy));
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      cancel();
      const how = signal ?? `exit code ${code}`;
      reject(toolFault('TOOL_FAILED', `its process has ended: ${how}`, 'Ask for less.'));
    });
  });
  child.send(task);
  try {
    return await answer;
  } finally {
    child.kill('SIGKILL');
  }
}

function toolFault(code: string, message: string, remedy: string): OperatorError {
  return new OperatorError({ code, exitCode: exitCodes.failed, message, remedy });
}
