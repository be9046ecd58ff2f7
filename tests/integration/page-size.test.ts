/** Holds the built page to what it may cost a visitor's line. */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { beforeAll, expect, test } from 'vitest';

import { PROJECT_DIRECTORY } from '../helpers/test-server.ts';
import { buildPage } from '../helpers/page-build.ts';

const KIB = 1024;
/** Everything that the page loads before it can be used: markup, script, style, worklet; without kernel and model. */
const MAX_PAGE_BYTES = 120 * KIB;
/** One script, worklet included; without the engine's worker, kernel and model. */
const MAX_ELEMENT_BYTES = 60 * KIB;
const BUILT = join(PROJECT_DIRECTORY, 'dist', 'web');

beforeAll(buildPage);

test('the page with its worklet and live view is at most 120 KiB, compressed', async () => {
  const assets = (await readdir(join(BUILT, 'assets'))).filter((file) => /^(page|capture-worklet|live-worker)-.{8}\.(js|css)$/.test(file));
  const files = ['index.html', 'service-worker.js', ...assets.map((file) => join('assets', file))];

  expect(assets.map((file) => file.replace(/-.{8}\./, '.')).sort()).toEqual([
    'capture-worklet.js',
    'live-worker.js',
    'page.css',
    'page.js',
  ]);
  expect(await compressedBytes(files)).toBeLessThanOrEqual(MAX_PAGE_BYTES);
});

test('<kws-listener> is at most 60 KiB, compressed, and needs no other script of ours to listen', async () => {
  const script = await readFile(join(BUILT, 'kws-listener.js'), 'utf8');

  expect(await compressedBytes(['kws-listener.js'])).toBeLessThanOrEqual(MAX_ELEMENT_BYTES);
  expect(script).toContain('registerProcessor');
  expect(script).not.toMatch(/^\s*import\b/m);
});

async function compressedBytes(files: readonly string[]): Promise<number> {
  const contents = await Promise.all(files.map((file) => readFile(join(BUILT, file))));
  return contents.reduce((sum, content) => sum + gzipSync(content).byteLength, 0);
}
