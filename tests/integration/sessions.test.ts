/** Sessions over a real socket, with a small network: the protocol's order, knobs, neighbours, limits and the end. */

import { once } from 'node:events';

import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { WebSocket } from 'ws';

import { encodePcm } from '#shared/audio/pcm.ts';
import { STREAM_PATH, SUBPROTOCOL } from '#shared/protocol/messages.ts';

import { babble, cutBytes } from '../helpers/arbitrary-audio.ts';
import { connect, MONO_S16, stream, StreamClient } from '../helpers/stream-client.ts';
import { startTestServer } from '../helpers/test-server.ts';

const SECOND = 16_000;
const STRIDE = 1280;
/** In the middle of what the small network says to noise. */
const EAGER = { threshold: { yes: 0.34, no: 0.22 }, patience: 1, refractoryMs: 0 };

const bytesOf = (samples: number, seed?: number): Uint8Array => encodePcm(babble(samples, seed), 'pcm_s16le');

async function startedClient(url: string, knobs: object = {}): Promise<StreamClient> {
  const client = await connect(url);
  client.send({ ...MONO_S16, ...knobs });
  await client.next('ready');
  return client;
}

describe('a session', () => {
  test('says what it runs, and speaks the sub-protocol', async () => {
    const server = await startTestServer();
    const client = await connect(server.url);

    client.send(MONO_S16);

    expect(client.socket.protocol).toBe(SUBPROTOCOL);
    expect(await client.next('ready')).toEqual({
      type: 'ready',
      session: expect.any(String) as string,
      protocol: 1,
      model: server.model,
      windowSamples: SECOND,
      strideSamples: STRIDE,
    });
  });

  test('ends with a count of what it heard, and closes with 1000', async () => {
    const server = await startTestServer();
    const client = await startedClient(server.url);

    client.sendAudio(bytesOf(2 * SECOND));
    client.send({ type: 'stop' });

    expect(await client.next('end')).toEqual({ type: 'end', samples: 2 * SECOND, windows: 13, keywords: 0 });
    expect(await client.closed).toEqual({ code: 1000, reason: 'done' });
  });

  test('sends the posteriors of every window if asked, and stops when told', async () => {
    const server = await startTestServer();
    const client = await startedClient(server.url, { posteriors: true });

    client.sendAudio(bytesOf(SECOND + STRIDE));
    client.send({ type: 'configure', posteriors: false });
    client.sendAudio(bytesOf(STRIDE));
    client.send({ type: 'stop' });
    await client.next('end');

    const windows = client.takeAll('posteriors');
    expect(windows.map(({ endSample }) => endSample)).toEqual([SECOND, SECOND + STRIDE]);
    for (const { values } of windows) expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
  });

  test('takes other knobs while it streams', async () => {
    const server = await startTestServer();
    const client = await startedClient(server.url, { threshold: 1 });

    client.sendAudio(bytesOf(2 * SECOND));
    client.send({ type: 'configure', threshold: 0, keywords: ['no'], patience: 1 });
    client.sendAudio(bytesOf(SECOND));

    expect(await client.next('keyword')).toMatchObject({ keyword: 'no', sequence: 0, endSample: SECOND + 13 * STRIDE, model: '0.0.1' });
  });

  test.prop([fc.array(fc.boolean(), { minLength: 4, maxLength: 20 }), fc.integer({ min: 1, max: 3000 })], { numRuns: 3 })(
    'gets what it gets alone while another one is interleaved',
    async (turns, chunkSamples) => {
      // A sample a frame is more frames than anybody may send; here it is the cut that is looked at.
      const server = await startTestServer({ MAX_FRAMES_PER_SECOND: '100000' });
      const recordings = [bytesOf(3 * SECOND, 3), bytesOf(3 * SECOND, 4)];
      const chunks = recordings.map((bytes) => cutBytes(bytes, [chunkSamples], 2));
      const expected = [await stream(server.url, EAGER, chunks[0]!), await stream(server.url, EAGER, chunks[1]!)];
      const clients = [await startedClient(server.url, EAGER), await startedClient(server.url, EAGER)];

      for (let i = 0; chunks.some(({ length }) => length > 0); i++) {
        const turn = turns[i % turns.length] ? 1 : 0;
        const next = chunks[turn]!.length > 0 ? turn : 1 - turn;
        clients[next]!.sendAudio(chunks[next]!.shift()!);
      }
      for (const client of clients) client.send({ type: 'stop' });

      for (const [i, client] of clients.entries()) {
        expect(await client.next('end')).toEqual(expected[i]!.end);
        expect(client.takeAll('keyword').map(({ type: _, ...event }) => event)).toEqual(expected[i]!.events);
      }
    },
  );
});

