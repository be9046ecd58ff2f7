/** Artefacts on disk: found again, never trusted, and not without limit. */

import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';

import { sha256Hex } from '#shared/model/artefact.ts';
import { writeBundle } from '#shared/registry/bundle.ts';
import type { ModelReference } from '#shared/registry/model-reference.ts';

import { ModelCache } from '../../../../services/stream/models/model-cache.ts';

const log = pino({ level: 'silent' });
const filesOf = (i: number) => ({ manifestJson: `{"i":${i}}`, weightsBytes: new Uint8Array([i]) });

async function referenceOf(i: number): Promise<ModelReference> {
  const bundle = writeBundle(filesOf(i));
  const bundleDigest = await sha256Hex(bundle);
  const facts = { digest: 'a'.repeat(64), object: `one/${i}`, publishedAt: '2026-01-01T00:00:00Z' };
  return { ...facts, version: String(i), bundleDigest, bundleBytes: bundle.byteLength };
}

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'kws-cache-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

const neverFetched = (): never => {
  throw new Error('fetched again');
};

test('what was fetched once comes from disk, for every process', async () => {
  const directory = await temporaryDirectory();
  const reference = await referenceOf(1);
  await new ModelCache({ directory, name: 'one', log }).through(reference, () => Promise.resolve(filesOf(1)));

  const found = await new ModelCache({ directory, name: 'one', log }).through(reference, neverFetched);

  expect(found.manifestJson).toBe('{"i":1}');
  expect([...found.weightsBytes]).toEqual([1]);
});

test('a file that was changed is fetched again', async () => {
  const directory = await temporaryDirectory();
  const reference = await referenceOf(1);
  const cache = new ModelCache({ directory, name: 'one', log });
  await cache.through(reference, () => Promise.resolve(filesOf(1)));
  await cache.remember(reference);
  await writeFile(join(directory, 'one', `${reference.bundleDigest}.bundle`), 'something else');

  expect(await cache.lastGood()).toBeUndefined();
  expect((await cache.through(reference, () => Promise.resolve(filesOf(1)))).manifestJson).toBe('{"i":1}');
  expect(await cache.lastGood()).toEqual(expect.objectContaining({ version: '1' }));
});

test('only a few artefacts are kept, the last good one among them, and no drafts', async () => {
  const directory = await temporaryDirectory();
  const cache = new ModelCache({ directory, name: 'one', log });
  for (let i = 0; i < 10; i++) {
    await cache.through(await referenceOf(i), () => Promise.resolve(filesOf(i)));
    if (i === 0) await cache.remember(await referenceOf(0));
  }

  const files = await readdir(join(directory, 'one'));

  expect(files.filter((file) => file.endsWith('.bundle'))).toHaveLength(4);
  expect(files).toHaveLength(5);
  expect(await cache.lastGood()).toMatchObject({ version: '0' });
});

test('a disk that takes nothing costs nothing but the last good model', async () => {
  const directory = join(await temporaryDirectory(), 'file');
  await writeFile(directory, '');
  const cache = new ModelCache({ directory, name: 'one', log });
  const reference = await referenceOf(1);

  expect((await cache.through(reference, () => Promise.resolve(filesOf(1)))).manifestJson).toBe('{"i":1}');
  await cache.remember(reference);
  expect(await cache.lastGood()).toBeUndefined();
});
