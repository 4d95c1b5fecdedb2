/** What the engine's thread and the inspector's thread say to each other. Plain data. */
import type { HandedAnswer, HandedCommand } from './api.ts';
import type { LiveEngine } from './wall-report.ts';

export type InspectorStart = {
  readonly dataDir: string;
  readonly port: number;
  readonly version: string;
  readonly pageFolder: string;
  readonly allowActions: boolean;
  /** False: nobody runs the engine; rows are all there is. */
  readonly isRunning: boolean;
};

export type ToInspector =
  | { readonly type: 'live'; readonly live: LiveEngine }
  | { readonly type: 'answer'; readonly id: number; readonly answer: HandedAnswer }
  | { readonly type: 'stop' };

export type FromInspector =
  | { readonly type: 'listening'; readonly port: number; readonly signIn: string }
  | { readonly type: 'failed'; readonly code: string; readonly text: string }
  | { readonly type: 'viewers'; readonly count: number }
  | { readonly type: 'command'; readonly id: number; readonly handed: HandedCommand };
