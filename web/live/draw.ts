/** Draws a timeline: waveform, MFCC heat map, and the traces of the keywords, under each other on one time axis. */

import { heatColour } from './heat-colour.ts';
import type { LiveColours, LiveSize, Thresholds } from './live-messages.ts';
import { HOP_SAMPLES, KEPT_COLUMNS, leftEdge, VIEW_SECONDS, type Timeline } from './timeline.ts';
import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';

type Context = OffscreenCanvasRenderingContext2D;

/** How the height is shared out, below the words and above the times. */
const WORDS_HEIGHT = 18;
const TIMES_HEIGHT = 18;
const WAVEFORM_SHARE = 0.24;
const HEAT_SHARE = 0.36;
const GAP = 8;
const FONT = '12px system-ui, sans-serif';
const WORD_FONT = '700 14px system-ui, sans-serif';
/** Traces that nowhere in the picture reach this are left out: they would be a carpet of lines. */
const VISIBLE_SCORE = 0.15;
/** A trace has its name where it rises above this. */
const NAMED_SCORE = 0.4;
/** Of the probability's axis. */
const GRID_SCORES = [0, 0.5, 1];
const SECONDS_A_TICK = 2;
/** At least so many pixels a tick, or every other one is left out. */
const MIN_TICK_PIXELS = 60;
/** Around text, in the colour of the card, so that it can be read over anything. */
const OUTLINE_PIXELS = 4;
const TRACE_HUES = [165, 35, 265, 320, 210, 90, 0, 55];

/** Where one of the three pictures lies, in CSS pixels. */
interface Panel {
  readonly top: number;
  readonly height: number;
}

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
  const [waveform, heat, traces] = panelsOf(height);
  drawTimes(picture, height);
  drawMarks(picture, height - TIMES_HEIGHT);
  drawWaveform(picture, waveform);
  drawHeat(picture, heat);
  drawTraces(picture, traces);
  drawWords(picture);
  drawTitle(picture, 'Waveform', waveform);
  drawTitle(picture, 'MFCC', heat);
  drawTitle(picture, 'Probability (dashed: threshold)', traces);
}

function panelsOf(height: number): readonly [waveform: Panel, heat: Panel, traces: Panel] {
  const shared = height - WORDS_HEIGHT - TIMES_HEIGHT - 2 * GAP;
  const waveform = { top: WORDS_HEIGHT, height: shared * WAVEFORM_SHARE };
  const heat = { top: waveform.top + waveform.height + GAP, height: shared * HEAT_SHARE };
  const top = heat.top + heat.height + GAP;
  return [waveform, heat, { top, height: height - TIMES_HEIGHT - top }];
}

function logicalSize({ width, height, pixelRatio }: LiveSize): { readonly width: number; readonly height: number } {
  return { width: width / pixelRatio, height: height / pixelRatio };
}

function xOf({ size, end }: Picture, sample: number): number {
  return ((sample - leftEdge(end)) / (VIEW_SECONDS * SAMPLE_RATE_HZ)) * (size.width / size.pixelRatio);
}

function drawWaveform(picture: Picture, { top, height }: Panel): void {
  const { context, timeline, colours, end } = picture;
  const half = height / 2;
  const middle = top + half;
  drawLine(picture, middle);
  context.strokeStyle = colours.ink;
  context.lineWidth = 1;
  context.beginPath();
  for (let column = firstColumn(timeline, end); column < timeline.columns; column++) {
    const x = xOf(picture, column * HOP_SAMPLES);
    const low = timeline.low[column % KEPT_COLUMNS] ?? 0;
    const high = timeline.high[column % KEPT_COLUMNS] ?? 0;
    context.moveTo(x, middle - high * half - 0.5);
    context.lineTo(x, middle - low * half + 0.5);
  }
  context.stroke();
}

function firstColumn(timeline: Timeline, end: number): number {
  return Math.max(0, timeline.columns - KEPT_COLUMNS + 1, Math.floor(leftEdge(end) / HOP_SAMPLES));
}

