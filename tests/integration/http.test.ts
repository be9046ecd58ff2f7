/** The HTTP side of a running service. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Hono } from 'hono';
import { describe, expect, onTestFinished, test } from 'vitest';

import { writeWav } from '#shared/audio/wav.ts';
import { DetectAnswerSchema, DETECT_PATH } from '#shared/protocol/messages.ts';

import { servePage } from '../../services/stream/http/page.ts';
import { babble } from '../helpers/arbitrary-audio.ts';
import { problemOf, upload } from '../helpers/detect-upload.ts';
import { PROJECT_DIRECTORY, startTestServer } from '../helpers/test-server.ts';

const WAV = writeWav(babble(16_000), 16_000);

test('shows the manifest of its model', async () => {
  const server = await startTestServer();

  const manifest: unknown = await (await fetch(`${server.url}/v1/model`)).json();

  expect(manifest).toMatchObject({ name: 'tiny', digest: server.model.digest, labels: server.model.labels, windowSamples: 16_000 });
});

test.for([
  ['GET', '/v1/nothing', 404, 'not_found'],
  ['POST', '/', 404, 'not_found'],
  ['GET', DETECT_PATH, 405, 'method_not_allowed'],
  ['GET', '/v1/stream', 426, 'upgrade_required'],
] as const)('answers %s %s with %i %s', async ([method, path, status, code]) => {
  const server = await startTestServer();

  expect(await problemOf(await fetch(server.url + path, { method }))).toMatchObject({ status, code });
});

describe('an upload', () => {
  test('of one second is one window: its labels are ranked, its probabilities sum to 1', async () => {
    const server = await startTestServer();

    const answer = await upload(server.url, WAV, '?top=4');

    expect(answer.top).toHaveLength(4);
    expect(answer.top.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5);
    expect(answer.top[0]).toEqual({ label: answer.keyword, probability: answer.probability });
    expect(answer).toMatchObject({ durationMs: 1000, model: server.model });
    const probabilities = answer.top.map(({ probability }) => probability);
    expect(probabilities).toEqual([...probabilities].sort((a, b) => b - a));
  });

  test('ranks as many labels as asked for', async () => {
    const server = await startTestServer();

    expect((await upload(server.url, WAV, '?top=2')).top).toHaveLength(2);
  });

  test('takes a threshold for its events', async () => {
    const server = await startTestServer();
    const long = writeWav(babble(32_000), 16_000);

    expect((await upload(server.url, long, '?threshold=0')).events.map(({ keyword }) => keyword)).toEqual(['yes', 'no']);
    expect((await upload(server.url, long, '?threshold=1')).events).toEqual([]);
  });

  test('as a form is answered as a plain one', async () => {
    const server = await startTestServer();
    const body = new FormData();
    body.set('file', new Blob([WAV], { type: 'audio/wav' }), 'word.wav');

    const response = await fetch(server.url + DETECT_PATH, { method: 'POST', body });

    expect(DetectAnswerSchema.parse(await response.json())).toEqual(await upload(server.url, WAV));
  });

  test('beyond the number that may be worked on is told to come again', async () => {
    const server = await startTestServer({ MAX_UPLOADS: '1' });
    const body = new TransformStream<Uint8Array, Uint8Array>();
    const writer = body.writable.getWriter();
    const headers = { 'content-type': 'audio/wav' };
    const slow = fetch(server.url + DETECT_PATH, { method: 'POST', headers, body: body.readable, duplex: 'half' } as RequestInit);
    await writer.write(WAV.subarray(0, 100));

    const refused = await untilStatus(server.url, 503);

    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await problemOf(refused)).toMatchObject({ code: 'no_capacity' });
    await writer.write(WAV.subarray(100));
    await writer.close();
    expect((await slow).status).toBe(200);
    expect(await upload(server.url, WAV)).toMatchObject({ durationMs: 1000 });
  });
});

describe('closing', () => {
  test('cuts off an upload that takes too long', async () => {
    const server = await startTestServer({ ENGINE: 'reference' }); // slow enough to be still at it
    const minutes = writeWav(babble(10 * 60 * 16_000), 16_000);
    const answered = upload(server.url, minutes).then(
      () => 'answered',
      () => 'cut off',
    );
    await untilStatus(server.url, 200);

    await server.close();

    expect(await answered).toBe('cut off');
  });
});

describe('the page', () => {
  test('is served with its content types, and only hashed files are cached', async () => {
    const server = await startTestServer();

    const page = await fetch(`${server.url}/`);
    const html = await page.text();
    const script = await fetch(server.url + /"(\/assets\/[^"]+\.js)"/.exec(html)![1]!);

    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    expect(page.headers.get('cache-control')).toBe('no-cache');
    expect(html).toBe(await readFile(join(PROJECT_DIRECTORY, 'dist', 'web', 'index.html'), 'utf8'));
    expect(script.headers.get('content-type')).toMatch(/^text\/javascript/);
    expect(script.headers.get('cache-control')).toMatch(/immutable/);
    await script.arrayBuffer(); // an unread answer keeps its connection open
  });

  test('gives pages of other origins the element, and what its engine is made of', async () => {
    const server = await startTestServer();

    const script = await fetch(`${server.url}/kws-listener.js`, { headers: { origin: 'https://guest.example' } });

    expect(script.headers.get('access-control-allow-origin')).toBe('*');
    expect(script.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    await script.arrayBuffer();
  });

  test('does not let out files beside it', async () => {
    const server = await startTestServer();

    expect((await fetch(`${server.url}/..%2f..%2fpackage.json`)).status).toBe(404);
  });

  test('says how to build it when it is not there', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'kws-page-'));
    onTestFinished(() => rm(empty, { recursive: true }));
    const app = new Hono().get('*', servePage(empty));
    const problems: unknown[] = [];
    app.onError((error, context) => {
      problems.push(error);
      return context.text(error.message);
    });

    expect(await (await app.request('/')).text()).toContain('npm run build');
    expect(problems).toMatchObject([{ code: 'page_not_built' }]);
    expect((await app.request('/other')).status).toBe(404);
  });
});

/** Uploads until the answer has this status: when the server has begun to read another request, no message tells. */
async function untilStatus(url: string, status: number): Promise<Response> {
  for (;;) {
    const response = await fetch(url + DETECT_PATH, { method: 'POST', headers: { 'content-type': 'audio/wav' }, body: WAV });
    if (response.status === status) return response;
    await response.arrayBuffer();
  }
}
