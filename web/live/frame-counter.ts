/** How evenly pictures come: what `npm run bench:page` reads out of the worker. */

/** A picture later than this after the one before is one that a screen of 60 Hz had to wait for. */
const LATE_MS = 1.5 * (1000 / 60);

/** Counts pictures and the time between them. */
export class FrameCounter {
  drawn = 0;
  late = 0;
  longestMs = 0;
  /** Spent on drawing. */
  busyMs = 0;
  #lastMs: number | undefined;

  /** A picture was begun at `startMs`, its frame's time, and took `tookMs`. */
  count(startMs: number, tookMs: number): void {
    const sinceMs = startMs - (this.#lastMs ?? startMs);
    this.#lastMs = startMs;
    this.drawn++;
    this.busyMs += tookMs;
    this.longestMs = Math.max(this.longestMs, sinceMs);
    if (sinceMs > LATE_MS) this.late++;
  }

  /** What was counted since the last call. */
  take(): { readonly drawn: number; readonly late: number; readonly longestMs: number; readonly busyMs: number } {
    const { drawn, late, longestMs, busyMs } = this;
    Object.assign(this, { drawn: 0, late: 0, longestMs: 0, busyMs: 0 });
    return { drawn, late, longestMs, busyMs };
  }
}
