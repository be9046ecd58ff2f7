/** Draws a timeline: waveform, MFCC heat map, and the traces of the keywords, under each other on one time axis. */

import { heatColour } from './heat-colour.ts';
import type { LiveColours, LiveSize, Thresholds } from './live-messages.ts';
import { HOP_SAMPLES, KEPT_COLUMNS, leftEdge, VIEW_SECONDS, type Timeline } from './timeline.ts';
import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';

type Context = OffscreenCanvasRenderingContext2D;

/** How the height is shared out. */
const WAVEFORM_SHARE = 0.26;
const HEAT_SHARE = 0.34;
const GAP = 8;
/** Traces below this never show: they would be a carpet of lines. */
const VISIBLE_SCORE = 0.05;
/** Traces with a name beside them. */
const MAX_NAMED = 3;
const TRACE_HUES = [165, 35, 265, 320, 210, 90, 0, 55];

export interface Picture {
  readonly context: Context;
  readonly size: LiveSize;
  readonly colours: LiveColours;
  readonly thresholds: Thresholds;
  readonly timeline: Timeline;
  readonly heat: HeatStrip;
  /** The sample at the right edge. */
  readonly end: number;
}

/** Draws everything anew. */
export function draw(picture: Picture): void {
  const { context, size } = picture;
  const { width, height } = logicalSize(size);
  context.setTransform(size.pixelRatio, 0, 0, size.pixelRatio, 0, 0);
  context.clearRect(0, 0, width, height);
  const waveformHeight = height * WAVEFORM_SHARE;
  const heatTop = waveformHeight + GAP;
  const heatHeight = height * HEAT_SHARE;
  const traceTop = heatTop + heatHeight + GAP;
  drawMarks(picture, height);
  drawWaveform(picture, waveformHeight);
  drawHeat(picture, heatTop, heatHeight);
  drawTraces(picture, traceTop, height - traceTop);
  drawNames(picture);
}

function logicalSize({ width, height, pixelRatio }: LiveSize): { readonly width: number; readonly height: number } {
  return { width: width / pixelRatio, height: height / pixelRatio };
}

function xOf({ size, end }: Picture, sample: number): number {
  return ((sample - leftEdge(end)) / (VIEW_SECONDS * SAMPLE_RATE_HZ)) * (size.width / size.pixelRatio);
}

function drawWaveform(picture: Picture, height: number): void {
  const { context, timeline, colours, end } = picture;
  const middle = height / 2;
  context.strokeStyle = colours.ink;
  context.lineWidth = 1;
  context.beginPath();
  for (let column = firstColumn(timeline, end); column < timeline.columns; column++) {
    const x = xOf(picture, column * HOP_SAMPLES);
    const low = timeline.low[column % KEPT_COLUMNS] ?? 0;
    const high = timeline.high[column % KEPT_COLUMNS] ?? 0;
    context.moveTo(x, middle - high * middle - 0.5);
    context.lineTo(x, middle - low * middle + 0.5);
  }
  context.stroke();
}

function firstColumn(timeline: Timeline, end: number): number {
  return Math.max(0, timeline.columns - KEPT_COLUMNS + 1, Math.floor(leftEdge(end) / HOP_SAMPLES));
}

function drawHeat(picture: Picture, top: number, height: number): void {
  const { context, timeline, heat, end } = picture;
  heat.follow(timeline);
  const first = firstColumn(timeline, end);
  context.imageSmoothingEnabled = false;
  for (const [from, to] of stretches(first, timeline.columns)) {
    const x = xOf(picture, from * HOP_SAMPLES);
    const width = xOf(picture, to * HOP_SAMPLES) - x;
    context.drawImage(heat.canvas, from % KEPT_COLUMNS, 0, to - from, heat.canvas.height, x, top, width, height);
  }
}

/** A range of columns as the ranges of a ring that hold it. */
function stretches(from: number, to: number): readonly (readonly [number, number])[] {
  if (to <= from) return [];
  const seam = Math.ceil((from + 1) / KEPT_COLUMNS) * KEPT_COLUMNS;
  if (to <= seam) return [[from, to]];
  return [
    [from, seam],
    [seam, to],
  ];
}

