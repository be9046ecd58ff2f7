/** Tempo and pitch apart: a word said slower, or by a higher voice. */

/** 32 ms: two periods of a low voice. */
const FRAME_SAMPLES = 512;
const HOP_SAMPLES = FRAME_SAMPLES / 2;
/** How far a frame may move to fit the one before: a period of a low voice. */
const SEARCH_SAMPLES = 160;
const COARSE_STEP = 4;

const RISE = Float32Array.from({ length: HOP_SAMPLES }, (_, n) => 0.5 - 0.5 * Math.cos((Math.PI * (n + 0.5)) / HOP_SAMPLES));

/**
 * Changes how long a recording lasts and not how it sounds: waveform-similarity overlap-add (Verhelst and Roelands, 1993).
 *
 * @param factor - above 1 it lasts longer
 */
export function stretch(recording: Int16Array, factor: number): Int16Array {
  const out = new Int16Array(Math.max(FRAME_SAMPLES, Math.round(recording.length * factor)));
  let natural = 0; // where the frame would go on if it were not stretched
  for (let at = 0; at < out.length; at += HOP_SAMPLES) {
    const wanted = Math.round(at / factor);
    const start = at === 0 ? 0 : bestStart(recording, natural, wanted);
    for (let n = 0; n < FRAME_SAMPLES && at + n < out.length; n++) {
      const weight = n < HOP_SAMPLES ? (at === 0 ? 1 : RISE[n]!) : 1 - RISE[n - HOP_SAMPLES]!;
      out[at + n] = out[at + n]! + weight * (recording[start + n] ?? 0);
    }
    natural = start + HOP_SAMPLES;
  }
  return out;
}

/** Changes how high a recording sounds and not how long it lasts: stretched, then read faster or slower. */
export function shiftPitch(recording: Int16Array, semitones: number): Int16Array {
  const factor = 2 ** (semitones / 12);
  const longer = stretch(recording, factor);
  return Int16Array.from({ length: recording.length }, (_, n) => {
    const position = n * factor;
    const before = Math.floor(position);
    const fraction = position - before;
    return (1 - fraction) * (longer[before] ?? 0) + fraction * (longer[before + 1] ?? 0);
  });
}

/** The start near `wanted` from which the recording is most like its natural continuation: first in steps, then around the best. */
function bestStart(recording: Int16Array, natural: number, wanted: number): number {
  const search = (middle: number, reach: number, step: number): number => {
    let [best, bestLikeness] = [middle, Number.NEGATIVE_INFINITY];
    for (let start = middle - reach; start <= middle + reach; start += step) {
      const likeness = likenessOf(recording, natural, start);
      if (likeness > bestLikeness) [best, bestLikeness] = [start, likeness];
    }
    return best;
  };
  return search(search(wanted, SEARCH_SAMPLES, COARSE_STEP), COARSE_STEP - 1, 1);
}

/** The correlation of two half frames, every other sample, over the root of the second's energy. */
function likenessOf(recording: Int16Array, natural: number, start: number): number {
  if (start < 0) return Number.NEGATIVE_INFINITY;
  let [product, energy] = [0, 1];
  for (let n = 0; n < HOP_SAMPLES; n += 2) {
    const value = recording[start + n] ?? 0;
    product += value * (recording[natural + n] ?? 0);
    energy += value * value;
  }
  return product / Math.sqrt(energy);
}
