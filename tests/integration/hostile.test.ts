/** Clients that mean harm or have bad luck: whatever they send, and wherever they stop, nothing of them is left and nobody else notices. */

import { once } from 'node:events';
import { rm } from 'node:fs/promises';

import { fc, test } from '@fast-check/vitest';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';

import { encodePcm } from '#shared/audio/pcm.ts';
import { writeWav } from '#shared/audio/wav.ts';
import { DETECT_PATH, STREAM_PATH, SUBPROTOCOL } from '#shared/protocol/messages.ts';

import { readSettings } from '../../services/stream/config.ts';
import { startStreamServer, type StreamServer } from '../../services/stream/server.ts';
import { babble, cutBytes } from '../helpers/arbitrary-audio.ts';
import { connectRaw } from '../helpers/raw-http.ts';
import { frameBytes, handshakeBytes, OPCODE } from '../helpers/raw-web-socket.ts';
import { connect, MONO_S16, stream, StreamClient } from '../helpers/stream-client.ts';
import { PROJECT_DIRECTORY, startServer, writeTinyModel } from '../helpers/test-server.ts';

const SECOND = 16_000;
const MAX_SESSIONS = 80;
let server: StreamServer;
let directory: string;

beforeAll(async () => {
  directory = await writeTinyModel();
  server = await startServer({ MODEL_SOURCE: `file:${directory}`, MAX_SESSIONS: String(MAX_SESSIONS), PING_TIMEOUT_MS: '600000' });
});
afterAll(async () => {
  await server.close();
  await rm(directory, { recursive: true });
});

