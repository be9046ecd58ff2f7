/** The service describes itself as it is. The helpers hold every answer and message of the other tests to the documents too. */

import { expect, test } from 'vitest';
import { parse } from 'yaml';

import { encodePcm } from '#shared/audio/pcm.ts';
import { serialise } from '#shared/protocol/codec.ts';
import { SUBPROTOCOL, type ClientMessage } from '#shared/protocol/messages.ts';

import { asyncApiDocument } from '../../services/stream/description/asyncapi.ts';
import { openApiDocument } from '../../services/stream/description/openapi.ts';
import { babble } from '../helpers/arbitrary-audio.ts';
import { assertDescribedAnswer, assertDescribedMessage } from '../helpers/described.ts';
import { problemOf } from '../helpers/detect-upload.ts';
import { connect, MONO_S16 } from '../helpers/stream-client.ts';
import { startTestServer } from '../helpers/test-server.ts';

test.for(['/v1/model', '/v1/models', '/healthz', '/readyz'])('%s answers as described', async (path) => {
  const server = await startTestServer();

  const response = await fetch(server.url + path);

  expect(response.status).toBe(200);
  assertDescribedAnswer(response, await response.json());
});

test('every described route that takes GET is there, with the described media type', async () => {
  const server = await startTestServer();

  for (const [path, operations] of Object.entries(openApiDocument().paths)) {
    const described = operations['get']?.responses[200];
    if (!described) continue;
    const response = await fetch(server.url + path);
    await response.arrayBuffer();
    expect([path, response.status, response.headers.get('content-type')?.split(';', 1)[0]]).toEqual([
      path,
      200,
      Object.keys(described.content)[0],
    ]);
  }
});

test('problems of other routes are as described', async () => {
  const server = await startTestServer();

  expect(await problemOf(await fetch(`${server.url}/v1/model?name=other`))).toMatchObject({ code: 'unknown_model' });
  expect(await problemOf(await fetch(`${server.url}/v1/stream`))).toMatchObject({ code: 'upgrade_required' });
});

test('the documents that it serves are those that are tested', async () => {
  const server = await startTestServer();
  const get = (path: string) => fetch(server.url + path);

  expect(await (await get('/openapi.json')).json()).toEqual(JSON.parse(JSON.stringify(openApiDocument())));
  expect(parse(await (await get('/asyncapi.yaml')).text())).toEqual(JSON.parse(JSON.stringify(asyncApiDocument())));
  const page = await get('/docs');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(await page.text()).toContain('/v1/detect');
});

test('a session sends and takes what is described, from start to end', async () => {
  const server = await startTestServer({ AUDIO_BURST_MS: '4000', AUDIO_MAX_SPEED: '1', DRAIN_TIMEOUT_MS: '60000' });
  const client = await connect(server.url); // whose messages are held to the document
  const say = (message: ClientMessage): void => {
    assertDescribedMessage(message);
    client.socket.send(serialise(message));
  };

  say({ ...MONO_S16, threshold: 0, patience: 1, posteriors: true, metadata: { device: 'test' } });
  const seen: string[] = [(await client.next('ready')).type];
  client.sendAudio(encodePcm(babble(16_000 * 3.5), 'pcm_s16le').subarray(0, 65_536));
  client.sendAudio(encodePcm(babble(16_000 * 3.5), 'pcm_s16le').subarray(65_536));
  for (const type of ['keyword', 'posteriors', 'warning'] as const) seen.push((await client.next(type)).type);
  const drained = server.drain();
  seen.push((await client.next('goaway')).type);
  say({ type: 'configure', threshold: { yes: 0.5 }, posteriors: false });
  say({ type: 'stop' });
  seen.push((await client.next('end')).type);
  await drained;

  expect(client.socket.protocol).toBe(SUBPROTOCOL);
  expect(seen).toEqual(['ready', 'keyword', 'posteriors', 'warning', 'goaway', 'end']);
});
