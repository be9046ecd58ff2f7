/** The live picture: a strip that moves, between titles that stand still. */

import type { Scene } from './brush.ts';
import { layoutOf } from './layout.ts';
import type { LiveColours, LiveSize, Thresholds } from './live-messages.ts';
import { paintStill } from './paint-still.ts';
import { Strip } from './strip.ts';
import type { Timeline } from './timeline.ts';

export interface Look {
  readonly size: LiveSize;
  readonly colours: LiveColours;
  readonly thresholds: Thresholds;
}

/** Draws a timeline on one canvas. Everything is painted once; a frame is the new columns, and what is there, moved. */
export class Picture {
  readonly #context: OffscreenCanvasRenderingContext2D;
  #look: Look | undefined;
  #strip: Strip | undefined;

  constructor(canvas: OffscreenCanvas) {
    const context = canvas.getContext('2d', { alpha: false });
    if (!context) throw new TypeError('a fresh canvas gives a 2d context');
    this.#context = context;
  }

  /** @param end - the sample at the right edge */
  draw(timeline: Timeline, look: Look, end: number): void {
    if (look !== this.#look) this.#strip = this.#begin(look);
    this.#strip?.follow(timeline, end);
    this.#strip?.show(this.#context, end);
  }

  #begin(look: Look): Strip {
    const { size, colours, thresholds } = look;
    this.#look = look;
    fit(this.#context.canvas, size);
    const scene: Scene = { layout: layoutOf(size), colours, thresholds };
    paintStill({ context: this.#context, scene });
    return new Strip(scene);
  }
}

/** A canvas forgets its picture when its size is set, even to what it was. */
function fit(canvas: OffscreenCanvas, { width, height }: LiveSize): void {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}
