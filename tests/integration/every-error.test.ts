/** Every code of docs/errors.md, as a client really gets it: over a socket with its close code, over HTTP with its status. */

import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { pino } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';

import { encodePcm } from '#shared/audio/pcm.ts';
import { writeWav } from '#shared/audio/wav.ts';
import { KernelError } from '#shared/kernel/kernel-error.ts';
import { referenceEngine } from '#shared/model/reference-engine.ts';
import { DETECT_PATH, FEEDBACK_PATH, ProblemSchema, STREAM_PATH, SUBPROTOCOL, type Problem } from '#shared/protocol/messages.ts';

import { ANYONE } from '../../services/stream/auth/grant.ts';
import { readSettings } from '../../services/stream/config.ts';
import { errorsMarkdown } from '../../services/stream/errors-table.ts';
import { createApp, type AppOptions } from '../../services/stream/http/app.ts';
import { detect } from '../../services/stream/http/detect.ts';
import { HttpError, problemOf as problemOfError } from '../../services/stream/http/problem.ts';
import { UploadSlots } from '../../services/stream/http/upload-slots.ts';
import { LoadMeter } from '../../services/stream/load/load-meter.ts';
import { createMetrics } from '../../services/stream/observability/metrics.ts';
import { NO_TRACING } from '../../services/stream/observability/tracing.ts';
import { startStreamServer } from '../../services/stream/server.ts';
import type { SessionContext } from '../../services/stream/ws/session-context.ts';
import { StreamSockets } from '../../services/stream/ws/stream-sockets.ts';
import { Turns } from '../../services/stream/ws/turns.ts';
import { babble } from '../helpers/arbitrary-audio.ts';
import { problemOf } from '../helpers/detect-upload.ts';
import { connectRaw, problemFor } from '../helpers/raw-http.ts';
import { connect, MONO_S16, StreamClient } from '../helpers/stream-client.ts';
import { PROJECT_DIRECTORY, startTestServer, writeTinyModel } from '../helpers/test-server.ts';
import { tinyArtefact, tinyManifest } from '../helpers/tiny-model.ts';

type Environment = Readonly<Record<string, string>>;
type OverSocket = (open: (environment?: Environment) => Promise<string>) => Promise<StreamClient>;
type OverHttp = (open: (environment?: Environment) => Promise<string>) => Promise<Problem>;

const NONE: Environment = {};
const SECOND = encodePcm(babble(16_000), 'pcm_s16le');
const WAV = writeWav(babble(1600), 16_000);

async function knock(url: string, headers: Environment = {}, start: object = {}): Promise<StreamClient> {
  const socket = new WebSocket(url.replace('http', 'ws') + STREAM_PATH, SUBPROTOCOL, { headers });
  const client = new StreamClient(socket);
  await once(socket, 'open');
  client.send({ ...MONO_S16, ...start });
  return client;
}

/** Sends these to a fresh session, without `start` before. */
const saying =
  (...messages: readonly unknown[]): OverSocket =>
  async (open) => {
    const client = await connect(await open());
    for (const message of messages) {
      if (message instanceof Uint8Array) client.sendAudio(message);
      else client.send(message);
    }
    return client;
  };

/** Starts a session with these knobs. */
const starting =
  (start: object, environment?: Environment): OverSocket =>
  async (open) =>
    knock(await open(environment), {}, start);

/** A first session, then another. */
const twice =
  (environment: Environment): OverSocket =>
  async (open) => {
    const url = await open(environment);
    await (await knock(url)).next('ready');
    return knock(url);
  };

