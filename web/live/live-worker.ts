/** The worker that draws the live view: features, traces and pixels are all its own, so the page's thread stays free. */

import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import { describe } from './describe.ts';
import { draw, HeatStrip } from './draw.ts';
import { FrameCounter } from './frame-counter.ts';
import type { FromLiveView, LiveColours, LiveSize, Thresholds, ToLiveView } from './live-messages.ts';
import { FRAME_SAMPLES, MFCC_COEFFICIENTS, useMeyda } from './meyda-features.ts';
import { SmoothClock } from './smooth-clock.ts';
import { Timeline } from './timeline.ts';

const timeline = new Timeline({ frameSamples: FRAME_SAMPLES, coefficients: MFCC_COEFFICIENTS, extract: useMeyda(SAMPLE_RATE_HZ) });
const heat = new HeatStrip(MFCC_COEFFICIENTS);
const clock = new SmoothClock(SAMPLE_RATE_HZ);
const frames = new FrameCounter();
Object.assign(self, { frames, timeline }); // for whoever measures: nothing here reads it
let context: OffscreenCanvasRenderingContext2D | undefined;
let size: LiveSize | undefined;
let colours: LiveColours | undefined;
let thresholds: Thresholds = {};
/** Between pictures, for those who prefer reduced motion: it jumps twice a second instead of scrolling. */
const REDUCED_STEP_MS = 500;
let stepMs = 0;
let paintedMs = 0;
let isStale = false;
/** Between descriptions: they are read when somebody asks, not spoken as they change. */
const DESCRIPTION_STEP_MS = 1000;
let description = '';

self.addEventListener('message', ({ data }: MessageEvent<ToLiveView>) => {
  take(data);
  isStale = true;
});
requestAnimationFrame(paint);
setInterval(tell, DESCRIPTION_STEP_MS);

function take(message: ToLiveView): void {
  switch (message.type) {
    case 'canvas':
      context = message.canvas.getContext('2d') ?? undefined;
      return;
    case 'size':
      size = message.size;
      return;
    case 'colours':
      colours = message.colours;
      return;
    case 'motion':
      stepMs = message.isReduced ? REDUCED_STEP_MS : 0;
      return;
    case 'thresholds':
      thresholds = message.thresholds;
      return;
    case 'session':
      return timeline.beginSession();
    case 'audio':
      timeline.push(message.pcm, message.isSent);
      return clock.arrived(timeline.samples, performance.now());
    case 'heard':
      return timeline.hear(message.message);
  }
}

/** Once a frame; a picture that nothing has changed in is left as it is. */
function paint(nowMs: number): void {
  requestAnimationFrame(paint);
  const isMoving = clock.isMoving(nowMs);
  if (!context || !size || !colours || (!isStale && !isMoving) || nowMs - paintedMs < stepMs) return;
  paintedMs = nowMs;
  isStale = false;
  fit(context.canvas, size);
  const beganMs = performance.now();
  draw({ context, size, colours, thresholds, timeline, heat, end: clock.end(nowMs) });
  frames.count(nowMs, performance.now() - beganMs);
}

/** Says the picture in words, where they have changed. */
function tell(): void {
  const text = describe(timeline, thresholds);
  if (text === description) return;
  description = text;
  self.postMessage({ type: 'description', text } satisfies FromLiveView);
}

/** A canvas forgets its picture when its size is set, even to what it was. */
function fit(canvas: OffscreenCanvas, { width, height }: LiveSize): void {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}