function drawTraces(picture: Picture, top: number, height: number): void {
  const { context, timeline, thresholds, colours } = picture;
  const bottom = top + height - 1;
  const yOf = (score: number): number => bottom - score * (height - 4);
  drawBaseline(picture, bottom);
  const named: { readonly keyword: string; readonly score: number; readonly y: number; readonly colour: string }[] = [];
  timeline.labels.forEach((label, index) => {
    const threshold = thresholds[label];
    if (threshold === undefined || !timeline.points.some(({ values }) => (values[index] ?? 0) > VISIBLE_SCORE)) return;
    const colour = traceColour(index, colours);
    drawThreshold(picture, yOf(threshold), colour);
    context.strokeStyle = colour;
    context.lineWidth = 2;
    context.beginPath();
    for (const { at, values } of timeline.points) context.lineTo(xOf(picture, at), yOf(values[index] ?? 0));
    context.stroke();
    const score = timeline.points.at(-1)?.values[index] ?? 0;
    if (score > VISIBLE_SCORE) named.push({ keyword: label, score, y: yOf(score), colour });
  });
  for (const { keyword, y, colour } of named.sort((a, b) => b.score - a.score).slice(0, MAX_NAMED)) {
    context.fillStyle = colour;
    context.textAlign = 'right';
    context.fillText(keyword, xOf(picture, picture.end) - 4, Math.max(top + 12, y - 4));
  }
}

function drawBaseline({ context, size, colours }: Picture, y: number): void {
  context.fillStyle = colours.line;
  context.fillRect(0, y, size.width / size.pixelRatio, 1);
}

function drawThreshold({ context, size }: Picture, y: number, colour: string): void {
  context.save();
  context.strokeStyle = colour;
  context.globalAlpha = 0.7;
  context.setLineDash([6, 5]);
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(0, y);
  context.lineTo(size.width / size.pixelRatio, y);
  context.stroke();
  context.restore();
}

function traceColour(index: number, colours: LiveColours): string {
  const hue = TRACE_HUES[index % TRACE_HUES.length];
  return hue === undefined ? colours.accent : `hsl(${hue} 70% 45%)`;
}

function drawMarks(picture: Picture, height: number): void {
  const { context, timeline, colours } = picture;
  context.save();
  context.fillStyle = colours.accent;
  for (const { start, end } of timeline.marks) {
    const x = xOf(picture, start);
    context.globalAlpha = 0.16;
    context.fillRect(x, 0, xOf(picture, end) - x, height);
    context.globalAlpha = 1;
    context.fillRect(xOf(picture, end) - 1, 0, 2, height);
  }
  context.restore();
}

function drawNames(picture: Picture): void {
  const { context, timeline, colours } = picture;
  context.font = '600 14px system-ui, sans-serif';
  context.textAlign = 'left';
  for (const { end, keyword } of timeline.marks) {
    const x = xOf(picture, end) + 5;
    context.fillStyle = colours.ink;
    context.fillText(keyword, x, 15);
  }
  context.font = '12px system-ui, sans-serif';
}

/** A picture of the MFCC ring, one pixel a value, kept between frames: only new columns are painted. */
export class HeatStrip {
  readonly canvas: OffscreenCanvas;
  readonly #context: Context;
  readonly #coefficients: number;
  readonly #column: ImageData;
  #painted = 0;

  constructor(coefficients: number) {
    this.#coefficients = coefficients;
    this.canvas = new OffscreenCanvas(KEPT_COLUMNS, coefficients);
    const context = this.canvas.getContext('2d');
    if (!context) throw new TypeError('a fresh canvas gives a 2d context');
    this.#context = context;
    this.#column = new ImageData(1, coefficients);
  }

  /** Paints the columns that are new. */
  follow({ columns, mfcc }: Timeline): void {
    for (let column = Math.max(this.#painted, columns - KEPT_COLUMNS); column < columns; column++) {
      const ring = column % KEPT_COLUMNS;
      for (let row = 0; row < this.#coefficients; row++) {
        const colour = heatColour(row, mfcc[ring * this.#coefficients + row] ?? 0);
        this.#column.data.set([...colour, 255], 4 * (this.#coefficients - 1 - row));
      }
      this.#context.putImageData(this.#column, ring, 0);
    }
    this.#painted = columns;
  }
}