const OVER_SOCKET: Readonly<Record<string, OverSocket>> = {
  already_started: saying(MONO_S16, MONO_S16),
  audio_before_start: saying(SECOND),
  idle_timeout: starting({}, { IDLE_TIMEOUT_MS: '50' }),
  internal_error: () =>
    socketTo(() => {
      throw new RangeError('a mistake of ours');
    }),
  invalid_configure: saying(MONO_S16, { type: 'configure', patience: -1 }),
  invalid_feedback: saying(MONO_S16, { type: 'feedback', kind: 'wrong', keyword: 'yes' }),
  invalid_start: saying({ ...MONO_S16, channels: 3 }),
  invalid_stop: saying(MONO_S16, { type: 'stop', now: true }),
  json_too_deep: saying('['.repeat(9)),
  kernel_out_of_memory: () =>
    socketTo(() => {
      throw new KernelError('kernel_out_of_memory', 'the machine refused the kernel 65536 bytes more');
    }),
  malformed_json: saying('{"type":'),
  message_too_big: async (open) => {
    const client = await knock(await open({ MAX_MESSAGE_BYTES: '1024' }));
    client.sendAudio(new Uint8Array(1026));
    return client;
  },
  no_capacity: twice({ MAX_SESSIONS: '1' }),
  odd_byte_count: saying(MONO_S16, new Uint8Array(3)),
  origin_not_allowed: async (open) => knock(await open(), { origin: 'https://evil.example' }),
  overloaded: twice({ ENGINE: 'reference', MAX_LOAD_PERCENT: '1' }),
  session_expired: starting({}, { MAX_SESSION_MS: '30' }),
  slow_reader: slowReader,
  start_expected: saying({ type: 'configure' }),
  start_timeout: async (open) => connect(await open({ START_TIMEOUT_MS: '20' })),
  token_expired: async (open) => {
    const { jwksFile, token } = await shortLivedToken();
    return knock(await open({ KWS_JWKS_FILE: jwksFile }), {}, { token });
  },
  too_fast: async (open) => {
    const client = await knock(await open({ AUDIO_BURST_MS: '2000', AUDIO_MAX_SPEED: '1' }));
    for (let i = 0; i < 60; i++) client.sendAudio(SECOND);
    return client;
  },
  too_many_frames: async (open) => {
    const client = await connect(await open({ MAX_FRAMES_PER_SECOND: '1' }));
    for (let i = 0; i < 100; i++) client.socket.ping();
    return client;
  },
  too_many_sessions: twice({ MAX_SESSIONS_PER_ADDRESS: '1' }),
  unauthorized: starting({}, { KWS_TOKENS: 'correct-horse' }),
  unknown_keyword: starting({ keywords: ['sesame'] }),
  unknown_model: starting({ model: 'nobody' }),
  unknown_type: saying({ type: 'hello' }),
};

const post =
  (body: BodyInit, { query = '', headers = { 'content-type': 'audio/wav' }, environment = NONE } = {}): OverHttp =>
  async (open) =>
    problemOf(await fetch(`${await open(environment)}${DETECT_PATH}${query}`, { method: 'POST', headers, body }));
const get =
  (path: string, { headers = {}, environment = NONE } = {}): OverHttp =>
  async (open) =>
    problemOf(await fetch((await open(environment)) + path, { headers }));
const raw =
  (text: string, environment: Environment = {}): OverHttp =>
  async (open) =>
    problemFor(await open(environment), text);
/** A WAV file whose header says something else. */
function altered(offset: number, value: number, bytes: 2 | 4): Uint8Array<ArrayBuffer> {
  const file = WAV.slice();
  const view = new DataView(file.buffer);
  if (bytes === 2) view.setUint16(offset, value, true);
  else view.setUint32(offset, value, true);
  return file;
}
const formOf = (parts: FormData): OverHttp => post(parts, { headers: {} as { 'content-type': string } });

