/** From samples to what a level meter shows. */

/** What the meter shows as empty; a quiet room is at about -55 dB. */
const FLOOR_DB = -60;
/** How much of the last level remains after one chunk: the needle rises at once and falls slowly. */
const FALL_PER_CHUNK = 0.8;

/** A meter's steps: finer ones are not seen, and each costs a picture. In a quiet room there are none. */
const LEVEL_STEPS = 40;

/** Where an RMS in [0, 1] stands on a meter in [0, 1] that is linear in decibels. */
export function meterPosition(rms: number): number {
  if (!(rms > 0)) return 0;
  return Math.min(1, Math.max(0, 1 - (20 * Math.log10(rms)) / FLOOR_DB));
}

/** The next position of a needle that jumps up and sinks back. */
export function fallingLevel(previous: number, rms: number): number {
  return Math.max(meterPosition(rms), previous * FALL_PER_CHUNK);
}

/** A level in [0, 1] as it is worth showing. */
export function shownLevel(level: number): number {
  return Math.round(level * LEVEL_STEPS) / LEVEL_STEPS;
}
