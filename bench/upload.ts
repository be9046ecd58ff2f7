/**
 * How much of a core uploads take: `node scripts/run.mjs bench/upload.ts [minutes]`. What counts is the server's processor time, in a
 * process of its own, over the length of the recording; so a busy machine spoils the figures little.
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';

import { encodePcm } from '#shared/audio/pcm.ts';
import { readWav } from '#shared/audio/wav.ts';
import { DETECT_PATH, DetectAnswerSchema } from '#shared/protocol/messages.ts';

import { BUILD_PARTS } from '../scripts/lib/build-parts.mjs';
import { build } from '../scripts/lib/build.mjs';
import { wavHeader } from '../tests/helpers/wav-header.ts';
import { ServerProcess } from './stream/server-process.ts';
import { ROOT } from './subject.ts';

const DEFAULT_MINUTES = 10;
/** The least that issue and README promise. */
const TARGET_SPEED = 200;
const BOUNDARY = 'between-parts';
const MEBIBYTE = 1024 * 1024;

interface Way {
  readonly name: string;
  readonly sampleRateHz: number;
  readonly channels: number;
  readonly isForm: boolean;
}

const WAYS: readonly Way[] = [
  { name: '16 kHz mono', sampleRateHz: 16_000, channels: 1, isForm: false },
  { name: '16 kHz mono, as a form', sampleRateHz: 16_000, channels: 1, isForm: true },
  { name: '48 kHz stereo', sampleRateHz: 48_000, channels: 2, isForm: false },
];

const seconds = 60 * Number(process.argv[2] ?? DEFAULT_MINUTES);
const { samples } = readWav(await readFile(join(ROOT, 'tests/fixtures/recordings/speech.wav')));
await build(
  ROOT,
  BUILD_PARTS.filter(({ name }) => name !== 'web page'),
);
const server = await ServerProcess.startService({ PORT: '0', WORKERS: '1', LOG_LEVEL: 'warn' });
try {
  await post(WAYS[0]!, 20); // compiles the code
  console.log('| upload | CPU s an audio hour | × real time on a core | RSS grew by, MiB |');
  console.log('| --- | --- | --- | --- |');
  for (const way of WAYS) {
    const [rssBytes, cpuSeconds] = [await server.rssBytes(), await server.cpuSeconds()];
    await post(way, seconds);
    const cpuShare = ((await server.cpuSeconds()) - cpuSeconds) / seconds;
    const grownMebibytes = ((await server.rssBytes()) - rssBytes) / MEBIBYTE;
    console.log(`| ${way.name} | ${(3600 * cpuShare).toFixed(1)} | ${Math.round(1 / cpuShare)} | ${grownMebibytes.toFixed(0)} |`);
    if (1 / cpuShare < TARGET_SPEED) process.exitCode = 1;
  }
} finally {
  await server.stop();
}

/** Uploads so much speech, which is made while it is sent. */
async function post(way: Way, lengthSeconds: number): Promise<void> {
  const type = way.isForm ? `multipart/form-data; boundary=${BOUNDARY}` : 'audio/wav';
  const body = Readable.toWeb(Readable.from(bodyOf(way, lengthSeconds))) as ReadableStream<Uint8Array>;
  const init = { method: 'POST', headers: { 'content-type': type }, body, duplex: 'half' };
  const response = await fetch(server.url + DETECT_PATH, init);
  const { durationMs } = DetectAnswerSchema.parse(await response.json());
  if (durationMs !== 1000 * lengthSeconds) throw new Error(`${durationMs} ms of ${1000 * lengthSeconds} were heard`);
}

function* bodyOf({ sampleRateHz, channels, isForm }: Way, lengthSeconds: number): Generator<Uint8Array> {
  const dataBytes = lengthSeconds * sampleRateHz * channels * 2;
  const sound = encodePcm(repeated(samples, (sampleRateHz / 16_000) * channels), 'pcm_s16le');
  if (isForm) yield Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n`);
  yield wavHeader(dataBytes, { sampleRateHz, channels });
  for (let sent = 0; sent < dataBytes; sent += sound.length) yield sound.subarray(0, Math.min(sound.length, dataBytes - sent));
  if (isForm) yield Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
}

/** Each sample so many times: another rate without another filter, and the same in all channels. */
function repeated(input: Float32Array, times: number): Float32Array {
  return Float32Array.from({ length: input.length * times }, (_, i) => input[Math.floor(i / times)]!);
}
