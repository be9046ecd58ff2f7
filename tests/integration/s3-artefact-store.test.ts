/** The store that workers share: a folder, and a real server that speaks S3. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';

import { openArtefactStore, type ArtefactStore } from '../../services/trainer/publication/sweep/artefact-store.ts';
import { programOf } from '../helpers/parts.ts';
import { startPythonServer, type PythonServer } from '../helpers/python-server.ts';

let server: PythonServer;
beforeAll(async () => {
  server = await startPythonServer({ program: programOf('s3-server'), args: (port) => ['-p', String(port)], readyPath: '/moto-api/' });
  await fetch(`${server.url}/models`, { method: 'PUT' });
  const settings = { AWS_ENDPOINT_URL: server.url, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'us-east-1' };
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
}, 120_000);
afterAll(async () => {
  vi.unstubAllEnvs();
  await server.stop();
});

describe.each(['a folder', 'S3'])('%s', (kind) => {
  async function open(): Promise<ArtefactStore> {
    if (kind === 'S3') return openArtefactStore('s3://models/sweeps/');
    const folder = await mkdtemp(join(tmpdir(), 'kws-artefacts-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    return openArtefactStore(folder);
  }

  test('gives back what was put, the last of two', async () => {
    const store = await open();
    const content = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251);

    await store.put('sweep/0.kws', new Uint8Array([1]));
    await store.put('sweep/0.kws', content);

    expect(Buffer.compare(await store.get('sweep/0.kws'), content)).toBe(0);
  });

  test('says what it does not have', async () => {
    const store = await open();

    await expect(store.get('sweep/9.kws')).rejects.toMatchObject({
      code: 'artefact_store_failed',
      message: expect.stringContaining('9.kws') as unknown,
    });
  });
});

test('a folder keeps to itself', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kws-artefacts-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const store = await openArtefactStore(folder);

  await expect(async () => store.put('../elsewhere', new Uint8Array())).rejects.toThrow(RangeError);
});

test('a bucket that is not there is told', async () => {
  const store = await openArtefactStore('s3://nowhere');

  await expect(store.put('a', new Uint8Array([1]))).rejects.toMatchObject({ code: 'artefact_store_failed' });
});
