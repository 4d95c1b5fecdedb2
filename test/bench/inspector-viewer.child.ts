/** A viewer in a process of its own: reads everything that is told, as the page does. Ends when its input does. */
import { InspectorClient } from '../../src/inspector/client.ts';

const [, , url = '', token = ''] = process.argv;
let seenSeq = 0;
let isTold = false;
const line = new InspectorClient(url, token).stream((frame) => {
  if (frame.type === 'hello')
    for (const feed of ['index', 'tail', 'live'] as const) line.send({ type: 'subscribe', feed });
  if (frame.type === 'tail') {
    seenSeq = Math.max(seenSeq, frame.rows.at(-1)?.seq ?? 0);
    if (!isTold) process.stdout.write('watching\n');
    isTold = true;
  }
});
const ticking = setInterval(() => line.send({ type: 'ack', seq: seenSeq }), 250);
process.stdin.on('end', () => {
  clearInterval(ticking);
  line.close();
});
process.stdin.resume();
