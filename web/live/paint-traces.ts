/** The live picture's traces: how probable each keyword is, window by window. */

import { paintText, type Brush } from './brush.ts';
import type { ScoredPoint } from './timeline.ts';
import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';

/** A trace below this is left out: two dozen of them would be a carpet. */
const VISIBLE_SCORE = 0.04;
/** A trace shows its threshold where it reaches this ... */
const COMPARED_SCORE = 0.15;
/** ... and so long before and after. */
const THRESHOLD_MARGIN_SAMPLES = 0.25 * SAMPLE_RATE_HZ;
/** A trace has its name where it rises above this. */
const NAMED_SCORE = 0.5;
/** Where names stand on the probability's axis: below the thresholds. */
const NAME_PLACE = 0.25;
/** Points further apart are of two sessions. */
const MAX_STEP_SAMPLES = SAMPLE_RATE_HZ / 2;
const NAME_FONT = { weight: 600, pixels: 12 };
/** In CSS pixels. */
const TRACE_WIDTH = 2;
const DASH = { on: 6, off: 5 };
const NAME_GAP = 6;
/** How far a step reaches beyond its two points: by threshold and name. */
export const STEP_REACH_SAMPLES = 1.5 * SAMPLE_RATE_HZ;
const HUES = [165, 35, 265, 320, 210, 0, 290, 130];

/** The next piece of every trace; none between two models with different words. */
export function paintStep(brush: Brush, from: ScoredPoint, to: ScoredPoint): void {
  if (to.at - from.at > MAX_STEP_SAMPLES || to.labels !== from.labels) return;
  to.labels.forEach((label, index) => {
    const threshold = brush.scene.thresholds[label];
    const [before, after] = [from.values[index] ?? 0, to.values[index] ?? 0];
    if (threshold === undefined || Math.max(before, after) < VISIBLE_SCORE) return;
    const step = { label, colour: traceColour(brush, index), from: { at: from.at, score: before }, to: { at: to.at, score: after } };
    if (Math.max(before, after) >= COMPARED_SCORE) paintThreshold(brush, step, threshold);
    paintPiece(brush, step);
    if (before < NAMED_SCORE && after >= NAMED_SCORE) paintName(brush, step);
  });
}

interface Step {
  readonly label: string;
  readonly colour: string;
  readonly from: { readonly at: number; readonly score: number };
  readonly to: { readonly at: number; readonly score: number };
}

function paintPiece(brush: Brush, { colour, from, to }: Step): void {
  const { context, scene } = brush;
  context.strokeStyle = colour;
  context.lineWidth = TRACE_WIDTH * scene.layout.pixelRatio;
  context.lineCap = 'round';
  context.beginPath();
  context.moveTo(brush.x(from.at), yOf(brush, from.score));
  context.lineTo(brush.x(to.at), yOf(brush, to.score));
  context.stroke();
}

/** Dashes lie where they lie on the time axis, so that pieces that overlap make one line. */
function paintThreshold(brush: Brush, { colour, from, to }: Step, threshold: number): void {
  const { context, scene } = brush;
  const ratio = scene.layout.pixelRatio;
  const period = (DASH.on + DASH.off) * ratio;
  const [left, right] = [brush.x(from.at - THRESHOLD_MARGIN_SAMPLES), brush.x(to.at + THRESHOLD_MARGIN_SAMPLES)];
  const height = Math.max(1, Math.round(ratio));
  context.fillStyle = colour;
  for (let x = Math.ceil(left / period) * period; x < right; x += period) {
    context.fillRect(Math.round(x), Math.round(yOf(brush, threshold)), Math.round(DASH.on * ratio), height);
  }
}

/** On the left of the rise, where the picture is finished. */
function paintName(brush: Brush, { label, colour, from }: Step): void {
  const x = brush.x(from.at) - NAME_GAP * brush.scene.layout.pixelRatio;
  paintText(brush, { text: label, x, y: yOf(brush, NAME_PLACE), colour, font: NAME_FONT, align: 'right' });
}

function yOf({ scene: { layout } }: Brush, score: number): number {
  const inset = (TRACE_WIDTH * layout.pixelRatio) / 2;
  return layout.traces.top + inset + (1 - score) * (layout.traces.height - 2 * inset);
}

/** At least 3 : 1 against the card, in light and dark. */
function traceColour({ scene: { colours } }: Brush, index: number): string {
  return `hsl(${HUES[index % HUES.length] ?? 0} 70% ${colours.isDark ? 66 : 38}%)`;
}
