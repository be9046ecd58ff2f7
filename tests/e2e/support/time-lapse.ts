/** Hours of sound in minutes: chunks go into the page where its microphone's come out, as fast as its engine hears them. */

import type { Page } from 'playwright-core';

import { encodePcm } from '#shared/audio/pcm.ts';
import { readWav } from '#shared/audio/wav.ts';
import { readRecording, type RecordingName } from '../../helpers/recordings.ts';

/** As the page's encoder makes them. */
const CHUNKS_A_SECOND = 25;

/** Before the page is loaded: takes the place of its microphone's chunks, and counts what its engine has not heard yet. */
export async function prepareTimeLapse(page: Page): Promise<void> {
  await page.addInitScript(() => {
    let behindBytes = 0;
    let take: ((event: { readonly data: unknown }) => void) | undefined;
    globalThis.AudioWorkletNode = class extends AudioWorkletNode {
      override get port(): MessagePort {
        const setter = { set onmessage(handler: typeof take) { take = handler; } }; // prettier-ignore
        return setter as unknown as MessagePort;
      }
    };
    globalThis.Worker = class extends Worker {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options);
        this.addEventListener('message', ({ data }: MessageEvent<{ type: string; bytes?: number }>) => {
          if (data.type === 'taken') behindBytes -= data.bytes ?? 0;
        });
      }

      override postMessage(message: { type: string; isSent?: boolean; pcm?: Uint8Array }, transfer?: unknown): void {
        if (message.type === 'audio' && message.isSent === undefined) behindBytes += message.pcm?.byteLength ?? 0;
        super.postMessage(message, transfer as Transferable[]);
      }
    };
    Object.assign(globalThis, {
      timeLapse: {
        /** Feeds every chunk; waits while more than two seconds are to be heard. */
        async feed(pcm: Uint8Array, chunkBytes: number): Promise<void> {
          for (let offset = 0; offset < pcm.byteLength; offset += chunkBytes) {
            take?.({ data: { pcm: pcm.slice(offset, offset + chunkBytes).buffer, rms: 0.1 } });
            while (behindBytes > 50 * chunkBytes) await new Promise((resolve) => setTimeout(resolve, 1));
          }
        },
      },
    });
  });
}

/** Plays a recording over and over for `seconds` of its own time; resolves once engine and live view have seen all of it. */
export async function playTimeLapse(page: Page, name: RecordingName, seconds: number): Promise<void> {
  const { samples, sampleRateHz } = readWav(await readRecording(name));
  const wholeSeconds = Math.floor(samples.length / sampleRateHz);
  const pcm = Buffer.from(encodePcm(samples.subarray(0, wholeSeconds * sampleRateHz), 'pcm_s16le')).toString('base64');
  const chunkBytes = (2 * sampleRateHz) / CHUNKS_A_SECOND;
  const before = await seenSamples(page);
  await page.evaluate(`globalThis.recording = Uint8Array.from(atob(${JSON.stringify(pcm)}), (c) => c.charCodeAt(0)); undefined`);
  const rounds = Math.ceil(seconds / wholeSeconds);
  for (let round = 1; round <= rounds; round++) {
    await page.evaluate(`timeLapse.feed(recording, ${chunkBytes})`);
    const due = before + round * wholeSeconds * sampleRateHz;
    while ((await seenSamples(page)) < due) await page.waitForTimeout(1);
  }
}

/** How much the live view has seen. */
async function seenSamples(page: Page): Promise<number> {
  const view = page.workers().find((worker) => worker.url().includes('live-worker'));
  if (!view) throw new TypeError('the page has a live view');
  return view.evaluate<number>('timeline.samples');
}
