/** Every limit of docs/limits.md is reached over a real connection: what was told is as written there, and it was counted. */

import { once } from 'node:events';
import { join } from 'node:path';

import { format } from 'prettier';
import { describe, expect, onTestFinished, test } from 'vitest';

import { encodePcm } from '#shared/audio/pcm.ts';
import { writeWav } from '#shared/audio/wav.ts';
import { DETECT_PATH } from '#shared/protocol/messages.ts';

import { LIMITS, limitsMarkdown } from '../../services/stream/limits-table.ts';
import type { StreamServer } from '../../services/stream/server.ts';
import { SETTINGS, type SettingName } from '../../services/stream/settings-table.ts';
import { babble } from '../helpers/arbitrary-audio.ts';
import { problemOf } from '../helpers/detect-upload.ts';
import { connectRaw, problemFor } from '../helpers/raw-http.ts';
import { frameBytes, OPCODE, RawWebSocket } from '../helpers/raw-web-socket.ts';
import { connect, MONO_S16, type StreamClient } from '../helpers/stream-client.ts';
import { PROJECT_DIRECTORY, startTestServer } from '../helpers/test-server.ts';

type Environment = Readonly<Record<string, string>>;

/** How a limit is reached, under which settings; resolves with the code that was told, if any. */
interface Provocation {
  readonly environment: Environment;
  readonly reach: (server: StreamServer) => Promise<string | undefined>;
}

const SECOND = encodePcm(babble(16_000), 'pcm_s16le');
const WAV = writeWav(babble(16_000), 16_000);

const start = async ({ url }: StreamServer): Promise<StreamClient> => {
  const client = await connect(url);
  client.send(MONO_S16);
  return client;
};
const errorOf = async (client: StreamClient): Promise<string> => (await client.next('error')).code;

/** A first session that has begun, then another. */
const twice = async (server: StreamServer): Promise<string> => {
  await (await start(server)).next('ready');
  return errorOf(await start(server));
};
const sending =
  (...messages: readonly unknown[]) =>
  async ({ url }: StreamServer): Promise<string> => {
    const client = await connect(url);
    for (const message of messages) {
      if (message instanceof Uint8Array) client.sendAudio(message);
      else client.send(message);
    }
    return errorOf(client);
  };
const waiting = async (server: StreamServer): Promise<string> => errorOf(await start(server));
const uploading = async ({ url }: StreamServer): Promise<string> =>
  (await problemOf(await fetch(url + DETECT_PATH, { method: 'POST', headers: { 'content-type': 'audio/wav' }, body: WAV }))).code;
const asking =
  (text: string) =>
  async ({ url }: StreamServer): Promise<string> =>
    (await problemFor(url, text)).code;

