/**
 * The engine's side of the watchdog: beats while its thread moves, tells of stalls that are over, and says whether the
 * engine is well. Source: supervision 10, security 6.
 */
import type { Worker } from 'node:worker_threads';
import type { WatchdogSettings } from '../../domain/execution-settings.ts';
import { systemClock, type Cancel } from '../../kernel/clock.ts';
import { openThread } from '../thread.ts';
import { Heartbeat } from './heartbeat.ts';
import type { WatchdogStart } from './watch.ts';

const beatMs = 100;
/** Source: security 6, healthy predicate. */
const lagMsMax = 1_000;

export type EngineProgress = {
  /** Inputs taken so far, and inputs that wait. */
  readonly inputs: number;
  readonly waiting: number;
  /** The last commit did not fail. */
  readonly isStoreWell: boolean;
};

export type Health = { readonly isWell: boolean; readonly why: string };

export class Watchdog {
  private readonly heartbeat = new Heartbeat();
  private readonly progress: () => EngineProgress;
  private readonly onStall: (durationMs: number) => void;
  private readonly stallMs: number;
  private worker: Worker | undefined;
  private cancelBeat: Cancel | undefined;
  private beatenAtMs = 0;
  private lagMs = 0;
  private last: EngineProgress | undefined;
  private stuckSinceMs: number | undefined;
  private isClosed = false;

  /** @param onStall the engine moves again after a stall of this length */
  constructor(options: {
    readonly settings: WatchdogSettings;
    readonly progress: () => EngineProgress;
    readonly onStall: (durationMs: number) => void;
  }) {
    this.progress = options.progress;
    this.onStall = options.onStall;
    this.stallMs = options.settings.stallMs;
  }

  /** From now on the engine has to move. A debugger that is attached stops it for good reasons: nobody watches then. */
  start(dataDir: string, killFile: string, settings: WatchdogSettings): void {
    const isDebugged = process.execArgv.some((option) => option.startsWith('--inspect'));
    if (settings.enabled && !isDebugged) {
      const { stallMs, killAfterSeconds, pullsKillSwitch, endsProcess } = settings;
      const workerData: WatchdogStart = {
        shared: this.heartbeat.shared,
        dataDir,
        killFile,
        settings: { stallMs, killAfterSeconds, pullsKillSwitch, endsProcess },
      };
      this.worker = openThread('watchdog.worker', { workerData });
      // It guards the engine and is no part of it: without it trading goes on, and is seen to.
      this.worker.on('error', () => {
        this.worker = undefined;
      });
      this.worker.unref();
    }
    this.beatenAtMs = systemClock.monotonicMs();
    this.beat();
  }

  get isWatching(): boolean {
    return this.worker !== undefined;
  }

  get stalls(): number {
    return this.heartbeat.get('stalls');
  }

  get longestStallMs(): number {
    return this.heartbeat.get('longestMs');
  }

  /** Loop lag below a second, last commit well, inputs are being taken. Source: security 6. */
  health(): Health {
    const lagMs = Math.max(this.lagMs, systemClock.monotonicMs() - this.beatenAtMs - beatMs);
    if (lagMs >= lagMsMax)
      return { isWell: false, why: `the loop is ${Math.round(lagMs)} ms late` };
    if (!this.progress().isStoreWell) return { isWell: false, why: 'the last commit has failed' };
    const stuckMs =
      this.stuckSinceMs === undefined ? 0 : systemClock.monotonicMs() - this.stuckSinceMs;
    if (stuckMs >= lagMsMax) return { isWell: false, why: 'inputs wait and none is taken' };
    return { isWell: true, why: 'well' };
  }

  /** A stop may take as long as it takes. */
  release(): void {
    this.isClosed = true;
    this.cancelBeat?.();
    this.heartbeat.close();
  }

  async close(): Promise<void> {
    this.release();
    await this.worker?.terminate();
  }

  private beat(): void {
    if (this.isClosed) return;
    const nowMs = systemClock.monotonicMs();
    this.lagMs = Math.max(0, nowMs - this.beatenAtMs - beatMs);
    this.beatenAtMs = nowMs;
    this.heartbeat.beat();
    if (this.lagMs >= this.stallMs) this.onStall(Math.round(this.lagMs));
    this.lookAtInputs(nowMs);
    this.cancelBeat = systemClock.scheduleIn(beatMs, () => this.beat());
  }

  private lookAtInputs(nowMs: number): void {
    const now = this.progress();
    const isStuck = this.last !== undefined && now.waiting > 0 && now.inputs === this.last.inputs;
    if (!isStuck) this.stuckSinceMs = undefined;
    else this.stuckSinceMs ??= nowMs;
    this.last = now;
  }
}
