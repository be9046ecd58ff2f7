/** Models in directories, and what happens to them there. */

import { cp, mkdtemp, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';

import { MANIFEST_FILE, readArtefact, WEIGHTS_FILE } from '#shared/model/artefact.ts';

import { FileSource } from '../../../../services/stream/models/file-source.ts';
import type { SourceNews } from '../../../../services/stream/models/model-source.ts';
import { writeTinyModel } from '../../../helpers/test-server.ts';
import { tinyArtefactFiles, type TinyModelOverrides } from '../../../helpers/tiny-model.ts';

const log = pino({ level: 'silent' });

async function modelDirectory(overrides?: TinyModelOverrides): Promise<string> {
  const directory = await writeTinyModel(overrides);
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Watches for one test; `next` waits for the next news. */
async function watched(directory: string) {
  const source = new FileSource({ directory, log });
  const first = await source.current();
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const news = source.watch(stop.signal);
  return { first, next: async () => (await news.next()).value as SourceNews };
}

function versionOf(news: SourceNews): string {
  return news.type === 'release' ? news.offer.version : news.error.code;
}

test('offers the model that lies there', async () => {
  const news = await new FileSource({ directory: await modelDirectory(), log }).current();

  if (news.type !== 'release') throw news.error;
  const { manifest } = await readArtefact(await news.offer.fetch(new AbortController().signal));
  expect(news).toMatchObject({ origin: 'file', offer: { version: '0.0.1', digest: manifest.digest } });
  expect(manifest.name).toBe('tiny');
});

test.for([MANIFEST_FILE, WEIGHTS_FILE])('says that there is none without %s', async (file) => {
  const directory = await modelDirectory();
  await rm(join(directory, file));

  expect(await new FileSource({ directory, log }).current()).toMatchObject({ type: 'fault', error: { code: 'model_not_found' } });
});

test('does not read a manifest beyond its limit', async () => {
  const directory = await modelDirectory();
  await truncate(join(directory, MANIFEST_FILE), 1024 * 1024 + 1);

  expect(await new FileSource({ directory, log }).current()).toMatchObject({ type: 'fault', error: { code: 'invalid_manifest' } });
});

test('files that are replaced one after the other are read once both are there', async () => {
  const directory = await modelDirectory();
  const { manifestJson, weightsBytes } = await tinyArtefactFiles({ version: '2', seed: 2 });
  const { first, next } = await watched(directory);

  const second = next();
  for (let bytes = 4; bytes < weightsBytes.length; bytes += 4000) await writeFile(join(directory, WEIGHTS_FILE), weightsBytes.subarray(0, bytes));
  await writeFile(join(directory, WEIGHTS_FILE), weightsBytes);
  await writeFile(join(directory, MANIFEST_FILE), manifestJson);

  const news = await second;
  expect([versionOf(first), versionOf(news)]).toEqual(['0.0.1', '2']);
  if (news.type !== 'release') throw news.error;
  await expect(readArtefact(await news.offer.fetch(new AbortController().signal))).resolves.toMatchObject({ manifest: { version: '2' } });
});

test('a link that is moved to another directory is noticed, as mounted volumes do it', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'kws-link-'));
  onTestFinished(() => rm(parent, { recursive: true }));
  await cp(await modelDirectory(), join(parent, 'one'), { recursive: true });
  await cp(await modelDirectory({ version: '2' }), join(parent, 'two'), { recursive: true });
  await symlink('one', join(parent, 'current'));
  const { next } = await watched(join(parent, 'current'));

  await symlink('two', join(parent, 'next'));
  await rename(join(parent, 'next'), join(parent, 'current'));

  expect(versionOf(await next())).toBe('2');
});

test('a directory that vanishes is no news, and its return is', async () => {
  const directory = await modelDirectory();
  const { next } = await watched(directory);

  const returned = next();
  await rename(directory, `${directory}-away`);
  await cp(await modelDirectory({ version: '2' }), `${directory}-next`, { recursive: true });
  await rm(`${directory}-away`, { recursive: true });
  await rename(`${directory}-next`, directory);

  expect(versionOf(await returned)).toBe('2');
});
