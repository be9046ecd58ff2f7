/** Hours of sound in minutes: chunks go into the page where its microphone's come out, as fast as its engine hears them. */

import type { Page } from 'playwright-core';

import { encodePcm } from '#shared/audio/pcm.ts';
import { readWav } from '#shared/audio/wav.ts';
import { readRecording, type RecordingName } from '../../helpers/recordings.ts';

/** As the page's worklet makes them. */
const CHUNK_SAMPLES = 1280;
/** Recordings have it; a context of this rate gives the engine's. */
const RATE_HZ = 16_000;

/** Before the page is loaded: takes the place of its microphone on the way to the engine, and counts what that has not heard yet. */
export async function prepareTimeLapse(page: Page): Promise<void> {
  await page.addInitScript((sampleRate) => {
    let behindSamples = 0;
    let engine: MessagePort | undefined;
    globalThis.AudioContext = class extends AudioContext {
      constructor(options?: AudioContextOptions) {
        super({ ...options, sampleRate });
      }
    };
    globalThis.AudioWorkletNode = class extends AudioWorkletNode {
      override get port(): MessagePort {
        super.port.onmessage = () => undefined; // the microphone's own sound is let go
        const port = {
          postMessage(message: { readonly engine: MessagePort }): void {
            engine = message.engine;
            engine.onmessage = ({ data }: MessageEvent<number>) => (behindSamples -= data);
          },
        };
        return port as unknown as MessagePort;
      }
    };
    Object.assign(globalThis, {
      timeLapse: {
        /** Feeds every chunk; waits while more than two seconds are to be heard. */
        async feed(samples: Float32Array, chunkSamples: number): Promise<void> {
          for (let offset = 0; offset < samples.length; offset += chunkSamples) {
            const chunk = samples.slice(offset, offset + chunkSamples);
            engine?.postMessage({ samples: chunk, missedSamples: 0 });
            behindSamples += chunk.length;
            while (behindSamples > 2 * sampleRate) await new Promise((resolve) => setTimeout(resolve, 1));
          }
        },
      },
    });
  }, RATE_HZ);
}

/** Plays a recording over and over for `seconds` of its own time; resolves once engine and live view have seen all of it. */
export async function playTimeLapse(page: Page, name: RecordingName, seconds: number): Promise<void> {
  const { samples } = readWav(await readRecording(name));
  const wholeSeconds = Math.floor(samples.length / RATE_HZ);
  const pcm = Buffer.from(encodePcm(samples.subarray(0, wholeSeconds * RATE_HZ), 'pcm_s16le')).toString('base64');
  const before = await seenSamples(page);
  await page.evaluate((base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    Object.assign(globalThis, { recording: Float32Array.from(new Int16Array(bytes.buffer), (value) => value / 32_768) });
  }, pcm);
  const rounds = Math.ceil(seconds / wholeSeconds);
  for (let round = 1; round <= rounds; round++) {
    await page.evaluate(`timeLapse.feed(recording, ${CHUNK_SAMPLES})`);
    const due = before + round * wholeSeconds * RATE_HZ;
    while ((await seenSamples(page)) < due) await page.waitForTimeout(1);
  }
}

/** How much the live view has seen. */
async function seenSamples(page: Page): Promise<number> {
  const view = page.workers().find((worker) => worker.url().includes('live-worker'));
  if (!view) throw new TypeError('the page has a live view');
  return view.evaluate<number>('timeline.samples');
}
