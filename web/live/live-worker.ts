/** The worker that draws the live view: features, traces and pixels are all its own, so the page's thread stays free. */

import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';
import { describe } from './describe.ts';
import { FrameCounter } from './frame-counter.ts';
import type { FromLiveView, LiveColours, LiveSize, Thresholds, ToLiveView } from './live-messages.ts';
import { FRAME_SAMPLES, MFCC_COEFFICIENTS, useMeyda } from './meyda-features.ts';
import { Picture, type Look } from './picture.ts';
import { SmoothClock } from './smooth-clock.ts';
import { Timeline } from './timeline.ts';

const timeline = new Timeline({ frameSamples: FRAME_SAMPLES, coefficients: MFCC_COEFFICIENTS, extract: useMeyda(SAMPLE_RATE_HZ) });
const clock = new SmoothClock(SAMPLE_RATE_HZ);
const frames = new FrameCounter();
Object.assign(self, { frames, timeline }); // for whoever measures: nothing here reads it
let picture: Picture | undefined;
let size: LiveSize | undefined;
let colours: LiveColours | undefined;
let thresholds: Thresholds = {};
let look: Look | undefined;
/** Between pictures, for those who prefer reduced motion: it jumps twice a second instead of scrolling. */
const REDUCED_STEP_MS = 500;
let stepMs = 0;
let isInView = true;
let isFrameDue = false;
/** Between descriptions: they are read when somebody asks, not spoken as they change. */
const DESCRIPTION_STEP_MS = 1000;
let description = '';

self.addEventListener('message', listen);
setInterval(tell, DESCRIPTION_STEP_MS);

function listen({ data }: MessageEvent<ToLiveView>): void {
  take(data);
  askForFrame();
}

function take(message: ToLiveView): void {
  switch (message.type) {
    case 'canvas':
      picture = new Picture(message.canvas);
      return;
    case 'size':
      size = message.size;
      return changeLook();
    case 'colours':
      colours = message.colours;
      return changeLook();
    case 'thresholds':
      thresholds = message.thresholds;
      return changeLook();
    case 'motion':
      stepMs = message.isReduced ? REDUCED_STEP_MS : 0;
      return;
    case 'view':
      isInView = message.isInView;
      return;
    case 'session':
      return timeline.beginSession();
    case 'engine':
      message.port.onmessage = listen;
      return;
    case 'audio':
      timeline.push(message.pcm, message.isSent);
      return clock.arrived(timeline.samples, performance.now());
    case 'heard':
      return timeline.hear(message.message);
  }
}

function changeLook(): void {
  if (size && colours) look = { size, colours, thresholds };
}

/** No frame is asked for while nothing moves, or nobody can see it: frames cost even where nothing is drawn in them. */
function askForFrame(): void {
  if (isFrameDue || !isInView) return;
  isFrameDue = true;
  if (stepMs === 0) requestAnimationFrame(paint);
  else setTimeout(() => requestAnimationFrame(paint), stepMs);
}

function paint(nowMs: number): void {
  isFrameDue = false;
  if (!picture || !look) return;
  const beganMs = performance.now();
  picture.draw(timeline, look, clock.end(nowMs));
  frames.count(nowMs, performance.now() - beganMs);
  if (clock.isMoving(nowMs)) askForFrame();
}

/** Says the picture in words, where they have changed. */
function tell(): void {
  const text = describe(timeline, thresholds);
  if (text === description) return;
  description = text;
  self.postMessage({ type: 'description', text } satisfies FromLiveView);
}
