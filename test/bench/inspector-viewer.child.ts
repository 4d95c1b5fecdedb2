/**
 * A viewer in a process of its own: reads everything that is told, as the page does, and draws nothing. It looks between
 * the lines `on` and `off` of its input, answers `watching` and `gone <ms on a processor>`, and ends when its input does.
 */
import { createInterface } from 'node:readline';
import { InspectorClient, type InspectorLine } from '../../src/inspector/client.ts';

const [, , url = '', token = ''] = process.argv;
let line: InspectorLine | undefined;
let isOpen = false;
let seenSeq = 0;
let before = process.cpuUsage();

function watch(): void {
  let isTold = false;
  before = process.cpuUsage();
  const opened = new InspectorClient(url, token).stream((frame) => {
    if (frame.type === 'hello') isOpen = true;
    if (frame.type === 'hello')
      for (const feed of ['index', 'tail', 'live'] as const)
        opened.send({ type: 'subscribe', feed });
    if (frame.type === 'tail') {
      seenSeq = Math.max(seenSeq, frame.rows.at(-1)?.seq ?? 0);
      if (!isTold) process.stdout.write('watching\n');
      isTold = true;
    }
  });
  line = opened;
  isOpen = false;
}

async function leave(): Promise<void> {
  const left = line;
  line = undefined;
  left?.close();
  await left?.closed;
  const { user, system } = process.cpuUsage(before);
  process.stdout.write(`gone ${(user + system) / 1_000}\n`);
}

const ticking = setInterval(() => {
  if (isOpen) line?.send({ type: 'ack', seq: seenSeq });
}, 250);
const input = createInterface({ input: process.stdin });
input.on('line', (word) => {
  if (word === 'on') watch();
  else void leave();
});
input.on('close', () => {
  clearInterval(ticking);
  line?.close();
});
process.stdout.write('ready\n');