const OVER_HTTP: Readonly<Record<string, OverHttp>> = {
  empty_wav: post(writeWav(new Float32Array(0), 16_000)),
  feedback_off: async (open) => problemOf(await fetch(`${await open()}${FEEDBACK_PATH}?session=x`, { method: 'DELETE' })),
  headers_too_large: raw(`GET / HTTP/1.1\r\nX: ${'x'.repeat(2000)}\r\n\r\n`, { MAX_HEADER_BYTES: '1024' }),
  internal_error: () =>
    problemOfApp(() => {
      throw new RangeError('a mistake of ours');
    }),
  invalid_query: post(WAV, { query: '?top=0' }),
  invalid_wav_header: post(altered(22, 0, 2)),
  kernel_out_of_memory: () =>
    problemOfApp(() => {
      throw new KernelError('kernel_out_of_memory', 'the machine refused the kernel 65536 bytes more');
    }),
  malformed_form: post('--x\r\nContent-Disposition: form-data; name="file"', {
    headers: { 'content-type': 'multipart/form-data; boundary=x' },
  }),
  malformed_request: raw('hello\r\n\r\n'),
  method_not_allowed: get(DETECT_PATH),
  missing_file: formOf(new FormData()),
  no_capacity: async (open) => {
    const url = await open({ MAX_UPLOADS: '1' });
    const slow = await connectRaw(url);
    onTestFinished(() => void slow.destroy());
    const head = `POST ${DETECT_PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: audio/wav\r\nContent-Length: 9999\r\n\r\n`;
    slow.write(head);
    for (;;) {
      const response = await fetch(url + DETECT_PATH, { method: 'POST', headers: { 'content-type': 'audio/wav' }, body: WAV });
      if (response.status !== 200) return problemOf(response); // until the first has been taken up
    }
  },
  not_found: get('/v1/nothing'),
  not_ready: async () => {
    const server = await startTestServer();
    await server.drain();
    return problemOf(await fetch(`${server.url}/readyz`));
  },
  not_wav: post('no sound'),
  origin_not_allowed: get('/v1/model', { headers: { origin: 'https://evil.example' } }),
  page_not_built: pageNotBuilt,
  request_timeout: raw('GET / HTTP/1.1\r\n', { HEADERS_TIMEOUT_MS: '50' }),
  too_many_events: tooManyEvents,
  truncated_wav: post(altered(40, 0xffff_fff0, 4)),
  unauthorized: post(WAV, { environment: { KWS_TOKENS: 'correct-horse' } }),
  unknown_model: post(WAV, { query: '?model=nobody' }),
  unsupported_channels: post(altered(22, 9, 2)),
  unsupported_media_type: post(WAV, { headers: { 'content-type': 'image/jpeg' } }),
  unsupported_sample_rate: post(altered(24, 96_000, 4)),
  unsupported_wav_encoding: post(altered(20, 6, 2)),
  upgrade_required: get(STREAM_PATH),
  upload_too_large: post(WAV, { environment: { MAX_UPLOAD_BYTES: '100' } }),
  upload_too_long: post(WAV, { environment: { MAX_UPLOAD_MS: '50' } }),
};

/** The rows of the table in the docs. */
const ROWS = [...errorsMarkdown().matchAll(/^\| `(\w+)` \| (\d*) \| (\d*) \|$/gm)].map(([, code = '', close, status]) => ({
  code,
  close: Number(close),
  status: Number(status),
}));
const open = async (environment: Environment = {}): Promise<string> => (await startTestServer(environment)).url;

test('every code of the table has its provocation, and nothing else has', () => {
  expect(Object.keys(OVER_SOCKET)).toEqual(ROWS.filter(({ close }) => close > 0).map(({ code }) => code));
  expect(Object.keys(OVER_HTTP)).toEqual(ROWS.filter(({ status }) => status > 0).map(({ code }) => code));
});

describe('over the socket', () => {
  test.for(ROWS.filter(({ close }) => close > 0))('$code is told, and the close is $close', async ({ code, close }) => {
    const client = await OVER_SOCKET[code]!(open);

    expect(await client.next('error')).toMatchObject({ code, message: expect.stringMatching(/\w+ \w+/) as string });
    expect(await client.closed).toEqual({ code: close, reason: code });
  });
});

describe('over HTTP', () => {
  test.for(ROWS.filter(({ status }) => status > 0))('$code is answered with $status', async ({ code, status }) => {
    const problem = await OVER_HTTP[code]!(open);

    expect(problem).toMatchObject({ code, status, detail: expect.stringMatching(/\w+ \w+/) as string });
  });
});

/** A socket to sessions whose seat at the model breaks: what no client can bring about by itself. */
async function socketTo(seat: SessionContext['models']['seat']): Promise<StreamClient> {
  const { limits, access } = readSettings({}, PROJECT_DIRECTORY);
  const now = (): number => performance.now();
  const load = new LoadMeter({ ...limits, now });
  const metrics = createMetrics(() => 0);
  const shared = { limits, load, metrics, now, gate: { admit: () => ANYONE }, turns: new Turns(now), log: pino({ level: 'silent' }) };
  const sockets = new StreamSockets({ context: { ...shared, models: { seat }, skipsSilence: false }, access });
  const http = createServer();
  sockets.attach(http);
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  onTestFinished(() => {
    sockets.close();
    http.close();
  });
  return knock(`http://127.0.0.1:${(http.address() as AddressInfo).port}`);
}

