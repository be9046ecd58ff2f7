/** Traffic that is made to wear the service out: each is ended with its code, a session beside it hears on, and nothing of it stays. */

import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';

import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';

import { DETECT_PATH, STREAM_PATH, SUBPROTOCOL } from '#shared/protocol/messages.ts';

import type { StreamServer } from '../../services/stream/server.ts';
import { Neighbour } from '../helpers/neighbour.ts';
import { connectRaw, problemFor } from '../helpers/raw-http.ts';
import { frameBytes, handshakeBytes, OPCODE, RawWebSocket } from '../helpers/raw-web-socket.ts';
import { connect, MONO_S16, StreamClient } from '../helpers/stream-client.ts';
import { startServer, startTestServer, writeTinyModel } from '../helpers/test-server.ts';

const PATIENCE_MS = '300';
let server: StreamServer;
let directory: string;
let neighbour: Neighbour;

beforeAll(async () => {
  directory = await writeTinyModel();
  server = await startServer({
    MODEL_SOURCE: `file:${directory}`,
    HEADERS_TIMEOUT_MS: PATIENCE_MS,
    START_TIMEOUT_MS: '3000',
    MAX_FRAMES_PER_SECOND: '200',
  });
  neighbour = await Neighbour.at(server.url);
});
afterAll(async () => {
  await server.close();
  await rm(directory, { recursive: true });
});

/** Beside a session that must not notice; and in the end no other is left. */
async function harmless(act: () => Promise<void>): Promise<void> {
  await neighbour.unharmedBy(act);
  await sessionsAre(0);
}

/** Waits until so many sockets are open; a leak makes it wait for ever. */
async function sessionsAre(count: number): Promise<void> {
  for (;;) {
    const { values } = await server.metrics.getSingleMetric('kws_sessions')!.get();
    if (values[0]!.value === count) return;
    await setImmediate();
  }
}

describe('a client that takes its time', () => {
  test.for<[string, string]>([
    ['with the handshake', handshakeBytes().subarray(0, -2).toString('latin1')],
    ['with the headers of an upload', `POST ${DETECT_PATH} HTTP/1.1\r\nHost: x\r\n`],
    ['and says nothing at all', ''],
  ])('%s is answered 408 and let go', async ([, text]) => {
    await harmless(async () => {
      expect(await problemFor(server.url, text)).toMatchObject({ status: 408, code: 'request_timeout' });
    });
  });

  test('and sends its handshake letter by letter is let go as late', async () => {
    await harmless(async () => {
      const socket = await connectRaw(server.url);
      socket.resume();
      socket.write(handshakeBytes().subarray(0, -2));

      while (!socket.closed) {
        if (socket.writableLength === 0) socket.write('X-Letter: a\r\n');
        await setImmediate();
      }

      expect(socket.bytesRead).toBeGreaterThan(0); // the answer
    });
  });

  test('and sends a frame byte by byte is told so', async () => {
    await harmless(async () => {
      const client = await RawWebSocket.open(server.url);
      client.write(frameBytes({ opcode: OPCODE.text, declaredBytes: 60_000 }));

      for (let sent = 0; !client.socket.closed && sent < 500;) {
        if (client.socket.writableLength === 0) {
          client.write(Buffer.from('x'));
          sent++;
        }
        await setImmediate();
      }

      expect(await client.next('error')).toMatchObject({ code: 'start_timeout' });
      expect(await client.closed).toMatchObject({ code: 4408 });
    });
  });
});

describe('a flood', () => {
  const many = (frame: Parameters<typeof frameBytes>[0]): Buffer => Buffer.concat(Array<Buffer>(1000).fill(frameBytes(frame)));

  test.for<[string, Parameters<typeof frameBytes>[0]]>([
    ['pings', { opcode: OPCODE.ping, payload: 'x'.repeat(125) }],
    ['pongs that nobody asked for', { opcode: OPCODE.pong }],
    ['audio of one sample each', { opcode: OPCODE.binary, payload: new Uint8Array(2) }],
    ['audio of none', { opcode: OPCODE.binary }],
    ['knobs', { opcode: OPCODE.text, payload: '{"type":"configure","threshold":0.5,"patience":2}' }],
  ])('of %s is told `too_many_frames`', async ([, frame]) => {
    await harmless(async () => {
      const client = await RawWebSocket.open(server.url);
      client.write({ opcode: OPCODE.text, payload: JSON.stringify(MONO_S16) });
      await client.next('ready');

      for (let i = 0; i < 4; i++) client.write(many(frame));

      expect(await client.next('error')).toMatchObject({ code: 'too_many_frames' });
      expect(await client.closed).toEqual({ code: 4429, reason: 'too_many_frames' });
    });
  });

  test.for<[string, number]>([
    ['of a byte each', 1],
    ['of nothing', 0],
  ])('of fragments %s ends the session', async ([, bytes]) => {
    await harmless(async () => {
      const client = await RawWebSocket.open(server.url);
      client.write({ opcode: OPCODE.binary, isLast: false });

      for (let i = 0; i < 2; i++) client.write(many({ opcode: OPCODE.continuation, isLast: false, payload: new Uint8Array(bytes) }));

      expect(await client.closed).toMatchObject({ code: 1008 });
    });
  });
});

