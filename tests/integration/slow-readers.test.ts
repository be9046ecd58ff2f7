/** Clients that ask for much and read nothing: the memory they take is bounded by `MAX_UNSENT_BYTES`, measured on a process of its own. */

import { rm } from 'node:fs/promises';

import { expect, onTestFinished, test } from 'vitest';

import { encodePcm } from '#shared/audio/pcm.ts';

import { babble } from '../helpers/arbitrary-audio.ts';
import { frameBytes, OPCODE, RawWebSocket } from '../helpers/raw-web-socket.ts';
import { startServiceProcess } from '../helpers/service-process.ts';
import { MONO_S16 } from '../helpers/stream-client.ts';
import { writeTinyModel } from '../helpers/test-server.ts';
import { tinyManifest } from '../helpers/tiny-model.ts';

const MEBIBYTE = 1024 * 1024;
const READERS = 4;
const ROUNDS = 20;
const SECONDS_A_ROUND = 8;
const KEYWORDS = 500;
const WINDOWS_PER_SECOND = 12.5;
/** The least that the posteriors of a window take as text: each number has more digits than this. */
const MIN_POSTERIORS_BYTES = KEYWORDS * 15;
/** What a heap may grow by while it works, and then give back. */
const HEAP_MARGIN_BYTES = 48 * MEBIBYTE;
const UNSENT_BYTES = 128 * 1024;
const TWO_SECONDS = frameBytes({ opcode: OPCODE.binary, payload: encodePcm(babble(32_000), 'pcm_s16le') });

/** A model with so many keywords that the posteriors of a window take several KB. */
async function writeWideModel(): Promise<string> {
  const keywords = Array.from({ length: KEYWORDS }, (_, i) => `word_${i}`);
  const point = { threshold: 1, patience: 1, refractoryMs: 0 };
  const topology = tinyManifest().topology.map((layer) => (layer.type === 'dense' ? { ...layer, units: KEYWORDS } : layer));
  const operatingPoints = Object.fromEntries(keywords.map((keyword) => [keyword, point]));
  const directory = await writeTinyModel({ labels: keywords, keywords, topology, operatingPoints });
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

/** A session that reads nothing from `ready` on. */
async function openUnread(url: string): Promise<RawWebSocket> {
  const client = await RawWebSocket.open(url);
  client.write({ opcode: OPCODE.text, payload: JSON.stringify({ ...MONO_S16, posteriors: true }) });
  await client.next('ready');
  client.socket.pause();
  return client;
}

/** Has these stream; each round is sent when the one before has been heard, so that none is dropped however slow the machine is. */
async function stream(url: string, clients: readonly RawWebSocket[], rounds: number): Promise<void> {
  let heardSeconds = await metric(url, 'kws_audio_seconds_total');
  for (let round = 0; round < rounds; round++) {
    for (let sent = 0; sent < SECONDS_A_ROUND; sent += 2) for (const client of clients) client.write(TWO_SECONDS);
    heardSeconds += clients.length * SECONDS_A_ROUND;
    await reaches(url, 'kws_audio_seconds_total', heardSeconds);
  }
}

const written = (client: RawWebSocket, bytes: Uint8Array): Promise<void> =>
  new Promise((resolve) => client.socket.write(bytes, () => resolve()));

async function metric(url: string, name: string): Promise<number> {
  const line = (await (await fetch(`${url}/metrics`)).text()).split('\n').find((text) => text.startsWith(`${name} `));
  return Number(line?.split(' ').at(-1) ?? 0);
}

async function reaches(url: string, name: string, value: number): Promise<void> {
  while ((await metric(url, name)) < value);
}

test('readers that do not read get no posteriors beyond a bound, then are closed, and no memory stays with them', async () => {
  const url = await startServiceProcess({
    MODEL_SOURCE: `file:${await writeWideModel()}`,
    MAX_UNSENT_BYTES: String(UNSENT_BYTES),
    MAX_FRAMES_PER_SECOND: '1000000',
    MAX_LOAD_PERCENT: '100000',
    MAX_LAG_MS: '600000',
    AUDIO_BURST_MS: '2000000000',
    MAX_QUEUED_AUDIO_MS: '60000',
  });
  const warm = await openUnread(url);
  await stream(url, [warm], 5);
  const beforeBytes = await metric(url, 'process_resident_memory_bytes');

  const readers = await Promise.all(Array.from({ length: READERS }, () => openUnread(url)));
  await stream(url, readers, ROUNDS);

  const grownBytes = (await metric(url, 'process_resident_memory_bytes')) - beforeBytes;
  const windows = READERS * ROUNDS * SECONDS_A_ROUND * WINDOWS_PER_SECOND;
  expect(windows * MIN_POSTERIORS_BYTES).toBeGreaterThan(HEAP_MARGIN_BYTES + READERS * UNSENT_BYTES); // else it would prove nothing
  expect(grownBytes).toBeLessThan(HEAP_MARGIN_BYTES + READERS * UNSENT_BYTES);
  expect(await metric(url, 'kws_dropped_posteriors_total')).toBeGreaterThan(windows / 4);
  expect(await metric(url, 'kws_sessions')).toBe(READERS + 1);

  const pings = Buffer.concat(Array<Buffer>(500).fill(frameBytes({ opcode: OPCODE.ping, payload: 'x'.repeat(125) })));
  while ((await metric(url, 'kws_refused_total{reason="slow_reader"}')) === 0) await written(warm, pings);
  warm.socket.resume();
  expect(await warm.next('error')).toMatchObject({ code: 'slow_reader' });
  expect(await warm.closed).toEqual({ code: 1008, reason: 'slow_reader' });

  for (const { socket } of readers) socket.resetAndDestroy();
  while ((await metric(url, 'kws_sessions')) > 0);
});
