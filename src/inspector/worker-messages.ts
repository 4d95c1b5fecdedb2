/** What the engine's thread and the inspector's thread say to each other. Plain data. */
import type { DeniedAccesses } from '../domain/access-denied.ts';
import type { RuleWorld } from '../ports/live-picture.port.ts';
import type { HandedAnswer, HandedCommand } from './api.ts';
import type { BindWish } from './bind.ts';
import type { StartFigures } from './protocol-reports.ts';
import type { LiveEngine } from './wall-report.ts';

export type InspectorStart = {
  readonly dataDir: string;
  readonly port: number;
  /** Left out: the loopback. */
  readonly bind?: BindWish;
  readonly version: string;
  readonly pageFolder: string;
  readonly allowActions: boolean;
  /** False: nobody runs the engine; rows are all there is. */
  readonly isRunning: boolean;
  /** How the start of the running engine went; absent where none runs. */
  readonly recovery?: StartFigures;
  /** Configuration of the run, for sandboxes; absent: the demonstration's. */
  readonly configPath?: string;
};

export type ToInspector =
  | { readonly type: 'live'; readonly live: LiveEngine }
  | { readonly type: 'rules'; readonly worlds: readonly RuleWorld[] }
  | { readonly type: 'answer'; readonly id: number; readonly answer: HandedAnswer }
  /** Metrics of the engine, as was asked. */
  | { readonly type: 'figures'; readonly id: number; readonly text: string }
  | { readonly type: 'stop' };

export type FromInspector =
  | {
      readonly type: 'listening';
      readonly port: number;
      readonly signIn: string;
      /** `http://127.0.0.1:7788/` */
      readonly url: string;
    }
  | { readonly type: 'failed'; readonly code: string; readonly text: string }
  | { readonly type: 'viewers'; readonly count: number }
  | { readonly type: 'figures'; readonly id: number }
  | { readonly type: 'denied'; readonly denied: DeniedAccesses }
  | { readonly type: 'command'; readonly id: number; readonly handed: HandedCommand };
