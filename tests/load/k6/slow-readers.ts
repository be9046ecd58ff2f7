/** Clients that ask for all there is and read nothing for a while: posteriors are left out for them, keywords are not; nobody beside them notices. */

import { sleep } from 'k6';
import { Counter, Rate } from 'k6/metrics';
import type { Options } from 'k6/options';
import ws from 'k6/ws';

import type { ServerMessage } from '#shared/protocol/messages.ts';

import { streamThresholds } from './lib/metrics.ts';
import { openProgrammes, type Programme } from './lib/programmes.ts';
import { gracefulStop, readSettings } from './lib/settings.ts';
import { TREND_STATS, writeSummary } from './lib/summary.ts';
import { programmeOfTurn, streamOrWait, waitForTurn } from './lib/turns.ts';

const settings = readSettings();
const programmes = openProgrammes();
const SLOW_READERS = 2;
/** Audio at once, and how long nothing is read after it. */
const AUDIO_SECONDS = Number(__ENV['SLOW_AUDIO_SECONDS'] ?? 1200);
const UNREAD_SECONDS = 20;
/** So many chunks in one message: each alone, they would be more frames a second than one session may send, where the service hears fast. */
const CHUNKS_A_MESSAGE = 10;
/** For one slow reader in all; a busy service takes a while to hear what was sent at once. */
const PATIENCE_SECONDS = 120;
/** Before one that was refused comes again. */
const RETRY_SECONDS = 5;
const SAMPLE_RATE_HZ = 16_000;

/** Of the clients that read nothing for a while, those that were told that posteriors are left out. */
const slowReadersTold = new Rate('kws_slow_readers_told');
/** Of them, those that got every keyword all the same. */
const slowReadersWhole = new Rate('kws_slow_readers_whole');
const slowPosteriors = new Counter('kws_slow_posteriors');

export const options: Options = {
  scenarios: {
    readers: {
      executor: 'constant-vus',
      exec: 'oneSession',
      vus: settings.sessions,
      duration: `${settings.seconds}s`,
      gracefulStop: gracefulStop(settings),
    },
    slow: {
      executor: 'per-vu-iterations',
      exec: 'oneSlowReader',
      vus: SLOW_READERS,
      iterations: 1,
      startTime: `${settings.rampSeconds}s`,
      maxDuration: `${settings.seconds + 2 * PATIENCE_SECONDS}s`,
    },
  },
  thresholds: { ...streamThresholds(settings), kws_slow_readers_told: ['rate==1'], kws_slow_readers_whole: ['rate==1'] },
  summaryTrendStats: TREND_STATS,
};

export async function oneSession(): Promise<void> {
  await waitForTurn(settings);
  await streamOrWait({ url: settings.url, programme: programmeOfTurn(programmes) });
}

export function oneSlowReader(): void {
  let { counts, due } = readSlowly();
  while (counts['ready'] === undefined) {
    sleep(RETRY_SECONDS);
    ({ counts, due } = readSlowly());
  }
  slowPosteriors.add(counts['posteriors'] ?? 0);
  slowReadersTold.add((counts['posteriors_dropped'] ?? 0) > 0);
  slowReadersWhole.add(due !== undefined && due === (counts['keyword'] ?? 0));
  if (due !== counts['keyword']) console.warn(`a slow reader got ${JSON.stringify(counts)}, ${due} keywords were due`);
}

/** What came, by kind, and how many keywords the service says it told. */
interface SlowReading {
  readonly counts: Readonly<Record<string, number>>;
  readonly due: number | undefined;
}

/** `k6/ws` hands messages over one by one and reads no further meanwhile; `k6/websockets` reads all there is. */
function readSlowly(): SlowReading {
  const programme = programmeOfTurn(programmes);
  const counts: Record<string, number> = {};
  let due: number | undefined;
  const headers = { 'Sec-WebSocket-Protocol': `kws.v1, kws.token.${__ENV['SLOW_TOKEN'] ?? ''}` };
  ws.connect(`${settings.url.replace(/^http/, 'ws')}/v1/stream`, { headers }, (socket) => {
    socket.on('open', () => {
      socket.send(JSON.stringify({ type: 'start', sampleRate: SAMPLE_RATE_HZ, encoding: 'pcm_s16le', channels: 1, posteriors: true }));
    });
    socket.on('message', (text) => {
      const message = JSON.parse(text) as ServerMessage;
      const kind = message.type === 'warning' ? message.code : message.type;
      counts[kind] = (counts[kind] ?? 0) + 1;
      if (message.type === 'end') due = message.keywords;
      if (message.type !== 'ready') return;
      const chunks = (AUDIO_SECONDS * SAMPLE_RATE_HZ) / programme.chunkSamples;
      for (let i = 0; i < chunks; i += CHUNKS_A_MESSAGE) socket.sendBinary(chunksFrom(programme, i));
      sleep(UNREAD_SECONDS);
      socket.send(JSON.stringify({ type: 'stop' }));
    });
    socket.setTimeout(() => socket.close(), 1000 * PATIENCE_SECONDS);
  });
  return { counts, due };
}

function chunksFrom(programme: Programme, first: number): ArrayBuffer {
  const chunks = Array.from({ length: CHUNKS_A_MESSAGE }, (_, i) => new Uint8Array(programme.chunkAt(first + i)));
  const message = new Uint8Array(chunks.reduce((bytes, { length }) => bytes + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    message.set(chunk, at);
    at += chunk.length;
  }
  return message.buffer;
}

export const handleSummary = writeSummary(settings);
