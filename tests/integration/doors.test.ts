/** Who is let in over a real socket, how many, and what everybody else is told. */

import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';

import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';

import { encodePcm } from '#shared/audio/pcm.ts';
import { writeWav } from '#shared/audio/wav.ts';
import { DETECT_PATH, ProblemSchema, STREAM_PATH, SUBPROTOCOL } from '#shared/protocol/messages.ts';

import { babble } from '../helpers/arbitrary-audio.ts';
import { problemOf } from '../helpers/detect-upload.ts';
import { connect, MONO_S16, StreamClient } from '../helpers/stream-client.ts';
import { startTestServer } from '../helpers/test-server.ts';

const TOKEN = 'correct-horse';
const WAV = writeWav(babble(16_000), 16_000);

interface Knock {
  readonly protocols?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly start?: object;
}

/** Opens a socket as told, and sends `start`. */
async function knock(url: string, { protocols = [SUBPROTOCOL], headers = {}, start = {} }: Knock = {}): Promise<StreamClient> {
  const socket = new WebSocket(url.replace('http', 'ws') + STREAM_PATH, [...protocols], { headers });
  const client = new StreamClient(socket);
  await once(socket, 'open');
  client.send({ ...MONO_S16, ...start });
  return client;
}

async function expectClosed(client: StreamClient, code: string, closeCode: number): Promise<void> {
  expect(await client.next('error')).toMatchObject({ code });
  expect(await client.closed).toEqual({ code: closeCode, reason: code });
}

describe('a token', () => {
  test.for<[string, Knock]>([
    ['in the header', { headers: { authorization: `Bearer ${TOKEN}` } }],
    ['as a sub-protocol', { protocols: [SUBPROTOCOL, `kws.token.${TOKEN}`] }],
    ['in start', { start: { token: TOKEN } }],
  ])('%s opens the door', async ([, how]) => {
    const server = await startTestServer({ KWS_TOKENS: TOKEN });

    const client = await knock(server.url, how);

    expect(await client.next('ready')).toMatchObject({ protocol: 1 });
    expect(client.socket.protocol).toBe(SUBPROTOCOL);
  });

  test.for<[string, Knock]>([
    ['that is missing', {}],
    ['that is wrong', { start: { token: 'wrong-horse' } }],
  ])('%s does not', async ([, how]) => {
    const server = await startTestServer({ KWS_TOKENS: TOKEN });

    await expectClosed(await knock(server.url, how), 'unauthorized', 1008);
  });

  test('is needed for uploads too', async () => {
    const server = await startTestServer({ KWS_TOKENS: TOKEN });
    const post = (headers: Record<string, string>) =>
      fetch(server.url + DETECT_PATH, { method: 'POST', headers: { 'content-type': 'audio/wav', ...headers }, body: WAV });

    expect(await problemOf(await post({}))).toMatchObject({ status: 401, code: 'unauthorized' });
    expect((await post({ authorization: `Bearer ${TOKEN}` })).status).toBe(200);
  });
});

describe('a page', () => {
  test('of another origin is told so, over the socket and over HTTP', async () => {
    const server = await startTestServer({ KWS_ALLOWED_ORIGINS: 'https://app.example' });
    const headers = { origin: 'https://evil.example' };

    await expectClosed(await knock(server.url, { headers }), 'origin_not_allowed', 1008);
    expect(await problemOf(await fetch(`${server.url}/v1/model`, { headers }))).toMatchObject({ status: 403, code: 'origin_not_allowed' });
  });

  test('of an allowed origin is let in, and its browser told that it may read the answer', async () => {
    const server = await startTestServer({ KWS_ALLOWED_ORIGINS: 'https://app.example' });
    const headers = { origin: 'https://app.example' };

    expect(await (await knock(server.url, { headers })).next('ready')).toBeDefined();
    const preflight = await fetch(server.url + DETECT_PATH, { method: 'OPTIONS', headers });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('https://app.example');
  });
});

describe('limits at the door', () => {
  test('hold for one address, and its place is given again', async () => {
    const server = await startTestServer({ MAX_SESSIONS_PER_ADDRESS: '1', TRUSTED_PROXIES: '1' });
    const from = (address: string): Knock => ({ headers: { 'x-forwarded-for': address } });
    const first = await knock(server.url, from('192.0.2.1'));
    await first.next('ready');

    await expectClosed(await knock(server.url, from('192.0.2.1')), 'too_many_sessions', 1013);
    expect(await (await knock(server.url, from('192.0.2.2'))).next('ready')).toBeDefined();
    first.send({ type: 'stop' });
    await first.closed;
    expect(await (await knock(server.url, from('192.0.2.1'))).next('ready')).toBeDefined();
  });

  test('refuse a session that would slow down the others, and leave those alone', async () => {
    const server = await startTestServer({ ENGINE: 'reference', MAX_LOAD_PERCENT: '1' });
    const first = await knock(server.url);
    await first.next('ready');

    await expectClosed(await knock(server.url), 'overloaded', 1013);
    first.sendAudio(encodePcm(babble(16_000), 'pcm_s16le'));
    first.send({ type: 'stop' });

    expect(await first.next('end')).toMatchObject({ windows: 1 });
  });
});