/** Waits until no session is left; a leak makes it wait for ever. */
async function allGone(): Promise<void> {
  for (;;) {
    const { values } = await server.metrics.getSingleMetric('kws_sessions')!.get();
    if (values[0]!.value === 0) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** All places are free, and sessions work in them. */
async function expectAllPlacesFree(): Promise<void> {
  await allGone();
  const clients = await Promise.all(Array.from({ length: MAX_SESSIONS }, () => connect(server.url)));
  for (const client of clients) client.send(MONO_S16);
  for (const client of clients) await client.next('ready');
  for (const client of clients) client.send({ type: 'stop' });
  for (const client of clients) expect(await client.closed).toMatchObject({ code: 1000 });
  await allGone();
}

/** A whole session, byte by byte: the handshake, `start`, audio, `stop`. */
function sessionBytes(): Buffer {
  return Buffer.concat([
    handshakeBytes(),
    frameBytes({ opcode: OPCODE.text, payload: JSON.stringify({ ...MONO_S16, posteriors: true }) }),
    frameBytes({ opcode: OPCODE.binary, payload: new Uint8Array(320) }),
    frameBytes({ opcode: OPCODE.text, payload: '{"type":"stop"}' }),
  ]);
}

describe('a client that vanishes', () => {
  it.for([
    ['with a farewell (FIN)', false],
    ['without one (RST)', true],
  ] as const)('%s at any byte of a session leaves nothing behind', async ([, resets]) => {
    const bytes = sessionBytes();
    const vanishAt = async (offset: number): Promise<void> => {
      const socket = await connectRaw(server.url);
      await new Promise((resolve) => socket.write(bytes.subarray(0, offset), resolve));
      if (resets) socket.resetAndDestroy();
      else socket.destroy();
      await once(socket, 'close');
    };

    for (let offset = 0; offset <= bytes.length; offset += MAX_SESSIONS / 2) {
      await Promise.all(Array.from({ length: MAX_SESSIONS / 2 }, (_, i) => vanishAt(Math.min(bytes.length, offset + i))));
      await allGone();
    }

    await expectAllPlacesFree();
  });
});

describe('a client that sends anything', () => {
  const knobs = fc.record(
    {
      threshold: fc.double({ min: -1, max: 2 }),
      patience: fc.integer({ min: -1, max: 60 }),
      keywords: fc.array(fc.constantFrom('yes', 'no', 'x')),
    },
    { requiredKeys: [] },
  );
  const message = fc.oneof(
    fc.constant(MONO_S16),
    fc.record({
      type: fc.constant('start'),
      sampleRate: fc.integer({ min: 0, max: 50_000 }),
      encoding: fc.constantFrom('pcm_f32le', 'mp3'),
      channels: fc.integer({ min: 0, max: 3 }),
    }),
    knobs.map((values) => ({ type: 'configure', ...values })),
    fc.constant({ type: 'stop' }),
    fc.jsonValue(),
  );
  const step = fc.oneof(
    message.map((value) => ({ type: 'text', data: Buffer.from(JSON.stringify(value)) }) as const),
    fc.uint8Array({ maxLength: 200 }).map((data) => ({ type: 'text', data: Buffer.from(data) }) as const),
    fc.uint8Array({ maxLength: 9000, size: 'max' }).map((data) => ({ type: 'binary', data: Buffer.from(data) }) as const),
    fc.uint8Array({ maxLength: 120 }).map((data) => ({ type: 'ping', data: Buffer.from(data) }) as const),
    fc.uint8Array({ minLength: 1, maxLength: 300 }).map((data) => ({ type: 'raw', data: Buffer.from(data) }) as const),
    fc.constant({ type: 'terminate' } as const),
  );

  test.prop([fc.boolean(), fc.array(step, { maxLength: 12 })], { numRuns: 60 })(
    'is ended or served, and leaves nothing behind',
    async (starts, steps) => {
      const socket = new WebSocket(server.url.replace('http', 'ws') + STREAM_PATH, SUBPROTOCOL);
      socket.on('error', () => undefined);
      await once(socket, 'open');
      if (starts) socket.send(JSON.stringify(MONO_S16));

      for (const { type, ...rest } of steps) {
        if (socket.readyState !== WebSocket.OPEN) break;
        const data = 'data' in rest ? rest.data : Buffer.alloc(0);
        if (type === 'text') socket.send(data, { binary: false });
        else if (type === 'binary') socket.send(data);
        else if (type === 'ping') socket.ping(data);
        else if (type === 'raw') (socket as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(data);
        else socket.terminate();
      }
      socket.terminate();

      await allGone();
      expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    },
  );

  test.prop([fc.uint8Array({ maxLength: 2000, size: 'max' }), fc.boolean()], { numRuns: 40 })(
    'and speaks no HTTP either, is ended',
    async (bytes, isAlmostHttp) => {
      const socket = await connectRaw(server.url);
      socket.resume();
      const closed = once(socket, 'close');

      socket.write(Buffer.concat([Buffer.from(isAlmostHttp ? `GET ${STREAM_PATH} HTTP/1.1\r\n` : ''), bytes]));
      socket.end();
      await closed;

      await allGone();
      expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    },
  );

  test('has left all places free', async () => {
    await expectAllPlacesFree();
  });
});

describe('two tenants', () => {
  const tenant = fc.record({
    knobs: fc.record({
      threshold: fc.record({ yes: fc.double({ min: 0.3, max: 0.4, noNaN: true }), no: fc.double({ min: 0.15, max: 0.3, noNaN: true }) }),
      patience: fc.integer({ min: 1, max: 3 }),
      refractoryMs: fc.constantFrom(0, 300),
    }),
    later: fc.record({ keywords: fc.constantFrom(['yes'], ['no'], ['yes', 'no']), patience: fc.integer({ min: 1, max: 3 }) }),
    seed: fc.integer({ min: 1, max: 100 }),
  });

  /** All of one tenant's stream, with a change of knobs half-way. */
  const framesOf = ({ later, seed }: { later: object; seed: number }): (Uint8Array | object)[] => {
    const chunks: (Uint8Array | object)[] = cutBytes(encodePcm(babble(3 * SECOND, seed), 'pcm_s16le'), [1600], 2);
    chunks.splice(chunks.length / 2, 0, { type: 'configure', ...later });
    return [...chunks, { type: 'stop' }];
  };
  const sendFrame = (client: StreamClient, frame: Uint8Array | object): void =>
    frame instanceof Uint8Array ? client.sendAudio(frame) : client.send(frame);
  const resultOf = async (client: StreamClient) => ({ end: await client.next('end'), keywords: client.takeAll('keyword') });

  test.prop([tenant, tenant, fc.array(fc.boolean(), { minLength: 3, maxLength: 20 })], { numRuns: 6 })(
    'get what each gets alone, however their frames are mixed',
    async (first, second, turns) => {
      const tenants = [first, second];
      const open = async (knobs: object): Promise<StreamClient> => {
        const client = await connect(server.url);
        client.send({ ...MONO_S16, ...knobs });
        return client;
      };
      const alone = await Promise.all(
        tenants.map(async (each) => {
          const client = await open(each.knobs);
          for (const frame of framesOf(each)) sendFrame(client, frame);
          return resultOf(client);
        }),
      );

      const clients = await Promise.all(tenants.map(({ knobs }) => open(knobs)));
      const queues = tenants.map(framesOf);
      for (let i = 0; queues.some(({ length }) => length > 0); i++) {
        const turn = turns[i % turns.length] === true ? 1 : 0;
        const at = queues[turn]!.length > 0 ? turn : 1 - turn;
        sendFrame(clients[at]!, queues[at]!.shift()!);
      }

      expect(await Promise.all(clients.map(resultOf))).toEqual(alone);
    },
  );
});

test('nothing secret and nothing heard is logged, however much is', async () => {
  const lines: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  const TOKENS = ['correct-horse-battery', 'staple-in-the-header', 'as-a-sub-protocol'];
  const settings = readSettings(
    {
      PORT: '0',
      MODEL_SOURCE: `file:${directory}`,
      KWS_TOKENS: TOKENS.join(','),
      DRAIN_TIMEOUT_MS: '0',
      LOG_LEVEL: 'trace',
      MAX_LOAD_PERCENT: '100000',
    },
    PROJECT_DIRECTORY,
  );
  const guarded = await startStreamServer(settings, log);
  onTestFinished(() => guarded.close());
  const audio = encodePcm(babble(2 * SECOND, 7), 'pcm_s16le');

  await stream(guarded.url, { token: TOKENS[0], metadata: { device: 'kitchen-of-jane' } }, cutBytes(audio, [3200], 2));
  const ways = [
    { protocols: [SUBPROTOCOL], headers: { authorization: `Bearer ${TOKENS[1]}` } },
    { protocols: [SUBPROTOCOL, `kws.token.${TOKENS[2]}`], headers: {} },
    { protocols: [SUBPROTOCOL], headers: { authorization: 'Bearer wrong-but-secret-too' } },
  ];
  for (const { protocols, headers } of ways) {
    const client = new StreamClient(new WebSocket(guarded.url.replace('http', 'ws') + STREAM_PATH, protocols, { headers }));
    await once(client.socket, 'open');
    client.send(MONO_S16);
    client.sendAudio(audio.subarray(0, 32_000));
    client.send('{"broken-on-purpose');
    await client.closed;
  }
  const post = { method: 'POST', headers: { 'content-type': 'audio/wav', authorization: `Bearer ${TOKENS[1]}` } };
  expect((await fetch(guarded.url + DETECT_PATH, { ...post, body: writeWav(babble(SECOND, 7), SECOND) })).status).toBe(200);
  await guarded.drain();

  const text = lines.join('');
  expect(lines.length).toBeGreaterThan(5);
  for (const secret of [...TOKENS, 'wrong-but-secret-too', 'kitchen-of-jane', 'broken-on-purpose']) expect(text).not.toContain(secret);
  for (const encoding of ['base64', 'hex'] as const) expect(text).not.toContain(Buffer.from(audio.subarray(0, 24)).toString(encoding));
  expect(text).not.toMatch(/(-?\d+(\.\d+)?,){16}/); // no row of numbers: neither samples nor bytes nor posteriors
  expect(text).not.toMatch(/"type":"Buffer"/);
});
