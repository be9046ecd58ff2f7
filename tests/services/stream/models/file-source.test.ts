/** Models in directories. */

import { rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { MANIFEST_FILE, WEIGHTS_FILE } from '#shared/model/artefact.ts';

import { FileSource } from '../../../services/stream/models/file-source.ts';
import { writeTinyModel } from '../../helpers/test-server.ts';

async function modelDirectory(): Promise<string> {
  const directory = await writeTinyModel();
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

test('gives the model that lies there', async () => {
  expect((await new FileSource(await modelDirectory()).current()).manifest.name).toBe('tiny');
});

test.for([MANIFEST_FILE, WEIGHTS_FILE])('says that there is none without %s', async (file) => {
  const directory = await modelDirectory();
  await rm(join(directory, file));

  await expect(new FileSource(directory).current()).rejects.toMatchObject({ code: 'model_not_found' });
});

test('refuses weights that were changed', async () => {
  const directory = await modelDirectory();
  await truncate(join(directory, WEIGHTS_FILE), 4);

  await expect(new FileSource(directory).current()).rejects.toMatchObject({ code: 'invalid_weights' });
});

test('does not read a manifest beyond its limit', async () => {
  const directory = await modelDirectory();
  await writeFile(join(directory, MANIFEST_FILE), ' '.repeat(1024 * 1024 + 1));

  await expect(new FileSource(directory).current()).rejects.toMatchObject({ code: 'invalid_manifest' });
});
