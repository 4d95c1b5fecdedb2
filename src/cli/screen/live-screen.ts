/** Where the progress of a run goes: a screen redrawn in place, plain lines, JSON lines, or nowhere. */
import type { RunProgress } from '../dependencies.ts';
import type { CliIo } from '../io.ts';
import { renderPlainLine, renderScreen } from './render-screen.ts';

export interface ProgressSink {
  show(progress: RunProgress): void;
  /** Draws the last picture and gives the terminal back. */
  finish(): void;
}

export const progressKinds = ['screen', 'json', 'none'] as const;
export type ProgressKind = (typeof progressKinds)[number];

const redrawMs = 100;
const plainMs = 1_000;

export function createProgressSink(kind: ProgressKind, io: CliIo, title: string): ProgressSink {
  switch (kind) {
    case 'none':
      return { show: () => undefined, finish: () => undefined };
    case 'json':
      return {
        show: (progress) => io.stderr(`${JSON.stringify(progress)}\n`),
        finish: () => undefined,
      };
    case 'screen':
      return io.isTerminal ? terminalSink(io, title) : plainSink(io);
  }
}

function terminalSink(io: CliIo, title: string): ProgressSink {
  let drawnRows = 0;
  let nextMs = Number.NEGATIVE_INFINITY;
  let latest: RunProgress | undefined;
  const draw = (progress: RunProgress): void => {
    const { width, height } = io.size();
    const lines = renderScreen(progress, { width, height, colour: io.colour, title });
    const up = drawnRows === 0 ? '\u001B[?25l' : `\u001B[${drawnRows}A\r`;
    // Lines end with "erase to the end of the line", the picture with "erase below": nothing flickers.
    io.stderr(
      `\u001B[?2026h${up}${lines.map((line) => `${line}\u001B[K\n`).join('')}\u001B[J\u001B[?2026l`,
    );
    drawnRows = lines.length;
  };
  return {
    show(progress) {
      latest = progress;
      const nowMs = io.clock.monotonicMs();
      if (nowMs < nextMs) return;
      nextMs = nowMs + redrawMs;
      draw(progress);
    },
    finish() {
      if (latest !== undefined) draw(latest);
      latest = undefined;
      if (drawnRows > 0) io.stderr('\u001B[?25h');
    },
  };
}

function plainSink(io: CliIo): ProgressSink {
  let nextMs = Number.NEGATIVE_INFINITY;
  let latest: RunProgress | undefined;
  let lastNote: string | undefined;
  const print = (progress: RunProgress): void => {
    const seen = lastNote === undefined ? -1 : progress.notes.lastIndexOf(lastNote);
    for (const note of progress.notes.slice(seen + 1)) io.stderr(`${note}\n`);
    lastNote = progress.notes.at(-1) ?? lastNote;
    io.stderr(`${renderPlainLine(progress)}\n`);
    latest = undefined;
  };
  return {
    show(progress) {
      latest = progress;
      const nowMs = io.clock.monotonicMs();
      if (nowMs < nextMs) return;
      nextMs = nowMs + plainMs;
      print(progress);
    },
    finish() {
      if (latest !== undefined) print(latest);
    },
  };
}
