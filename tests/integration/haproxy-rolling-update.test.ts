/** A rolling update as a fleet does it: two services behind a TCP balancer are replaced, one after the other, while clients stream. */

import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';

import { KeywordStream } from '#shared/client/keyword-stream.ts';
import { connectStream } from '#shared/client/stream-client.ts';
import { STREAM_PATH } from '#shared/protocol/messages.ts';

import { say } from '../../scripts/lib/report.mjs';
import { BuiltService } from '../helpers/built-service.ts';
import { freePort } from '../helpers/free-port.ts';
import { startBalancer } from '../helpers/haproxy.ts';
import { readRecording } from '../helpers/recordings.ts';

const CLIENTS = 12;
/** Of six seconds each: longer than two drains and two starts take on a busy machine; clients stop once all is done. */
const MAX_ROUNDS = 40;
const CHUNK_MS = 80;
const BYTES_PER_MS = 32;
const WAV_HEADER_BYTES = 44;
const DRAIN_TIMEOUT_MS = 8000;
const WORDS = ['yes', 'stop', 'left'];
const START = { sampleRate: 16_000, encoding: 'pcm_s16le', channels: 1 } as const;

/** What one client saw. */
interface Heard {
  readonly words: readonly string[];
  readonly rounds: number;
  /** Sessions that ended before there was another. */
  readonly losses: number;
  /** From the wish for another session to its `ready`, of each move. */
  readonly reconnectMs: readonly number[];
}

test('both services are replaced under streaming clients: no session is lost, nor any keyword', async () => {
  const recording = (await readRecording('yes-stop-left')).subarray(WAV_HEADER_BYTES);
  const ports = [await freePort(), await freePort()];
  const balancer = await startBalancer(ports);
  const services = await Promise.all(ports.map(startService));
  await balancer.untilUp(2);
  const updated = new AbortController();
  const clients = Array.from({ length: CLIENTS }, (_, index) =>
    streamOver(`ws://127.0.0.1:${balancer.port}${STREAM_PATH}`, { recording, delayMs: (index * 6000) / CLIENTS, until: updated.signal }),
  );

  await Promise.all(clients.map(({ begun }) => begun));
  for (const [index, port] of ports.entries()) {
    await services[index]!.stop();
    await startService(port);
    await balancer.untilUp(2);
  }
  updated.abort();
  const heard = await Promise.all(clients.map(({ ended }) => ended));

  const reconnectMs = heard.flatMap((client) => client.reconnectMs).sort((a, b) => a - b);
  const p99Ms = reconnectMs[Math.ceil(reconnectMs.length * 0.99) - 1]!;
  const words = heard.flatMap((client) => client.words).length;
  say(
    `rolling update: ${CLIENTS} clients, ${reconnectMs.length} moves, ${words} keywords; reconnect p50 ${Math.round(reconnectMs[Math.floor(reconnectMs.length / 2)]!)} ms, p99 ${Math.round(p99Ms)} ms`,
  );
  expect(heard.map((client) => client.losses)).toEqual(heard.map(() => 0));
  expect(heard.map((client) => client.words)).toEqual(heard.map(({ rounds }) => Array.from({ length: rounds }, () => WORDS).flat()));
  expect(reconnectMs.length).toBeGreaterThanOrEqual(CLIENTS);
}, 300_000);

async function startService(port: number): Promise<BuiltService> {
  const service = await BuiltService.start({
    environment: {
      PORT: String(port),
      WORKERS: '1',
      DRAIN_TIMEOUT_MS: String(DRAIN_TIMEOUT_MS),
      MAX_LOAD_PERCENT: '100000',
      MAX_LAG_MS: '600000',
      MAX_QUEUED_AUDIO_MS: '60000',
    },
  });
  onTestFinished(() => service.stop('SIGKILL'));
  return service;
}

interface Programme {
  readonly recording: Buffer;
  /** Clients begin to speak at different times, so that moves fall into different places of words. */
  readonly delayMs: number;
  readonly until: AbortSignal;
}

/** Plays the recording over and over, as a microphone would, and gathers what is heard. */
function streamOver(
  url: string,
  { recording, delayMs, until }: Programme,
): { readonly begun: Promise<void>; readonly ended: Promise<Heard> } {
  const openings: number[] = [];
  let begin: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const stream = new KeywordStream({
    url,
    start: START,
    openSession: async (start) => {
      const askedMs = performance.now();
      const session = await connectStream({ url, start, openSocket: (address, protocol) => new WebSocket(address, protocol) });
      openings.push(performance.now() - askedMs);
      begin();
      return session;
    },
  });
  return { begun, ended: hear(stream, { recording, delayMs, until }).then((heard) => ({ ...heard, reconnectMs: openings.slice(1) })) };
}

async function hear(stream: KeywordStream, { recording, delayMs, until }: Programme): Promise<Omit<Heard, 'reconnectMs'>> {
  const words: string[] = [];
  let losses = 0;
  const listening = (async () => {
    for await (const event of stream.events) {
      if (event.type === 'keyword') words.push(event.keyword);
      if (event.type === 'reconnecting') losses++;
    }
  })();
  await pause(delayMs);
  let rounds = 0;
  while (!until.aborted && rounds < MAX_ROUNDS) {
    await play(stream, recording);
    rounds++;
  }
  await stream.stop();
  await listening;
  return { words, rounds, losses };
}

async function play(stream: KeywordStream, recording: Buffer): Promise<void> {
  const chunkBytes = CHUNK_MS * BYTES_PER_MS;
  for (let offset = 0; offset < recording.length; offset += chunkBytes) {
    stream.send(recording.subarray(offset, offset + chunkBytes));
    await pause(CHUNK_MS);
  }
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
