/**
 * Streams a WAV file in real time, as a microphone would, and prints the keywords as they are heard:
 *
 *     node --import tsx examples/stream-wav.ts FILE.wav [http://127.0.0.1:8080] [TOKEN]
 */

import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

import { WebSocket } from 'ws';

import { encodePcm } from '#shared/audio/pcm.ts';
import { readWav } from '#shared/audio/wav.ts';
import { KeywordStream } from '#shared/client/keyword-stream.ts';
import { STREAM_PATH } from '#shared/protocol/messages.ts';

const CHUNK_MS = 100;

const [file, server = 'http://127.0.0.1:8080', token] = process.argv.slice(2);
if (file === undefined) throw new Error('which file? node --import tsx examples/stream-wav.ts FILE.wav [SERVER] [TOKEN]');
const { samples, sampleRateHz } = readWav(await readFile(file));

const stream = new KeywordStream({
  url: new URL(STREAM_PATH, server.replace(/^http/, 'ws')).href,
  start: { sampleRate: sampleRateHz, encoding: 'pcm_s16le', channels: 1, ...(token !== undefined && { token }) },
  openSocket: (url, protocol) => new WebSocket(url, protocol),
});

async function speak(): Promise<void> {
  const chunkSamples = Math.round((sampleRateHz * CHUNK_MS) / 1000);
  for (let start = 0; start < samples.length; start += chunkSamples) {
    stream.send(encodePcm(samples.subarray(start, start + chunkSamples), 'pcm_s16le'));
    await wait(CHUNK_MS);
  }
  await stream.stop();
}

const spoken = speak();
for await (const event of stream.events) {
  if (event.type === 'ready') console.log(`listening with model ${event.model.name} ${event.model.version}`);
  if (event.type === 'keyword') console.log(`${(event.endMs / 1000).toFixed(2)} s  ${event.keyword}  ${event.score.toFixed(2)}`);
  if (event.type === 'warning') console.error(event.message);
  if (event.type === 'reconnecting') console.error(`${event.reason.message} Trying again in ${event.delayMs} ms.`);
}
await spoken;
