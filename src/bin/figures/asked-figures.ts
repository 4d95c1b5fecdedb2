/** Figures that only the engine's thread has, asked for by the inspector's. Whoever hangs is waited for no longer than this. */
import { systemClock, type Clock } from '../../kernel/clock.ts';

const waitMs = 1_000;

export class AskedFigures {
  private readonly ask: (id: number) => void;
  private readonly clock: Clock;
  private readonly waiting = new Map<number, (text: string) => void>();
  private next = 1;

  constructor(ask: (id: number) => void, clock: Clock = systemClock) {
    this.ask = ask;
    this.clock = clock;
  }

  /** The figures as text; empty when no answer came in time. Never rejects. */
  text(): Promise<string> {
    const id = this.next++;
    return new Promise((resolve) => {
      const cancel = this.clock.scheduleIn(waitMs, () => this.answer(id, ''));
      this.waiting.set(id, (text) => {
        cancel();
        resolve(text);
      });
      this.ask(id);
    });
  }

  answer(id: number, text: string): void {
    this.waiting.get(id)?.(text);
    this.waiting.delete(id);
  }
}
