/** Keywords in audio that does not end: what a client is told, and what the servers get, when servers come and go. */

import { describe, expect, test } from 'vitest';

import { encodePcm } from '#shared/audio/pcm.ts';
import { backoffMs, MAX_ATTEMPTS } from '#shared/client/backoff.ts';
import { KeywordStream, MAX_BACKLOG_BYTES, type StreamEvent } from '#shared/client/keyword-stream.ts';
import { CLOSE_CODE } from '#shared/protocol/close-codes.ts';
import { STREAM_PATH, type KeywordMessage } from '#shared/protocol/messages.ts';

import { babble, cutBytes } from '../../helpers/arbitrary-audio.ts';
import { openSocket, POLITE, startScriptedServer, type Script } from '../../helpers/scripted-server.ts';
import { stream as streamOnce } from '../../helpers/stream-client.ts';
import { startTestServer } from '../../helpers/test-server.ts';

const SECOND = new Uint8Array(32_000);
/** Heard in the first half second of a session. */
const YES: KeywordMessage = {
  type: 'keyword',
  keyword: 'yes',
  score: 0.9,
  startMs: 0,
  endMs: 500,
  startSample: 0,
  endSample: 8000,
  model: '1',
  sequence: 0,
};

async function open(script: Script) {
  const server = await startScriptedServer(script);
  const delays: number[] = [];
  const stream = new KeywordStream({
    ...server.connection,
    random: () => 0.5,
    wait: (delayMs) => {
      delays.push(delayMs);
      return Promise.resolve();
    },
  });
  return { server, stream, delays, events: stream.events[Symbol.asyncIterator]() };
}

/** Takes events up to one of this type. */
async function until<Type extends StreamEvent['type']>(events: AsyncIterator<StreamEvent>, type: Type) {
  for (;;) {
    const next = await events.next();
    if (next.done === true) throw new Error(`the stream ended before ${type}`);
    if (next.value.type === type) return next.value as Extract<StreamEvent, { type: Type }>;
  }
}

describe('a stream', () => {
  test('hears what one session hears, on a real service', async () => {
    const server = await startTestServer();
    const chunks = cutBytes(encodePcm(babble(48_000), 'pcm_s16le'), [1600], 2);
    const start = { sampleRate: 16_000, encoding: 'pcm_s16le', channels: 1, threshold: 0.2, patience: 1 } as const;
    const { events: expected } = await streamOnce(server.url, start, chunks);
    const stream = new KeywordStream({ url: server.url.replace('http', 'ws') + STREAM_PATH, start, openSocket });

    for (const chunk of chunks) stream.send(chunk);
    void stream.stop();
    const heard: KeywordMessage[] = [];
    for await (const event of stream.events) if (event.type === 'keyword') heard.push(event);

    expect(expected.length).toBeGreaterThan(0);
    expect(heard.map(({ type: _, ...event }) => event)).toEqual(expected);
  });

  test('keeps audio until there is a session', async () => {
    const received: number[] = [];
    const { stream, events } = await open((peer, frame) => {
      if (frame.bytes) received.push(frame.bytes[0]!);
      POLITE(peer, frame);
    });

    for (const value of [1, 2, 3]) stream.send(Uint8Array.of(value, 0));
    await stream.stop();
    await until(events, 'end');

    expect(received).toEqual([1, 2, 3]);
    expect((await events.next()).done).toBe(true);
  });
});

