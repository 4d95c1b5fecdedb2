/** Commands of people on their way into a running engine: taken in between two ticks, so that the run stays in lockstep. */
import type { DeniedAccesses } from '../domain/access-denied.ts';
import type { OperatorAnswer, OperatorCommand } from '../domain/operator.ts';

type Waiting = {
  readonly command: OperatorCommand;
  readonly answer: (answer: OperatorAnswer) => void;
};

/** At this many waiting commands another one is refused: a person does not get here. */
const waitingMax = 256;

export class CommandQueue {
  private waiting: Waiting[] = [];
  private denied: DeniedAccesses[] = [];
  private isClosed = false;

  get isEmpty(): boolean {
    return this.waiting.length === 0 && this.denied.length === 0;
  }

  /** Resolves with the answer, after the commit that holds it. Never rejects. */
  ask(command: OperatorCommand): Promise<OperatorAnswer> {
    if (this.isClosed)
      return Promise.resolve({ outcome: 'refused', text: 'the service is stopping' });
    if (this.waiting.length >= waitingMax)
      return Promise.resolve({ outcome: 'refused', text: 'too many commands wait' });
    return new Promise((answer) => {
      this.waiting.push({ command, answer });
    });
  }

  /** Requests that were turned away unread; whoever tells of them counts them, so that they are few. */
  tellDenied(denied: DeniedAccesses): void {
    if (!this.isClosed && this.denied.length < waitingMax) this.denied.push(denied);
  }

  /** What was turned away since the last time, oldest first. */
  takeDenied(): readonly DeniedAccesses[] {
    return this.denied.splice(0);
  }

  /** Everything that waits, oldest first. */
  take(): readonly Waiting[] {
    return this.waiting.splice(0);
  }

  /** Nothing more is taken in; what still waits is refused. */
  close(): void {
    this.isClosed = true;
    for (const { answer } of this.take())
      answer({ outcome: 'refused', text: 'the service is stopping' });
  }
}
