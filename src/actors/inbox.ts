import { limits } from '../kernel/limits.ts';
/** The bounded inbox: lanes by priority, so that a cancel overtakes a command and a quote never delays a fill. */
import type { EngineInput, Lane } from './input.ts';

const order: readonly Lane[] = ['control', 'venue', 'timer', 'command'];

export type Accepted = 'accepted' | 'refused' | 'collapsed';

export class Inbox {
  private readonly lanes: Record<Lane, { items: EngineInput[]; head: number }> = {
    control: { items: [], head: 0 },
    venue: { items: [], head: 0 },
    timer: { items: [], head: 0 },
    command: { items: [], head: 0 },
  };
  private readonly waitingKeys = new Set<string>();
  private count = 0;
  highWater = 0;
  refused = 0;

  get depth(): number {
    return this.count;
  }

  /** True from 80 % of the capacity on: accounts stop taking new risk until it is drained. */
  get isAlarming(): boolean {
    return this.count * 100 >= limits.inboxDepthMax * limits.inboxAlarmPercent;
  }

  /**
   * Control, venue and timer inputs are never refused; identical control inputs collapse into one;
   * a command is refused when the inbox is full.
   */
  put(lane: Lane, input: EngineInput, collapseKey?: string): Accepted {
    if (collapseKey !== undefined) {
      if (this.waitingKeys.has(collapseKey)) return 'collapsed';
      this.waitingKeys.add(collapseKey);
    }
    if (lane === 'command' && this.count >= limits.inboxDepthMax) {
      this.refused += 1;
      return 'refused';
    }
    this.lanes[lane].items.push(input);
    this.count += 1;
    this.highWater = Math.max(this.highWater, this.count);
    return 'accepted';
  }

  take(): EngineInput | undefined {
    for (const lane of order) {
      const queue = this.lanes[lane];
      const input = queue.items[queue.head];
      if (input === undefined) continue;
      queue.head += 1;
      if (queue.head === queue.items.length || queue.head > 4096) {
        queue.items.splice(0, queue.head);
        queue.head = 0;
      }
      this.count -= 1;
      if (lane === 'control') this.waitingKeys.clear();
      return input;
    }
    return undefined;
  }
}