describe('limits', () => {
  test('one session too many is refused with no_capacity, and a place that becomes free is given again', async () => {
    const server = await startTestServer({ MAX_SESSIONS: '1' });
    const first = await startedClient(server.url);

    const second = await connect(server.url);
    expect(await second.next('error')).toMatchObject({ code: 'no_capacity' });
    expect(await second.closed).toMatchObject({ code: 1013 });
    first.send({ type: 'stop' });
    await first.closed;

    expect(await startedClient(server.url)).toBeInstanceOf(StreamClient);
  });

  test('a socket that never starts is closed with 4408', async () => {
    const server = await startTestServer({ START_TIMEOUT_MS: '20' });
    const client = await connect(server.url);

    expect(await client.next('error')).toMatchObject({ code: 'start_timeout' });
    expect(await client.closed).toMatchObject({ code: 4408 });
  });

  test('a stream that falls silent is closed with 4408', async () => {
    const server = await startTestServer({ IDLE_TIMEOUT_MS: '20' });
    const client = await startedClient(server.url);

    expect(await client.next('error')).toMatchObject({ code: 'idle_timeout' });
    expect(await client.closed).toMatchObject({ code: 4408 });
  });
});

describe('draining', () => {
  test('sends clients away, lets them finish within the timeout, and refuses new ones', async () => {
    const server = await startTestServer({ DRAIN_TIMEOUT_MS: '60000' });
    const client = await startedClient(server.url);

    const drained = server.drain();
    const { reconnectAfterMs } = await client.next('goaway');
    expect(reconnectAfterMs).toBeGreaterThanOrEqual(1000);
    expect(reconnectAfterMs).toBeLessThanOrEqual(2000);
    await expect(connect(server.url)).rejects.toThrow('503');
    client.sendAudio(bytesOf(SECOND));
    client.send({ type: 'stop' });

    expect(await client.next('end')).toMatchObject({ windows: 1 });
    await drained;
    expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });

  test('closes those that stay with 1012', async () => {
    const server = await startTestServer({ DRAIN_TIMEOUT_MS: '10' });
    const client = await startedClient(server.url);

    await server.drain();

    expect(await client.closed).toEqual({ code: 1012, reason: 'restarting' });
  });

  test('closing the server closes its sessions with 1001', async () => {
    const server = await startTestServer();
    const client = await startedClient(server.url);

    await server.close();

    expect(await client.closed).toMatchObject({ code: 1001 });
  });
});

test('a client without the sub-protocol is served', async () => {
  const server = await startTestServer();
  const socket = new WebSocket(server.url.replace('http', 'ws') + STREAM_PATH);
  const client = new StreamClient(socket);
  await once(socket, 'open');

  client.send(MONO_S16);

  expect(await client.next('ready')).toMatchObject({ protocol: 1 });
});

test('a client that wants another sub-protocol is not granted it', async () => {
  const server = await startTestServer();
  const socket = new WebSocket(server.url.replace('http', 'ws') + STREAM_PATH, 'mqtt');

  await expect(once(socket, 'open')).rejects.toThrow('Server sent no subprotocol');
});