describe('a bomb of JSON', () => {
  const keys = (count: number, value: string): string => Array.from({ length: count }, (_, i) => `"k${i}":${value}`).join();
  const start = JSON.stringify(MONO_S16).slice(0, -1);

  test.for<[string, string, string]>([
    ['brackets without end', '['.repeat(65_000), 'json_too_deep'],
    ['objects without end', '{"a":'.repeat(13_000), 'json_too_deep'],
    ['brackets that do end', `{"type":"start","metadata":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, 'json_too_deep'],
    ['thousands of keys', `${start},${keys(5000, '1')}}`, 'invalid_start'],
    ['thousands of keywords', `${start},"keywords":[${Array<string>(15_000).fill('"a"').join()}]}`, 'invalid_start'],
    ['thousands of thresholds of the wrong kind', `${start},"threshold":{${keys(5000, '[]')}}}`, 'invalid_start'],
    ['thousands of thresholds of nothing', `${start},"threshold":{${keys(4000, '0.5')}}}`, 'unknown_keyword'],
    ['a number beyond all numbers', '{"type":"start","sampleRate":1e999,"encoding":"pcm_s16le","channels":1}', 'invalid_start'],
    [
      'a number of 60,000 digits',
      `{"type":"start","sampleRate":${'9'.repeat(60_000)},"encoding":"pcm_s16le","channels":1}`,
      'invalid_start',
    ],
    ['less than nothing', '{"type":"start","sampleRate":-0,"encoding":"pcm_s16le","channels":1}', 'invalid_start'],
    ['a key of 60,000 letters', `${start},"${'k'.repeat(60_000)}":1}`, 'invalid_start'],
    ['a type of 60,000 letters', `{"type":"${'k'.repeat(60_000)}"}`, 'unknown_type'],
    ['half a surrogate pair', '{"type":"\\ud800"}', 'unknown_type'],
    ['a key twice, of which the last counts', `${start},"type":"stop"}`, 'invalid_stop'],
    ['a number that is text', '{"type":"start","sampleRate":"16000","encoding":"pcm_s16le","channels":1}', 'invalid_start'],
  ])('with %s', async ([, text, code]) => {
    await harmless(async () => {
      const client = await connect(server.url);

      client.send(text);

      const error = await client.next('error');
      expect(error.code).toBe(code);
      expect(error.message.length).toBeLessThan(1500); // who sends much is not sent as much
      await client.closed;
    });
  });
});

describe('keys that mean something to JavaScript', () => {
  const start = JSON.stringify(MONO_S16).slice(0, -1);

  test.for<[string, string]>([
    ['__proto__ of a message', `${start},"__proto__":{"posteriors":true,"polluted":1}}`],
    ['constructor of a message', `${start},"constructor":{"prototype":{"polluted":1}}}`],
    ['__proto__ among thresholds', `${start},"threshold":{"__proto__":0.5}}`],
    ['__proto__ with an object among thresholds', `${start},"threshold":{"__proto__":{"polluted":1}}}`],
    ['toString among thresholds', `${start},"threshold":{"toString":0.5}}`],
    ['__proto__ among keywords', `${start},"keywords":["__proto__"]}`],
    ['hasOwnProperty among keywords', `${start},"keywords":["hasOwnProperty"]}`],
    ['__proto__ as the model', `${start},"model":"__proto__"}`],
    ['__proto__ as the type', '{"type":"__proto__"}'],
    ['constructor as the type', '{"type":"constructor"}'],
    ['__proto__ in the metadata', `${start},"metadata":{"__proto__":"polluted"}}`],
  ])('%s: refused or without meaning', async ([, text]) => {
    await harmless(async () => {
      const client = await connect(server.url);

      client.send(text);
      client.send({ type: 'stop' });
      await client.closed;

      expect([...client.takeAll('error').map(({ code }) => code), ...client.takeAll('end')]).toHaveLength(1);
      expect('polluted' in {}).toBe(false);
      expect(Object.keys(Object.prototype)).toEqual([]);
    });
  });
});

describe('who should not come in', () => {
  test('with a list of sub-protocols that is none is answered 400', async () => {
    await harmless(async () => {
      const request = handshakeBytes({ 'Sec-WebSocket-Protocol': ',,kws.v1;;' }).toString('latin1');

      expect(await problemFor(server.url, request)).toMatchObject({ status: 400, code: 'malformed_request' });
    });
  });

  test.for<[string, Record<string, string>]>([
    ['another version of the protocol', { 'Sec-WebSocket-Version': '99' }],
    ['no key', { 'Sec-WebSocket-Key': 'short' }],
  ])('with %s is answered 400', async ([, headers]) => {
    await harmless(async () => {
      const request = handshakeBytes(headers).toString('latin1');

      expect(await problemFor(server.url, request)).toMatchObject({ status: 400, code: 'malformed_request' });
    });
  });

  test('a token that has run out is refused, and so is one that was good when it was first shown', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const folder = await mkdtemp(join(tmpdir(), 'kws-jwks-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const jwksFile = join(folder, 'jwks.json');
    await writeFile(jwksFile, JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256' }] }));
    const guarded = await startTestServer({ KWS_JWKS_FILE: jwksFile });
    const nowSeconds = Math.floor(Date.now() / 1000);
    const tokenUntil = (seconds: number): Promise<string> =>
      new SignJWT({}).setProtectedHeader({ alg: 'ES256' }).setExpirationTime(seconds).setSubject('tester').sign(privateKey);
    const knock = async (token: string): Promise<StreamClient> => {
      const client = new StreamClient(new WebSocket(guarded.url.replace('http', 'ws') + STREAM_PATH, SUBPROTOCOL));
      await once(client.socket, 'open');
      client.send({ ...MONO_S16, token });
      return client;
    };
    const shortLived = await tokenUntil(nowSeconds + 3);

    expect(await (await knock(await tokenUntil(nowSeconds - 60))).next('error')).toMatchObject({ code: 'unauthorized' });
    const first = await knock(shortLived);
    expect(await first.next('error')).toMatchObject({ code: 'token_expired' }); // once its time is up
    expect(await (await knock(shortLived)).next('error')).toMatchObject({ code: 'unauthorized' });
  });
});
