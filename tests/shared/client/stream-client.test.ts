/** Holds the WebSocket client to the wire: what it sends, what it accepts, and how it ends. */

import { describe, expect, test } from 'vitest';

import { encodePcm } from '#shared/audio/pcm.ts';
import { readWav } from '#shared/audio/wav.ts';
import { CLOSE_CODE } from '#shared/protocol/close-codes.ts';
import { MAX_FRAME_BYTES, STREAM_PATH, type ServerMessage } from '#shared/protocol/messages.ts';
import { connectStream, MAX_BUFFERED_BYTES, type ClientSocket } from '#shared/client/stream-client.ts';
import { readRecording } from '../../helpers/recordings.ts';
import { startTestServer } from '../../helpers/test-server.ts';
import { END, openSocket, POLITE, READY, startScriptedServer, type Script } from '../../helpers/scripted-server.ts';

describe('a session', () => {
  test('begins with start, carries audio, and ends with what the server counted', async () => {
    const seen: unknown[] = [];
    const { connection } = await startScriptedServer((peer, frame) => {
      seen.push(frame.json ?? frame.bytes);
      POLITE(peer, frame);
    });

    const client = await connectStream(connection);
    client.send(Uint8Array.of(1, 2, 3, 4));
    const end = await client.stop();

    expect(client.ready).toEqual(READY);
    expect(end).toEqual(END);
    expect(seen).toEqual([{ type: 'start', ...connection.start }, Buffer.of(1, 2, 3, 4), { type: 'stop' }]);
  });

  test('gives every message from ready to end, then ends the iteration', async () => {
    const { connection } = await startScriptedServer(POLITE);
    const client = await connectStream(connection);

    void client.stop();

    expect(await readAll(client.messages)).toEqual([READY, END]);
  });

  test('sends knobs that change mid-stream', async () => {
    const { connection } = await startScriptedServer((peer, frame) => {
      POLITE(peer, frame);
      if (frame.json?.type === 'configure') peer.say({ type: 'warning', code: 'seen', message: JSON.stringify(frame.json) });
    });
    const client = await connectStream(connection);

    client.configure({ threshold: 0.7 });
    void client.stop();

    expect(await readAll(client.messages)).toContainEqual({
      type: 'warning',
      code: 'seen',
      message: '{"type":"configure","threshold":0.7}',
    });
  });

  test('closed by us just ends', async () => {
    const { connection } = await startScriptedServer(POLITE);
    const client = await connectStream(connection);

    client.close();

    expect(await readAll(client.messages)).toEqual([READY]);
  });
});

describe('audio', () => {
  test('longer than a frame is sent as several, byte for byte', async () => {
    const frames: Buffer[] = [];
    const { connection } = await startScriptedServer((peer, frame) => {
      if (frame.bytes) frames.push(frame.bytes);
      POLITE(peer, frame);
    });
    const audio = Uint8Array.from({ length: 2 * MAX_FRAME_BYTES + 10 }, (_, i) => i % 251);
    const client = await connectStream(connection);

    client.send(audio.subarray(2));
    await client.stop();

    expect(frames.map(({ length }) => length)).toEqual([MAX_FRAME_BYTES, MAX_FRAME_BYTES, 8]);
    expect(Buffer.concat(frames).equals(audio.subarray(2))).toBe(true);
  });

  test('is dropped and counted when too much of it waits for the network', async () => {
    const { connection } = await startScriptedServer((peer, frame) => {
      POLITE(peer, frame);
      if (frame.json?.type === 'start') peer.socket.pause();
    });
    const client = await connectStream(connection);
    const megabyte = new Uint8Array(1024 * 1024);

    const accepted = Array.from({ length: 64 }, () => client.send(megabyte));

    expect(accepted[0]).toBe(true);
    expect(accepted.at(-1)).toBe(false);
    expect(client.droppedBytes).toBe(accepted.filter((isAccepted) => !isAccepted).length * megabyte.length);
    client.close();
  });

  test('may be sent without loss by a sender that waits until there is room', async () => {
    let receivedBytes = 0;
    const { connection } = await startScriptedServer((peer, frame) => {
      receivedBytes += frame.bytes?.length ?? 0;
      POLITE(peer, frame);
    });
    const client = await connectStream(connection);
    const chunk = new Uint8Array(MAX_BUFFERED_BYTES);

    for (let i = 0; i < 40; i++) {
      await client.writable();
      expect(client.send(chunk)).toBe(true);
    }
    await client.stop();

    expect(receivedBytes).toBe(40 * MAX_BUFFERED_BYTES);
  });
});