const REACHED: Readonly<Partial<Record<SettingName, Provocation>>> = {
  MAX_CONNECTIONS: {
    environment: { MAX_CONNECTIONS: '2' },
    reach: async ({ url }) => {
      const sockets = [await connectRaw(url), await connectRaw(url), await connectRaw(url)] as const;
      await once(sockets[2], 'close');
      for (const socket of sockets) socket.destroy();
      return undefined;
    },
  },
  MAX_SESSIONS: { environment: { MAX_SESSIONS: '1' }, reach: twice },
  MAX_SESSIONS_PER_ADDRESS: { environment: { MAX_SESSIONS_PER_ADDRESS: '1' }, reach: twice },
  MAX_MESSAGE_BYTES: { environment: { MAX_MESSAGE_BYTES: '1024' }, reach: sending(MONO_S16, new Uint8Array(1026)) },
  MAX_MESSAGE_PARTS: {
    environment: { MAX_MESSAGE_PARTS: '16' },
    reach: async ({ url }) => {
      const client = await RawWebSocket.open(url);
      client.write({ opcode: OPCODE.binary, isLast: false, payload: 'x' });
      for (let i = 0; i < 16; i++) client.write({ opcode: OPCODE.continuation, isLast: false, payload: 'x' });
      expect(await client.closed).toMatchObject({ code: 1008 });
      return undefined;
    },
  },
  MAX_FRAMES_PER_SECOND: {
    environment: { MAX_FRAMES_PER_SECOND: '1' },
    reach: async ({ url }) => {
      const client = await RawWebSocket.open(url);
      for (let i = 0; i < 100; i++) client.write({ opcode: OPCODE.ping });
      return (await client.next('error')).code;
    },
  },
  MAX_JSON_DEPTH: { environment: { MAX_JSON_DEPTH: '3' }, reach: sending('{"a":[{"b":[]}]}') },
  AUDIO_BURST_MS: {
    environment: { AUDIO_BURST_MS: '1500' },
    reach: sending(MONO_S16, SECOND, SECOND, ...Array<Uint8Array>(40).fill(SECOND)),
  },
  AUDIO_MAX_SPEED: {
    environment: { AUDIO_MAX_SPEED: '1', AUDIO_BURST_MS: '3000' },
    reach: sending(MONO_S16, ...Array<Uint8Array>(60).fill(SECOND)),
  },
  MAX_QUEUED_AUDIO_MS: {
    environment: { MAX_QUEUED_AUDIO_MS: '300' },
    reach: async (server) => {
      const client = await start(server);
      for (let i = 0; i < 16; i++) client.sendAudio(SECOND);
      client.send({ type: 'stop' });
      expect(await client.next('end')).toMatchObject({ samples: 16 * 16_000 });
      return undefined;
    },
  },
  MAX_UNSENT_BYTES: {
    environment: { MAX_UNSENT_BYTES: '65536', MAX_FRAMES_PER_SECOND: '1000000' },
    reach: async (server) => {
      const client = await RawWebSocket.open(server.url);
      client.socket.pause();
      const pings = Buffer.concat(Array.from({ length: 500 }, () => frameBytes({ opcode: OPCODE.ping, payload: 'x'.repeat(125) })));
      while (!(await counts(server, 'kws_refused_total{reason="slow_reader"}'))) {
        await new Promise((resolve) => client.socket.write(pings, resolve));
      }
      client.socket.resume();
      return (await client.next('error')).code;
    },
  },
  START_TIMEOUT_MS: { environment: { START_TIMEOUT_MS: '30' }, reach: sending() },
  IDLE_TIMEOUT_MS: { environment: { IDLE_TIMEOUT_MS: '50' }, reach: waiting },
  MAX_SESSION_MS: { environment: { MAX_SESSION_MS: '30' }, reach: waiting },
  PING_TIMEOUT_MS: {
    environment: { PING_INTERVAL_MS: '20', PING_TIMEOUT_MS: '100', START_TIMEOUT_MS: '600000' },
    reach: async ({ url }) => {
      expect(await (await RawWebSocket.open(url)).closed).toMatchObject({ code: 1006 });
      return undefined;
    },
  },
  MAX_LOAD_PERCENT: { environment: { ENGINE: 'reference', MAX_LOAD_PERCENT: '1' }, reach: twice },
  MAX_LAG_MS: {
    environment: { ENGINE: 'reference', MAX_LAG_MS: '1', MAX_QUEUED_AUDIO_MS: '60000' },
    reach: async (server) => {
      const busy = await start(server);
      await busy.next('ready');
      for (let i = 0; i < 10; i++) busy.sendAudio(SECOND);
      busy.send({ type: 'stop' });
      await busy.next('end');
      return errorOf(await start(server));
    },
  },
  MAX_UPLOADS: {
    environment: { MAX_UPLOADS: '1' },
    reach: async (server) => {
      const slow = await connectRaw(server.url);
      onTestFinished(() => void slow.destroy());
      slow.write(`POST ${DETECT_PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: audio/wav\r\nContent-Length: 9999\r\n\r\n`);
      for (;;) {
        const response = await fetch(server.url + DETECT_PATH, { method: 'POST', headers: { 'content-type': 'audio/wav' }, body: WAV });
        if (response.status !== 200) return (await problemOf(response)).code; // until the first has been taken up
      }
    },
  },
  MAX_UPLOAD_BYTES: { environment: { MAX_UPLOAD_BYTES: '100' }, reach: uploading },
  MAX_UPLOAD_MS: { environment: { MAX_UPLOAD_MS: '999' }, reach: uploading },
  MAX_HEADER_BYTES: { environment: { MAX_HEADER_BYTES: '1024' }, reach: asking(`GET / HTTP/1.1\r\nX: ${'x'.repeat(2000)}\r\n\r\n`) },
  HEADERS_TIMEOUT_MS: { environment: { HEADERS_TIMEOUT_MS: '50' }, reach: asking('GET / HTTP/1.1\r\n') },
  REQUEST_TIMEOUT_MS: {
    environment: { REQUEST_TIMEOUT_MS: '100', HEADERS_TIMEOUT_MS: '100' },
    reach: asking('POST /v1/detect HTTP/1.1\r\nHost: x\r\nContent-Type: audio/wav\r\nContent-Length: 9\r\n\r\n'),
  },
  DRAIN_TIMEOUT_MS: {
    environment: { DRAIN_TIMEOUT_MS: '30' },
    reach: async (server) => {
      const client = await start(server);
      await client.next('ready');
      await server.drain();
      expect(await client.closed).toMatchObject({ code: 1012 });
      return undefined;
    },
  },
};

/** Whether a metric has counted anything. */
async function counts({ metrics }: StreamServer, metric: string): Promise<boolean> {
  return (await metrics.metrics()).split('\n').some((line) => line.startsWith(`${metric} `) && !line.endsWith(' 0'));
}

test('docs/limits.md is the table of limits (npx vitest run --update writes it)', async () => {
  const markdown = await format(limitsMarkdown(), { parser: 'markdown' });

  await expect(markdown).toMatchFileSnapshot(join(PROJECT_DIRECTORY, 'docs', 'limits.md'));
});

test('every setting that limits what clients do is in the table, and reached below', () => {
  const names = Object.keys(SETTINGS).filter((name) => /^MAX_|_TIMEOUT_MS$|^AUDIO_/.test(name));

  expect(LIMITS.map(({ setting }) => setting).sort()).toEqual(names.sort());
  expect(Object.keys(REACHED).sort()).toEqual(names.sort());
});

describe('the limit', () => {
  test.for(LIMITS)('$setting is told and counted', async ({ setting, code, metric }) => {
    const { environment, reach } = REACHED[setting]!;
    const server = await startTestServer(environment);

    expect(await reach(server)).toBe(code);

    while (!(await counts(server, metric))) await new Promise((resolve) => setImmediate(resolve));
  });
});
