/** The live picture in words, for those who cannot see it. */

import { HOP_SAMPLES, KEPT_COLUMNS, leftEdge, VIEW_SECONDS, type Timeline } from './timeline.ts';
import type { Thresholds } from './live-messages.ts';

/** Peaks above this are sound rather than a quiet room. */
const SOUND_PEAK = 0.02;
/** Words named at most; the log has them all. */
const MAX_NAMED = 5;

/** What is to be seen: whether there is sound, what was heard, and which keyword is most probable just now. */
export function describe(timeline: Timeline, thresholds: Thresholds): string {
  if (timeline.samples === 0) return 'Nothing yet.';
  const heard = timeline.marks.filter(({ end }) => end > leftEdge(timeline.samples)).map(({ keyword }) => keyword);
  return [
    `The last ${VIEW_SECONDS} seconds: ${peakOf(timeline) < SOUND_PEAK ? 'silence' : 'sound'}.`,
    heard.length === 0 ? 'No keyword.' : `Heard ${heard.slice(-MAX_NAMED).join(', ')}.`,
    ...mostProbable(timeline, thresholds),
  ].join(' ');
}

function peakOf({ columns, low, high, samples }: Timeline): number {
  let peak = 0;
  for (let column = Math.max(0, Math.floor(leftEdge(samples) / HOP_SAMPLES)); column < columns; column++) {
    peak = Math.max(peak, high[column % KEPT_COLUMNS] ?? 0, -(low[column % KEPT_COLUMNS] ?? 0));
  }
  return peak;
}

/** One sentence, or none before the model has said anything. */
function mostProbable({ points }: Timeline, thresholds: Thresholds): readonly string[] {
  const newest = points.at(-1);
  if (!newest) return [];
  const { labels, values } = newest;
  let best = -1;
  labels.forEach((label, index) => {
    if (label in thresholds && (values[index] ?? 0) > (values[best] ?? 0)) best = index;
  });
  const label = labels[best];
  return label === undefined ? [] : [`Most probable now: ${label}, ${Math.round(100 * (values[best] ?? 0))} %.`];
}