describe('a session that ends against our will', () => {
  const cases: readonly (readonly [string, Script, object])[] = [
    ['is lost when the connection breaks', (peer) => peer.socket.terminate(), { code: 'connection_lost' }],
    ['names a server that restarts', (peer) => peer.socket.close(CLOSE_CODE.restarting), { message: 'The server is restarting.' }],
    ['names a server that closes without an end', (peer) => peer.socket.close(CLOSE_CODE.done), { code: 'connection_lost' }],
    [
      "gives the server's own code and message",
      (peer) => peer.say({ type: 'error', code: 'odd_byte_count', message: 'Half a sample.' }),
      { code: 'odd_byte_count', message: 'Half a sample.' },
    ],
    ['refuses what is not JSON', (peer) => peer.socket.send('{'), { code: 'bad_server_message' }],
    ['refuses JSON that is no message', (peer) => peer.socket.send('{"type":"keyword"}'), { code: 'bad_server_message' }],
    ['refuses binary frames', (peer) => peer.socket.send(Buffer.of(1)), { code: 'bad_server_message' }],
  ];

  test.each(cases)('%s', async (_, answerToAudio, error) => {
    const { connection } = await startScriptedServer((peer, frame) => (frame.bytes ? answerToAudio(peer, frame) : POLITE(peer, frame)));
    const client = await connectStream(connection);

    client.send(Uint8Array.of(0, 0));

    await expect(readAll(client.messages)).rejects.toMatchObject(error);
    await expect(client.stop()).rejects.toMatchObject(error);
  });

  test('reports messages that nobody reads instead of keeping them without limit', async () => {
    const { connection } = await startScriptedServer((peer, frame) => {
      POLITE(peer, frame);
      if (frame.bytes) for (let i = 0; i < 17_000; i++) peer.say({ type: 'posteriors', endSample: i, values: [] });
    });
    const client = await connectStream(connection);

    client.send(Uint8Array.of(0, 0));

    await expect(client.stop()).rejects.toMatchObject({ code: 'inbox_full' });
  });
});

describe('a server that does not let us in', () => {
  test('is unreachable when nothing listens there', async () => {
    const server = await startScriptedServer(POLITE);
    await server.close();

    await expect(connectStream(server.connection)).rejects.toMatchObject({ code: 'server_unreachable' });
  });

  test('gives its reason in place of ready', async () => {
    const { connection } = await startScriptedServer((peer) => peer.say({ type: 'error', code: 'bad_start', message: 'No such keyword.' }));

    await expect(connectStream(connection)).rejects.toMatchObject({ code: 'bad_start', message: 'No such keyword.' });
  });

  test.each([
    ['start', 'never says ready'],
    ['stop', 'never says end'],
  ])('times out when after %s it %s', async (unanswered) => {
    const { connection } = await startScriptedServer((peer, frame) => {
      if (frame.json?.type !== unanswered) POLITE(peer, frame);
    });
    const session = connectStream({ ...connection, answerTimeoutMs: 200 }).then((client) => client.stop());

    await expect(session).rejects.toMatchObject({ code: 'server_timeout' });
  });
});

test('the service itself hears every sample of a recording, whatever the client is given at once', async () => {
  const server = await startTestServer();
  const { samples } = readWav(await readRecording('yes-stop-left'));
  const pcm = encodePcm(samples, 'pcm_s16le');
  const client = await connectStream({
    url: server.url.replace('http', 'ws') + STREAM_PATH,
    start: { sampleRate: 16_000, encoding: 'pcm_s16le', channels: 1 },
    openSocket,
  });

  client.send(pcm);
  const end = await client.stop();

  expect(client.ready.model).toEqual(server.model);
  expect(end).toMatchObject({
    samples: samples.length,
    windows: 1 + Math.floor((samples.length - client.ready.windowSamples) / client.ready.strideSamples),
  });
});

test('the socket is closed once the session is over, whoever ended it', async () => {
  const { connection } = await startScriptedServer(POLITE);
  const closes: Promise<number>[] = [];
  const openWatched = (url: string, protocol: string): ClientSocket => {
    const socket = openSocket(url, protocol);
    closes.push(new Promise((resolve) => socket.addEventListener('close', ({ code = 0 }) => resolve(code))));
    return socket;
  };

  const stopped = await connectStream({ ...connection, openSocket: openWatched });
  await stopped.stop();
  const abandoned = await connectStream({ ...connection, openSocket: openWatched });
  abandoned.close();

  expect(await Promise.all(closes)).toEqual([CLOSE_CODE.done, CLOSE_CODE.done]);
});

async function readAll(messages: AsyncIterable<ServerMessage>): Promise<ServerMessage[]> {
  const read: ServerMessage[] = [];
  for await (const message of messages) read.push(message);
  return read;
}
