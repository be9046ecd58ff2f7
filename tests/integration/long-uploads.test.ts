/** Recordings of hours: heard as they come in, in little memory, and beside live sessions. */

import { expect, test } from 'vitest';

import { encodePcm } from '#shared/audio/pcm.ts';
import { writeWav } from '#shared/audio/wav.ts';
import { DETECT_PATH, DetectAnswerSchema } from '#shared/protocol/messages.ts';

import { babble, cutBytes } from '../helpers/arbitrary-audio.ts';
import { problemOf, upload } from '../helpers/detect-upload.ts';
import { startServiceProcess } from '../helpers/service-process.ts';
import { stream } from '../helpers/stream-client.ts';
import { startTestServer } from '../helpers/test-server.ts';
import { wavHeader } from '../helpers/wav-header.ts';

const MEBIBYTE = 1024 * 1024;
const WAV = writeWav(babble(40_000), 16_000);

/** Uploads what is asked for, piece by piece. */
function post(url: string, body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>, contentType = 'audio/wav', signal?: AbortSignal) {
  const init = { method: 'POST', headers: { 'content-type': contentType }, body, duplex: 'half', ...(signal && { signal }) };
  return fetch(url + DETECT_PATH, init);
}

/** A recording of babble that is made while it is sent. */
function recording(dataBytes: number, channels = 1) {
  const sound = encodePcm(babble(MEBIBYTE / 2), 'pcm_s16le');
  const given = { bytes: 0 };
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(wavHeader(dataBytes, { channels })),
    pull: (controller) => {
      const piece = sound.subarray(0, Math.min(sound.length, dataBytes - given.bytes));
      given.bytes += piece.length;
      if (piece.length > 0) controller.enqueue(piece);
      if (given.bytes === dataBytes) controller.close();
    },
  });
  return { body, given };
}

test('a session on the same process hears what it hears alone while a long recording is worked on', async () => {
  const server = await startTestServer();
  const chunks = cutBytes(encodePcm(babble(48_000), 'pcm_s16le'), [1600], 2);
  const eager = { threshold: { yes: 0.34, no: 0.22 }, patience: 1, refractoryMs: 0 };
  const alone = await stream(server.url, eager, chunks);
  const hours = recording(3 * 3600 * 32_000);
  const givenUp = new AbortController();
  const answer = post(server.url, hours.body, 'audio/wav', givenUp.signal).then(
    ({ status }) => status,
    () => 'given up',
  );
  const begun = async (bytes: number): Promise<void> => {
    while (hours.given.bytes < bytes) await fetch(`${server.url}/healthz`);
  };

  await begun(8 * MEBIBYTE);
  const beside = await stream(server.url, eager, chunks);
  await begun(hours.given.bytes + MEBIBYTE); // it was not done before the session was
  givenUp.abort();

  expect(alone.events.length).toBeGreaterThan(0);
  expect(beside).toEqual(alone);
  expect(await answer).toBe('given up');
});

test('a recording of any length takes the same little memory', async () => {
  const url = await startServiceProcess();
  const peak = { bytes: 0 };
  const look = async (): Promise<number> => {
    const text = await (await fetch(`${url}/metrics`)).text();
    return Number(/^process_resident_memory_bytes (\d+)$/m.exec(text)![1]);
  };
  const warm = await post(url, recording(16 * MEBIBYTE, 8).body);
  const beforeBytes = await look();
  const answer = post(url, recording(160 * MEBIBYTE, 8).body);
  const sent = { isAnswered: false };
  void answer.finally(() => (sent.isAnswered = true));

  while (!sent.isAnswered) peak.bytes = Math.max(peak.bytes, await look());

  expect(warm.status).toBe(200);
  expect(DetectAnswerSchema.parse(await (await answer).json()).durationMs).toBe((160 * MEBIBYTE) / 256);
  expect(peak.bytes - beforeBytes).toBeLessThan(64 * MEBIBYTE);
});

const BOUNDARY = 'between-parts';
const FORM_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

function formOf(...parts: readonly (readonly [disposition: string, content: Uint8Array | string])[]): Buffer<ArrayBuffer> {
  const encoded = parts.map(([disposition, content]) =>
    Buffer.concat([
      Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`),
      Buffer.from(content),
      Buffer.from('\r\n'),
    ]),
  );
  return Buffer.concat([...encoded, Buffer.from(`--${BOUNDARY}--\r\n`)]);
}

const FILE = 'name="file"; filename="a.wav"';

test('of a form the first file in its field is heard, whatever is beside it', async () => {
  const server = await startTestServer();
  const others = writeWav(babble(20_000, 2), 16_000);
  const form = formOf(
    ['name="note"', 'x'.repeat(5000)],
    ['name="other"; filename="b.wav"', others],
    [FILE, WAV],
    [FILE, others],
    ['name="last"', ''],
  );

  const response = await post(server.url, form, FORM_TYPE);

  expect(await response.json()).toEqual(await upload(server.url, WAV));
});

test.for<[string, (form: Buffer<ArrayBuffer>) => Buffer<ArrayBuffer>, string]>([
  ['cut within its file', (form) => form.subarray(0, form.length - 5000), FORM_TYPE],
  ['cut before its last boundary', (form) => form.subarray(0, form.length - BOUNDARY.length - 6), FORM_TYPE],
  ['without a word about its boundary', (form) => form, 'multipart/form-data'],
])('a form %s is refused', async ([, cut, contentType]) => {
  const server = await startTestServer();

  const response = await post(server.url, cut(formOf([FILE, WAV])), contentType);

  expect(await problemOf(response)).toMatchObject({ status: 400, code: 'malformed_form' });
});

test('a form whose file is no WAV is told so, and the service goes on', async () => {
  const server = await startTestServer();

  const response = await post(server.url, formOf([FILE, `fLaC${'x'.repeat(100_000)}`], [FILE, WAV]), FORM_TYPE);

  expect(await problemOf(response)).toMatchObject({ status: 415, code: 'not_wav', detail: expect.stringContaining('convert') as string });
  expect(await upload(server.url, WAV)).toMatchObject({ durationMs: 2500 });
});
