/** What stands still in the live picture: titles, and how long ago things were. */

import { paintText, type StillBrush } from './brush.ts';
import type { Band } from './layout.ts';
import { VIEW_SECONDS } from './timeline.ts';

const FONT = { weight: 400, pixels: 12 };
const SECONDS_A_TICK = 2;
/** At least so many CSS pixels a tick, or every other one is left out. */
const MIN_TICK = 60;
/** Between a row's lower edge and its text's base line, in CSS pixels. */
const DESCENT = 6;

/** Once for each look of the picture. */
export function paintStill(brush: StillBrush): void {
  const { layout, colours } = brush.scene;
  brush.context.fillStyle = colours.card;
  brush.context.fillRect(0, 0, layout.width, layout.times.top + layout.times.height);
  paintTitle(brush, layout.titles.waveform, 'Waveform');
  paintTitle(brush, layout.titles.heat, 'MFCC: the shape of the sound');
  paintTitle(brush, layout.titles.traces, 'Probability of each word (dashed: threshold)');
  paintTimes(brush);
}

function paintTitle(brush: StillBrush, { top, height }: Band, text: string): void {
  const { layout, colours } = brush.scene;
  paintText(brush, { text, x: 0, y: top + height - DESCENT * layout.pixelRatio, colour: colours.muted, font: FONT, align: 'left' });
}

function paintTimes(brush: StillBrush): void {
  const { layout, colours } = brush.scene;
  const { width, pixelRatio, times } = layout;
  const isNarrow = width / pixelRatio / (VIEW_SECONDS / SECONDS_A_TICK) < MIN_TICK;
  const y = times.top + times.height - DESCENT * pixelRatio;
  for (let ago = 0; ago < VIEW_SECONDS; ago += isNarrow ? 2 * SECONDS_A_TICK : SECONDS_A_TICK) {
    const text = ago === 0 ? 'now' : `−${ago} s`;
    paintText(brush, { text, x: width * (1 - ago / VIEW_SECONDS), y, colour: colours.muted, font: FONT, align: 'right' });
  }
}