/** The same for an upload. */
async function problemOfApp(find: () => never): Promise<Problem> {
  const { limits, access } = readSettings({}, PROJECT_DIRECTORY);
  const options = { limits, access, isReady: () => true, uploads: new UploadSlots(1), gate: { admit: () => ANYONE } };
  const metrics = createMetrics(() => 0);
  const parts = {
    metrics,
    renderMetrics: () => metrics.registry.metrics(),
    pageDirectory: 'none',
    log: pino({ level: 'silent' }),
    tracing: NO_TRACING,
  };
  const app = createApp({ ...options, ...parts, models: { find } as unknown as AppOptions['models'] });
  const answer = await app.request(DETECT_PATH, { method: 'POST', headers: { 'content-type': 'audio/wav' }, body: WAV });
  return ProblemSchema.parse(await answer.json());
}

async function pageNotBuilt(): Promise<Problem> {
  const [model, nothing] = [await writeTinyModel(), await mkdtemp(join(tmpdir(), 'kws-nothing-'))];
  const settings = readSettings({ PORT: '0', ENGINE: 'reference', MODEL_SOURCE: `file:${model}` }, PROJECT_DIRECTORY);
  const server = await startStreamServer({ ...settings, buildDirectory: nothing }, pino({ level: 'silent' }));
  onTestFinished(async () => {
    await server.close();
    await rm(model, { recursive: true });
    await rm(nothing, { recursive: true });
  });
  return problemOf(await fetch(server.url));
}

/** A hundred thousand events take a day of speech: here one is too many. */
async function tooManyEvents(): Promise<Problem> {
  const classifier = referenceEngine.load(await tinyArtefact());
  const query = { top: 1, threshold: 0 };
  const file = (async function* () {
    yield await Promise.resolve(writeWav(babble(32_000), 16_000));
  })();
  try {
    await detect(file, { classifier, query, signal: new AbortController().signal, maxEvents: 1 });
  } catch (error) {
    if (error instanceof HttpError) return problemOfError(error);
    throw error;
  }
  throw new Error('it was answered');
}

/** Reads nothing of what it asked for: posteriors of many labels until they are left out, and events that never are. */
async function slowReader(): Promise<StreamClient> {
  const keywords = Array.from({ length: 400 }, (_, i) => `word_${i}`);
  const point = { threshold: 0.0025, patience: 1, refractoryMs: 0 };
  const topology = tinyManifest().topology.map((layer) => (layer.type === 'dense' ? { ...layer, units: keywords.length } : layer));
  const directory = await writeTinyModel({
    labels: keywords,
    keywords,
    topology,
    operatingPoints: Object.fromEntries(keywords.map((keyword) => [keyword, point])),
    detection: { smoothingWindows: 1, releaseRatio: 1 },
  });
  const server = await startTestServer({ MODEL_SOURCE: `file:${directory}`, MAX_UNSENT_BYTES: '65536', AUDIO_BURST_MS: '100000000' });
  onTestFinished(() => rm(directory, { recursive: true }));
  const client = await knock(server.url, {}, { posteriors: true });
  await client.next('ready');
  client.socket.pause();
  for (let second = 0; second < 300; second++) {
    client.sendAudio(encodePcm(babble(16_000, second + 1), 'pcm_s16le'));
    if (second % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await refusalOf(server.url, 'slow_reader');
  client.socket.resume();
  return client;
}

/** Waits until the service has counted a refusal. */
async function refusalOf(url: string, reason: string): Promise<void> {
  for (;;) if ((await (await fetch(`${url}/metrics`)).text()).includes(`kws_refused_total{reason="${reason}"}`)) return;
}

/** A token that is good for a second, and the keys to check it with. */
async function shortLivedToken(): Promise<{ readonly jwksFile: string; readonly token: string }> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const directory = await mkdtemp(join(tmpdir(), 'kws-jwks-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const jwksFile = join(directory, 'jwks.json');
  await writeFile(jwksFile, JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256' }] }));
  const expires = Math.floor(Date.now() / 1000) + 2;
  return {
    jwksFile,
    token: await new SignJWT({}).setProtectedHeader({ alg: 'ES256' }).setExpirationTime(expires).setSubject('tester').sign(privateKey),
  };
}
