/** Lets the picture move evenly between chunks that arrive by jerks. For the eye only: no detection depends on it. */

/** How far the picture may run ahead of the sound: a late chunk holds it, rather than pulling it back. */
const MAX_AHEAD_MS = 80;
/** How much of the distance to the sound is made up a frame. */
const PULL = 0.1;

/** Where the right edge of the picture is. */
export class SmoothClock {
  readonly #samplesPerMs: number;
  #samples = 0;
  #arrivedMs = Number.NEGATIVE_INFINITY;
  #end = 0;
  #lastMs = 0;

  constructor(sampleRateHz: number) {
    this.#samplesPerMs = sampleRateHz / 1000;
  }

  /** So many samples are there now. */
  arrived(samples: number, nowMs: number): void {
    this.#samples = samples;
    this.#arrivedMs = nowMs;
  }

  /** Whether the next picture will differ from the last. */
  isMoving(nowMs: number): boolean {
    return nowMs - this.#arrivedMs < MAX_AHEAD_MS;
  }

  /** The sample at the right edge; never goes back. */
  end(nowMs: number): number {
    const aheadMs = Math.min(MAX_AHEAD_MS, Math.max(0, nowMs - this.#arrivedMs));
    const target = this.#samples + aheadMs * this.#samplesPerMs;
    const rolled = this.#end + Math.min(MAX_AHEAD_MS, nowMs - this.#lastMs) * this.#samplesPerMs;
    this.#lastMs = nowMs;
    this.#end = Math.max(this.#end, Math.min(target, rolled + (target - rolled) * PULL));
    if (target - this.#end > this.#samplesPerMs * 1000) this.#end = target;
    return this.#end;
  }
}
