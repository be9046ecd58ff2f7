/** What is wrong gets a coded error, and a session beside it does not notice. */

import { request } from 'node:http';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { writeWav } from '#shared/audio/wav.ts';
import { DETECT_PATH, type Problem } from '#shared/protocol/messages.ts';

import type { StreamServer } from '../../services/stream/server.ts';
import { babble } from '../helpers/arbitrary-audio.ts';
import { wavHeader } from '../helpers/wav-header.ts';
import { problemOf, upload, uploadRefused } from '../helpers/detect-upload.ts';
import { Neighbour } from '../helpers/neighbour.ts';
import { connect, MONO_S16, type StreamClient } from '../helpers/stream-client.ts';
import { startServer, writeTinyModel } from '../helpers/test-server.ts';

const MEBIBYTE = 1024 * 1024;

let server: StreamServer;
let neighbour: Neighbour;

beforeAll(async () => {
  server = await startServer({ MODEL_SOURCE: `file:${await writeTinyModel()}`, MAX_UPLOAD_BYTES: String(4 * MEBIBYTE) });
  neighbour = await Neighbour.at(server.url);
});
afterAll(() => server.close());

const besideAnotherSession = (act: () => Promise<void>): Promise<void> => neighbour.unharmedBy(act);

test('the session beside them has something to lose', () => {
  expect(neighbour.undisturbed.events.length).toBeGreaterThan(0);
});

describe('over the socket', () => {
  const start = (client: StreamClient): void => client.send(MONO_S16);

  test.for<[string, (client: StreamClient) => void, { code: string; close: number }]>([
    ['text before start', (client) => client.send({ type: 'configure', patience: 1 }), { code: 'start_expected', close: 4400 }],
    ['stop before start', (client) => client.send({ type: 'stop' }), { code: 'start_expected', close: 4400 }],
    ['audio before start', (client) => client.sendAudio(new Uint8Array(2)), { code: 'audio_before_start', close: 1003 }],
    ['malformed JSON', (client) => client.send('{"type":'), { code: 'malformed_json', close: 1007 }],
    ['JSON that is no message', (client) => client.send('[]'), { code: 'unknown_type', close: 4400 }],
    ['an unknown type', (client) => client.send({ type: 'hello' }), { code: 'unknown_type', close: 4400 }],
    ['a wrong sample rate', (client) => client.send({ ...MONO_S16, sampleRate: 96_000 }), { code: 'invalid_start', close: 4400 }],
    ['an unknown keyword', (client) => client.send({ ...MONO_S16, keywords: ['open sesame'] }), { code: 'unknown_keyword', close: 4400 }],
    [
      'a threshold for an unknown keyword',
      (client) => client.send({ ...MONO_S16, threshold: { x: 1 } }),
      { code: 'unknown_keyword', close: 4400 },
    ],
    [
      'a second start',
      (client) => {
        start(client);
        start(client);
      },
      { code: 'already_started', close: 4400 },
    ],
    [
      'an odd byte count',
      (client) => {
        start(client);
        client.sendAudio(new Uint8Array(3));
      },
      { code: 'odd_byte_count', close: 1007 },
    ],
    [
      'a bad configure',
      (client) => {
        start(client);
        client.send({ type: 'configure', patience: -1 });
      },
      { code: 'invalid_configure', close: 4400 },
    ],
  ])('%s', async ([, misbehave, { code, close }]) => {
    await besideAnotherSession(async () => {
      const client = await connect(server.url);

      misbehave(client);

      const error = await client.next('error');
      expect(error.code).toBe(code);
      expect(error.message).not.toBe('');
      expect(await client.closed).toEqual({ code: close, reason: code });
    });
  });

  test('a frame of more than 64 KiB is closed with 1009, one of 64 KiB is not', async () => {
    await besideAnotherSession(async () => {
      const client = await connect(server.url);
      start(client);
      client.sendAudio(new Uint8Array(65_536));
      client.send({ type: 'configure' });
      client.sendAudio(new Uint8Array(65_538));

      expect(await client.next('ready')).toMatchObject({ protocol: 1 });
      expect(await client.closed).toMatchObject({ code: 1009 });
    });
  });

  test('text that is not UTF-8 is closed with 1007', async () => {
    await besideAnotherSession(async () => {
      const client = await connect(server.url);
      client.socket.send(Buffer.from([0xff, 0xfe]), { binary: false });

      expect(await client.closed).toMatchObject({ code: 1007 });
    });
  });

  test('a client that vanishes in the middle', async () => {
    await besideAnotherSession(async () => {
      const client = await connect(server.url);
      start(client);
      client.sendAudio(new Uint8Array(32_000));

      client.socket.terminate();

      expect(await client.closed).toMatchObject({ code: 1006 });
    });
  });

  test('a stream at a wrong path is answered 404', async () => {
    await expect(connect(`${server.url}/elsewhere`)).rejects.toThrow('404');
  });
});

