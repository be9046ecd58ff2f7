/** The live picture's columns, a hop of sound each: waveform and features. */

import type { Brush, StillBrush } from './brush.ts';
import { heatColour } from './heat-colour.ts';
import { HOP_SAMPLES, KEPT_COLUMNS, type Timeline } from './timeline.ts';

/** Of the probability's axis. */
const GRID_SCORES = [0, 0.5, 1];

/** What lies below everything, from pixel `from` on. */
export function paintGround({ context, scene }: StillBrush, from: number, width: number): void {
  const { layout, colours } = scene;
  context.fillStyle = colours.card;
  context.fillRect(from, 0, width, layout.times.top);
  context.fillStyle = colours.line;
  const line = (y: number): void => context.fillRect(from, Math.round(y), width, Math.max(1, Math.floor(layout.pixelRatio)));
  line(layout.waveform.top + layout.waveform.height / 2);
  line(layout.heat.top);
  line(layout.heat.top + layout.heat.height - 1);
  for (const score of GRID_SCORES) line(layout.traces.top + (1 - score) * (layout.traces.height - 1));
}

/** One column; at least a pixel wide, for screens with fewer pixels than columns. */
export function paintColumn(brush: Brush, timeline: Timeline, column: number): void {
  const x = Math.round(brush.x(column * HOP_SAMPLES));
  const width = Math.max(1, Math.round(brush.x((column + 1) * HOP_SAMPLES)) - x);
  paintWaveform(brush, { x, width, low: timeline.low[column % KEPT_COLUMNS] ?? 0, high: timeline.high[column % KEPT_COLUMNS] ?? 0 });
  paintFeatures(brush, { x, width, values: timeline.mfccOf(column) });
}

interface Peaks {
  readonly x: number;
  readonly width: number;
  readonly low: number;
  readonly high: number;
}

function paintWaveform({ context, scene: { layout, colours } }: Brush, { x, width, low, high }: Peaks): void {
  const half = layout.waveform.height / 2;
  const middle = layout.waveform.top + half;
  const least = layout.pixelRatio / 2;
  context.fillStyle = colours.ink;
  context.fillRect(x, middle - high * half - least, width, (high - low) * half + 2 * least);
}

interface Features {
  readonly x: number;
  readonly width: number;
  readonly values: Float32Array;
}

/** The first coefficient lies at the bottom. */
function paintFeatures({ context, scene: { layout } }: Brush, { x, width, values }: Features): void {
  const { top, height } = layout.heat;
  const edge = (row: number): number => Math.round(top + height - (row * height) / values.length);
  for (let row = 0; row < values.length; row++) {
    context.fillStyle = heatColour(row, values[row] ?? 0);
    context.fillRect(x, edge(row + 1), width, edge(row) - edge(row + 1));
  }
}
