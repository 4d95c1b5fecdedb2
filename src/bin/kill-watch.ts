/**
 * The ways to the kill switch that need nobody else: the kill file, a signal, and a command that does not wait for the
 * market. They act on the engine's own thread between two events, so they work while a worker or a trader hangs.
 * Source: execution 9.1.
 */
import type { Engine } from '../actors/engine.ts';
import type { OperatorAnswer, OperatorCommand } from '../domain/operator.ts';
import { systemClock, type Cancel } from '../kernel/clock.ts';
import { KillFile } from './kill-file.ts';

/** Wall time between two looks for the file. Source: execution 15, at least every second. */
const lookMs = 500;
/** Market time between two looks. */
const marketLookMs = 1_000;

export class KillWatch {
  readonly file: KillFile;
  private readonly engine: Engine;
  private nextMarketMs = 0;
  private signals = 0;
  private isStopped = false;
  /** A commit has failed on this way; the run ends with the same failure. */
  hasFailed = false;

  constructor(engine: Engine, dataDir: string) {
    this.engine = engine;
    const { file } = engine.world.execution.killSwitch;
    this.file = new KillFile(dataDir, file, () => (this.isStopped ? undefined : engine));
  }

  /** Watches until the returned function is called. */
  start(): () => void {
    let stopWaiting: Cancel | undefined;
    const look = (): void => {
      this.kill(() => this.file.poll());
      if (!this.isStopped) stopWaiting = systemClock.schedule(systemClock.nowMs() + lookMs, look);
    };
    const onSignal = (): void => this.killBySignal();
    look();
    process.on('SIGUSR2', onSignal);
    return () => {
      this.isStopped = true;
      stopWaiting?.();
      process.off('SIGUSR2', onSignal);
    };
  }

  /** A look at each second of the market; true when it has killed and the engine has work. */
  look(marketMs: number): boolean {
    if (marketMs < this.nextMarketMs) return false;
    this.nextMarketMs = marketMs + marketLookMs;
    return this.file.poll();
  }

  /** A kill does not wait for its turn between two ticks. Never rejects. */
  obey(command: OperatorCommand): Promise<OperatorAnswer> {
    if (this.isStopped)
      return Promise.resolve({ outcome: 'refused', text: 'the service is stopping' });
    return new Promise((answer) => {
      this.kill(() => this.engine.operate(command, answer));
    });
  }

  private killBySignal(): void {
    if (this.isStopped) return;
    this.signals += 1;
    const { head } = this.engine.world.options.journal;
    const command = {
      verb: 'kill',
      kill: { scope: 'all', isEmergency: false, trigger: 'signal' },
      requestId: `signal:${head.seq}:${this.signals}`,
      role: 'operator',
      by: 'SIGUSR2',
      reason: 'the process was told by a signal',
    } as const;
    this.kill(() => this.engine.operate(command));
  }

  private kill(pull: () => void): void {
    if (this.isStopped) return;
    try {
      pull();
      this.engine.rest();
    } catch {
      this.hasFailed = true;
      // A store that fails refuses every further commit: whoever drives the engine stops with the same failure.
    }
  }
}