test('a recording that lasts too long is refused, one that just fits is not', async () => {
  const server = await startTestServer({ MAX_UPLOAD_MS: '1000' });
  const headers = { 'content-type': 'audio/wav' };
  const post = (body: Uint8Array<ArrayBuffer>) => fetch(server.url + DETECT_PATH, { method: 'POST', headers, body });

  expect((await post(WAV)).status).toBe(200);
  expect(await problemOf(await post(writeWav(babble(16_016), 16_000)))).toMatchObject({ status: 413, code: 'upload_too_long' });
});

test('a service that drains is not ready, and says so', async () => {
  const server = await startTestServer();

  await server.drain();

  expect(await problemOf(await fetch(`${server.url}/readyz`))).toMatchObject({ status: 503, code: 'not_ready' });
});

describe('limits of a session', () => {
  test('one that lasts too long is asked to come again, then ended', async () => {
    const client = await knock((await startTestServer({ MAX_SESSION_MS: '30' })).url);

    expect(await client.next('goaway')).toMatchObject({ reconnectAfterMs: 0 });
    await expectClosed(client, 'session_expired', 1001);
  });

  test('audio that keeps coming too fast ends it', async () => {
    const client = await knock((await startTestServer({ AUDIO_BURST_MS: '2000', AUDIO_MAX_SPEED: '1' })).url);
    const second = encodePcm(babble(16_000), 'pcm_s16le');
    for (let i = 0; i < 60; i++) client.sendAudio(second);

    expect(await client.next('warning')).toMatchObject({ code: 'too_fast' });
    await expectClosed(client, 'too_fast', 4429);
  });

  test('a message that is nested too deep ends it', async () => {
    const client = await connect((await startTestServer()).url);
    client.send('['.repeat(9));

    await expectClosed(client, 'json_too_deep', 1007);
  });

  test('a frame that is too long ends it', async () => {
    const client = await knock((await startTestServer({ MAX_MESSAGE_BYTES: '1024' })).url);
    client.sendAudio(new Uint8Array(1026));

    await expectClosed(client, 'message_too_big', 1009);
  });

  test('a socket that does not even answer pings is cut off, one that does is not', async () => {
    const server = await startTestServer({ PING_INTERVAL_MS: '20', PING_TIMEOUT_MS: '200', START_TIMEOUT_MS: '60000' });
    const [dead, alive] = [await connect(server.url), await connect(server.url)];
    dead.socket.pong = () => undefined;
    const raw = dead.socket as unknown as { _receiver: { removeAllListeners: (event: string) => void } };
    raw._receiver.removeAllListeners('ping');

    expect(await dead.closed).toMatchObject({ code: 1006 });
    alive.send(MONO_S16);
    expect(await alive.next('ready')).toBeDefined();
  });
});

describe('what is no whole request', () => {
  async function answerTo(url: string, text: string): Promise<{ readonly status: number; readonly code: string }> {
    const socket = connectTcp(Number(new URL(url).port), '127.0.0.1');
    socket.write(text);
    let answer = '';
    socket.on('data', (data: Buffer) => (answer += data.toString('utf8')));
    await once(socket, 'close');
    const [head = '', rest = ''] = answer.split('\r\n\r\n', 2);
    const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1]);
    const problem = ProblemSchema.parse(JSON.parse(rest.slice(0, length)));
    return { status: problem.status, code: problem.code };
  }

  test.for([
    ['headers that do not end', 'GET / HTTP/1.1\r\n', { status: 408, code: 'request_timeout' }],
    [
      'a body that does not end',
      'POST /v1/detect HTTP/1.1\r\nHost: x\r\nContent-Type: audio/wav\r\nContent-Length: 9\r\n\r\n',
      { status: 408, code: 'request_timeout' },
    ],
    ['headers without end', `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, { status: 431, code: 'headers_too_large' }],
    ['what is not HTTP', 'hello\r\n\r\n', { status: 400, code: 'malformed_request' }],
  ] as const)('%s is answered and ended', async ([, text, expected]) => {
    const server = await startTestServer({ HEADERS_TIMEOUT_MS: '100', REQUEST_TIMEOUT_MS: '200' });

    expect(await answerTo(server.url, text)).toEqual(expected);
  });
});

describe('metrics', () => {
  test('count sessions, windows, audio, refusals and say which model is in force', async () => {
    const server = await startTestServer();
    const client = await knock(server.url, { start: { threshold: 0, patience: 1 } });
    client.sendAudio(encodePcm(babble(16_000), 'pcm_s16le'));
    client.send({ type: 'stop' });
    await client.closed;
    await expectClosed(await knock(server.url, { start: { keywords: ['sesame'] } }), 'unknown_keyword', 4400);

    const text = await (await fetch(`${server.url}/metrics`)).text();

    for (const line of [
      'kws_sessions_started_total 1',
      'kws_windows_total 1',
      'kws_audio_seconds_total 1',
      'kws_keywords_total{keyword="yes"} 1',
      'kws_refused_total{reason="unknown_keyword"} 1',
      'kws_event_latency_seconds_count 2',
      'kws_dropped_audio_seconds_total 0',
      `kws_model_info{name="tiny",version="0.0.1",digest="${server.model.digest}",role="incumbent"} 1`,
    ]) {
      expect(text).toContain(line);
    }
    expect(text).toMatch(/nodejs_eventloop_lag_seconds/);
  });
});
