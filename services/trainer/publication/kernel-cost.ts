/** What one model costs beside another: both in turn on the same sound, so that whatever slows the machine slows both. */

import type { Artefact } from '#shared/model/artefact.ts';
import type { Engine } from '#shared/model/classifier.ts';

import { trackOf } from '../evaluation/posterior-track.ts';
import { randomFor } from '../random.ts';

const ROUNDS = 31;
/** Of sound, one round: long enough for a clock of microseconds. */
const ROUND_SAMPLES = 48_000;
const LOUDNESS = 8000;

/**
 * The candidate's time over the incumbent's, from samples to posteriors: the least of interleaved rounds of each, which is what a
 * busy machine disturbs least.
 *
 * @param nowMs - a clock finer than a millisecond
 */
export function costRatio(
  engine: Engine,
  { candidate, incumbent }: { candidate: Artefact; incumbent: Artefact },
  nowMs: () => number,
): number {
  const random = randomFor(1);
  const sound = Int16Array.from({ length: ROUND_SAMPLES }, () => Math.round(random.between(-LOUDNESS, LOUDNESS)));
  const sides = [candidate, incumbent].map((artefact) => ({ classifier: engine.load(artefact), leastMs: Infinity }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
      const startedMs = nowMs();
      trackOf(side.classifier, sound);
      side.leastMs = Math.min(side.leastMs, nowMs() - startedMs);
    }
  }
  for (const { classifier } of sides) classifier.close();
  return sides[0]!.leastMs / sides[1]!.leastMs;
}
