/** Several models by name out of folders, and their change while sessions stream. */

import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { encodePcm } from '#shared/audio/pcm.ts';
import { MANIFEST_FILE, WEIGHTS_FILE, type ArtefactFiles } from '#shared/model/artefact.ts';
import { ModelsAnswerSchema } from '#shared/protocol/messages.ts';
import { exportPublicKey } from '#shared/registry/signature.ts';

import { babble } from '../helpers/arbitrary-audio.ts';
import { readRecording } from '../helpers/recordings.ts';
import { connect, MONO_S16 } from '../helpers/stream-client.ts';
import { startServer, writeTinyModel } from '../helpers/test-server.ts';
import { tinyArtefactFiles } from '../helpers/tiny-model.ts';

const SECOND = encodePcm(babble(16_000), 'pcm_s16le');
/** Words that no clip of the self-test says. */
const WORDS = { labels: ['ja', 'nein', '_unknown_', '_silence_'], keywords: ['ja', 'nein'] };
/** The port for what nobody reads: no server is there. */
const NO_NATS = 'nats://127.0.0.1:9';
const OPERATING_POINT = { threshold: 0.5, patience: 2, refractoryMs: 500 };
const OWN_WORDS = { ...WORDS, operatingPoints: { ja: OPERATING_POINT, nein: OPERATING_POINT } };

/** Puts a whole directory in the place of another, as deployments do. */
async function replaceModel(directory: string, { manifestJson, weightsBytes }: ArtefactFiles): Promise<void> {
  await writeFile(join(directory, 'next'), weightsBytes);
  await rename(join(directory, 'next'), join(directory, WEIGHTS_FILE));
  await writeFile(join(directory, 'next'), manifestJson);
  await rename(join(directory, 'next'), join(directory, MANIFEST_FILE));
}

test('sessions, uploads and questions find each model by its name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kws-models-'));
  for (const name of ['wake', 'commands']) await rename(await writeTinyModel({ name }), join(folder, name));
  const server = await startServer({ MODEL_SOURCE: `file:${folder}`, MODEL_NAME: 'wake,commands' });
  onTestFinished(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });
  const clients = await Promise.all([connect(server.url), connect(server.url), connect(server.url)]);
  const asked = [undefined, 'commands', 'other'];

  clients.forEach((client, i) => client.send({ ...MONO_S16, model: asked[i] }));
  const ready = [await clients[0].next('ready'), await clients[1].next('ready')];
  const refusal = await clients[2].next('error');
  const get = (path: string): Promise<Response> => fetch(server.url + path);
  const upload = { method: 'POST', headers: { 'content-type': 'audio/wav' }, body: new Uint8Array(await readRecording('yes')) };

  expect(ready.map(({ model }) => model.name)).toEqual(['wake', 'commands']);
  expect(refusal).toMatchObject({ code: 'unknown_model' });
  expect((await clients[2].closed).code).toBe(4400);
  expect(await (await get('/v1/model?name=commands')).json()).toMatchObject({ name: 'commands' });
  expect(await (await get('/v1/model')).json()).toMatchObject({ name: 'wake' });
  expect((await get('/v1/model?name=other')).status).toBe(404);
  const { models } = ModelsAnswerSchema.parse(await (await get('/v1/models')).json());
  expect(models.map(({ name, model }) => [name, model.name])).toEqual([
    ['wake', 'wake'],
    ['commands', 'commands'],
  ]);
  expect(await (await fetch(`${server.url}/v1/detect?model=commands`, upload)).json()).toMatchObject({ model: { name: 'commands' } });
  expect((await fetch(`${server.url}/v1/detect?model=other`, upload)).status).toBe(404);
});

test('a folder that changes is served at once, to live sessions too; what is broken, misnamed or deaf is not', async () => {
  const directory = await writeTinyModel(OWN_WORDS);
  const server = await startServer({ MODEL_SOURCE: `file:${directory}` });
  onTestFinished(async () => {
    await server.close();
    await rm(directory, { recursive: true });
  });
  const refusals = async (code: string): Promise<boolean> =>
    (await (await fetch(`${server.url}/metrics`)).text()).includes(`kws_model_refused_total{name="tiny",code="${code}"} 1`);
  const client = await connect(server.url);
  client.send({ ...MONO_S16, keywords: ['nein'] });
  await client.next('ready');
  client.sendAudio(SECOND);

  await writeFile(join(directory, WEIGHTS_FILE), new Uint8Array(8));
  await expect.poll(() => refusals('invalid_weights'), { timeout: 60_000 }).toBe(true);
  await replaceModel(directory, await tinyArtefactFiles({ ...OWN_WORDS, name: 'other', seed: 2 }));
  await expect.poll(() => refusals('model_name_mismatch'), { timeout: 60_000 }).toBe(true);
  await replaceModel(directory, await tinyArtefactFiles({ version: '0.0.2', labels: ['no', 'yes', '_unknown_', '_silence_'] })); // says `no` to all
  await expect.poll(() => refusals('self_test_failed'), { timeout: 60_000 }).toBe(true);
  expect(server.model.version).toBe('0.0.1');
  await replaceModel(
    directory,
    await tinyArtefactFiles({ ...OWN_WORDS, version: '0.0.3', labels: ['ja', 'doch', '_unknown_', '_silence_'], keywords: ['ja'] }),
  );
  const change = await client.next('model');
  const warning = await client.next('warning');
  client.sendAudio(SECOND);
  client.send({ type: 'stop' });

  expect(change).toMatchObject({ fromSample: 16_000, model: { version: '0.0.3', keywords: ['ja'] } });
  expect(warning).toMatchObject({ code: 'keywords_missing', message: expect.stringContaining('nein') as string });
  expect(await client.next('end')).toMatchObject({ samples: 32_000 });
  expect(server.model.version).toBe('0.0.3');
});

test('where only signed models are taken and there is no registry, the model that ships serves, but no other that is not signed', async () => {
  const cache = await mkdtemp(join(tmpdir(), 'kws-cache-'));
  onTestFinished(() => rm(cache, { recursive: true, force: true }));
  const { publicKey } = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']);
  const environment = { MODEL_PUBLIC_KEYS: await exportPublicKey(publicKey), MODEL_CACHE: cache };
  const unsigned = await writeTinyModel();
  onTestFinished(() => rm(unsigned, { recursive: true, force: true }));

  const server = await startServer({ ...environment, MODEL_SOURCE: 'nats', NATS_URL: NO_NATS });
  onTestFinished(() => server.close());

  expect(await (await fetch(`${server.url}/readyz`)).json()).toMatchObject({ models: [{ name: 'commands', origin: 'shipped' }] });
  await expect(startServer({ ...environment, MODEL_SOURCE: `file:${unsigned}` })).rejects.toMatchObject({ code: 'signature_missing' });
});