describe('uploads', () => {
  const wav = writeWav(babble(1000), 16_000);
  const withUint32 = (offset: number, value: number): Uint8Array<ArrayBuffer> => {
    const bytes = wav.slice();
    new DataView(bytes.buffer).setUint32(offset, value, true);
    return bytes;
  };
  const jpeg = Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, 0x00, 0x10, 0x4a, 0x46, 0x49, 0x46, 0x00, 0x01, ...new Uint8Array(500)]);

  test.for<[string, Uint8Array<ArrayBuffer>, Partial<Problem>]>([
    ['a JPEG', jpeg, { status: 415, code: 'not_wav' }],
    ['nothing', new Uint8Array(0), { status: 415, code: 'not_wav' }],
    ['a WAV of zero samples', writeWav(new Float32Array(0), 16_000), { status: 400, code: 'empty_wav' }],
    ['a RIFF header that claims 4 GB', withUint32(4, 0xffff_fff0), { status: 400, code: 'truncated_wav' }],
    ['a data chunk that claims 4 GB', withUint32(40, 0xffff_fff0), { status: 400, code: 'truncated_wav' }],
    ['a sample rate of 96 kHz', withUint32(24, 96_000), { status: 400, code: 'unsupported_sample_rate' }],
  ])('%s', async ([, file, problem]) => {
    await besideAnotherSession(async () => {
      expect(await uploadRefused(server.url, file)).toMatchObject(problem);
    });
  });

  test('of 100 MiB, announced, is refused before it is read', async () => {
    await besideAnotherSession(async () => {
      const { status, body, writtenBytes } = await postChunks({ 'content-length': String(100 * MEBIBYTE) });

      expect({ status, code: body.code }).toEqual({ status: 413, code: 'upload_too_large' });
      expect(writtenBytes).toBeLessThan(64 * MEBIBYTE); // what lies in buffers on the way
    });
  });

  test('of 100 MiB, not announced, is refused once it is over 4 MiB', async () => {
    await besideAnotherSession(async () => {
      const { status, body } = await postChunks({ 'transfer-encoding': 'chunked' });

      expect({ status, code: body.code }).toEqual({ status: 413, code: 'upload_too_large' });
    });
  });

  test.for([
    ['?top=0', 'top'],
    ['?top=many', 'top'],
    ['?threshold=1.1', 'threshold'],
    ['?volume=11', 'volume'],
  ] as const)('with the query %s', async ([query, parameter]) => {
    const problem = await uploadRefused(server.url, wav, query);

    expect(problem).toMatchObject({ status: 400, code: 'invalid_query' });
    expect(problem.detail).toContain(parameter);
  });

  test('of another media type', async () => {
    const response = await fetch(server.url + DETECT_PATH, { method: 'POST', headers: { 'content-type': 'image/jpeg' }, body: jpeg });

    expect(await problemOf(response)).toMatchObject({ status: 415, code: 'unsupported_media_type' });
  });

  test('as a form without a file', async () => {
    const body = new FormData();
    body.set('file', 'not a file');

    const response = await fetch(server.url + DETECT_PATH, { method: 'POST', body });

    expect(await problemOf(response)).toMatchObject({ status: 400, code: 'missing_file' });
  });

  test('as a form that breaks off', async () => {
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };

    const response = await fetch(server.url + DETECT_PATH, {
      method: 'POST',
      headers,
      body: '--x\r\nContent-Disposition: form-data; name="file"',
    });

    expect(await problemOf(response)).toMatchObject({ status: 400, code: 'malformed_form' });
  });

  test('leave the service able to answer the next', async () => {
    expect(await upload(server.url, wav)).toMatchObject({ durationMs: 62.5 });
  });
});

interface Posted {
  readonly status: number | undefined;
  readonly body: Problem;
  readonly writtenBytes: number;
}

/** Writes a silent recording until the answer comes, 100 MiB at most. */
async function postChunks(headers: Record<string, string>): Promise<Posted> {
  const chunk = new Uint8Array(MEBIBYTE);
  return new Promise((resolve, reject) => {
    let writtenBytes = 0;
    let isAnswered = false;
    const outgoing = request(server.url + DETECT_PATH, { method: 'POST', headers: { ...headers, 'content-type': 'audio/wav' } });
    outgoing.on('error', (error) => !isAnswered && reject(error));
    outgoing.on('response', (response) => {
      isAnswered = true;
      let text = '';
      response.on('data', (data: Buffer) => (text += data.toString('utf8')));
      response.on('end', () => {
        outgoing.destroy();
        resolve({ status: response.statusCode, body: JSON.parse(text) as Problem, writtenBytes });
      });
    });
    outgoing.write(wavHeader(100 * MEBIBYTE));
    const write = (): void => {
      if (isAnswered || writtenBytes >= 100 * MEBIBYTE) return;
      writtenBytes += chunk.length;
      outgoing.write(chunk, () => setImmediate(write));
    };
    write();
  });
}
