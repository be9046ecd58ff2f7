/** Where the parts of the live picture lie, one under the other. */

import type { LiveSize } from './live-messages.ts';

/** Rows of text, in CSS pixels. */
const TITLE_ROW = 20;
const WORD_ROW = 22;
const TIME_ROW = 20;
/** How the rest is shared out. */
const WAVEFORM_SHARE = 0.24;
const HEAT_SHARE = 0.36;

/** In device pixels, as everything here. */
export interface Band {
  readonly top: number;
  readonly height: number;
}

export interface Layout {
  readonly width: number;
  readonly pixelRatio: number;
  /** What moves: the words above the waveform, and the three pictures. */
  readonly words: Band;
  readonly waveform: Band;
  readonly heat: Band;
  readonly traces: Band;
  /** What stands still: the titles above the pictures, and the times below. */
  readonly titles: { readonly waveform: Band; readonly heat: Band; readonly traces: Band };
  readonly times: Band;
}

/** Shares a canvas out in whole pixels. */
export function layoutOf({ width, height, pixelRatio }: LiveSize): Layout {
  const row = (pixels: number): number => Math.round(pixels * pixelRatio);
  const shared = Math.max(0, height - row(3 * TITLE_ROW + WORD_ROW + TIME_ROW));
  const [waveform, heat] = [Math.round(shared * WAVEFORM_SHARE), Math.round(shared * HEAT_SHARE)];
  let top = 0;
  const next = (band: number): Band => {
    top += band;
    return { top: top - band, height: band };
  };
  const waveformTitle = next(row(TITLE_ROW));
  const parts = { words: next(row(WORD_ROW)), waveform: next(waveform) };
  const heatTitle = next(row(TITLE_ROW));
  const heatBand = next(heat);
  const tracesTitle = next(row(TITLE_ROW));
  const tracesBand = next(shared - waveform - heat);
  return {
    width,
    pixelRatio,
    ...parts,
    heat: heatBand,
    traces: tracesBand,
    titles: { waveform: waveformTitle, heat: heatTitle, traces: tracesTitle },
    times: next(row(TIME_ROW)),
  };
}