describe('a session that is lost', () => {
  /** Ends the first session at its second chunk, and hears a word at the end of every other chunk. */
  function lossy(close: (peer: Parameters<Script>[0]) => void): Script {
    let isFirst = true;
    let samples = 0;
    return (peer, frame) => {
      if (frame.json?.type === 'start') samples = 0;
      if (!frame.bytes) return POLITE(peer, frame);
      samples += frame.bytes.length / 2;
      if (isFirst && samples > 16_000) {
        isFirst = false;
        close(peer);
      } else peer.say({ ...YES, startSample: samples - 8000, endSample: samples });
    };
  }

  test('is followed by another; one clock and one count go through both', async () => {
    const { stream, events, delays } = await open(lossy((peer) => peer.socket.terminate()));
    stream.send(SECOND);
    const first = await until(events, 'keyword');
    stream.send(SECOND);
    const { attempt, reason } = await until(events, 'reconnecting');
    const second = await until(events, 'keyword'); // in what the lost session was given, and the next one again
    stream.send(SECOND);
    const third = await until(events, 'keyword');
    stream.close();

    expect([attempt, reason.code]).toEqual([1, 'connection_lost']);
    expect(delays).toEqual([backoffMs(1, 0.5)]);
    expect(first).toMatchObject({ startMs: 500, endMs: 1000, sequence: 0 });
    expect(second).toMatchObject({ startMs: 1500, endMs: 2000, startSample: 24_000, sequence: 1 });
    expect(third).toMatchObject({ startMs: 2500, endMs: 3000, sequence: 2 });
  });

  test('is opened anew with the knobs of last', async () => {
    const starts: unknown[] = [];
    const { stream, events } = await open((peer, frame) => {
      if (frame.json?.type === 'start') starts.push(frame.json);
      POLITE(peer, frame);
      if (frame.bytes) peer.socket.terminate();
    });
    await until(events, 'ready');
    stream.configure({ threshold: 0.7 });
    stream.send(SECOND);
    await until(events, 'ready');
    stream.close();

    expect(starts).toMatchObject([{ type: 'start' }, { type: 'start', threshold: 0.7 }]);
    expect(starts[0]).not.toHaveProperty('threshold');
  });

  test('is not asked for again when that cannot help', async () => {
    const { stream, events, delays } = await open(lossy((peer) => peer.socket.close(CLOSE_CODE.notAllowed)));
    stream.send(SECOND);
    stream.send(SECOND);

    await expect(until(events, 'end')).rejects.toMatchObject({ code: 'not_allowed' });

    expect(delays).toEqual([]);
    expect(stream.send(SECOND)).toBe(false);
  });

  test('is given up after a limit', async () => {
    const { stream, events, delays, server } = await open(POLITE);
    await until(events, 'ready');

    await server.close();
    await expect(until(events, 'end')).rejects.toMatchObject({ code: 'server_unreachable' });
    await stream.stop();

    expect(delays).toHaveLength(MAX_ATTEMPTS);
  });
});

test('audio beyond the limit is dropped oldest first, counted, and the clock goes on', async () => {
  let isThere = false;
  const received: number[] = [];
  const server = await startScriptedServer((peer, frame) => {
    POLITE(peer, frame);
    if (!frame.bytes) return;
    received.push(frame.bytes[0]!);
    if (received.length === 1) peer.say(YES);
  });
  const stream = new KeywordStream({
    ...server.connection,
    wait: () => new Promise((resolve) => setImmediate(resolve)),
    openSocket: (url, protocol) => openSocket(isThere ? url : 'ws://127.0.0.1:1/', protocol),
  });
  const events = stream.events[Symbol.asyncIterator]();
  const seconds = MAX_BACKLOG_BYTES / SECOND.length;
  const second = (i: number) => new Uint8Array(SECOND.length).fill(i);

  for (let i = 0; i < seconds; i++) expect(stream.send(second(i))).toBe(true);
  expect(stream.send(second(seconds))).toBe(false);
  isThere = true;
  const heard = await until(events, 'keyword');
  await stream.stop();

  expect(stream.droppedBytes).toBe(SECOND.length);
  expect(received[0]).toBe(1);
  expect(heard).toMatchObject({ startMs: 1000, endMs: 1500 });
});

test('a server that says goaway is left for a new session before it ends the old one; the next is given what was said last again', async () => {
  const sessions: number[][] = [];
  const { stream, events, delays } = await open((peer, frame) => {
    if (frame.json?.type === 'start') sessions.push([]);
    if (frame.bytes) sessions.at(-1)!.push(frame.bytes[0]!);
    POLITE(peer, frame);
    if (!frame.bytes) return;
    if (sessions.length === 1) peer.say({ type: 'goaway', reconnectAfterMs: 1000 });
    if (frame.bytes[0] === 1) peer.say(YES);
    else peer.say({ ...YES, startSample: 18_000, endSample: 26_000 });
  });
  const seen: string[] = [];

  stream.send(new Uint8Array(32_000).fill(1));
  while (seen.filter((type) => type === 'ready').length < 2) seen.push(((await events.next()).value as StreamEvent).type);
  stream.send(new Uint8Array(32_000).fill(2));
  const heard = await until(events, 'keyword');
  await stream.stop();
  await until(events, 'end');

  expect(seen).toEqual(['ready', 'goaway', 'keyword', 'ready']);
  expect(sessions).toEqual([[1], [1, 2]]);
  expect(delays).toEqual([1500]);
  expect(heard).toMatchObject({ startMs: 1125, sequence: 1 });
});