function drawHeat(picture: Picture, { top, height }: Panel): void {
  const { context, size, timeline, colours, heat, end } = picture;
  heat.follow(timeline);
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  context.strokeRect(0.5, top + 0.5, size.width / size.pixelRatio - 1, height - 1);
  context.imageSmoothingEnabled = false;
  for (const [from, to] of stretches(firstColumn(timeline, end), timeline.columns)) {
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

function drawTraces(picture: Picture, { top, height }: Panel): void {
  const { timeline, thresholds, colours } = picture;
  const yOf = (score: number): number => top + 1 + (1 - score) * (height - 2);
  for (const score of GRID_SCORES) drawLine(picture, yOf(score));
  timeline.labels.forEach((label, index) => {
    const threshold = thresholds[label];
    const isSeen = timeline.points.some(({ values }) => (values[index] ?? 0) > VISIBLE_SCORE);
    if (threshold === undefined || !isSeen) return;
    const colour = traceColour(index, colours);
    drawThreshold(picture, yOf(threshold), colour);
    drawTrace(picture, { index, colour, yOf });
    drawTraceNames(picture, { index, label, colour, y: yOf(NAMED_SCORE / 2) });
  });
}

interface Trace {
  /** Of the label. */
  readonly index: number;
  readonly colour: string;
  readonly yOf: (score: number) => number;
}

function drawTrace(picture: Picture, { index, colour, yOf }: Trace): void {
  const { context, timeline } = picture;
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.beginPath();
  for (const { at, values } of timeline.points) context.lineTo(xOf(picture, at), yOf(values[index] ?? 0));
  context.stroke();
}

interface TraceName {
  readonly index: number;
  readonly label: string;
  readonly colour: string;
  readonly y: number;
}

/** At every rise, on the right of it, so that it stays there while the picture moves. */
function drawTraceNames(picture: Picture, { index, label, colour, y }: TraceName): void {
  const { context, timeline } = picture;
  context.font = FONT;
  let before = 1;
  for (const { at, values } of timeline.points) {
    const score = values[index] ?? 0;
    if (before < NAMED_SCORE && score >= NAMED_SCORE) drawText(picture, { text: label, x: xOf(picture, at) + 5, y, colour });
    before = score;
  }
}

function drawLine({ context, size, colours }: Picture, y: number): void {
  context.fillStyle = colours.line;
  context.fillRect(0, Math.round(y), size.width / size.pixelRatio, 1);
}

function drawThreshold({ context, size }: Picture, y: number, colour: string): void {
  context.save();
  context.strokeStyle = colour;
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

function drawWords(picture: Picture): void {
  const { context, timeline, colours } = picture;
  context.font = WORD_FONT;
  for (const { end, keyword } of timeline.marks) {
    drawText(picture, { text: keyword, x: xOf(picture, end) - context.measureText(keyword).width - 6, y: 13, colour: colours.ink });
  }
}

/** How long ago, below everything. */
function drawTimes(picture: Picture, height: number): void {
  const { context, size, colours } = picture;
  const { width } = logicalSize(size);
  const step = width / (VIEW_SECONDS / SECONDS_A_TICK) < MIN_TICK_PIXELS ? 2 * SECONDS_A_TICK : SECONDS_A_TICK;
  context.font = FONT;
  context.textAlign = 'right';
  for (let ago = 0; ago < VIEW_SECONDS; ago += step) {
    const x = width * (1 - ago / VIEW_SECONDS);
    drawText(picture, { text: ago === 0 ? 'now' : `−${ago} s`, x, y: height - 4, colour: colours.muted });
  }
  context.textAlign = 'left';
}

function drawTitle(picture: Picture, text: string, { top }: Panel): void {
  picture.context.font = FONT;
  drawText(picture, { text, x: 4, y: top + 14, colour: picture.colours.muted });
}

interface Text {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly colour: string;
}

function drawText({ context, colours }: Picture, { text, x, y, colour }: Text): void {
  context.lineJoin = 'round';
  context.lineWidth = OUTLINE_PIXELS;
  context.strokeStyle = colours.card;
  context.strokeText(text, x, y);
  context.fillStyle = colour;
  context.fillText(text, x, y);
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
