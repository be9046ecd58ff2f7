/** From samples to what a level meter shows. */

/** What the meter shows as empty; a quiet room is at about -55 dB. */
const FLOOR_DB = -60;
/** How much of the last level remains after one chunk of 80 ms: the needle rises at once and falls slowly. */
const FALL_PER_CHUNK = 0.64;

/** A meter's steps: finer ones are not seen, and each costs a picture. In a quiet room there are none. */
const LEVEL_STEPS = 40;

/** Where an RMS in [0, 1] stands on a meter in [0, 1] that is linear in decibels. */
export function meterPosition(rms: number): number {
  if (!(rms > 0)) return 0;
  return Math.min(1, Math.max(0, 1 - (20 * Math.log10(rms)) / FLOOR_DB));
}

/** A needle that jumps up and sinks back. */
export class Needle {
  #level = 0;
  #shown = 0;

  /** Takes the RMS of the next chunk. @returns where it stands now, in [0, 1]; `undefined` where nobody would see that it has moved */
  push(rms: number): number | undefined {
    this.#level = Math.max(meterPosition(rms), this.#level * FALL_PER_CHUNK);
    const shown = Math.round(this.#level * LEVEL_STEPS) / LEVEL_STEPS;
    if (shown === this.#shown) return undefined;
    this.#shown = shown;
    return shown;
  }
}
