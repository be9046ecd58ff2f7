/** What moves in the live picture, painted once, as it comes, on a canvas that is a ring: a picture is two pieces of it, moved. */

import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import type { Brush, Scene } from './brush.ts';
import { paintColumn, paintGround } from './paint-columns.ts';
import { paintMark, wordReach } from './paint-marks.ts';
import { paintStep, STEP_REACH_SAMPLES } from './paint-traces.ts';
import { HOP_SAMPLES, leftEdge, VIEW_SECONDS, type Mark, type ScoredPoint, type Timeline } from './timeline.ts';

/** Beyond what is seen: the picture may lag a second behind the sound, and what crosses its left edge is still painted whole. */
const SLACK_SECONDS = 2;

/** One look of the picture; another look is another strip. Pixels count from sample 0, without end, and lie in the ring by lap. */
export class Strip {
  readonly #scene: Scene;
  readonly #canvas: OffscreenCanvas;
  readonly #context: OffscreenCanvasRenderingContext2D;
  readonly #pixelsPerSample: number;
  #groundTo: number | undefined;
  #columns = 0;
  #points = 0;
  #marks = 0;
  #lastPoint: ScoredPoint | undefined;

  constructor(scene: Scene) {
    const { width, times } = scene.layout;
    this.#scene = scene;
    this.#pixelsPerSample = width / (VIEW_SECONDS * SAMPLE_RATE_HZ);
    this.#canvas = new OffscreenCanvas(width + Math.ceil(SLACK_SECONDS * SAMPLE_RATE_HZ * this.#pixelsPerSample), Math.max(1, times.top));
    const context = this.#canvas.getContext('2d', { alpha: false });
    if (!context) throw new TypeError('a fresh canvas gives a 2d context');
    this.#context = context;
  }

  /** Paints what is new. */
  follow(timeline: Timeline, end: number): void {
    this.#prepareGround(Math.ceil(Math.max(end, timeline.samples) * this.#pixelsPerSample));
    this.#followColumns(timeline, end);
    for (const point of timeline.pointsFrom(this.#points)) this.#addPoint(point);
    for (const mark of timeline.marksFrom(this.#marks)) this.#addMark(mark);
    this.#points = timeline.pointsTotal;
    this.#marks = timeline.marksTotal;
  }

  /** Puts the last seconds up to `end` onto the canvas that is seen. */
  show(target: OffscreenCanvasRenderingContext2D, end: number): void {
    const { width, words, waveform, heat, traces } = this.#scene.layout;
    const top = { top: words.top, height: words.height + waveform.height };
    const left = Math.round(end * this.#pixelsPerSample) - width;
    for (const { from, to, at } of this.#pieces(left, left + width)) {
      for (const { top: y, height } of [top, heat, traces]) {
        if (height > 0) target.drawImage(this.#canvas, at, y, to - from, height, from - left, y, to - from, height);
      }
    }
  }

  /** New ground covers what lay there a lap ago. */
  #prepareGround(to: number): void {
    const from = Math.max(this.#groundTo ?? Number.NEGATIVE_INFINITY, to - this.#canvas.width);
    if (to <= from) return;
    for (const piece of this.#pieces(from, to)) paintGround(this.#brush(0), piece.at, piece.to - piece.from);
    this.#groundTo = to;
  }

  #followColumns(timeline: Timeline, end: number): void {
    const first = Math.max(this.#columns, timeline.firstKeptColumn, Math.floor(leftEdge(end) / HOP_SAMPLES));
    for (let column = first; column < timeline.columns; column++) {
      this.#paint(column * HOP_SAMPLES, (column + 1) * HOP_SAMPLES, (brush) => paintColumn(brush, timeline, column));
    }
    this.#columns = timeline.columns;
  }

  #addPoint(point: ScoredPoint): void {
    const before = this.#lastPoint;
    this.#lastPoint = point;
    if (!before || before.at >= point.at) return;
    this.#paint(before.at - STEP_REACH_SAMPLES, point.at + STEP_REACH_SAMPLES, (brush) => paintStep(brush, before, point));
  }

  #addMark(mark: Mark): void {
    const wordStart = mark.end - wordReach(this.#brush(0), mark.keyword) / this.#pixelsPerSample;
    this.#paint(Math.min(mark.start, wordStart), mark.end, (brush) => paintMark(brush, mark));
  }

  /** Paints in every lap that the samples lie in, where the ring still holds it. */
  #paint(fromSample: number, toSample: number, paint: (brush: Brush) => void): void {
    const { width } = this.#canvas;
    const oldest = (this.#groundTo ?? 0) - width;
    const [from, to] = [fromSample * this.#pixelsPerSample, toSample * this.#pixelsPerSample];
    if (from < oldest) return; // its place holds newer sound
    for (let lap = Math.floor(from / width); lap <= Math.floor(to / width); lap++) paint(this.#brush(lap));
  }

  #brush(lap: number): Brush {
    const offset = lap * this.#canvas.width;
    return { context: this.#context, scene: this.#scene, x: (sample) => sample * this.#pixelsPerSample - offset };
  }

  /** A range of pixels as the pieces of the ring that hold it. */
  *#pieces(from: number, to: number): Iterable<{ readonly from: number; readonly to: number; readonly at: number }> {
    const { width } = this.#canvas;
    for (let start = from; start < to;) {
      const lap = Math.floor(start / width);
      const stop = Math.min(to, (lap + 1) * width);
      yield { from: start, to: stop, at: start - lap * width };
      start = stop;
    }
  }
}
