/** How long the last things of a kind took: a window of fixed size, its percentiles and its slow ones. Source: REQ-OB1. */
const samplesMax = 1_000;

type Sample = { readonly atMs: number; readonly durationMs: number };

/** The last answers of one command, oldest overwritten first. */
export class LatencyWindow {
  private readonly samples: Sample[] = [];
  private next = 0;
  /** All that were ever noted. */
  noted = 0;

  note(durationMs: number, atMs: number): void {
    this.samples[this.next] = { atMs, durationMs };
    this.next = (this.next + 1) % samplesMax;
    this.noted += 1;
  }

  get count(): number {
    return this.samples.length;
  }

  /** Of the last answers, how many took longer. */
  slowerThan(limitMs: number, sinceMs = -Infinity): number {
    let count = 0;
    for (const { atMs, durationMs } of this.samples)
      if (durationMs > limitMs && atMs > sinceMs) count += 1;
    return count;
  }

  /** The duration that this share (percent) of the answers kept; undefined without any. */
  quantileMs(percent: number): number | undefined {
    const sorted = this.samples.map(({ durationMs }) => durationMs).toSorted((a, b) => a - b);
    return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)];
  }
}
