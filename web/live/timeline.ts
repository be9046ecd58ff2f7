/** The last seconds of a stream, on one time axis: what the live view draws. Rings of fixed size; nothing grows. */

import { RingBuffer } from 'ring-buffer-ts';

import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import type { ServerMessage } from '#shared/protocol/messages.ts';

/** What is seen at a time. */
export const VIEW_SECONDS = 8;
/** One column of the picture: a frame's hop. */
export const HOP_SAMPLES = 160;
/** A little more than is seen, so that the left edge is never empty. */
export const KEPT_COLUMNS = 1024;
/** 8 s of windows at the shortest usual stride of 40 ms; older ones have scrolled out. */
const MAX_WINDOWS = 256;
/** More marks than fit the picture. */
const MAX_MARKS = 64;

export interface ScoredPoint {
  /** In samples of the view. */
  readonly at: number;
  /** Of the model that gave it. */
  readonly labels: readonly string[];
  /** In label order. */
  readonly values: readonly number[];
}

export interface Mark {
  readonly start: number;
  readonly end: number;
  readonly keyword: string;
}

/** What turns a frame into a column of the heat map. */
export interface FrameFeatures {
  readonly frameSamples: number;
  readonly coefficients: number;
  extract(frame: Float32Array): readonly number[];
}

/** Counts samples from the first that was seen; a session's own count is moved onto that axis. */
export class Timeline {
  /** `[KEPT_COLUMNS]` rings: the lowest and highest sample of each column. */
  readonly low = new Float32Array(KEPT_COLUMNS);
  readonly high = new Float32Array(KEPT_COLUMNS);
  readonly #sound = new Float32Array(KEPT_COLUMNS * HOP_SAMPLES);
  /** Ring `[KEPT_COLUMNS, coefficients]`, and which column lies at each place of it. */
  readonly #mfcc: Float32Array;
  readonly #mfccColumns = new Float64Array(KEPT_COLUMNS).fill(-1);
  readonly #points = new RingBuffer<ScoredPoint>(MAX_WINDOWS);
  readonly #marks = new RingBuffer<Mark>(MAX_MARKS);
  readonly #features: FrameFeatures;
  readonly #frame: Float32Array;
  #labels: readonly string[] = [];
  #pointsTotal = 0;
  #marksTotal = 0;
  #samples = 0;
  #sessionStart = 0;

  constructor(features: FrameFeatures) {
    this.#features = features;
    this.#frame = new Float32Array(features.frameSamples);
    this.#mfcc = new Float32Array(KEPT_COLUMNS * features.coefficients);
  }

  /** Oldest first. */
  get points(): readonly ScoredPoint[] {
    return this.#points.toArray();
  }

  /** Oldest first. */
  get marks(): readonly Mark[] {
    return this.#marks.toArray();
  }

  /** Points so far, those that are forgotten included. */
  get pointsTotal(): number {
    return this.#pointsTotal;
  }

  get marksTotal(): number {
    return this.#marksTotal;
  }

  /** Samples seen so far. */
  get samples(): number {
    return this.#samples;
  }

  /** Whole columns seen so far; column `i` lies at `i % KEPT_COLUMNS` of the rings. */
  get columns(): number {
    return Math.floor(this.#samples / HOP_SAMPLES);
  }

  /** The oldest column whose features can still be had. */
  get firstKeptColumn(): number {
    return Math.max(0, this.columns - KEPT_COLUMNS + Math.ceil(this.#frame.length / HOP_SAMPLES));
  }

  /** The points that came after the first `total`, as far as they are kept; oldest first. */
  pointsFrom(total: number): readonly ScoredPoint[] {
    return newest(this.#points, this.#pointsTotal - total);
  }

  marksFrom(total: number): readonly Mark[] {
    return newest(this.#marks, this.#marksTotal - total);
  }

  /** The next chunk is the first of a session. */
  beginSession(): void {
    this.#sessionStart = this.#samples;
  }

  /** Takes 16 kHz s16le; a chunk that no session took moves the session's time on. */
  push(pcm: Uint8Array, isSent: boolean): void {
    const view = new DataView(pcm.buffer, pcm.byteOffset, pcm.byteLength);
    const count = Math.floor(pcm.byteLength / 2);
    for (let i = 0; i < count; i++) this.#write(view.getInt16(2 * i, true) / 32_768);
    if (!isSent) this.#sessionStart += count;
  }

  /** Takes what the session says. */
  hear(message: ServerMessage): void {
    if (message.type === 'ready' || message.type === 'model') this.#takeLabels(message.model.labels);
    if (message.type === 'posteriors')
      this.#addPoint({ at: this.#onAxis(message.endSample), labels: this.#labels, values: message.values });
    if (message.type !== 'keyword') return;
    const { keyword, startSample, endSample } = message;
    this.#marks.add({ keyword, start: this.#onAxis(startSample), end: this.#onAxis(endSample) });
    this.#marksTotal++;
  }

  /**
   * The features of the frame that ends with a column, made when they are asked for: a picture that nobody sees costs none.
   *
   * @returns a view that lasts as long as the column is kept
   */
  mfccOf(column: number): Float32Array {
    const { coefficients } = this.#features;
    const place = column % KEPT_COLUMNS;
    const values = this.#mfcc.subarray(place * coefficients, (place + 1) * coefficients);
    if (this.#mfccColumns[place] === column) return values;
    this.#mfccColumns[place] = column;
    values.set(this.#features.extract(this.#frameEndingAt((column + 1) * HOP_SAMPLES)));
    return values;
  }

  /** Points of models with the same labels share one list, so that a trace goes on through a swap. */
  #takeLabels(labels: readonly string[]): void {
    if (labels.length !== this.#labels.length || labels.some((label, i) => label !== this.#labels[i])) this.#labels = labels;
  }

  #addPoint(point: ScoredPoint): void {
    this.#points.add(point);
    this.#pointsTotal++;
  }

  #onAxis(sessionSample: number): number {
    return this.#sessionStart + sessionSample;
  }

  #write(sample: number): void {
    const within = this.#samples % HOP_SAMPLES;
    const column = ((this.#samples - within) / HOP_SAMPLES) % KEPT_COLUMNS;
    if (within === 0 || sample < (this.low[column] ?? 0)) this.low[column] = sample;
    if (within === 0 || sample > (this.high[column] ?? 0)) this.high[column] = sample;
    this.#sound[this.#samples % this.#sound.length] = sample;
    this.#samples++;
  }

  /** Silence before the first sample; the next call overwrites it. */
  #frameEndingAt(end: number): Float32Array {
    const start = end - this.#frame.length;
    for (let i = 0; i < this.#frame.length; i++) this.#frame[i] = this.#sound[(start + i) % this.#sound.length] ?? 0;
    return this.#frame;
  }
}

/** The last `count` items, as far as they are there; oldest first. */
function newest<Item>(ring: RingBuffer<Item>, count: number): readonly Item[] {
  return count <= 0 ? [] : ring.toArray().slice(-count);
}

/** The sample at the picture's left edge when `end` is at its right one. */
export function leftEdge(end: number): number {
  return end - VIEW_SECONDS * SAMPLE_RATE_HZ;
}
