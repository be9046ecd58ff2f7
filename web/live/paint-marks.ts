/** The live picture's marks: keywords that were heard, from where to where. */

import { fontOf, paintText, type Brush } from './brush.ts';
import type { Mark } from './timeline.ts';

const FONT = { weight: 700, pixels: 14 };
const BAND_OPACITY = 0.16;
/** In CSS pixels. */
const EDGE_WIDTH = 2;
const WORD_GAP = 6;
const DESCENT = 7;

/** A band over the pictures, an edge where the word was sure, and the word on the left of it. */
export function paintMark(brush: Brush, { start, end, keyword }: Mark): void {
  const { context, scene } = brush;
  const { layout, colours } = scene;
  const [left, right] = [brush.x(start), brush.x(end)];
  const edge = EDGE_WIDTH * layout.pixelRatio;
  context.fillStyle = colours.accent;
  for (const { top, height } of [layout.waveform, layout.heat, layout.traces]) {
    context.globalAlpha = BAND_OPACITY;
    context.fillRect(left, top, right - left, height);
    context.globalAlpha = 1;
    context.fillRect(right - edge, top, edge, height);
  }
  const y = layout.words.top + layout.words.height - DESCENT * layout.pixelRatio;
  paintText(brush, { text: keyword, x: right - wordGap(brush), y, colour: colours.ink, font: FONT, align: 'right' });
}

/** How far a mark's word reaches to the left of its end, in device pixels. */
export function wordReach(brush: Brush, keyword: string): number {
  brush.context.font = fontOf(brush.scene.layout, FONT);
  return 2 * wordGap(brush) + brush.context.measureText(keyword).width;
}

function wordGap({ scene: { layout } }: Brush): number {
  return WORD_GAP * layout.pixelRatio;
}
