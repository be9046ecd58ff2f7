/** Holds the HTTP requests to the answers and problems that the service may give. */

import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';

import type { DetectAnswer } from '#shared/protocol/messages.ts';
import { fetchModel, fetchModelNames } from '../../../web/stream/model.ts';
import { detectKeyword } from '../../../web/stream/upload.ts';

const MODEL = { name: 'default', version: '1', digest: 'd', labels: ['yes', '_unknown_'], keywords: ['yes'] };
const ANSWER: DetectAnswer = {
  keyword: 'yes',
  probability: 0.9,
  top: [{ label: 'yes', probability: 0.9 }],
  durationMs: 1000,
  events: [],
  model: MODEL,
};

test('a recording is posted as it is, and the answer comes back typed', async () => {
  const requests: unknown[] = [];
  const server = await answering((request, response) => {
    request.on('data', (bytes: Buffer) => requests.push([request.url, request.headers['content-type'], [...bytes]]));
    request.on('end', () => response.end(JSON.stringify(ANSWER)));
  });

  const answer = await detectKeyword(new URL('/some/page', server), new Blob([Uint8Array.of(82, 73)]), { model: 'wake', top: 3 });

  expect(answer).toEqual(ANSWER);
  expect(requests).toEqual([['/v1/detect?top=3&model=wake', 'audio/wav', [82, 73]]]);
});

test("a problem becomes an error with the server's code and sentence", async () => {
  const problem = { type: 'about:blank', title: 'Bad Request', status: 400, detail: 'This is a JPEG.', code: 'not_wav' };
  const server = await answering((_, response) => response.writeHead(400).end(JSON.stringify(problem)));

  await expect(detectKeyword(server, new Blob())).rejects.toMatchObject({ code: 'not_wav', message: 'This is a JPEG.' });
});

test("a proxy's page in place of a problem is an error that names the status", async () => {
  const server = await answering((_, response) => response.writeHead(502).end('<html>'));

  await expect(fetchModel(server)).rejects.toMatchObject({ code: 'bad_server_message', message: 'The server answered with status 502.' });
});

test('an answer that does not fit is refused', async () => {
  const server = await answering((_, response) => response.end(JSON.stringify({ ...ANSWER, probability: 2 })));

  await expect(detectKeyword(server, new Blob())).rejects.toMatchObject({ code: 'bad_server_message' });
});

test('the model is read out of its manifest', async () => {
  const server = await answering((_, response) => response.end(JSON.stringify({ ...MODEL, topology: {} })));

  expect(await fetchModel(server)).toEqual(MODEL);
});

test('one of several models is asked for by its name', async () => {
  const server = await answering(({ url }, response) => response.end(JSON.stringify({ ...MODEL, name: url })));

  expect(await fetchModel(server, 'wake')).toMatchObject({ name: '/v1/model?name=wake' });
});

test('a token goes with the recording', async () => {
  const server = await answering(({ headers }, response) =>
    response.end(JSON.stringify({ ...ANSWER, keyword: headers.authorization ?? '' })),
  );

  expect(await detectKeyword(server, new Blob(), { token: 'secret' })).toMatchObject({ keyword: 'Bearer secret' });
  expect(await detectKeyword(server, new Blob())).toMatchObject({ keyword: '' });
});

test('the names of the models that are served come in their order, and no more than a page can show', async () => {
  const models = Array.from({ length: 100 }, (_, i) => ({ name: `model-${i}`, model: MODEL }));
  const server = await answering((_, response) => response.end(JSON.stringify({ models })));

  expect(await fetchModelNames(server)).toEqual(models.slice(0, 64).map(({ name }) => name));
});

test('a server that is away is unreachable', async () => {
  await expect(fetchModel('http://127.0.0.1:1')).rejects.toMatchObject({ code: 'server_unreachable' });
});

async function answering(listener: RequestListener): Promise<URL> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => void server.close());
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}
